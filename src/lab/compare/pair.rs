//! One target held against the reference, layer by layer.

use super::at::StepChoice;
use super::compared_target::ComparedTarget;
use super::matching::Matching;
use super::reading::{Missing, Reading, RoundingError, Value, over_seeds};
use crate::lab::records::{Estimate, difference};

/// Why a layer is unclear that was printed with few digits.
const ROUNDED: &str = "cannot tell at the log's resolution";

/// What a layer's comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// No difference at all: the same number, or both exactly 0, in every seed.
    Equal,
    /// A difference within the tolerance in every pair of seeds.
    Within,
    /// A mean difference beyond the tolerance; with several seeds, one whose
    /// interval excludes 0.
    Differs,
    /// Some pair of seeds differs beyond the tolerance, but the mean does not or
    /// its interval holds 0; or a log's rounding hides whether it does.
    Unclear,
    /// Both have a row, and one has no log10: an empty cell, NaN, infinity, or 0
    /// beside another number.
    NotComparable,
    /// One of the two has no row.
    Absent,
}

impl Agreement {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::Within,
        Self::Differs,
        Self::Unclear,
        Self::NotComparable,
        Self::Absent,
    ];

    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Within => "within",
            Self::Differs => "differs",
            Self::Unclear => "unclear",
            Self::NotComparable => "not_comparable",
            Self::Absent => "absent",
        }
    }
}

/// A layer of the reference and its counterpart.
#[derive(Clone, Debug)]
pub struct LayerPair {
    /// The reference's number, or the other's where the reference has no such layer.
    pub layer: usize,
    /// Its name; empty where it has none.
    pub name: String,
    /// Where in the other target: 3.5 is halfway between layers 3 and 4.
    pub place: Option<f64>,
    /// What each seed says, of the reference and of the other.
    pub by_seed: [Vec<Reading>; 2],
    /// log10 of the reference's figure.
    pub reference: Value,
    /// log10 of the other's.
    pub other: Value,
    /// Other − reference in decades: the difference of the means, or the mean
    /// of the seeds' differences where both have the same seeds. Its ends are
    /// those of the 95 % interval, or the difference itself where neither target
    /// has several seeds.
    pub difference: Option<Estimate>,
    /// What it came to.
    pub finding: Agreement,
    /// Why it cannot be compared, or told where rounding leaves it unclear.
    pub reason: Option<String>,
}

/// A target held against the reference.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Where the other target stands among the targets; the reference is the first.
    pub other: usize,
    /// How the layers are matched.
    pub matching: Matching,
    /// Whether both have the same seeds, of which each is compared with itself.
    pub is_paired: bool,
    /// Why the pair as a whole cannot be compared, or a part of it.
    pub not_comparable: Vec<String>,
    /// The layers, ascending; none where the step was not logged.
    pub layers: Vec<LayerPair>,
}

/// What the layers of a pair are compared by.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Where in the runs.
    pub at: StepChoice,
    /// The largest difference, in decades, that is none.
    pub tolerance: f64,
}

impl LayerPair {
    /// The ends of the difference's interval, where a target has several seeds.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let targets = [&self.reference, &self.other];
        let has_seeds = targets
            .iter()
            .any(|target| target.as_ref().is_ok_and(Estimate::has_interval));
        let difference = self.difference.filter(|_| has_seeds)?;
        Some((difference.low, difference.high))
    }
}

