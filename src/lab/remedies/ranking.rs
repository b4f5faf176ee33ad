//! Which cure is better than which.

use std::cmp::Ordering;

use super::result::CureResult;
use crate::lab::summary::Summary;

/// Decades by which the gradients must come nearer to arriving, where nothing
/// else tells.
const CLEARLY: f64 = 1.0;
/// Accuracy by which a cure must be better.
const BETTER: f64 = 0.01;
/// Share of the loss that may be left, where there is no accuracy.
const LEFT: f64 = 0.9;

/// The cures that were tried, the best first, then the others in their order: by test
/// accuracy; without one by whether anything was learned, where nothing was by the verdict,
/// then by the loss over that of guessing; then by what the gradients lose. Those without an
/// update by the gradients alone, those of a generator first by their verdict: few steps tell
/// little by its energy distance.
pub fn ranked(cures: &[CureResult]) -> Vec<&CureResult> {
    let mut ranked: Vec<&CureResult> = cures.iter().collect();
    ranked.sort_by(|a, b| order(a, b));
    ranked
}

fn order(a: &CureResult, b: &CureResult) -> Ordering {
    let is_missing = |cure: &CureResult| cure.trials.is_empty();
    let diverged = |cure: &CureResult| cure.diverged() > 0;
    // What is not a number is the worst.
    let accuracy = |cure: &CureResult| {
        let accuracy = cure.accuracy().filter(|_| cure.has_trained());
        accuracy.filter(|value| !value.is_nan())
    };
    let loss = |cure: &CureResult| {
        let loss = cure.comparable_loss().filter(|_| cure.has_trained());
        loss.filter(|value| !value.is_nan())
            .unwrap_or(f64::INFINITY)
    };
    let lost = |cure: &CureResult| cure.lost().map_or(f64::INFINITY, f64::abs);
    let of_generator = |cure: &CureResult| cure.verdict().filter(|_| cure.is_of_generators());
    let of_idle = |cure: &CureResult| cure.verdict().filter(|_| cure.learned_nothing());
    let better = |a: Option<f64>, b: Option<f64>| {
        let value = |it: Option<f64>| it.unwrap_or(f64::NEG_INFINITY);
        value(b).total_cmp(&value(a))
    };
    is_missing(a)
        .cmp(&is_missing(b))
        .then(diverged(a).cmp(&diverged(b)))
        .then(of_generator(a).cmp(&of_generator(b)))
        .then(better(accuracy(a), accuracy(b)))
        .then(a.learned_nothing().cmp(&b.learned_nothing()))
        .then(of_idle(a).cmp(&of_idle(b)))
        .then(loss(a).total_cmp(&loss(b)))
        .then(lost(a).total_cmp(&lost(b)))
}

/// Whether a cure helped: it taught more seeds than the spec as it is, or over every seed it reached a clearly better accuracy than the spec
/// as it is, or a loss lower by a tenth where there is no accuracy, each over its own guessing
/// loss, or, without an update, gradients that arrive clearly better; a generator's also where
/// the verdict is a better one, and never where it is a worse one. Where a seed learned nothing
/// what it reached is chance: it does not count unless the verdict at least became better.
pub fn has_helped(cure: &CureResult, baseline: &CureResult) -> bool {
    if cure.trials.is_empty() || cure.diverged() > 0 {
        return false;
    }
    if !cure.has_trained() {
        let lost = |cure: &CureResult| cure.lost().map_or(f64::INFINITY, f64::abs);
        return lost(cure) <= lost(baseline) - CLEARLY;
    }
    let teaches_more = cure.taught() > baseline.taught() && baseline.learned().is_some();
    if teaches_more && !cure.is_of_generators() {
        return true;
    }
    let mut pairs = cure.trials.iter().zip(&baseline.trials);
    pairs.all(|(new, old)| is_better(&new.summary, &old.summary))
}

/// Whether a run of some steps is clearly better than one of the same seed.
fn is_better(new: &Summary, old: &Summary) -> bool {
    if new.is_generator() && new.verdict != old.verdict {
        return new.verdict < old.verdict;
    }
    if new.learned == Some(false) && new.verdict >= old.verdict {
        return false;
    }
    match (new.test_accuracy, old.test_accuracy) {
        (Some(new), Some(old)) => new > old + BETTER,
        _ => match losses_over_guessing(new, old) {
            // A loss that is no number is beaten by every number.
            Some([new, old]) => new.is_finite() && (old.is_nan() || new < LEFT * old),
            None => false,
        },
    }
}

