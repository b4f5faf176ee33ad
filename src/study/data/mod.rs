//! Where the samples come from.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::family::{family, member};
use crate::base::paths::rebase;

family! {
    /// Where the samples come from.
    pub enum Source {
        Digits = "digits",
        Spirals = "spirals",
        Sine = "sine",
        Csv = "csv",
    }
}

member! {
    /// The 8×8 UCI digits, 1797 samples of 10 classes, embedded.
    pub struct Digits {}
}
member! {
    /// Interleaved spirals in the plane.
    pub struct Spirals {
        /// Arms.
        #[schemars(range(min = 2))]
        classes: usize = 3,
        /// Samples in all.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
        /// Standard deviation of the noise.
        #[schemars(range(min = 0))]
        noise: f64 = 0.1,
    }
}
member! {
    /// y = sin x: a regression.
    pub struct Sine {
        /// Samples in all.
        #[schemars(range(min = 1))]
        samples: usize = 1000,
    }
}

/// A CSV file with a header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file, relative to the spec.
    pub path: PathBuf,
    /// The column to predict; all others are features.
    pub target: String,
    /// A file with the test set.
    #[serde(default)]
    pub test_path: Option<PathBuf>,
}

impl Source {
    /// Whether the source brings its own test set.
    pub fn has_test_file(&self) -> bool {
        matches!(self, Self::Csv(csv) if csv.test_path.is_some())
    }

    /// Rewrites the files' paths, relative to `from`, to be relative to `to`.
    pub fn rebase(&mut self, from: &Path, to: &Path) {
        if let Self::Csv(csv) = self {
            csv.path = rebase(&csv.path, from, to);
            csv.test_path = csv.test_path.take().map(|path| rebase(&path, from, to));
        }
    }
}
