//! Sentences about decay and verdicts.

use super::factor::{change, differ, factor_sentence, factors_sentence};
use super::loss_slope::by_loss;
use super::number::number;
use super::numbering::Numbering;
use super::onset::{non_finite, onset_sentence};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::learned::Evidence;
use crate::lab::onset::{Condition, Onset};
use crate::lab::summary::{Divergence, Summary};

/// What there is to say of a whole run.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// Layers on the path that decay is measured along.
    pub layers: usize,
    /// What its layers' numbers stand for.
    pub numbering: Numbering,
    /// Verdict of the run.
    pub verdict: Verdict,
    /// Its first logged step.
    pub initial: &'a Decay,
    /// Its last one.
    pub last: &'a Decay,
    /// Where it diverged, if it did.
    pub diverged: Option<&'a Divergence>,
    /// Where it begins to fail.
    pub onset: Option<&'a Onset>,
    /// Whether it beats guessing, and by what that was judged.
    pub learned: Option<bool>,
    /// The numbers for it.
    pub learned_by: Option<&'a Evidence>,
}

impl<'a> Findings<'a> {
    /// What a summary says of a network whose path has these layers.
    pub fn of(summary: &'a Summary, path: &[usize]) -> Self {
        Self {
            layers: path.len(),
            numbering: Numbering::of(summary.along, path.iter().copied()),
            verdict: summary.verdict,
            initial: &summary.initial,
            last: &summary.last,
            diverged: summary.diverged.as_ref(),
            onset: summary.onset.as_ref(),
            learned: summary.learned,
            learned_by: summary.learned_by.as_ref(),
        }
    }

    /// The verdict in a sentence that names both ends where they differ.
    pub fn sentence(&self) -> String {
        let attenuation = |decay: &Decay| decay.attenuation_decades.unwrap_or(0.0);
        let worse = [self.initial, self.last].map(attenuation);
        let worse = if worse[1].abs() > worse[0].abs() {
            worse[1]
        } else {
            worse[0]
        };
        if self.verdict == Verdict::Healthy && self.learned == Some(false) {
            return format!(
                "gradients arrive ({}), but {}",
                change(worse),
                not_learned(self.learned_by)
            );
        }
        let numbering = self.numbering;
        let onset = self.onset.map(|onset| onset_sentence(onset, numbering));
        let gradients = if let Some(at) = self.diverged {
            // Where it starts, told as everywhere else.
            let first = || non_finite(at.step, numbering.named(at.layer, &at.name));
            let begins = onset.unwrap_or_else(first);
            match self.initial.verdict {
                Verdict::Diverged => begins,
                initial => format!("{}: {begins}", ends(initial, Verdict::Diverged)),
            }
        } else if self.initial.verdict != self.last.verdict {
            let ends = ends(self.initial.verdict, self.last.verdict);
            match onset {
                Some(onset) => format!("{ends}: {onset}"),
                None if self.last.verdict > self.initial.verdict => ends + &by_loss(self.last),
                None => ends + &by_loss(self.initial),
            }
        } else {
            let both = [self.initial, self.last].map(attenuation);
            let factor = match self.verdict == Verdict::Healthy && self.layers > 1 && differ(both) {
                true => factors_sentence(both, numbering.along()),
                false => factor_sentence(both[0], self.layers, numbering.along()),
            } + &by_loss(self.initial);
            match (onset, self.onset.map(|onset| onset.condition)) {
                // Where it all falls off at one layer is worth a word.
                (Some(onset), Some(Condition::Drop | Condition::Rise)) => {
                    format!("{factor}; {onset}")
                }
                (Some(onset), Some(Condition::Zero)) => onset,
                _ => factor,
            }
        };
        match (self.verdict, self.learned) {
            (Verdict::Diverged | Verdict::Healthy, _) | (_, None) => gradients,
            (_, Some(true)) => {
                let score = self.learned_by.map_or(String::new(), score);
                format!("{gradients}; it learned nevertheless: {score}")
            }
            (_, Some(false)) => format!("{gradients}; {}", not_learned(self.learned_by)),
        }
    }

