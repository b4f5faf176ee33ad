//! `summary.json`: what a run came to, in a form that programs read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::Problem;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::json::{number, read_number};
use crate::lab::learned::Evidence;
use crate::lab::machine::Machine;
use crate::lab::onset::Onset;
use crate::lab::prediction::Forecast;
use crate::lab::predictive::Predictions;
use crate::nn::architecture::Along;

/// Version of the summary's layout. Keys may be added under the same number:
/// readers take those that they know, and summaries that lack the newer ones.
pub const SCHEMA_VERSION: u32 = 1;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All steps were made.
    Completed,
    /// A loss or norm was NaN or infinite.
    Diverged,
    /// Stopped by a signal.
    Interrupted,
}

impl Status {
    /// Its name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Where a run diverged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// The step.
    pub step: u64,
    /// The layer at which it began, from 1.
    pub layer: usize,
    /// That layer's name.
    pub name: String,
}

/// When a run began and how long it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// RFC 3339, UTC.
    pub started: String,
    /// Seconds from the first step to the last.
    #[serde(default)]
    pub training_seconds: f64,
    /// Updates per second.
    #[serde(default)]
    pub steps_per_second: f64,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// This program's version.
    pub vgrad_version: String,
    /// The experiment's name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub status: Status,
    /// Where it diverged, if it did.
    #[serde(default)]
    pub diverged: Option<Divergence>,
    /// That of the whole run: `diverged`, or the worse of the initial and the
    /// final one. A program before this one wrote the initial one.
    pub verdict: Verdict,
    /// The gradients at step 0.
    pub initial: Decay,
    /// The gradients at the last logged step.
    #[serde(rename = "final")]
    pub last: Decay,
    /// Updates made.
    pub steps: u64,
    /// Loss of the last logged step's batch.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub train_loss: Option<f64>,
    /// Loss at the last look at the test set.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub test_loss: Option<f64>,
    /// Accuracy at the last look at the test set.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub test_accuracy: Option<f64>,
    /// The step of that look; `None` without one, and in a summary of an earlier program.
    #[serde(default)]
    pub test_step: Option<u64>,
    /// Of a rendered view, or of a picture's pixels held out: their peak signal-to-noise ratio
    /// at the last look at them, in dB.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub test_psnr: Option<f64>,
    /// Share of the commonest class in the training split: what guessing reaches, of a run of 0
    /// steps too. A program before this one wrote that of the test set.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub chance_accuracy: Option<f64>,
    /// What the positions are that decay is measured along.
    #[serde(default)]
    pub along: Along,
    /// Bytes the engine claimed before the first step.
    #[serde(default)]
    pub engine_bytes: u64,
    /// Where.
    #[serde(default)]
    pub machine: Machine,
    /// When.
    #[serde(default)]
    pub times: Times,
    /// Whether it beats guessing; `None` for a run of 0 steps, and where no
    /// measurement tells.
    #[serde(default)]
    pub learned: Option<bool>,
    /// What `learned` was judged by.
    #[serde(default)]
    pub learned_by: Option<Evidence>,
    /// The loss of the best guess that looks at no input, over the training
    /// split: each class with its share, or the mean of numeric targets.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub guessing_loss: Option<f64>,
    /// Where it began to fail; `None` for a healthy run and for one that recovered.
    #[serde(default)]
    pub onset: Option<Onset>,
    /// What the probabilities on the test set are worth, where `train.predictive` asks and
    /// the run was completed.
    #[serde(default)]
    pub predictive: Option<Predictions>,
    /// √B·‖∂L_G/∂D‖ of a generator at the last logged step.
    #[serde(
        serialize_with = "number",
        deserialize_with = "read_number",
        skip_serializing_if = "Option::is_none",
        default
    )]
    pub loss_slope: Option<f64>,
    /// What theory expects of step 0, as `vgrad predict --format json` writes it; `None` in
    /// a summary of an earlier program.
    #[serde(default)]
    pub predicted: Option<Forecast>,
}

impl Summary {
    /// Whether it is a generator's: no other network has a loss with a slope to tell of.
    pub fn is_generator(&self) -> bool {
        self.loss_slope.is_some()
    }

    /// The step of the last look at the test set where the run ended after it.
    pub fn stale_test(&self) -> Option<u64> {
        let step = self.test_step.filter(|step| *step < self.steps)?;
        (self.status != Status::Completed).then_some(step)
    }

    /// The last loss: of the test set, without one of the last batch.
    pub fn loss(&self) -> Option<f64> {
        self.test_loss.or(self.train_loss)
    }

    /// [`loss`](Self::loss) over that of guessing, which has its scale: what runs with other
    /// targets or another loss are told apart by. `None` where guessing costs nothing.
    pub fn loss_over_guessing(&self) -> Option<f64> {
        let guessing = self.guessing_loss.filter(|guessing| *guessing > 0.0)?;
        Some(self.loss()? / guessing)
    }

    /// Reads a summary, also one with fewer keys.
    ///
    /// # Errors
    /// If it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable = |what: &dyn std::fmt::Display| {
            Problem::in_file(path, format!("cannot be read: {what}"))
                .help("run the experiment again, or take the file away to read the CSV files alone")
        };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        let summary: Self = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        if summary.schema_version > SCHEMA_VERSION {
            return Err(unreadable(&format!(
                "its schema_version is {}, this program knows {SCHEMA_VERSION}; use a newer vgrad",
                summary.schema_version
            )));
        }
        Ok(summary)
    }

    /// Whether a loss or a norm stopped being finite.
    pub fn has_diverged(&self) -> bool {
        self.status == Status::Diverged
    }

    /// The summary as indented JSON with a final newline.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a summary has only string keys");
        json.push('\n');
        json
    }
}
