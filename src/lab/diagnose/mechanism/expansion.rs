//! Layers that stretch the gradient, χ > 1.

use super::super::balance::Balance;
use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::decay::AT_RISK_DECADES;
use crate::lab::remedies::CureKind;
use crate::lab::text::{significant, times};

pub const EXPANSION: Mechanism = Mechanism {
    name: "expansion",
    title: "expansion",
    doc: "χ > 1: every layer stretches the gradient; batch norm does so by itself",
    columns: &["activation_mean", "activation_std"],
    cures: &[
        CureKind::Dropout,
        CureKind::Discriminator,
        CureKind::Gradients,
    ],
    find,
};

fn find(case: &Case, frame: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    let balance = Balance::of(frame);
    let grown = -balance.lost();
    if grown < AT_RISK_DECADES {
        return forward(case, frame);
    }
    let growing = balance.changes.iter().filter(|change| change.lost < 0.0);
    let at: Vec<usize> = growing.map(|change| change.layer).collect();
    let per_layer = grown / balance.changes.len().max(1) as f64;
    let mut sentence = format!(
        "{} multiplies the gradient by {}, {grown:.1} decades are gained over {}",
        case.passed(),
        significant(10f64.powf(per_layer)),
        case.numbering().many(&at)
    );
    sentence += &case.recurrent_radius(frame);
    if let Some(spec) = case.spec() {
        let network = &spec.network;
        if network.norm.name() == "batch" && network.skip.name() == "none" {
            sentence += ": batch norm without skips does that whatever the init, by dividing by \
                         the spread over the batch";
        } else if network.dropout > 0.0 {
            sentence += &format!(
                "; dropout has a part in it, a factor of {} on the square per layer",
                significant(1.0 / (1.0 - network.dropout))
            );
        }
    }
    Some(Diagnosed {
        mechanism: &EXPANSION,
        share: Some(1.0),
        step: frame.step.step,
        evidence: frame
            .fact("activation_grad_norm", &at)
            .into_iter()
            .collect(),
        layers: at,
        sentence,
        rate: None,
        precedence: 0,
    })
}

/// Activations that grow until they are no numbers any more, where no gradient is left to
/// look at.
fn forward(case: &Case, frame: &Frame) -> Option<Diagnosed> {
    let has_gradients = frame.path().iter().any(|layer| {
        frame
            .headline(*layer)
            .is_some_and(|norm| norm.is_finite() && norm > 0.0)
    });
    // Where a generator's loss has no slope, there is no gradient whatever the layers do.
    if !case.has_diverged() || has_gradients || frame.step.loss_slope == Some(0.0) {
        return None;
    }
    let path = frame.path();
    let sizes: Vec<(usize, f64)> = path
        .iter()
        .filter_map(|layer| Some((*layer, frame.activation_size(*layer)?)))
        .collect();
    let finite = sizes
        .iter()
        .filter(|(_, size)| size.is_finite() && *size > 0.0);
    let finite: Vec<&(usize, f64)> = finite.collect();
    let (first, last) = (finite.first()?, finite.last()?);
    let grown = last.1.log10() - first.1.log10();
    if grown < AT_RISK_DECADES {
        return None;
    }
    let at: Vec<usize> = finite.iter().map(|(layer, _)| *layer).collect();
    let end = match sizes.iter().all(|(_, size)| size.is_finite()) {
        true => "",
        false => ", and end as no number",
    };
    Some(Diagnosed {
        mechanism: &EXPANSION,
        share: Some(1.0),
        step: frame.step.step,
        sentence: format!(
            "the activations grow {} from {} to {}{end}",
            times(grown),
            case.numbering().one(first.0),
            case.numbering().one(last.0)
        ),
        evidence: frame.fact("activation_std", &at).into_iter().collect(),
        layers: at,
        rate: None,
        precedence: 0,
    })
}
