//! Gradients so small that an adaptive optimizer no longer scales them up.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::remedies::{CureKind, eps};
use crate::lab::text::{limit, number};

pub const OPTIMIZER_FLOOR: Mechanism = Mechanism {
    name: "optimizer_floor",
    title: "optimizer floor",
    doc: "gradients lie below the optimizer's eps, and its steps shrink with them",
    columns: &["weight_grad_mean_abs", "weight_grad_norm"],
    cures: &[CureKind::Optimizer, CureKind::Gradients],
    find,
};

/// Share of the hidden layers from which on it matters.
const MANY: f64 = 0.2;

fn find(case: &Case, frame: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    let spec = case.spec()?;
    let (name, eps) = eps(spec)?;
    if case.stats.learned == Some(true) || eps == 0.0 {
        return None;
    }
    let hidden = frame.hidden();
    let sizes = hidden
        .iter()
        .filter_map(|layer| Some((*layer, size(case, frame, *layer)?)));
    // Exact zeros are no matter of eps.
    let is_below = |size: f64| size > 0.0 && size < eps;
    let below: Vec<(usize, f64)> = sizes.filter(|(_, size)| is_below(*size)).collect();
    if (below.len() as f64) < MANY * hidden.len() as f64 || below.is_empty() {
        return None;
    }
    let at: Vec<usize> = below.iter().map(|(layer, _)| *layer).collect();
    let least = below
        .iter()
        .map(|(_, size)| *size)
        .fold(f64::INFINITY, f64::min);
    Some(Diagnosed {
        mechanism: &OPTIMIZER_FLOOR,
        share: None,
        step: frame.step.step,
        sentence: format!(
            "an entry of ∂L/∂W of {} has a size of {} and more, below the eps of {name}, {}: \
             its steps shrink with the gradient",
            case.numbering().many(&at),
            number(least),
            limit(eps)
        ),
        evidence: ["weight_grad_mean_abs", "weight_grad_norm"]
            .iter()
            .filter_map(|column| frame.fact(column, &at))
            .collect(),
        layers: at,
        rate: None,
        precedence: 0,
    })
}

/// The size of an entry of ∂L/∂W: its mean, or by the norm its root mean square.
fn size(case: &Case, frame: &Frame, layer: usize) -> Option<f64> {
    frame.value(layer, "weight_grad_mean_abs").or_else(|| {
        let network = &case.spec()?.network;
        let (before, own) = (layer.checked_sub(1)?, layer);
        // The first layer's width of input is the data's.
        if before == 0 || own > network.depth {
            return None;
        }
        let entries = network.width.of(before) as f64 * network.width.of(own) as f64;
        Some(frame.value(layer, "weight_grad_norm")? / entries.sqrt())
    })
}
