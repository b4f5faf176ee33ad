//! Nothing wrong.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::decay::Verdict;
use crate::lab::text::{not_learned, signed};

pub const HEALTHY: Mechanism = Mechanism {
    name: "healthy",
    title: "healthy",
    doc: "gradients arrive",
    columns: &[],
    cures: &[],
    find,
};

fn find(case: &Case, _: &Frame, found: &[Diagnosed]) -> Option<Diagnosed> {
    if case.stats.verdict? != Verdict::Healthy || !found.is_empty() {
        return None;
    }
    let frame = case.first();
    let lost = case
        .stats
        .initial
        .as_ref()
        .and_then(|decay| decay.attenuation_decades);
    let lost = lost.unwrap_or(0.0);
    let learned = match (case.stats.learned, case.undecided()) {
        (Some(true), _) => ", and the network learns".to_owned(),
        (_, Some(by)) => format!(", but {}", not_learned(Some(by))),
        _ => String::new(),
    };
    Some(Diagnosed {
        mechanism: &HEALTHY,
        share: None,
        step: frame.step.step,
        layers: Vec::new(),
        sentence: format!(
            "gradients arrive ({} decades on the way to the first {}){learned}",
            signed(lost, 1),
            case.along().one()
        ),
        evidence: Vec::new(),
        rate: None,
        precedence: 0,
    })
}