impl Pair {
    /// Holds the target `other` against the first of `targets`.
    pub fn of(targets: &[ComparedTarget], other: usize, measure: Measure) -> Self {
        let (reference, target) = (&targets[0], &targets[other]);
        let matching = Matching::of(reference, target);
        let mut pair = Self {
            other,
            matching,
            is_paired: reference.seeds.len() > 1
                && reference.seeds.len() == reference.profiles.len()
                && reference.seeds == target.seeds,
            not_comparable: Vec::new(),
            layers: Vec::new(),
        };
        for target in [reference, target] {
            pair.not_comparable.extend(target.not_logged(measure.at));
            if matches!(measure.at, StepChoice::Final | StepChoice::Mean) {
                pair.not_comparable.extend(target.lost_end());
            }
        }
        if !pair.not_comparable.is_empty() {
            return pair;
        }
        let is_same = reference.quantity == target.quantity;
        if !is_same {
            pair.not_comparable.push(format!(
                "{} is read for {}, {} for {}: name one that both have with --quantity",
                reference.letter, reference.quantity, target.letter, target.quantity
            ));
        }
        let has_output = |target: &ComparedTarget| target.profiles[0].output().is_some();
        if matching == Matching::RelativeDepth && has_output(target) && !has_output(reference) {
            pair.not_comparable.push(format!(
                "{} has an output layer, {} has none of that name",
                target.letter, reference.letter
            ));
        }
        let layers = matching.layers(reference, target);
        let is_paired = pair.is_paired;
        let rounding = [reference, target].map(ComparedTarget::rounding);
        let layers = layers.into_iter().map(|layer| {
            let place = matching.place(layer, reference, target);
            let [a, b] = [
                reference.readings(|profile| at_layer(profile.readings.get(&layer))),
                target.readings(|profile| place.reading(profile)),
            ];
            let (own, theirs) = (over_seeds(&a), over_seeds(&b));
            let judged = |rounding| measure.judge([&a, &b], rounding, is_paired);
            let (finding, difference) = match is_same {
                true => judged(rounding),
                false => (Agreement::NotComparable, None),
            };
            let reason = match finding {
                Agreement::NotComparable | Agreement::Absent if is_same => {
                    Some(why(reference, &own, target, &theirs))
                }
                Agreement::NotComparable | Agreement::Absent => Some("other quantities".to_owned()),
                Agreement::Unclear if judged([None; 2]).0 != finding => Some(ROUNDED.to_owned()),
                _ => None,
            };
            let name = [reference, target].map(|target| target.name(layer));
            LayerPair {
                layer,
                name: name
                    .into_iter()
                    .find(|name| !name.is_empty())
                    .unwrap_or("")
                    .to_owned(),
                place: place.number().filter(|_| theirs != Err(Missing::Absent)),
                by_seed: [a, b],
                reference: own,
                other: theirs,
                difference,
                finding,
                reason,
            }
        });
        pair.layers = layers.collect();
        pair
    }

    /// Layers of this finding.
    pub fn count(&self, finding: Agreement) -> usize {
        let layers = self.layers.iter();
        layers.filter(|layer| layer.finding == finding).count()
    }

    /// The layer with the largest difference, the first of several; where some
    /// layers differ beyond doubt, one of those.
    pub fn largest(&self) -> Option<(&LayerPair, f64)> {
        let has_sure_ones = self.count(Agreement::Differs) > 0;
        let layers = self.layers.iter();
        let layers = layers.filter(|layer| !has_sure_ones || layer.finding == Agreement::Differs);
        let mut largest: Option<(&LayerPair, f64)> = None;
        for layer in layers {
            if let Some(difference) = layer.difference.map(|difference| difference.mean)
                && largest.is_none_or(|(_, most)| difference.abs() > most.abs())
            {
                largest = Some((layer, difference));
            }
        }
        largest
    }

    /// Whether every layer is equal or within the tolerance.
    pub fn holds(&self) -> bool {
        let holding = self.count(Agreement::Equal) + self.count(Agreement::Within);
        self.not_comparable.is_empty() && holding == self.layers.len()
    }

    /// Layers that the rounding of a log leaves unclear.
    pub fn rounded(&self) -> usize {
        let is_rounded =
            |layer: &&LayerPair| layer.finding == Agreement::Unclear && layer.reason.is_some();
        self.layers.iter().filter(is_rounded).count()
    }

    /// Layers that were not compared, whatever the reason.
    pub fn left(&self) -> usize {
        self.count(Agreement::NotComparable) + self.count(Agreement::Absent)
    }

    /// Whether some layer could be compared.
    pub fn has_comparable(&self) -> bool {
        self.left() < self.layers.len()
    }

    /// Whether a figure of both targets was held against each other at all.
    pub fn has_figures(&self) -> bool {
        let is_empty = |value: &Value| *value == Err(Missing::Empty);
        let both = |layer: &LayerPair| is_empty(&layer.reference) && is_empty(&layer.other);
        !self.layers.iter().all(both)
    }
}

