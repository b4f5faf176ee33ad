//! One figure beside what it was: held, moved, or moved for the better.

use std::path::Path;

use super::extremes::Within;
use super::figure::{DECIMALS, Pairing, SeedFigure, ends, furthest, pair, several};
use super::finding::{Finding, Source, State, ValueBound};
use super::moment::Moment;
use crate::lab::decay::AT_RISK_DECADES;
use crate::lab::text::Numbering;

/// Rounding that does not count, far below the file's decimals.
const SLACK: f64 = 1e-9;

/// What a figure is of.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub quantity: String,
    /// When.
    pub at: Moment,
    /// The run's step.
    pub step: u64,
    /// The run's layer with its name; none for the network as a whole.
    pub layer: Option<(usize, String)>,
    /// How many times over a change counts against the tolerance.
    pub span: f64,
}

/// How figures are put beside each other.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The baseline's file.
    pub file: &'a Path,
    /// Decades that a figure may move by.
    pub tolerance: f64,
    /// Which seeds belong together.
    pub pairing: &'a Pairing,
    /// Seeds of the run.
    pub seeds: usize,
    /// What the numbers of the run's layers stand for.
    pub numbering: Numbering,
}

impl Change<'_> {
    /// A figure beside what a log's rounding leaves of it: that every seed has moved too far,
    /// by at least so much. `None` where the bound does not decide it.
    pub fn bound(&self, old: &SeedFigure, new: Within, about: &About) -> Option<Finding> {
        // Beside each end of what is left the old value that is nearest to it.
        let [least, _, most] = ends(&old.values());
        let sides = [
            (ValueBound::AtMost, least, new.high),
            (ValueBound::AtLeast, most, new.low),
        ];
        let pairing = &Pairing::BySeed(vec![(0, 0)]);
        let change = Change { pairing, ..*self };
        sides.into_iter().find_map(|(bound, base, value)| {
            let [old, new] = [base, value].map(|one| SeedFigure::of(&[one], DECIMALS));
            let finding = change.finding([&old, &new], about.clone());
            let is_sure = value.is_finite() && (value < base) == (bound == ValueBound::AtMost);
            (is_sure && finding.state == State::Fails).then_some(Finding {
                bound: Some(bound),
                seeds: self.seeds,
                ..finding
            })
        })
    }

    /// One figure, old and new.
    pub fn finding(&self, [old, new]: [&SeedFigure; 2], about: About) -> Finding {
        let span = about.span;
        let tolerance = self.tolerance / span;
        let paired = pair(old, new, self.pairing);
        let is_above = |value: f64| value > tolerance + SLACK;
        let is_below = |value: f64| value < -tolerance - SLACK;
        let is_beyond = |value: f64| is_above(value) || is_below(value);
        let beyond = paired.differences.iter().filter(|d| is_beyond(**d)).count();
        let [mut low, mut middle, mut high] = paired.interval;
        // A seed repeats itself, so that each alone says whether something
        // changed; only where they disagree does the interval decide.
        let state = if paired.is_exact && beyond == 0 {
            State::Holds
        } else if paired.is_exact && beyond == paired.differences.len() {
            State::Fails
        } else if !is_beyond(low) && !is_beyond(high) {
            State::Holds
        } else if is_above(low) || is_below(high) {
            State::Fails
        } else {
            State::Unclear
        };
        let by_seed = several(&match &paired.values[..] {
            [] => new.values(),
            pairs => pairs.iter().map(|(_, new)| *new).collect(),
        });
        let (mut base, mut new) = (paired.base, paired.new);
        let has = |is_so: fn(&f64) -> bool| paired.differences.iter().any(is_so);
        let is_apart = has(|change| *change < 0.0) && has(|change| *change > 0.0);
        if paired.is_exact && beyond == paired.differences.len() && is_apart {
            // The mean of changes in opposite directions says nothing.
            let far = furthest(&paired.differences);
            middle = paired.differences[far];
            [low, _, high] = ends(&paired.differences);
            if let Some(values) = paired.values.get(far) {
                (base, new) = *values;
            }
        }
        let at = |difference: f64| {
            if difference.is_finite() {
                base + difference
            } else {
                new
            }
        };
        let limit = if middle < 0.0 {
            base - tolerance
        } else {
            base + tolerance
        };
        Finding {
            rule: format!("baseline: {} {}", about.quantity, about.at.in_words()),
            source: Source::Baseline,
            place: 0,
            file: Some(self.file.display().to_string()),
            cell: None,
            quantity: about.quantity,
            at: about.at.to_string(),
            step: Some(about.step),
            layer: about.layer.as_ref().map(|(layer, _)| *layer),
            layer_name: about.layer.map(|(_, name)| name),
            numbering: self.numbering,
            state,
            value: Some(at(middle)),
            bound: None,
            low: Some(at(low)),
            high: Some(at(high)),
            baseline: Some(base),
            limit: Some(limit),
            beyond: Some(middle.abs() - tolerance),
            beyond_decades: Some(middle.abs() * span - self.tolerance),
            seeds: paired.seeds,
            by_seed,
        }
    }
}

