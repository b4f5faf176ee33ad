//! Samples that become the same point on their way through the network.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::remedies::CureKind;
use crate::lab::text::number;

pub const COLLAPSE: Mechanism = Mechanism {
    name: "information_collapse",
    title: "information collapse",
    doc: "all inputs map to the same point: the activations of different samples correlate to 1",
    columns: &["activation_correlation"],
    cures: &[CureKind::Gradients],
    find,
};

/// A distance from 1 below which a correlation says that samples are one point: the layers
/// behind would have to magnify it a hundredfold in size.
const NEAR: f64 = 1e-4;

fn find(case: &Case, frame: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    if case.stats.learned == Some(true) {
        return None;
    }
    let values = frame.of_hidden("activation_correlation");
    let (last, correlation) = *values.last()?;
    if 1.0 - correlation >= NEAR {
        return None;
    }
    let lost = values.iter().find(|(_, value)| 1.0 - value < NEAR)?;
    let at: Vec<usize> = values
        .iter()
        .map(|(layer, _)| *layer)
        .filter(|layer| *layer >= lost.0)
        .collect();
    let numbering = case.numbering();
    let distance = 1.0 - correlation;
    let told = if distance <= 0.0 {
        "exactly 1".to_owned()
    } else {
        format!("1 − {}", number(distance))
    };
    Some(Diagnosed {
        mechanism: &COLLAPSE,
        share: None,
        step: frame.step.step,
        sentence: format!(
            "different samples correlate to {told} in {}, to within {} from {} on: what tells \
             them apart is lost on the way forward",
            numbering.one(last),
            number(NEAR),
            numbering.one(lost.0)
        ),
        evidence: frame
            .fact("activation_correlation", &at)
            .into_iter()
            .collect(),
        layers: at,
        rate: None,
        precedence: 0,
    })
}
