//! Data sources: what a network is trained on.
//!
//! A [`Source`] loads [`Raw`] rows; [`load`] splits and standardises them into
//! a [`Dataset`] in the run's precision.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::base::family::family;

mod dataset;
mod digits;
mod files;
mod planar;
mod raw;
mod standardize;
mod synthetic;
mod teacher;

pub use dataset::{Dataset, LoadOptions, Split, load};
pub use digits::Digits;
pub use planar::{Circles, Moons, Spirals};
pub use raw::{Inputs, Raw};
pub use synthetic::{Blobs, Gaussian, Parity, Sine};
pub use teacher::Teacher;

family! {
    /// Where the samples come from.
    pub enum Source {
        Digits = "digits",
        Spirals = "spirals",
        Moons = "moons",
        Circles = "circles",
        Blobs = "blobs",
        Parity = "parity",
        Teacher = "teacher",
        Gaussian = "gaussian",
        Sine = "sine",
    }
    /// The source's way to its rows.
    fn loader -> Loader;
}

/// What a source may depend on besides its own parameters.
pub struct LoadContext<'a> {
    /// The run's seed; every draw comes from `stream(seed, "data", …)`.
    pub seed: u64,
    /// The folder that relative paths start from: the spec's.
    pub base_dir: &'a Path,
    /// Whether the loss wants numbers (mse) rather than classes.
    pub numeric_targets: bool,
}

/// What every data source can do.
pub trait Loader {
    /// All rows, unscaled; the rows of a test file, if any, come last.
    ///
    /// # Errors
    /// A file that cannot be read or does not hold what it should, parameters
    /// that contradict each other, or a loss that does not fit the targets.
    fn load(&self, context: &LoadContext) -> Result<Raw, Problem>;

    /// The files it reads, as the spec names them, each with its key.
    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        Vec::new()
    }

    /// The same source with `new` applied to each path; `None` if it has none.
    fn with_paths(&self, _new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        None
    }
}

impl Source {
    /// The files it reads, as the spec names them, each with its key
    /// (e.g. `data.source.csv.path`).
    pub fn input_files(&self) -> Vec<(&'static str, &Path)> {
        self.loader().input_files()
    }

    /// Rewrites relative paths, so that a spec moved from the folder `from` to
    /// the folder `to` still names the same files.
    pub fn rebase(&mut self, from: &Path, to: &Path) {
        let moved = self
            .loader()
            .with_paths(&|path| files::rebase(path, from, to));
        if let Some(moved) = moved {
            *self = moved;
        }
    }
}
