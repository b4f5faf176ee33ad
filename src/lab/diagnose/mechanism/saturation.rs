//! Units so far out on φ's flat side that hardly any gradient passes.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::forget_gate::FORGET_GATE;
use super::{Diagnosed, LEAST_SHARE, Mechanism, is_flat_on, matters};
use crate::lab::decay::Verdict;
use crate::lab::remedies::CureKind;

pub const SATURATION: Mechanism = Mechanism {
    name: "saturation",
    title: "saturation",
    doc: "φ' is small because |z| is large",
    columns: &["saturated_fraction"],
    cures: &[CureKind::Gradients, CureKind::Data],
    find,
};

/// Share of a layer's entries from which on it counts as saturated.
const MANY: f64 = 0.2;

fn find(case: &Case, frame: &Frame, found: &[Diagnosed]) -> Option<Diagnosed> {
    let balance = Balance::of(frame);
    let lost = if balance.zeros.is_empty() {
        balance.lost()
    } else {
        f64::INFINITY
    };
    if !matters(case, lost) {
        return beside(case, frame);
    }
    // What saturated entries keep back: of a share f of them the others pass √(1 − f); and
    // those are not at φ's steepest either.
    let kept_back = |layer: usize, lost: f64| {
        let share = frame.value(layer, "saturated_fraction")?;
        // Of a φ that is exactly flat on both sides a saturated unit reads as dead.
        let is_dead = frame.value(layer, "dead_fraction") >= Some(0.5);
        if share < MANY || is_dead && !is_flat_on(case, 2) || is_flat_on(case, 1) {
            return None;
        }
        let by_count = -0.5 * (1.0 - share).max(1e-12).log10();
        let by_slope = slope_loss(case, frame, layer).unwrap_or(0.0);
        Some((layer, by_count.max(by_slope).min(lost.max(0.0))))
    };
    let changes = balance.changes.iter();
    let at: Vec<(usize, f64)> = changes
        .filter_map(|change| kept_back(change.layer, change.lost))
        .collect();
    let decades = at.iter().map(|(_, decades)| decades).sum();
    // A forget gate that is shut is a saturated one.
    let gate = found.iter().find(|one| one.is(&FORGET_GATE));
    let by_gate = gate.and_then(|one| one.share).unwrap_or(0.0);
    let share = balance.share(decades, 0) - by_gate;
    if share < LEAST_SHARE {
        return None;
    }
    let numbers: Vec<usize> = at.iter().map(|(layer, _)| *layer).collect();
    let fact = frame.fact("saturated_fraction", &numbers)?;
    Some(Diagnosed {
        mechanism: &SATURATION,
        share: Some(share),
        step: frame.step.step,
        sentence: format!(
            "up to {:.0} % of the entries of {} lie on φ's flat side, which keeps {decades:.1} \
             decades back",
            100.0 * fact.most.0,
            case.numbering().many(&numbers)
        ),
        layers: numbers,
        evidence: vec![fact],
        rate: None,
        precedence: 0,
    })
}

/// Saturation that is no part of a decay: of a network that fails in another way.
fn beside(case: &Case, frame: &Frame) -> Option<Diagnosed> {
    let values = frame.of_hidden("saturated_fraction");
    let fails = case.stats.verdict != Some(Verdict::Healthy) || case.is_idle();
    let is_most = 2 * values.iter().filter(|(_, share)| *share > 0.5).count() > values.len();
    if !fails || !is_most || is_flat_on(case, 1) {
        return None;
    }
    let numbers: Vec<usize> = values.iter().map(|(layer, _)| *layer).collect();
    let fact = frame.fact("saturated_fraction", &numbers)?;
    Some(Diagnosed {
        mechanism: &SATURATION,
        share: None,
        step: frame.step.step,
        sentence: format!(
            "{:.0} to {:.0} % of the entries of {} lie on φ's flat side",
            100.0 * fact.least.0,
            100.0 * fact.most.0,
            case.numbering().many(&numbers)
        ),
        layers: numbers,
        evidence: vec![fact],
        rate: None,
        precedence: 0,
    })
}

/// Decades by which φ' of a plain layer falls short of its largest value, by what the
/// gradient loses across φ.
fn slope_loss(case: &Case, frame: &Frame, layer: usize) -> Option<f64> {
    let network = &case.spec()?.network;
    let is_plain = network.norm.name() == "none"
        && network.skip.name() == "none"
        && network.order == crate::nn::order::Order::LinearNormActivation;
    if !is_plain || !case.is_of_activations() {
        return None;
    }
    let across = frame.headline(layer)?.log10() - frame.value(layer, "delta_norm")?.log10();
    let curve = network.activation.elementwise::<f64>();
    let slopes = (-400..=400).map(|i| curve.at(f64::from(i) / 50.0).1.abs());
    let steepest = slopes.fold(0.0, f64::max);
    Some(across + steepest.log10()).filter(|loss| loss.is_finite())
}
