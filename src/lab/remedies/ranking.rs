//! Which cure is better than which.

use std::cmp::Ordering;

use super::result::CureResult;

/// Decades by which the gradients must come nearer to arriving, where nothing
/// else tells.
const CLEARLY: f64 = 1.0;
/// Accuracy by which a cure must be better.
const BETTER: f64 = 0.01;

/// The cures that were tried, the best first, then the others in their order:
/// by test accuracy, without one by loss, then by what the gradients lose. Those of a
/// generator first by their verdict: few steps tell little by its energy distance.
pub fn ranked(cures: &[CureResult]) -> Vec<&CureResult> {
    let mut ranked: Vec<&CureResult> = cures.iter().collect();
    ranked.sort_by(|a, b| order(a, b));
    ranked
}

fn order(a: &CureResult, b: &CureResult) -> Ordering {
    let is_missing = |cure: &CureResult| cure.trials.is_empty();
    let diverged = |cure: &CureResult| cure.diverged() > 0;
    // What is not a number is the worst.
    let accuracy = |cure: &CureResult| cure.accuracy().filter(|value| !value.is_nan());
    let loss = |cure: &CureResult| {
        let loss = cure.test_loss().or(cure.train_loss());
        loss.filter(|value| !value.is_nan())
            .unwrap_or(f64::INFINITY)
    };
    let lost = |cure: &CureResult| cure.lost().map_or(f64::INFINITY, f64::abs);
    let verdict = |cure: &CureResult| cure.verdict().filter(|_| cure.is_of_generators());
    let better = |a: Option<f64>, b: Option<f64>| {
        let value = |it: Option<f64>| it.unwrap_or(f64::NEG_INFINITY);
        value(b).total_cmp(&value(a))
    };
    is_missing(a)
        .cmp(&is_missing(b))
        .then(diverged(a).cmp(&diverged(b)))
        .then(verdict(a).cmp(&verdict(b)))
        .then(better(accuracy(a), accuracy(b)))
        .then(loss(a).total_cmp(&loss(b)))
        .then(lost(a).total_cmp(&lost(b)))
}

/// Whether a cure helped: over every seed it reached a clearly better accuracy than the spec
/// as it is, or a loss lower by a tenth where there is no accuracy, or,
/// without an update, gradients that arrive clearly better; a generator's also where the
/// verdict is a better one, and never where it is a worse one.
pub fn has_helped(cure: &CureResult, baseline: &CureResult) -> bool {
    if cure.trials.is_empty() || cure.diverged() > 0 {
        return false;
    }
    let has_trained = cure.trials.iter().all(|trial| trial.summary.steps > 0);
    if !has_trained {
        let lost = |cure: &CureResult| cure.lost().map_or(f64::INFINITY, f64::abs);
        return lost(cure) <= lost(baseline) - CLEARLY;
    }
    let mut pairs = cure.trials.iter().zip(&baseline.trials);
    pairs.all(|(new, old)| {
        let (new, old) = (&new.summary, &old.summary);
        if new.is_generator() && new.verdict != old.verdict {
            return new.verdict < old.verdict;
        }
        match (new.test_accuracy, old.test_accuracy) {
            (Some(new), Some(old)) => new > old + BETTER,
            _ => match (
                new.test_loss.or(new.train_loss),
                old.test_loss.or(old.train_loss),
            ) {
                // A loss that is no number is beaten by every number.
                (Some(new), Some(old)) => new.is_finite() && (old.is_nan() || new < 0.9 * old),
                _ => false,
            },
        }
    })
}
