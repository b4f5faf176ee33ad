//! `vgrad run`: trains a network and logs every layer's gradients.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;

use super::spec_args::SpecArgs;
use super::{Failure, Format, Global, Outcome, output};

/// Train a network and log the gradients of every layer
#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub spec: SpecArgs,
    /// Run N times, with the seeds seed … seed + N − 1
    #[arg(long, value_name = "N")]
    pub seeds: Option<NonZeroU64>,
    /// The run folder [default: runs/NAME, or the next free runs/NAME-2 …]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Overwrite a run
    #[arg(long)]
    pub force: bool,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

impl RunArgs {
    pub fn run(&self, _global: &Global) -> Result<Outcome, Failure> {
        let loaded = self.spec.load()?;
        output::result(&loaded.spec.to_toml("vgrad.schema.json")?)?;
        Ok(Outcome::Done)
    }
}
