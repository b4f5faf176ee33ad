//! The arguments of every command that reads a spec.

use std::path::PathBuf;

use clap::Args;

use super::outcome::Failure;
use crate::lab::spec::{LoadedSpec, Overrides, Spec};

/// A spec and the changes to it.
#[derive(Args, Debug)]
pub struct SpecArgs {
    /// The experiment: a TOML file
    pub spec: PathBuf,
    /// Change a key of the spec, e.g. network.depth=10 (repeatable, the last wins)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The seed of every random draw; short for --set seed=N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub seed: Option<i64>,
}

impl SpecArgs {
    /// The spec and the changes as they were given, ready for a shell.
    pub fn command_line(&self) -> String {
        let set = self
            .set
            .iter()
            .flat_map(|set| ["--set".to_owned(), quoted(set)]);
        let seed = self.seed.into_iter().map(|seed| format!("--seed {seed}"));
        let spec = quoted(&self.spec.display().to_string());
        [spec]
            .into_iter()
            .chain(set)
            .chain(seed)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Reads the spec and makes the changes.
    pub fn load(&self) -> Result<LoadedSpec, Failure> {
        let mut overrides = Overrides::parse(&self.set)?;
        if let Some(seed) = self.seed {
            overrides.seed(seed);
        }
        Ok(Spec::load(&self.spec, &overrides)?)
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
