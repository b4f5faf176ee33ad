//! What is wrong with a run, for a cure to mend.

use super::case::{Case, DISCRIMINATOR_RATE};
use super::mechanism::{Diagnosed, RANK_COLLAPSE, Rate};
use crate::lab::decay::{Decay, Verdict};

/// What is wrong with a run, for a cure to mend.
#[derive(Clone, Copy)]
pub struct Trouble {
    /// The gradients at step 0.
    pub gradients: bool,
    /// What training makes of them.
    pub training: bool,
    /// The steps, whatever the gradients are.
    pub rate: bool,
    /// Whether the first steps that are too large are a discriminator's.
    pub discriminator: bool,
    /// What is left of the differences between tokens behind the last block, where they become
    /// alike.
    pub tokens: Option<f64>,
}

impl Trouble {
    /// Of a run in which this was found.
    pub fn of(case: &Case, found: &[Diagnosed]) -> Self {
        let stats = &case.stats;
        let initial = stats.initial.as_ref();
        let lost = initial.and_then(Decay::lost_decades);
        let is_idle = case.is_idle();
        let verdict = initial.map_or(Verdict::Healthy, |decay| decay.verdict);
        let last = stats.last.as_ref().map_or(verdict, |decay| decay.verdict);
        Self {
            gradients: verdict != Verdict::Healthy
                || is_idle && lost.is_some_and(|lost| lost.abs() >= 2.0),
            training: is_idle || case.has_diverged() || last > verdict,
            rate: case.has_diverged() && found.iter().any(|one| one.rate == Some(Rate::TooLarge)),
            discriminator: case.rate_key() == Some(DISCRIMINATOR_RATE),
            tokens: found
                .iter()
                .find(|one| one.is(&RANK_COLLAPSE))
                .and_then(|_| Some(case.expected.tokens.as_ref()?.last()?.spread)),
        }
    }
}
