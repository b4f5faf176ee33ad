//! What the seeds of one experiment come to together, in words.

use super::findings::{Findings, not_learned, score, word};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::learned::Evidence;

/// The verdict of at least one run: the one that all share, or the worst with
/// the number of those that have it, "vanishing in 3 of 5".
pub fn group_verdict(seeds: &[Findings]) -> String {
    let Some(worst) = seeds.iter().map(|seed| seed.verdict).max() else {
        return "no verdict".to_owned();
    };
    let count = seeds.iter().filter(|seed| seed.verdict == worst).count();
    if count == seeds.len() {
        word(worst).to_owned()
    } else {
        format!("{} in {count} of {}", word(worst), seeds.len())
    }
}

/// The seeds in a sentence: where they end alike that of their means, else how
/// many end how.
pub fn group_sentence(seeds: &[Findings]) -> String {
    let [first, others @ ..] = seeds else {
        return String::new();
    };
    let n = seeds.len();
    if others.is_empty() {
        return first.sentence();
    }
    let end = |seed: &Findings| {
        let ends = [seed.initial.verdict, seed.last.verdict];
        (seed.verdict, ends, seed.learned)
    };
    if first.verdict == Verdict::Diverged && others.iter().all(|seed| end(seed).0 == end(first).0) {
        let steps = seeds.iter().filter_map(|seed| Some(seed.diverged?.step));
        let since = steps.min().map_or(String::new(), |step| {
            format!(": a number stopped being finite, first at step {step}")
        });
        let start = first.initial.verdict;
        let is_shared = seeds.iter().all(|seed| seed.initial.verdict == start);
        let start = match is_shared && start != Verdict::Diverged {
            true => format!(", {} at the start", word(start)),
            false => String::new(),
        };
        return format!("all {n} seeds diverged{start}{since}");
    }
    let evidence = mean_evidence(seeds);
    if others.iter().all(|seed| end(seed) == end(first)) {
        let (initial, last) = (
            mean_decay(seeds, |s| s.initial),
            mean_decay(seeds, |s| s.last),
        );
        let together = Findings {
            initial: &initial,
            last: &last,
            onset: None,
            learned_by: evidence.as_ref(),
            ..*first
        };
        return format!("all {n} seeds alike, on average: {}", together.sentence());
    }
    let mut counts: Vec<(Verdict, usize)> = Vec::new();
    for seed in seeds {
        match counts.iter_mut().find(|(known, _)| *known == seed.verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((seed.verdict, 1)),
        }
    }
    counts.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    let verdicts: Vec<String> = counts
        .iter()
        .map(|(verdict, count)| match *count == n {
            true => format!("{} in all {n} seeds", word(*verdict)),
            false => format!("{} in {count} of {n} seeds", word(*verdict)),
        })
        .collect();
    let known: Vec<bool> = seeds.iter().filter_map(|seed| seed.learned).collect();
    let learned = known.iter().filter(|learned| **learned).count();
    let verdicts = verdicts.join(", ");
    if seeds.iter().all(Findings::is_undecided) && evidence.is_some() {
        return format!("{verdicts}; on average {}", not_learned(evidence.as_ref()));
    }
    let score = evidence.map_or(String::new(), |evidence| {
        format!(", on average {}", score(&evidence))
    });
    match known.len() {
        0 => verdicts,
        of => format!("{verdicts}; {learned} of {of} learned{score}"),
    }
}

/// A decay whose attenuation is the mean over the seeds, and whose loss has the mean slope
/// of theirs, by its logarithm.
fn mean_decay<'a>(seeds: &[Findings<'a>], end: impl Fn(&Findings<'a>) -> &'a Decay) -> Decay {
    let decays: Vec<&Decay> = seeds.iter().map(end).collect();
    let all: Vec<f64> = decays
        .iter()
        .filter_map(|decay| decay.attenuation_decades)
        .collect();
    let slopes = decays.iter().filter_map(|decay| decay.loss_slope);
    let slopes: Vec<f64> = slopes.map(f64::log10).collect();
    Decay {
        attenuation_decades: (!all.is_empty()).then(|| mean(&all)),
        loss_slope: (slopes.len() == decays.len()).then(|| 10f64.powf(mean(&slopes))),
        ..decays[0].clone()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean of what the seeds reached, where all were judged by the same.
fn mean_evidence(seeds: &[Findings]) -> Option<Evidence> {
    let all: Vec<&Evidence> = seeds.iter().filter_map(|seed| seed.learned_by).collect();
    let first = all.first()?;
    let is_alike = all.iter().all(|own| own.quantity == first.quantity);
    let of = |get: fn(&Evidence) -> f64| mean(&all.iter().map(|own| get(own)).collect::<Vec<_>>());
    (is_alike && all.len() == seeds.len()).then(|| Evidence {
        value: Some(of(|own| own.value.unwrap_or(f64::NAN))),
        guessing: of(|own| own.guessing),
        ..(*first).clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decay(attenuation: f64, verdict: Verdict) -> Decay {
        Decay {
            step: 0,
            decay_decades_per_layer: None,
            r2: None,
            std_error: None,
            attenuation_decades: Some(attenuation),
            layers_left_out: 0,
            layers_below_resolution: 0,
            loss_slope: None,
            verdict,
        }
    }

    fn evidence(value: f64) -> Evidence {
        Evidence {
            quantity: "test_accuracy".to_owned(),
            value: Some(value),
            guessing: 0.1,
            margin: 0.05,
            samples: 100,
        }
    }

    fn findings<'a>(decay: &'a Decay, evidence: &'a Evidence) -> Findings<'a> {
        Findings {
            numbering: Default::default(),
            layers: 5,
            verdict: decay.verdict,
            initial: decay,
            last: decay,
            diverged: None,
            onset: None,
            learned: Some(evidence.has_learned()),
            learned_by: Some(evidence),
        }
    }

    #[test]
    fn seeds_that_end_alike_are_told_by_their_means() {
        let decays = [5.0, 7.0].map(|lost| decay(lost, Verdict::Vanishing));
        let reached = [0.08, 0.12].map(evidence);
        let seeds = [0, 1].map(|i| findings(&decays[i], &reached[i]));
        assert_eq!(group_verdict(&seeds), "vanishing");
        // (5 + 7)/2 and (0.08 + 0.12)/2.
        assert_eq!(
            group_sentence(&seeds),
            "all 2 seeds alike, on average: from the last hidden layer to the first the gradient \
             shrinks 10^6.0 times; nothing was learned: accuracy 0.100, guessing 0.100"
        );
    }

    #[test]
    fn seeds_that_differ_are_counted_the_worst_first() {
        let decays = [
            decay(0.1, Verdict::Healthy),
            decay(5.0, Verdict::Vanishing),
            decay(0.3, Verdict::Healthy),
        ];
        let reached = [0.9, 0.1, 0.8].map(evidence);
        let seeds = [0, 1, 2].map(|i| findings(&decays[i], &reached[i]));
        assert_eq!(group_verdict(&seeds), "vanishing in 1 of 3");
        assert_eq!(
            group_sentence(&seeds),
            "vanishing in 1 of 3 seeds, healthy in 2 of 3 seeds; 2 of 3 learned, on average \
             accuracy 0.600, guessing 0.100"
        );
        assert_eq!(group_sentence(&seeds[..1]), seeds[0].sentence());
        assert_eq!(group_verdict(&[]), "no verdict");
    }
}