/// The losses of two runs on one scale: each over that of guessing where both know it.
fn losses_over_guessing(new: &Summary, old: &Summary) -> Option<[f64; 2]> {
    let over_guessing = [new, old].map(Summary::loss_over_guessing);
    let plain = [new, old].map(Summary::loss);
    match (over_guessing, plain) {
        ([Some(new), Some(old)], _) | (_, [Some(new), Some(old)]) => Some([new, old]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::cures::CureKind;
    use super::super::trial::Trial;
    use super::*;

    /// A cure over one seed: `lost` decades at both ends, which have this verdict, after some
    /// steps, and these keys of the summary besides.
    fn cure(name: &str, lost: f64, verdict: &str, keys: Value) -> CureResult {
        let decay = json!({ "step": 0, "attenuation_decades": lost, "layers_left_out": 0, "verdict": verdict });
        let mut summary = json!({
            "schema_version": 1, "vgrad_version": "", "name": "", "seed": 0,
            "status": "completed", "verdict": verdict, "initial": decay, "final": decay, "steps": 40,
        });
        for (key, value) in keys.as_object().unwrap() {
            summary[key] = value.clone();
        }
        let trial = Trial {
            summary: serde_json::from_value(summary).unwrap(),
            accuracies: Vec::new(),
        };
        CureResult {
            name: name.to_owned(),
            why: String::new(),
            kind: CureKind::Gradients,
            sets: Vec::new(),
            trials: vec![trial],
            reason: None,
            predicted: None,
        }
    }

    fn names(cures: &[CureResult]) -> Vec<&str> {
        ranked(cures).iter().map(|cure| &*cure.name).collect()
    }

    #[test]
    fn losses_of_two_scales_are_compared_by_what_guessing_costs() {
        let regression = |name: &str, loss: f64, guessing: f64, learned: bool| {
            let keys = json!({ "test_loss": loss, "guessing_loss": guessing, "learned": learned });
            cure(name, 7.0, "vanishing", keys)
        };
        let baseline = regression("as it is", 8e14, 7.9e14, false);
        let scaled = regression("scaled", 0.98, 0.97, false);
        assert!(!has_helped(&scaled, &baseline));
        let fits = regression("fits", 2e14, 7.9e14, true);
        assert!(has_helped(&fits, &baseline));
        let fits_better = regression("fits better", 0.1, 0.97, true);
        assert!(has_helped(&fits_better, &fits));
        assert_eq!(
            names(&[scaled, fits, fits_better]),
            ["fits better", "fits", "scaled"]
        );
    }

    #[test]
    fn where_nothing_was_learned_the_verdict_comes_before_the_loss() {
        let idle = |name: &str, lost: f64, verdict: &str, loss: f64| {
            let keys = json!({ "test_loss": loss, "guessing_loss": 1.0, "learned": false });
            cure(name, lost, verdict, keys)
        };
        let cures = [
            idle("luck", 7.0, "vanishing", 0.98),
            idle("arrives", 0.1, "healthy", 1.01),
            idle("nearly", 3.5, "at_risk", 0.99),
        ];
        assert_eq!(names(&cures), ["arrives", "nearly", "luck"]);
    }

    #[test]
    fn an_accuracy_of_chance_is_no_help() {
        let classes = |lost: f64, verdict: &str, accuracy: f64, learned: bool| {
            let keys = json!({ "test_accuracy": accuracy, "learned": learned });
            cure("", lost, verdict, keys)
        };
        let baseline = classes(5.7, "vanishing", 0.08, false);
        assert!(!has_helped(
            &classes(5.66, "vanishing", 0.095, false),
            &baseline
        ));
        // It learned although the first layers receive little.
        assert!(has_helped(
            &classes(5.66, "vanishing", 0.6, true),
            &baseline
        ));
        // Too few test samples to tell from chance, but the gradients arrive as well.
        assert!(has_helped(&classes(0.3, "healthy", 0.6, false), &baseline));
        // They arrive, and nothing comes of it.
        assert!(!has_helped(
            &classes(0.3, "healthy", 0.08, false),
            &baseline
        ));
        let healthy = classes(0.3, "healthy", 0.08, false);
        assert!(!has_helped(&classes(0.2, "healthy", 0.1, false), &healthy));
    }

    #[test]
    fn a_cure_that_teaches_more_seeds_helps() {
        // A seed that learns nothing and one that does.
        let seeds = |verdict: &str, accuracies: [f64; 2], learned: [bool; 2]| {
            let of_seed = |i: usize| {
                let keys = json!({ "test_accuracy": accuracies[i], "learned": learned[i] });
                cure("", 0.3, verdict, keys)
            };
            let mut whole = of_seed(0);
            whole.trials.extend(of_seed(1).trials);
            whole
        };
        let baseline = seeds("healthy", [0.09, 0.1], [false, false]);
        let taught = seeds("healthy", [0.08, 0.2], [false, true]);
        assert!(has_helped(&taught, &baseline));
        let idle = seeds("healthy", [0.08, 0.12], [false, false]);
        assert!(!has_helped(&idle, &baseline));
        assert!(!has_helped(&baseline, &taught));
    }

    #[test]
    fn without_an_update_only_the_gradients_count() {
        let untrained = |name: &str, lost: f64, accuracy: f64| {
            let keys =
                json!({ "steps": 0, "test_accuracy": accuracy, "test_loss": 2.0 - accuracy });
            cure(name, lost, "healthy", keys)
        };
        let cures = [
            untrained("luck", 2.0, 0.2),
            untrained("grows", -1.0, 0.1),
            untrained("arrives", 0.1, 0.05),
        ];
        assert_eq!(names(&cures), ["arrives", "grows", "luck"]);
        let baseline = untrained("as it is", 1.5, 0.0);
        assert!(has_helped(&cures[2], &baseline));
        assert!(!has_helped(&cures[0], &baseline) && !has_helped(&cures[1], &baseline));
    }
}
