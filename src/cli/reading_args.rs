//! How logs are read, for the commands that read them.

use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::base::Problem;
use crate::lab::records::{Target, in_natural_order};
use crate::lab::sweep::open_targets;

#[derive(Args, Debug)]
pub struct ReadingArgs {
    /// Refuse a log whose steps go back, instead of taking the later rows from there on
    #[arg(long)]
    no_resume: bool,
}

impl ReadingArgs {
    /// Opens the targets of a command line, those of a shell's pattern in the
    /// natural order of their names.
    pub fn open(&self, paths: &[PathBuf]) -> Result<Vec<Target>, Problem> {
        let mut paths = paths.to_vec();
        if in_natural_order(&mut paths) {
            let names = paths.iter().map(|path| path.display().to_string());
            output::remark(&format!(
                "the targets are taken in the natural order of their names: {}",
                names.collect::<Vec<_>>().join(", ")
            ));
        }
        let mut targets = open_targets(&paths)?;
        targets.iter_mut().for_each(|target| self.apply(target));
        Ok(targets)
    }

    /// Makes an opened target be read so.
    pub fn apply(&self, target: &mut Target) {
        if self.no_resume {
            target.refuse_resumed();
        }
    }
}