    /// Whether its samples are too few to tell whether anything was learned.
    pub fn is_undecided(&self) -> bool {
        self.learned == Some(false) && self.learned_by.is_some_and(Evidence::is_too_small)
    }
}

/// That nothing was learned, or that the samples are too few to tell, in numbers: "nothing was
/// learned: accuracy 0.089, guessing 0.117".
pub fn not_learned(by: Option<&Evidence>) -> String {
    let Some(by) = by else {
        return "nothing was learned".to_owned();
    };
    let what = match by.is_too_small() {
        true => {
            let few = match by.samples {
                1 => "1 sample is".to_owned(),
                samples => format!("{samples} samples are"),
            };
            format!("{few} too few to tell whether something was learned")
        }
        false => "nothing was learned".to_owned(),
    };
    format!("{what}: {}", score(by))
}

/// What was reached beside what guessing does: "accuracy 0.089, guessing 0.117".
pub(super) fn score(evidence: &Evidence) -> String {
    let quantity = evidence.quantity.replace('_', " ");
    let name = quantity.strip_prefix("test ").unwrap_or(&quantity);
    let show = |value: f64| {
        if name.ends_with("accuracy") {
            format!("{value:.3}")
        } else {
            number(value)
        }
    };
    let value = show(evidence.value.unwrap_or(f64::NAN));
    format!("{name} {value}, guessing {}", show(evidence.guessing))
}

/// A verdict as people read it.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::AtRisk => "at risk",
        other => other.name(),
    }
}

