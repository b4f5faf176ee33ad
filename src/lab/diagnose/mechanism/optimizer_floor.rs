//! Gradients so small that an adaptive optimizer no longer scales them up.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::remedies::{CureKind, eps};
use crate::lab::text::{Numbering, limit, number};
use crate::nn::architecture::Along;

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
    let (name, eps) = floor(case)?;
    let sizes: Vec<(usize, f64)> = match case.along() {
        Along::Time => case.shared_maps.as_ref()?.at(frame.step.step),
        Along::Layers => {
            let hidden = frame.hidden().into_iter();
            hidden
                .filter_map(|layer| Some((layer, size(case, frame, layer)?)))
                .collect()
        }
    };
    let all = match case.along() {
        Along::Time => sizes.len(),
        Along::Layers => frame.hidden().len(),
    };
    // Exact zeros are no matter of eps.
    let is_below = |size: f64| size > 0.0 && size < eps;
    let below = sizes.into_iter().filter(|(_, size)| is_below(*size));
    let below: Vec<(usize, f64)> = below.collect();
    if (below.len() as f64) < MANY * all as f64 || below.is_empty() {
        return None;
    }
    let at: Vec<usize> = below.iter().map(|(layer, _)| *layer).collect();
    let least = below
        .iter()
        .map(|(_, size)| *size)
        .fold(f64::INFINITY, f64::min);
    let (what, layers) = match case.numbering() {
        Numbering::Layers => (format!("W of {}", Numbering::Layers.many(&at)), at),
        Numbering::Time { steps, stacked } => {
            let of = match stacked {
                1 => String::new(),
                _ => format!(" of stacked {}", Numbering::Layers.many(&at)),
            };
            let rows = at.iter().flat_map(|l| (l - 1) * steps + 1..=l * steps);
            let what = format!("W_hh{of}, summed over the time steps,");
            (what, rows.collect())
        }
    };
    Some(Diagnosed {
        mechanism: &OPTIMIZER_FLOOR,
        share: None,
        step: frame.step.step,
        sentence: format!(
            "an entry of ∂L/∂{what} has a size of {} and more, below the eps of {name}, {}: \
             its steps shrink with the gradient",
            number(least),
            limit(eps)
        ),
        evidence: ["weight_grad_mean_abs", "weight_grad_norm"]
            .iter()
            .filter(|_| case.along() == Along::Layers)
            .filter_map(|column| frame.fact(column, &layers))
            .collect(),
        layers,
        rate: None,
        precedence: 0,
    })
}

/// The optimizer of a run and its eps, where it may be what keeps the run from learning.
fn floor(case: &Case) -> Option<(String, f64)> {
    let (name, eps) = eps(case.spec()?)?;
    (case.stats.learned != Some(true) && eps > 0.0).then_some((name, eps))
}

/// Whether the log leaves open what an optimizer sees: the sum over the time steps.
pub fn is_open(case: &Case) -> bool {
    case.along() == Along::Time && case.shared_maps.is_none() && floor(case).is_some()
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
