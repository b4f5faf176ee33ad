//! Features or targets of extreme size.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::remedies::CureKind;
use crate::lab::text::number;

pub const DATA_SCALE: Mechanism = Mechanism {
    name: "data_scale",
    title: "the data",
    doc: "features or targets of extreme scale",
    columns: &[],
    cures: &[CureKind::Data, CureKind::Optimizer],
    find,
};

/// A root mean square beyond this, or below one over it, is extreme.
const EXTREME: f64 = 100.0;
/// What differs between samples, over the size of the features, is extreme below this.
const NARROW: f64 = 0.01;

fn find(case: &Case, _: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    if case.stats.learned == Some(true) {
        return None;
    }
    let scales = case.expected.scales?;
    let is_extreme = |size: f64| size.log10().abs() > EXTREME.log10();
    let mut reasons = Vec::new();
    if let Some(size) = scales.targets.filter(|size| is_extreme(*size)) {
        reasons.push(format!(
            "the targets have a root mean square of {}, and the loss and its gradient go with it",
            number(size)
        ));
    }
    if is_extreme(scales.features) {
        reasons.push(format!(
            "the features have a root mean square of {}",
            number(scales.features)
        ));
    } else if scales.varying < NARROW {
        reasons.push(format!(
            "the features differ between samples by {} of their size only",
            number(scales.varying)
        ));
    }
    let frame = case.first();
    (!reasons.is_empty()).then(|| Diagnosed {
        mechanism: &DATA_SCALE,
        share: None,
        step: frame.step.step,
        layers: Vec::new(),
        sentence: reasons.join("; "),
        evidence: Vec::new(),
        rate: None,
        precedence: 0,
    })
}