impl Measure {
    /// What the readings of two targets' seeds come to, and their difference. `rounding`: what
    /// the figures of each may be off by.
    fn judge(
        &self,
        [a, b]: [&[Reading]; 2],
        rounding: [Option<f64>; 2],
        is_paired: bool,
    ) -> (Agreement, Option<Estimate>) {
        let all = || a.iter().chain(b);
        let is = |lack: Missing| all().all(|reading| *reading == Err(lack.clone()));
        if is(Missing::Zero) {
            return (Agreement::Equal, Some(Estimate::of(&[0.0])));
        }
        let is_absent = |readings: &[Reading]| readings.iter().all(|r| *r == Err(Missing::Absent));
        if is_absent(a) || is_absent(b) {
            return (Agreement::Absent, None);
        }
        let [of_a, of_b] = [(a, rounding[0]), (b, rounding[1])]
            .map(|(readings, rounding)| RoundingError::of(readings, rounding));
        // How far the true difference may lie below and above the one of what was printed.
        let (below, above) = (of_b.below + of_a.above, of_b.above + of_a.below);
        let (a, b) = (self.decided(a, b), self.decided(b, a));
        let logs = |readings: &[Reading]| -> Option<Vec<f64>> {
            readings
                .iter()
                .map(|reading| reading.as_ref().ok().copied())
                .collect()
        };
        let Some((a, b)) = logs(&a).zip(logs(&b)) else {
            return (Agreement::NotComparable, None);
        };
        // Every seed beside itself, or without common seeds beside every other.
        let (pairs, difference): (Vec<f64>, Estimate) = if is_paired {
            let pairs: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
            let mean = Estimate::of(&pairs);
            (pairs, mean)
        } else {
            let pairs = b.iter().flat_map(|b| a.iter().map(move |a| b - a));
            (
                pairs.collect(),
                difference(&Estimate::of(&a), &Estimate::of(&b)),
            )
        };
        // The same seeds in both are the same runs, wherever their folders lie.
        let is_same = pairs.iter().all(|pair| *pair == 0.0) || !is_paired && a == b;
        let most = self.tolerance;
        let is_within = |value: f64| value - below >= -most && value + above <= most;
        let is_beyond = |value: f64| value - below > most || value + above < -most;
        let finding = if is_same && is_within(0.0) {
            Agreement::Equal
        } else if pairs.iter().all(|pair| is_within(*pair)) {
            Agreement::Within
        } else if is_beyond(difference.mean) && (difference.low > 0.0 || difference.high < 0.0) {
            Agreement::Differs
        } else {
            Agreement::Unclear
        };
        (finding, Some(difference))
    }
}

impl Measure {
    /// Readings of which those below a log's resolution stand at it, where that is lower than
    /// all of the other target's by more than the tolerance: so they differ at least by that.
    fn decided(&self, readings: &[Reading], others: &[Reading]) -> Vec<Reading> {
        let lowest = others.iter().map(|other| other.as_ref().ok().copied());
        let lowest = lowest.map(|log| log.unwrap_or(f64::NEG_INFINITY));
        let lowest = lowest.fold(f64::INFINITY, f64::min);
        let decided = readings.iter().map(|reading| match reading {
            Err(Missing::Below(bound)) if lowest - bound.log10() > self.tolerance => {
                Ok(bound.log10())
            }
            reading => reading.clone(),
        });
        decided.collect()
    }
}

fn at_layer(reading: Option<&Reading>) -> Reading {
    reading.cloned().unwrap_or(Err(Missing::Absent))
}

/// Which target has no log10: "A is 0, B is NaN".
fn why(reference: &ComparedTarget, own: &Value, other: &ComparedTarget, theirs: &Value) -> String {
    let words = |target: &ComparedTarget, value: &Value| match value {
        Ok(_) => None,
        Err(Missing::Absent) => Some(format!("{} has no such layer", target.letter)),
        Err(Missing::Nowhere(lacking)) => Some(format!("{} has {lacking}", target.letter)),
        Err(lack) => Some(format!("{} is {lack}", target.letter)),
    };
    let both = [words(reference, own), words(other, theirs)];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
