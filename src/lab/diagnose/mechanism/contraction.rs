//! Layers that shrink the gradient, χ < 1.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, LEAST_SHARE, Mechanism, matters};
use crate::lab::remedies::CureKind;
use crate::lab::text::{significant, times};
use crate::nn::architecture::Along;

pub const CONTRACTION: Mechanism = Mechanism {
    name: "contraction",
    title: "contraction",
    doc: "χ < 1: weights and φ' shrink the gradient at every layer (recurrent: at every time step)",
    columns: &[
        "saturated_fraction",
        "dead_fraction",
        "activation_mean",
        "activation_std",
    ],
    cures: &[CureKind::Discriminator, CureKind::Gradients],
    find,
};

fn find(case: &Case, frame: &Frame, found: &[Diagnosed]) -> Option<Diagnosed> {
    if let Some(found) = weights_of_zero(case, frame) {
        return Some(found);
    }
    // What else shrinks a gradient has to be known not to be it.
    if !CONTRACTION.columns.iter().any(|column| case.has(column)) {
        return None;
    }
    let balance = Balance::of(frame);
    let lost = balance.lost();
    let explained: f64 = found.iter().filter_map(|one| one.share).sum();
    let all = balance.share(lost, balance.zeros.len());
    let share = all - explained;
    let has_zeros = !balance.zeros.is_empty();
    if !(matters(case, lost) || has_zeros && lost > 1.0) || share < LEAST_SHARE {
        return None;
    }
    // Zeros that nobody accounts for are no contraction of its own.
    let share = share.min(balance.share(lost, 0));
    let shrinking = balance.changes.iter().filter(|change| change.lost > 0.0);
    let at: Vec<usize> = shrinking.map(|change| change.layer).collect();
    let per_layer = lost / balance.changes.len().max(1) as f64;
    let mut sentence = format!(
        "{} keeps {} of the gradient, {lost:.1} decades are lost over {}",
        case.passed(),
        significant(10f64.powf(-per_layer)),
        case.numbering().many(&at)
    );
    if let Ok(theory) = &case.expected.theory
        && frame.step.step == 0
    {
        let chi = theory.layers.iter().filter_map(|layer| layer.chi);
        let chi: Vec<f64> = chi.map(|chi| chi.0).collect();
        if let Some(chi) = super::super::frame::median(chi).filter(|chi| *chi < 1.0) {
            sentence += &format!(" (by theory χ = {})", significant(chi));
        }
    }
    sentence += &case.recurrent_radius(frame);
    sentence += &flat(case, frame, lost);
    Some(Diagnosed {
        mechanism: &CONTRACTION,
        share: Some(share),
        step: frame.step.step,
        evidence: ["activation_grad_norm", "activation_std", "weight_grad_norm"]
            .iter()
            .filter_map(|column| frame.fact(column, &at))
            .collect(),
        layers: at,
        sentence,
        rate: None,
        precedence: 0,
    })
}

/// That the activations shrink with the gradient, where they do: ∂L/∂W is their product.
fn flat(case: &Case, frame: &Frame, lost: f64) -> String {
    let path = frame.path();
    let (Some(first), Some(last)) = (path.first(), path.last()) else {
        return String::new();
    };
    let size = |layer: &usize| frame.activation_size(*layer).map(f64::log10);
    let (Some(at_first), Some(at_last)) = (size(first), size(last)) else {
        return String::new();
    };
    let shrunk = at_first - at_last;
    // An infinite loss has no size.
    if !shrunk.is_finite() || shrunk < 0.5 * lost.min(30.0) || shrunk < 1.0 {
        return String::new();
    }
    let norm = |layer: &usize| frame.value(*layer, "weight_grad_norm").map(f64::log10);
    let spread = norm(last)
        .zip(norm(first))
        .map(|(last, first)| last - first);
    // Zeros are level with nothing, and what falls nearly as far is not level.
    // And what time steps add to one ∂L/∂W is not compared by anyone.
    let is_level = |spread: &f64| {
        case.along() == Along::Layers && spread.is_finite() && spread.abs() < 0.5 * lost
    };
    let Some(spread) = spread.filter(is_level) else {
        return format!(
            "; the activations shrink {} on the way forward",
            times(shrunk)
        );
    };
    let beside = format!(" differ by {} only", significant(10f64.powf(spread.abs())));
    format!(
        "; the activations shrink {} on the way forward, so that the norms of ∂L/∂W{beside}",
        times(shrunk)
    )
}

/// Weights that are exactly 0: nothing passes.
fn weights_of_zero(case: &Case, frame: &Frame) -> Option<Diagnosed> {
    let all = frame.layers.iter().map(|info| info.layer);
    let zero: Vec<usize> = all
        .filter(|layer| frame.value(*layer, "weight_norm") == Some(0.0))
        .collect();
    let silent = Balance::of(frame).zeros;
    if zero.is_empty() || silent.is_empty() {
        return None;
    }
    Some(Diagnosed {
        mechanism: &CONTRACTION,
        share: Some(1.0),
        step: frame.step.step,
        sentence: format!(
            "the weights of {} are exactly 0, and so is χ: nothing passes",
            case.numbering().many(&zero)
        ),
        evidence: frame.fact("weight_norm", &zero).into_iter().collect(),
        layers: zero,
        rate: None,
        precedence: 0,
    })
}