/// Both ends of a run: "healthy at the start, vanishing at the end", or where
/// they agree "vanishing from start to end".
pub fn ends(initial: Verdict, last: Verdict) -> String {
    if initial == last {
        format!("{} from start to end", word(initial))
    } else {
        format!("{} at the start, {} at the end", word(initial), word(last))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tone::Tone;
    use super::*;
    use crate::nn::architecture::Along;

    #[test]
    fn both_ends_are_named_where_they_differ() {
        let text = ends(Verdict::Healthy, Verdict::AtRisk);
        assert_eq!(text, "healthy at the start, at risk at the end");
        let text = ends(Verdict::Vanishing, Verdict::Vanishing);
        assert_eq!(text, "vanishing from start to end");
    }

    #[test]
    fn healthy_ends_that_differ_are_both_told() {
        let told = |[start, end]: [f64; 2]| {
            let [initial, last] = [start, end].map(|lost| decay(lost, Verdict::Healthy));
            let findings = Findings {
                numbering: Numbering::Layers,
                layers: 40,
                verdict: Verdict::Healthy,
                initial: &initial,
                last: &last,
                diverged: None,
                onset: None,
                learned: Some(true),
                learned_by: None,
            };
            let sentence = findings.sentence();
            let head = "from the last hidden layer to the first the gradient ";
            sentence.strip_prefix(head).unwrap().to_owned()
        };
        assert_eq!(
            told([-1.41, 2.72]),
            "grows 26 times at the start and shrinks 520 times at the end"
        );
        assert_eq!(
            told([0.0, 1.3]),
            "keeps its size at the start and shrinks 20 times at the end"
        );
        assert_eq!(
            told([-0.5, 0.5]),
            "grows 3.2 times at the start and shrinks 3.2 times at the end"
        );
        assert_eq!(told([0.5, 1.4]), "shrinks 3.2 times");
        assert_eq!(told([0.5, -0.01]), "shrinks 3.2 times");
    }

    /// A run that diverged has one beginning, told as the onset is.
    #[test]
    fn a_diverged_run_begins_where_its_onset_is() {
        let broken = decay(f64::NAN, Verdict::Diverged);
        let at = Divergence {
            step: 4,
            layer: 2,
            name: "hidden_1.2".to_owned(),
        };
        let onset = Onset {
            name: "hidden_1.6".to_owned(),
            ..Onset::non_finite(4, 6, Some(f64::NAN))
        };
        let findings = Findings {
            numbering: Numbering::of(Along::Time, 1..=6),
            layers: 6,
            verdict: Verdict::Diverged,
            initial: &broken,
            last: &broken,
            diverged: Some(&at),
            onset: Some(&onset),
            learned: None,
            learned_by: None,
        };
        let end = "beginning at time step 6 (hidden_1.6)";
        assert!(
            findings.sentence().ends_with(end),
            "{}",
            findings.sentence()
        );
        let untold = Findings {
            onset: None,
            ..findings
        };
        let end = "beginning at time step 2 (hidden_1.2)";
        assert!(untold.sentence().ends_with(end), "{}", untold.sentence());
        // It was none that diverged from the start.
        let exploding = decay(-5.59, Verdict::Exploding);
        let late = Findings {
            initial: &exploding,
            ..untold
        };
        let start = "exploding at the start, diverged at the end: a number stopped being finite at \
                     step 4";
        assert!(late.sentence().starts_with(start), "{}", late.sentence());
    }

    #[test]
    fn a_run_is_told_from_both_ends() {
        let healthy = decay(0.2, Verdict::Healthy);
        let dead = decay(f64::INFINITY, Verdict::Vanishing);
        let onset = Onset {
            step: 40,
            layer: 3,
            name: "hidden_3".to_owned(),
            condition: Condition::Zero,
            value: Some(0.0),
            next_value: Some(1.0),
        };
        let evidence = |value| Evidence {
            quantity: "test_accuracy".to_owned(),
            value: Some(value),
            guessing: 0.117,
            margin: 0.05,
            samples: 359,
        };
        let (poor, good) = (evidence(0.089), evidence(0.95));
        let dying = Findings {
            numbering: Numbering::Layers,
            layers: 6,
            verdict: Verdict::Vanishing,
            initial: &healthy,
            last: &dead,
            diverged: None,
            onset: Some(&onset),
            learned: Some(false),
            learned_by: Some(&poor),
        };
        assert_eq!(
            dying.sentence(),
            "healthy at the start, vanishing at the end: layers 1–3 receive nothing since step 40; \
             nothing was learned: accuracy 0.089, guessing 0.117"
        );
        let idle = Findings {
            verdict: Verdict::Healthy,
            last: &healthy,
            onset: None,
            ..dying
        };
        assert_eq!(
            idle.sentence(),
            "gradients arrive (0.2 decades lost), but nothing was learned: \
             accuracy 0.089, guessing 0.117"
        );
        assert_eq!([dying.tone(), idle.tone()], [Tone::Bad, Tone::Doubtful]);
        let fine = Findings {
            learned: Some(true),
            learned_by: Some(&good),
            ..idle
        };
        assert!(fine.tone() == Tone::Good && fine.sentence().ends_with("shrinks 1.6 times"));
        let untrained = Findings {
            learned: None,
            ..fine
        };
        assert_eq!(untrained.tone(), Tone::Open);
    }

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

    #[test]
    fn learning_nothing_is_no_success() {
        let few = |quantity: &str, value, guessing, margin, samples| Evidence {
            quantity: quantity.to_owned(),
            value: Some(value),
            guessing,
            margin,
            samples,
        };
        assert_eq!(
            not_learned(Some(&few("test_accuracy", 0.089, 0.117, 0.05, 359))),
            "nothing was learned: accuracy 0.089, guessing 0.117"
        );
        // Not even a loss of 0 would beat guessing by the margin.
        let unclear = few("test_loss", 0.0171, 1.1847, 1.70, 12);
        let told = "12 samples are too few to tell whether something was learned: loss 0.0171, \
                    guessing 1.1847";
        assert_eq!(not_learned(Some(&unclear)), told);
        let healthy = decay(0.0, Verdict::Healthy);
        let findings = Findings {
            numbering: Numbering::Layers,
            layers: 6,
            verdict: Verdict::Healthy,
            initial: &healthy,
            last: &healthy,
            diverged: None,
            onset: None,
            learned: Some(false),
            learned_by: Some(&unclear),
        };
        let expected = format!("gradients arrive (none lost), but {told}");
        assert_eq!(findings.sentence(), expected);
        assert_eq!(findings.tone(), Tone::Open);
    }
}
