//! How logs are read, for the commands that read them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output;
use crate::base::Problem;
use crate::lab::logs::LogOptions;
use crate::lab::records::{Target, in_natural_order};
use crate::lab::sweep::{SweepFolder, open_targets};

#[derive(Args, Debug)]
pub struct ReadingArgs {
    /// Of a log of another program: its layers from the input to the output, a,b,c; or a pattern or
    /// a network's name (policy, encoder, that of a run) that picks some of them
    #[arg(long, value_name = "NAMES|REGEX")]
    layers: Option<String>,
    /// Refuse a log whose steps go back, instead of taking the later rows from there on
    #[arg(long)]
    no_resume: bool,
}

impl ReadingArgs {
    /// How logs are to be read.
    pub fn options(&self) -> LogOptions {
        LogOptions {
            layers: self.layers.clone(),
            refuses_resumed: self.no_resume,
            takes_totals: false,
        }
    }

    /// Opens the targets of a command line, those of a shell's pattern in the
    /// natural order of their names.
    pub fn open(&self, paths: &[PathBuf]) -> Result<Vec<Target>, Problem> {
        self.open_with(paths, &self.options())
    }

    /// The same, also logs that have no norms of layers.
    pub fn open_all(&self, paths: &[PathBuf]) -> Result<Vec<Target>, Problem> {
        self.open_with(paths, &self.with_totals())
    }

    fn with_totals(&self) -> LogOptions {
        LogOptions {
            takes_totals: true,
            ..self.options()
        }
    }

    fn open_with(&self, paths: &[PathBuf], options: &LogOptions) -> Result<Vec<Target>, Problem> {
        let mut paths = paths.to_vec();
        if in_natural_order(&mut paths) {
            let names = paths.iter().map(|path| path.display().to_string());
            output::remark(&format!(
                "the targets are taken in the natural order of their names: {}",
                names.collect::<Vec<_>>().join(", ")
            ));
        }
        open_targets(&paths, options)
    }

    /// Opens a single target.
    pub fn open_one(&self, path: &Path) -> Result<Target, Problem> {
        if SweepFolder::is_one(path) {
            return Ok(open_targets(&[path.to_owned()], &self.options())?.swap_remove(0));
        }
        Target::open_with(path, &self.options())
    }

    /// Opens a single target, also a log that has no norms of layers.
    pub fn open_any(&self, path: &Path) -> Result<Target, Problem> {
        Target::open_with(path, &self.with_totals())
    }
}
