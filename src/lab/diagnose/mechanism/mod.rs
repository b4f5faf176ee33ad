//! The mechanisms behind gradients that do not arrive, and behind networks that do not
//! learn though they do: what tells of each, in one list.
//!
//! A mechanism is a file of its own and a line in [`MECHANISMS`].

mod collapse;
mod contraction;
mod data_scale;
mod dead_units;
mod expansion;
mod forget_gate;
mod healthy;
mod not_learning;
pub mod optimizer_floor;
mod rank_collapse;
mod saturation;
mod starved_generator;
mod underflow;

pub use rank_collapse::RANK_COLLAPSE;

use serde::{Serialize, Serializer};

use super::case::Case;
use super::frame::{ColumnFact, Frame};
use crate::lab::decay::AT_RISK_DECADES;
use crate::lab::remedies::CureKind;

/// A mechanism.
#[derive(Debug)]
pub struct Mechanism {
    /// Its word in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The columns of a log that tell of it.
    pub columns: &'static [&'static str],
    /// What may help against it.
    pub cures: &'static [CureKind],
    /// Looks for it at a step of a run; what was found before stands in the slice.
    pub find: fn(&Case, &Frame, &[Diagnosed]) -> Option<Diagnosed>,
}

/// Every mechanism. A later one may ask which were found before it.
pub const MECHANISMS: &[&Mechanism] = &[
    &starved_generator::STARVED_GENERATOR,
    &forget_gate::FORGET_GATE,
    &saturation::SATURATION,
    &dead_units::DEAD_UNITS,
    &underflow::UNDERFLOW,
    &contraction::CONTRACTION,
    &expansion::EXPANSION,
    &RANK_COLLAPSE,
    &collapse::COLLAPSE,
    &optimizer_floor::OPTIMIZER_FLOOR,
    &data_scale::DATA_SCALE,
    &not_learning::NOT_LEARNING,
    &healthy::HEALTHY,
];

/// A mechanism at work in a run.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosed {
    /// Which.
    #[serde(rename = "name", serialize_with = "by_name")]
    pub mechanism: &'static Mechanism,
    /// Its share of the measured decay, from 0 to 1; null where it is no part of it.
    pub share: Option<f64>,
    /// The logged step that it is seen at.
    pub step: u64,
    /// The layers at which it is seen.
    pub layers: Vec<usize>,
    /// What it is seen by, in a sentence.
    pub sentence: String,
    /// The columns that it is seen by.
    pub evidence: Vec<ColumnFact>,
    /// What is wrong with the learning rate: `too_small`, `too_large` or `too_large_at_first`; null where
    /// nothing is known to be.
    pub rate: Option<Rate>,
    /// How far it goes before others as what caused them.
    #[serde(skip)]
    pub precedence: u8,
}

/// What is wrong with a learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Steps that change next to nothing.
    TooSmall,
    /// Steps that overshoot.
    TooLarge,
    /// First steps from which the gradients never recover.
    TooLargeAtFirst,
}

fn by_name<S: Serializer>(mechanism: &Mechanism, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mechanism.name)
}

impl Diagnosed {
    /// Whether it is this mechanism.
    pub fn is(&self, mechanism: &Mechanism) -> bool {
        self.mechanism.name == mechanism.name
    }
}

/// The mechanisms at work in a run, by their share of the decay; then those that are no
/// part of it, in the order of the list. One that is at work at both ends of the run is
/// told of where its share is larger.
pub fn find_all(case: &Case) -> Vec<Diagnosed> {
    let mut all: Vec<Diagnosed> = Vec::new();
    let share = |one: &Diagnosed| one.share.unwrap_or(-1.0);
    for frame in case.frames() {
        let mut found: Vec<Diagnosed> = Vec::new();
        for mechanism in MECHANISMS {
            let one = (mechanism.find)(case, &frame, &found);
            found.extend(one);
        }
        for one in found {
            match all.iter_mut().find(|other| other.is(one.mechanism)) {
                Some(other) if share(other) < share(&one) => *other = one,
                Some(_) => {}
                None => all.push(one),
            }
        }
    }
    let collapses = all.iter().any(|one| one.is(&RANK_COLLAPSE));
    let trains_all_the_same = collapses && rank_collapse::has_skips(case);
    // What a run that blows up looks like just before is the work of its data or its steps.
    for one in &mut all {
        one.precedence = match () {
            () if trains_all_the_same && one.rate.is_some() => 1,
            () if !case.has_diverged() && !case.has_blown_up() => 0,
            () if one.is(&data_scale::DATA_SCALE) => 2,
            () if one.rate == Some(Rate::TooLarge) => 1,
            () => 0,
        };
    }
    all.sort_by(|a, b| {
        let order = share(b).total_cmp(&share(a));
        b.precedence.cmp(&a.precedence).then(order)
    });
    all
}

/// A share of the decay below which a mechanism is not worth a word.
const LEAST_SHARE: f64 = 0.1;

/// Decades from which a loss is looked into: those that put a network at risk, or two
/// where nothing was learned.
fn matters(case: &Case, lost: f64) -> bool {
    let least = match case.is_idle() {
        true => 2.0,
        false => AT_RISK_DECADES,
    };
    lost >= least
}

/// Whether φ is known to be flat on so many sides: on one as ReLU, of which half of the entries
/// of any network lie there, on two as tanh.
fn is_flat_on(case: &Case, sides: usize) -> bool {
    case.spec().is_some_and(|spec| {
        let curve = spec.network.activation.elementwise::<f64>();
        let slopes = [-30.0, 30.0].map(|x| curve.at(x).1.abs());
        slopes.into_iter().filter(|slope| *slope <= 0.5).count() == sides
    })
}
