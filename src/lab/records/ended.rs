//! `summary.json` read back.

use std::path::Path;

use serde::Deserialize;

use crate::base::Problem;
use crate::lab::json::read_number;

/// The newest layout that is understood; later ones only add to it.
const UNDERSTOOD: u32 = crate::lab::summary::SCHEMA_VERSION;

/// How a run ended, as its summary says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ended {
    /// Version of the layout.
    pub schema_version: u32,
    /// The program that ran it.
    pub vgrad_version: String,
    /// The experiment.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// `completed`, `diverged` or `interrupted`.
    pub status: String,
    /// Where it diverged, if it did.
    #[serde(default)]
    pub diverged: Option<DivergedAt>,
    /// The verdict's name.
    pub verdict: String,
    /// Updates made.
    pub steps: u64,
    /// The gradients at the last logged step.
    #[serde(default, rename = "final")]
    pub last: Option<LastStep>,
    /// Loss of the last logged batch.
    #[serde(default, deserialize_with = "read_number")]
    pub train_loss: Option<f64>,
    /// Loss at the last look at the test set.
    #[serde(default, deserialize_with = "read_number")]
    pub test_loss: Option<f64>,
    /// Accuracy at the last look at the test set.
    #[serde(default, deserialize_with = "read_number")]
    pub test_accuracy: Option<f64>,
    /// What guessing reaches.
    #[serde(default, deserialize_with = "read_number")]
    pub chance_accuracy: Option<f64>,
}

/// Where a run diverged.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DivergedAt {
    /// The step.
    pub step: u64,
    /// The layer, from 1.
    pub layer: usize,
}

/// Where a run's rows end.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LastStep {
    /// The last logged step.
    pub step: u64,
}

impl Ended {
    /// Reads a summary.
    ///
    /// # Errors
    /// If it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable = |what: &dyn std::fmt::Display| {
            Problem::in_file(path, format!("cannot be read: {what}"))
                .help("run the experiment again, or take the file away to read the CSV files alone")
        };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        let ended: Self = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        if ended.schema_version > UNDERSTOOD {
            return Err(unreadable(&format!(
                "its schema_version is {}, this program knows {UNDERSTOOD}; use a newer vgrad",
                ended.schema_version
            )));
        }
        Ok(ended)
    }

    /// Whether a loss or a norm stopped being finite.
    pub fn has_diverged(&self) -> bool {
        self.status == "diverged"
    }
}