/// Where the gradient's path ends, next to the output.
#[derive(Clone, Copy, Debug)]
pub struct PathEnd {
    /// The number of its last layer, where that is held.
    pub last: Option<usize>,
    /// Layers from the first to the last.
    pub span: f64,
}

/// Calls what came closer to healthy an improvement, among the findings of one
/// step: attenuation and slope that came closer to 0, and, where the network's
/// attenuation did, a layer that moved closer to the last one on the path or by
/// no more than the network gained. `path`: the run's.
pub fn call_improvements(findings: &mut [Finding], path: PathEnd, tolerance: f64) {
    let change = |finding: &Finding| finding.baseline.zip(finding.value);
    let of_network = |finding: &&Finding| finding.quantity == "attenuation_decades";
    // What is known of a bound is only that it is too far.
    let is_known = |finding: &&Finding| finding.bound.is_none();
    let network = findings.iter().filter(is_known).find(of_network);
    let is_closer = |finding: &Finding| {
        let span = match &*finding.quantity {
            "decay_decades_per_layer" => path.span,
            _ => 1.0,
        };
        finding.state == State::Fails
            && change(finding).is_some_and(|(old, new)| is_closer(old * span, new * span))
    };
    let gain = network
        .filter(|network| is_closer(network))
        .and_then(change)
        .map(|(old, new)| old.abs() - new.abs());
    let references: Vec<(String, f64, f64)> = findings
        .iter()
        .filter(is_known)
        .filter(|finding| finding.layer.is_some() && finding.layer == path.last)
        .filter_map(|finding| {
            let (old, new) = change(finding)?;
            Some((finding.quantity.clone(), old, new))
        })
        .collect();
    let failing = |finding: &&mut Finding| finding.state == State::Fails && finding.bound.is_none();
    for finding in findings.iter_mut().filter(failing) {
        let is_improved = match (finding.layer, gain, change(finding)) {
            // The slope leaves out layers that read 0; it is another one once they do not.
            (None, Some(f64::INFINITY), _) => true,
            (None, ..) => is_closer(finding),
            (Some(_), Some(gain), Some((old, new))) => {
                let reference = references.iter().find(|own| own.0 == finding.quantity);
                let is_nearer = reference.is_some_and(|(_, old_end, new_end)| {
                    (new_end - new).abs() < (old_end - old).abs()
                });
                is_nearer || (new - old).abs() <= gain + tolerance + SLACK
            }
            _ => false,
        };
        if is_improved {
            finding.state = State::Improved;
        }
    }
}

/// Whether a loss of `new` decades over the layers is closer to none than one of
/// `old`, and not in the other direction beyond what is healthy.
fn is_closer(old: f64, new: f64) -> bool {
    let is_same_side = old.signum() == new.signum() || new.abs() < AT_RISK_DECADES;
    new.abs() < old.abs() && is_same_side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closer_to_none_is_better_unless_it_tips_over() {
        let inf = f64::INFINITY;
        for (old, new, expected) in [
            (20.0, 0.3, true),
            (20.0, -0.3, true),
            (20.0, 19.0, true),
            (1.0, 0.2, true),
            (-8.0, -1.0, true),
            (inf, 12.0, true),
            (0.3, 20.0, false),
            (-1.0, -8.0, false),
            (12.0, inf, false),
            (5.0, -4.0, false),
            (-5.0, 4.0, false),
        ] {
            assert_eq!(is_closer(old, new), expected, "{old} to {new}");
        }
    }
}
