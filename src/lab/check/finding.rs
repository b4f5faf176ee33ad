//! What came of one question about one layer.

use std::cmp::Ordering;

use serde::Serialize;

use super::figure::{Number, difference};
use crate::lab::config::Quantity;
use crate::lab::json::number;
use crate::lab::text::{Numbering, fixed};
use crate::nn::architecture::Along;

/// The quantity that is counted per layer of the path.
const SLOPE: &str = "decay_decades_per_layer";

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Within the limit.
    Holds,
    /// Beyond the tolerance, but closer to healthy than the baseline.
    Improved,
    /// The interval over the seeds straddles the limit.
    Unclear,
    /// Beyond the limit.
    Fails,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Improved => "improved",
            Self::Unclear => "unclear",
            Self::Fails => "fails",
        }
    }
}

/// How a quantity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceScale {
    /// It is a number of decades already.
    Decades,
    /// A norm, or a ratio of norms: its logarithm is what scatters evenly.
    Norm,
    /// Any other number.
    Plain,
}

impl DistanceScale {
    /// That of a quantity.
    pub fn of(quantity: &str) -> Self {
        match quantity {
            "attenuation_decades" | SLOPE => Self::Decades,
            "update_ratio" | "loss_slope" => Self::Norm,
            name if name.ends_with("_norm") => Self::Norm,
            _ => Self::Plain,
        }
    }
}

/// On which side of a figure a value lies that a log's rounding hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueBound {
    /// It is the figure or less.
    AtMost,
    /// It is the figure or more.
    AtLeast,
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A rule.
    Rule,
    /// The baseline.
    Baseline,
    /// Every run must stay finite.
    Run,
}

/// The answer to one question.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The question in words; several layers share one.
    pub rule: String,
    /// Who asked.
    pub source: Source,
    /// The place of the rule among those that were put, from 0: two rules may
    /// read the same.
    #[serde(skip)]
    pub place: usize,
    /// The file that asks.
    pub file: Option<String>,
    /// The cells of a sweep that it is about; none elsewhere.
    pub cell: Option<String>,
    /// What was measured.
    pub quantity: String,
    /// When: `initial`, `final`, `every` or a step.
    pub at: String,
    /// The step it was measured at; of `every`, the worst.
    pub step: Option<u64>,
    /// The layer, from 1; none where one number stands for the network.
    pub layer: Option<usize>,
    /// Its name.
    pub layer_name: Option<String>,
    /// What the layers' numbers stand for.
    #[serde(skip)]
    pub numbering: Numbering,
    /// The answer.
    pub state: State,
    /// What was measured, the mean over the seeds (of a norm the geometric one).
    /// A baseline's norms are measured as log10, and over several seeds it is
    /// the baseline's mean moved by the mean difference; where each seed fails by itself and they
    /// moved in opposite directions, it is the value of the seed that moved furthest, and
    /// `baseline` the one it had.
    #[serde(serialize_with = "number")]
    pub value: Option<f64>,
    /// Where the value is a bound, which one; none where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<ValueBound>,
    /// Lower end of its interval over the seeds.
    #[serde(serialize_with = "number")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(serialize_with = "number")]
    pub high: Option<f64>,
    /// What the baseline holds.
    #[serde(serialize_with = "number")]
    pub baseline: Option<f64>,
    /// The limit that it is beyond, or nearest to.
    #[serde(serialize_with = "number")]
    pub limit: Option<f64>,
    /// How far beyond the limit in the quantity's unit; negative within.
    #[serde(serialize_with = "number")]
    pub beyond: Option<f64>,
    /// How far beyond the limit in decades; negative within, none where there
    /// is no logarithm.
    #[serde(serialize_with = "number")]
    pub beyond_decades: Option<f64>,
    /// Seeds it was measured over.
    pub seeds: usize,
    /// What was measured of each; empty of a single one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_seed: Vec<Number>,
}

