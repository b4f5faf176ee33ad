//! The arguments of every command that reads a spec.

use std::path::{Path, PathBuf};

use clap::Args;

use super::outcome::Failure;
use super::output;
use crate::lab::config::{LoadedSpec, Overrides, Spec, SpecError};

/// A spec and the changes to it.
#[derive(Args, Debug)]
pub struct SpecArgs {
    /// The experiment: a TOML file
    pub spec: PathBuf,
    #[command(flatten)]
    pub changes: Changes,
}

/// Changes to a spec.
#[derive(Args, Debug)]
pub struct Changes {
    /// Change a key of the spec, e.g. network.depth=10 (repeatable, the last wins)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The seed of every random draw; short for --set seed=N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub seed: Option<i64>,
}

impl Changes {
    /// The changes, to be made while a spec is read.
    pub fn overrides(&self) -> Result<Overrides, SpecError> {
        let mut overrides = Overrides::parse(&self.set)?;
        if let Some(seed) = self.seed {
            overrides.seed(seed);
        }
        Ok(overrides)
    }

    /// Reads the spec at `path`, makes the changes, and tells what in it is rarely meant so.
    pub fn load(&self, path: &Path) -> Result<LoadedSpec, Failure> {
        let loaded = Spec::load(path, &self.overrides()?)?;
        for warning in loaded.spec.warnings() {
            output::warn(&warning);
        }
        Ok(loaded)
    }
}

impl SpecArgs {
    /// Reads the spec and makes the changes.
    pub fn load(&self) -> Result<LoadedSpec, Failure> {
        self.changes.load(&self.spec)
    }
}

/// How often to run: 1 or more.
///
/// # Errors
/// If the text is anything else.
pub fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("0 seeds would run nothing; give 1 or more".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("expected the number of seeds, 1 or more".to_owned()),
    }
}
