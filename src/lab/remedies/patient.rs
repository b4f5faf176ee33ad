//! What a cure is tried on.

use crate::lab::config::Spec;
use crate::lab::decay::{Decay, Verdict};

/// What is to be cured.
pub struct Patient<'a> {
    /// The spec as it is.
    pub spec: &'a Spec,
    /// The verdict on its run.
    pub verdict: Verdict,
    /// The gradients at step 0.
    pub initial: &'a Decay,
    /// The median over the hidden layers of ‖ΔW‖/‖W‖ at step 0, where it is known.
    pub update_ratio: Option<f64>,
    /// The weight variance × fan_in at which its activation neither shrinks nor
    /// stretches gradients, where there is one.
    pub critical: Option<f64>,
    /// By how much what a cure reckons with is to be taken as larger than it seems: 1, or more
    /// where that was not enough.
    pub caution: f64,
}