impl Finding {
    /// Worst first: by answer, then by how far beyond the limit.
    pub fn by_badness(a: &Self, b: &Self) -> Ordering {
        let far = |finding: &Self| {
            let far = finding.beyond_decades.or(finding.beyond);
            // NaN is as bad as can be, whatever its sign.
            far.filter(|far| !far.is_nan()).unwrap_or(f64::INFINITY)
        };
        let by_state = b.state.cmp(&a.state);
        by_state.then_with(|| far(b).total_cmp(&far(a)))
    }

    /// The unit that its distance to a limit or a baseline is told in; empty for
    /// a plain number such as an accuracy.
    pub fn unit(&self) -> &'static str {
        match (&*self.quantity, DistanceScale::of(&self.quantity)) {
            (SLOPE, _) => match self.numbering.along() {
                Along::Layers => "decades per layer",
                Along::Time => "decades per time step",
            },
            (_, DistanceScale::Decades | DistanceScale::Norm) => "decades",
            // A baseline holds logarithms, whatever the column.
            (_, DistanceScale::Plain) if self.source == Source::Baseline => "decades",
            (_, DistanceScale::Plain) => "",
        }
    }

    fn is_slope(&self) -> bool {
        self.quantity == SLOPE
    }

    /// How far beyond the limit in its unit; negative within.
    fn margin(&self) -> Option<f64> {
        match (self.unit(), DistanceScale::of(&self.quantity)) {
            _ if self.is_slope() && self.source == Source::Baseline => self.beyond_decades,
            // A norm's limit of 0 or below has no logarithm.
            ("decades", DistanceScale::Norm) => self.beyond_decades.or(self.beyond),
            _ => self.beyond,
        }
    }

    /// Value − baseline, in its unit; none without a baseline.
    pub fn difference(&self) -> Option<f64> {
        Some(difference(self.value?, self.baseline?))
    }

    /// How far it lies from the baseline, in its unit; 0 without one.
    pub fn change(&self) -> f64 {
        self.difference().map_or(0.0, f64::abs)
    }

    /// The question, and of which cells of a sweep it was asked.
    pub fn question(&self) -> String {
        let rule = format!("{}{}", self.rule, self.of_single());
        match &self.cell {
            Some(cell) => format!("{cell}: {rule}"),
            None => rule,
        }
    }

    /// That a figure of probabilities is the mean of what those of each seed's network are
    /// worth, and not what their mean is worth, as `vgrad run` tells of several seeds.
    fn of_single(&self) -> &'static str {
        match self.seeds > 1 && Quantity::is_of_one_network(&self.quantity) {
            true => ", of single networks",
            false => "",
        }
    }

    /// What changed against the baseline: "layer 3 (hidden_3): …, 10^-3 before".
    pub fn change_sentence(&self) -> String {
        let place = self.place().unwrap_or_else(|| "the network".to_owned());
        let before = self
            .baseline
            .map_or_else(String::new, |old| self.shown(old));
        format!(
            "{place}: {} {} → {}",
            self.quantity,
            before,
            self.shown_value()
        )
    }

    /// Where: "layer 3 (hidden_3)", or nothing for the whole network.
    pub fn place(&self) -> Option<String> {
        let name = self.layer_name.as_deref().unwrap_or_default();
        Some(self.numbering.named(self.layer?, name))
    }

    /// The value as a person reads it.
    pub fn shown_value(&self) -> String {
        let words = match self.bound {
            None => "",
            Some(ValueBound::AtMost) => "at most ",
            Some(ValueBound::AtLeast) => "at least ",
        };
        self.value
            .map_or_else(String::new, |value| format!("{words}{}", self.shown(value)))
    }

    /// The limit as a person reads it.
    pub fn shown_limit(&self) -> String {
        self.limit
            .map_or_else(String::new, |limit| self.shown(limit))
    }

    /// What it is held against: the baseline's figure, or a rule's limit.
    pub fn shown_reference(&self) -> String {
        match self.baseline {
            Some(old) => self.shown(old),
            None => self.shown_limit(),
        }
    }

    /// How far beyond the limit, as a person reads it.
    pub fn shown_beyond(&self) -> String {
        let unit = match (self.unit(), self.beyond_decades) {
            // A tolerance is held against what a slope adds up to.
            _ if self.is_slope() && self.source == Source::Baseline => {
                let along = self.numbering.along();
                along.speak(" decades over all layers")
            }
            ("", _) => String::new(),
            // A norm beside a limit that has no logarithm.
            ("decades", None) => String::new(),
            (unit, _) => format!(" {unit}"),
        };
        let is_small = unit.is_empty() || self.is_slope() && self.source != Source::Baseline;
        let digits = if is_small { 4 } else { 3 };
        match self.margin() {
            None => String::new(),
            Some(far) if far.is_nan() => "not a number".to_owned(),
            // As far as can be, such as 0 below a limit.
            Some(far) if self.is_within(far) && far.is_infinite() => "within".to_owned(),
            Some(far) => {
                let size = far.abs();
                let shown = match size >= 1e6 || is_small && size != 0.0 && size < 1e-4 {
                    true => format!("{far:+.2e}"),
                    false => format!("{far:+.digits$}"),
                };
                match self.is_within(far) {
                    true => format!("{}{unit} within", &shown[1..]),
                    false => format!("{shown}{unit}"),
                }
            }
        }
    }

    /// Whether so far from the limit is on its good side.
    fn is_within(&self, far: f64) -> bool {
        !matches!(self.state, State::Fails | State::Improved) && far <= 0.0
    }

    /// A value of its quantity as a person reads it.
    pub fn shown(&self, value: f64) -> String {
        let is_log = self.source == Source::Baseline && self.layer.is_some();
        if value == 0.0 && !is_log || is_log && value == f64::NEG_INFINITY {
            "0".to_owned()
        } else if is_log {
            format!("10^{}", fixed(value, 3))
        } else if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) {
            format!("{value:.3e}")
        } else {
            format!("{value:.4}")
        }
    }

    /// The whole finding in a sentence.
    pub fn sentence(&self) -> String {
        let subject = self.cell.clone().into_iter().chain(self.place());
        let place: String = subject.map(|subject| format!("{subject}: ")).collect();
        let step = match (&*self.at, self.step) {
            ("initial", _) => " at the initial step".to_owned(),
            ("final", _) => " at the final step".to_owned(),
            (_, Some(step)) => format!(" at step {step}"),
            (_, None) => String::new(),
        };
        if self.source == Source::Run {
            let value = self
                .value
                .map_or("not finite".to_owned(), |value| value.to_string());
            return format!(
                "{place}the run diverged{step}: {} is {value}",
                self.quantity
            );
        }
        let least = if self.bound.is_some() {
            "at least "
        } else {
            ""
        };
        let beyond = match self.margin() {
            None => String::new(),
            Some(far) if far.is_nan() => String::new(),
            Some(far) if self.is_within(far) => format!(", {least}{}", self.shown_beyond()),
            Some(_) => {
                let far = self.shown_beyond();
                format!(", {least}{} beyond", far.trim_start_matches('+'))
            }
        };
        let from = self.baseline.map_or_else(String::new, |old| {
            let closer = match self.state {
                State::Improved => " and was further from healthy",
                _ => "",
            };
            format!(", the baseline has {}{closer}", self.shown(old))
        });
        let unclear = match (self.state, self.low, self.high) {
            (State::Unclear, Some(low), Some(high)) => format!(
                "; over {} seeds it lies between {} and {}",
                self.seeds,
                self.shown(low),
                self.shown(high)
            ),
            _ => String::new(),
        };
        format!(
            "{place}{}{}{step} is {}{from}, the limit is {}{beyond}{unclear}",
            self.quantity,
            self.of_single(),
            self.shown_value(),
            self.shown_limit(),
        )
    }
}
