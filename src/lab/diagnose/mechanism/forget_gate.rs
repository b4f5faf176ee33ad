//! Cells that forget: the gradient by the state shrinks from time step to time step.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, LEAST_SHARE, Mechanism, matters};
use crate::lab::remedies::CureKind;
use crate::lab::text::significant;

pub const FORGET_GATE: Mechanism = Mechanism {
    name: "forget_gate",
    title: "the forget gate",
    doc: "an LSTM's forget gate lets go of the state, and with it of the gradient, at every time step",
    columns: &["cell_grad_norm"],
    cures: &[CureKind::Gradients],
    find,
};

fn find(case: &Case, frame: &Frame, _found: &[Diagnosed]) -> Option<Diagnosed> {
    let path = frame.path();
    let norms = path
        .iter()
        .map(|layer| frame.value(*layer, "cell_grad_norm"));
    let norms: Option<Vec<f64>> = norms.collect();
    let norms = norms.filter(|norms| norms.len() > 2)?;
    let (first, last) = (norms[0], norms[norms.len() - 1]);
    let lost = (last / first).log10();
    if !lost.is_finite() || !matters(case, lost) {
        return None;
    }
    let balance = Balance::of(frame);
    let all = balance.lost();
    let share = if all > 0.0 {
        (lost / all).min(1.0)
    } else {
        1.0
    };
    if share < LEAST_SHARE {
        return None;
    }
    let steps = norms.len() - 1;
    let kept = 10f64.powf(-lost / steps as f64);
    Some(Diagnosed {
        mechanism: &FORGET_GATE,
        share: Some(share),
        step: frame.step.step,
        sentence: format!(
            "the state keeps {} of its gradient per time step, {lost:.1} decades are lost over \
             {steps}; by itself a forget gate that is half open keeps 0.5, one of bias 3 \
             0.95, and what h hands on adds to it",
            significant(kept)
        ),
        evidence: frame.fact("cell_grad_norm", &path).into_iter().collect(),
        layers: path,
        rate: None,
        precedence: 0,
    })
}
