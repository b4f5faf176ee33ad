//! Units whose φ' is exactly 0 for every sample.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::underflow::fades_at;
use super::{Diagnosed, LEAST_SHARE, Mechanism, is_flat_on, matters};
use crate::lab::remedies::CureKind;
use crate::nn::architecture::Along;
use crate::nn::skip::Skip;

pub const DEAD_UNITS: Mechanism = Mechanism {
    name: "dead_units",
    title: "dead units",
    doc: "φ' is exactly 0 for the whole batch",
    columns: &["dead_fraction"],
    cures: &[CureKind::Gradients, CureKind::Optimizer, CureKind::Data],
    find,
};

/// Share of a layer's units from which on it counts as dying. Half of a healthy ReLU
/// layer's are off for the whole batch where its samples point one way.
const MANY: f64 = 0.75;
/// Share from which on a layer is as good as dead.
const MOST: f64 = 0.95;

fn find(case: &Case, frame: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    let dead = frame.of_hidden("dead_fraction");
    let dying: Vec<usize> = dead
        .iter()
        .filter(|(_, share)| *share >= MANY)
        .map(|(layer, _)| *layer)
        .collect();
    // Weights of 0 pass nothing whether units live or not.
    let has_weights = |layer: &usize| frame.value(*layer, "weight_norm") != Some(0.0);
    if !dying.iter().any(has_weights) || fades_at(case, frame).is_some() {
        return None;
    }
    let balance = Balance::of(frame);
    let silenced = dead.iter().filter(|(_, share)| *share == 1.0);
    let last_silent = silenced.map(|(layer, _)| *layer).max();
    let zeros = balance.zeros.iter();
    let zeros = zeros
        .filter(|layer| last_silent.is_some_and(|last| **layer <= last))
        .count();
    // Units of a φ that is flat on both sides are saturated, whether exactly or not.
    if zeros == 0 && is_flat_on(case, 2) {
        return None;
    }
    let kept_back = balance.changes.iter().filter_map(|change| {
        let share = frame.value(change.layer, "dead_fraction")?;
        // Beyond the half that is off anyway.
        let decades = -0.5 * (2.0 * (1.0 - share)).log10();
        (share >= MANY).then(|| decades.clamp(0.0, change.lost.max(0.0)))
    });
    // Past a layer of dead units nothing gets at all: that is the whole of the loss.
    let share = match zeros {
        0 => balance.share(kept_back.sum(), 0),
        _ => 1.0,
    };
    let is_failing = zeros > 0 || matters(case, balance.lost());
    // Layers that died as good as whole are told of where nothing was learned, decay or not.
    let is_idle = case.is_idle() && dead.iter().any(|(_, share)| *share >= MOST);
    if !(is_failing && share >= LEAST_SHARE || is_idle) {
        return None;
    }
    let fact = frame.fact("dead_fraction", &dying)?;
    let numbering = case.numbering();
    let most = 100.0 * fact.most.0;
    let mut sentence = format!(
        "up to {most:.0} % of the units of {} are off for the whole batch",
        numbering.many(&dying)
    );
    if let Some(last) = last_silent {
        let told = beyond(case, last, zeros);
        sentence += &format!(", all of {}{told}", numbering.one(last));
    }
    Some(Diagnosed {
        mechanism: &DEAD_UNITS,
        share: is_failing.then_some(share),
        step: frame.step.step,
        layers: dying,
        sentence,
        evidence: vec![fact],
        rate: None,
        precedence: 0,
    })
}

/// What a layer without a living unit, before which so many receive nothing, means for the
/// others: a clause.
fn beyond(case: &Case, layer: usize, zeros: usize) -> &'static str {
    const NOTHING: &str = ": nothing gets past it";
    let Some(network) = case.spec().map(|spec| &spec.network) else {
        // Without a spec the gradients before it tell whether something leads around it.
        return if zeros > 0 { NOTHING } else { "" };
    };
    let has_skip = !matches!(network.skip, Skip::NoSkip(_)) && layer > 1;
    match network.along() {
        _ if zeros > 0 => NOTHING,
        Along::Time => "; inputs enter at every later time step too",
        Along::Layers if has_skip => "; the skip leads past it",
        Along::Layers => NOTHING,
    }
}
