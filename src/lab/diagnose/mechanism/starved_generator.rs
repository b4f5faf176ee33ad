//! A discriminator that has won: where the generator's loss is flat, no layer receives much.

use super::super::case::Case;
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism};
use crate::lab::decay::{LOSS_DECADES, Verdict};
use crate::lab::remedies::CureKind;
use crate::lab::text::number;

pub const STARVED_GENERATOR: Mechanism = Mechanism {
    name: "starved_generator",
    title: "the discriminator won",
    doc: "the discriminator won: the saturating loss starves the generator",
    columns: &[],
    cures: &[CureKind::Adversary, CureKind::Discriminator],
    find,
};

fn find(case: &Case, frame: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    let [first, last] = [&case.stats.initial, &case.stats.last].map(Option::as_ref);
    let mut ends = [first, last].into_iter().flatten();
    let Some(decay) = ends.find(|decay| decay.step == frame.step.step) else {
        return flat(case, frame);
    };
    let by_loss = decay.loss_decades();
    // Of an undecided discriminator the slope is ½, and the loss of every generator takes that.
    if by_loss < LOSS_DECADES || decay.verdict == Verdict::Healthy {
        return None;
    }
    let by_layers = decay.attenuation_decades.unwrap_or(0.0).max(0.0);
    let share = if by_layers.is_finite() && by_loss.is_finite() {
        by_loss / (by_loss + by_layers)
    } else {
        1.0
    };
    let path = frame.path();
    let slope = decay.loss_slope.unwrap_or(0.0);
    Some(Diagnosed {
        mechanism: &STARVED_GENERATOR,
        share: Some(share),
        step: frame.step.step,
        sentence: format!(
            "the discriminator is so sure of itself that the generator's loss has a slope of {} by \
             its logit, which takes {by_loss:.1} decades off every layer",
            number(slope)
        ),
        evidence: frame.fact(&case.columns[0], &path).into_iter().collect(),
        layers: path,
        rate: None,
        precedence: 0,
    })
}

/// A loss without any slope shortly before the run diverged.
fn flat(case: &Case, frame: &Frame) -> Option<Diagnosed> {
    let path = frame.path();
    (frame.step.loss_slope == Some(0.0)).then(|| Diagnosed {
        mechanism: &STARVED_GENERATOR,
        share: Some(1.0),
        step: frame.step.step,
        sentence: "the discriminator is so sure of itself that the slope of the generator's loss \
                   by its logit reads 0, and with it every gradient"
            .to_owned(),
        evidence: frame.fact(&case.columns[0], &path).into_iter().collect(),
        layers: path,
        rate: None,
        precedence: 0,
    })
}
