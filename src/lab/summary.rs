//! `summary.json`: what a run came to, in a form that programs read.

use serde::Serialize;

use crate::lab::decay::{Decay, Verdict};
use crate::lab::json::number;
use crate::lab::machine::Machine;

/// Version of the summary's layout; it only grows.
pub const SCHEMA_VERSION: u32 = 1;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All steps were made.
    Completed,
    /// A loss or norm was NaN or infinite.
    Diverged,
    /// Stopped by a signal.
    Interrupted,
}

/// Where a run diverged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// The step.
    pub step: u64,
    /// The layer at which it began, from 1.
    pub layer: usize,
    /// That layer's name.
    pub name: String,
}

/// When a run began and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Times {
    /// RFC 3339, UTC.
    pub started: String,
    /// Seconds from the first step to the last.
    pub training_seconds: f64,
    /// Updates per second.
    pub steps_per_second: f64,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// This program's version.
    pub vgrad_version: &'static str,
    /// The experiment's name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub status: Status,
    /// Where it diverged, if it did.
    pub diverged: Option<Divergence>,
    /// The initial verdict, or `diverged`.
    pub verdict: Verdict,
    /// The gradients at step 0.
    pub initial: Decay,
    /// The gradients at the last logged step.
    #[serde(rename = "final")]
    pub last: Decay,
    /// Updates made.
    pub steps: u64,
    /// Loss of the last logged step's batch.
    #[serde(serialize_with = "number")]
    pub train_loss: Option<f64>,
    /// Loss at the last look at the test set.
    #[serde(serialize_with = "number")]
    pub test_loss: Option<f64>,
    /// Accuracy at the last look at the test set.
    #[serde(serialize_with = "number")]
    pub test_accuracy: Option<f64>,
    /// Share of the commonest class in the test set: what guessing reaches.
    #[serde(serialize_with = "number")]
    pub chance_accuracy: Option<f64>,
    /// Bytes the engine claimed before the first step.
    pub engine_bytes: u64,
    /// Where.
    pub machine: Machine,
    /// When.
    pub times: Times,
}

impl Summary {
    /// The summary as indented JSON with a final newline.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a summary has only string keys");
        json.push('\n');
        json
    }
}
