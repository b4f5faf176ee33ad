//! Gradients, or the activations before them, smaller than the smallest number of the run's precision.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::config::Precision;
use crate::lab::remedies::CureKind;
use crate::lab::text::number;
use crate::nn::architecture::Along;

pub const UNDERFLOW: Mechanism = Mechanism {
    name: "numerical_underflow",
    title: "numerical underflow",
    doc: "gradients or activations read 0 because they are smaller than the smallest number there is",
    columns: &["zero_grad_fraction"],
    cures: &[CureKind::Gradients, CureKind::Precision],
    find,
};

/// The precision's name, its smallest normal number, which is some decades above the
/// smallest of all, and that one.
fn range(case: &Case) -> (&'static str, f64, &'static str) {
    match case.precision() {
        Precision::F32 => ("f32", f64::from(f32::MIN_POSITIVE), "1e-45"),
        Precision::F64 => ("f64", f64::MIN_POSITIVE, "5e-324"),
    }
}

/// The last layer whose activations are not all 0, and their size, where they have shrunk
/// so far on the way forward that all behind it read 0: there φ' is 0 too, but no unit died.
pub fn fades_at(case: &Case, frame: &Frame) -> Option<(usize, f64)> {
    let (_, limit, _) = range(case);
    let path = frame.path();
    let sizes = path
        .windows(2)
        .map(|pair| [pair[0], pair[1]].map(|layer| frame.activation_size(layer)));
    let mut sizes = path.iter().zip(sizes);
    sizes.find_map(|(layer, sizes)| match sizes {
        [Some(size), Some(0.0)] if size > 0.0 && size < limit * 1e6 => Some((*layer, size)),
        _ => None,
    })
}

/// Where the activations read 0 already.
fn forward(case: &Case, frame: &Frame) -> Option<Diagnosed> {
    let (last, size) = fades_at(case, frame)?;
    let (name, _, end) = range(case);
    let balance = Balance::of(frame);
    let behind = frame.hidden().into_iter().filter(|layer| *layer > last);
    let at: Vec<usize> = behind.collect();
    Some(Diagnosed {
        mechanism: &UNDERFLOW,
        share: Some(balance.share(0.0, balance.zeros.len())),
        step: frame.step.step,
        evidence: frame.fact("activation_std", &at).into_iter().collect(),
        sentence: format!(
            "the activations shrink to {} by {} and read 0 in {}: {name} ends at {end}; where \
             φ's argument is 0, no gradient gets past",
            number(size),
            case.numbering().one(last),
            case.numbering().many(&at)
        ),
        layers: at,
        rate: None,
        precedence: 0,
    })
}

fn find(case: &Case, frame: &Frame, found: &[Diagnosed]) -> Option<Diagnosed> {
    if let Some(forward) = forward(case, frame) {
        return Some(forward);
    }
    // Where a generator's loss has no slope, all read 0 and nothing became small on the way.
    if frame.step.loss_slope == Some(0.0) {
        return None;
    }
    let balance = Balance::of(frame);
    let (name, limit, end) = range(case);
    let is_dead = found.iter().any(|one| one.mechanism.name == "dead_units");
    let path = frame.path();
    let first_alive = path
        .iter()
        .copied()
        .find(|layer| frame.headline(*layer).is_some_and(|norm| norm > 0.0));
    // Zeros below a number as small as that are no numbers any more, and so are those that
    // such weights make of it.
    let is_at_limit = first_alive.is_some_and(|layer| {
        let weight = frame.value(layer, "weight_norm").unwrap_or(1.0);
        let next = |norm: f64| norm * weight.min(1.0);
        frame
            .headline(layer)
            .is_some_and(|norm| next(norm) < limit * 1e6)
    });
    let zeros: Vec<usize> = match first_alive {
        Some(alive) if is_at_limit && !is_dead => balance
            .zeros
            .iter()
            .copied()
            .filter(|layer| *layer < alive)
            .collect(),
        _ => Vec::new(),
    };
    // Entries of ∂L/∂W that read 0 though their units live. Of what a first time step adds to
    // it many are 0 in any network, as the state before is.
    let is_partly = |layer: &usize| {
        let share = frame.value(*layer, "zero_grad_fraction").unwrap_or(0.0);
        let dead = frame.value(*layer, "dead_fraction").unwrap_or(0.0);
        let is_tiny = frame
            .headline(*layer)
            .is_some_and(|norm| norm < limit * 1e6);
        share >= 0.5 && dead < 0.5 && is_tiny && case.along() == Along::Layers
    };
    let at: Vec<usize> = frame
        .hidden()
        .into_iter()
        .filter(|layer| zeros.contains(layer) || is_partly(layer))
        .collect();
    let has_weights = |layer: &usize| frame.value(*layer, "weight_norm") != Some(0.0);
    if is_dead || !at.iter().any(has_weights) {
        return None;
    }
    let smallest = first_alive.and_then(|layer| frame.headline(layer));
    let numbering = case.numbering();
    let mut sentence = match &zeros[..] {
        [] => format!(
            "half of the entries of ∂L/∂W and more of {} read 0",
            numbering.many(&at)
        ),
        zeros => format!("the gradients of {} read 0", numbering.many(zeros)),
    };
    if let (Some(alive), Some(smallest)) = (first_alive, smallest) {
        sentence += &format!(
            " below {} at {}: {name} ends at {end}",
            number(smallest),
            numbering.one(alive)
        );
    }
    if let Ok(theory) = &case.expected.theory
        && theory.attenuation_decades.0.is_finite()
    {
        sentence += &format!(
            "; by theory {:.0} decades are lost, and none of them is 0",
            theory.attenuation_decades.0
        );
    }
    Some(Diagnosed {
        mechanism: &UNDERFLOW,
        share: Some(balance.share(0.0, zeros.len())),
        step: frame.step.step,
        evidence: frame.fact("zero_grad_fraction", &at).into_iter().collect(),
        layers: at,
        sentence,
        rate: None,
        precedence: 0,
    })
}
