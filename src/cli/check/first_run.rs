//! Running the spec that is to be checked.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::CheckArgs;
use crate::base::Problem;
use crate::cli::progress::Progress;
use crate::cli::run::{schema_reference, seed_range};
use crate::cli::stop::{STOP, listen_for_signals};
use crate::cli::{Failure, Global, Outcome};
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::experiment::{self, RunOptions};
use crate::lab::machine::cores;
use crate::lab::records::Target;
use crate::lab::run_folder::{Destination, is_free};
use crate::lab::summary::Status;

/// What running a spec left.
pub(super) enum Ran {
    /// Its runs, and the temporary folder they lie in.
    Whole(Target, Option<tempfile::TempDir>),
    /// It was stopped.
    Stopped(Outcome),
}

impl CheckArgs {
    pub(super) fn only_runs_take_these(&self) -> Result<(), Problem> {
        let flags = [
            ("--set", !self.changes.set.is_empty()),
            ("--seed", self.changes.seed.is_some()),
            ("--seeds", self.seeds.is_some()),
            ("--out", self.out.is_some()),
        ];
        match flags.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Problem::in_file(
                &self.target,
                format!("is no spec, and {flag} is about running one"),
            )
            .help("name a spec, a file ending in .toml, or leave the flag out")),
            None => Ok(()),
        }
    }

    /// Runs the spec and opens what it left.
    pub(super) fn run_first(&self, global: &Global) -> Result<Ran, Failure> {
        let loaded = Spec::load(&self.target, &self.changes.overrides()?)?;
        listen_for_signals()?;
        let temporary = match &self.out {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|error| {
                Problem::new(format!("no temporary folder can be made: {error}"))
                    .help("give a folder with --out")
            })?),
        };
        let folder = match (&self.out, &temporary) {
            (Some(out), _) => out.clone(),
            (None, Some(temporary)) => temporary.path().join(&loaded.spec.name),
            (None, None) => unreachable!("one of them is there"),
        };
        let runs: Vec<(u64, PathBuf)> = match self.seeds {
            None => vec![(loaded.spec.seed, folder.clone())],
            Some(seeds) => {
                is_free(&folder)?;
                let range = seed_range(loaded.spec.seed, seeds.get())?;
                range
                    .map(|seed| (seed, folder.join(format!("seed-{seed}"))))
                    .collect()
            }
        };
        for (seed, folder) in &runs {
            let spec = Spec {
                seed: *seed,
                ..loaded.spec.clone()
            };
            if let Some(outcome) = self.one(spec, folder.clone(), &loaded, global)? {
                return Ok(Ran::Stopped(outcome));
            }
        }
        let mut target = Target::open(&folder)?;
        // Earlier seeds may lie beside those just run.
        target
            .runs
            .retain(|run| runs.iter().any(|(_, folder)| *folder == run.path));
        Ok(Ran::Whole(target, temporary))
    }

    /// Runs one seed. Tells the outcome if it was stopped.
    fn one(
        &self,
        spec: Spec,
        folder: PathBuf,
        loaded: &LoadedSpec,
        global: &Global,
    ) -> Result<Option<Outcome>, Failure> {
        let destination = Destination::Exactly(folder);
        let schema = schema_reference(loaded, &destination);
        let options = RunOptions {
            base_dir: &loaded.folder,
            destination,
            force: self.force,
            threads: global.threads.map_or_else(cores, NonZeroUsize::get),
            schema: &schema,
            stop: &STOP,
        };
        let mut progress = Progress::new(global.quiet);
        let run = experiment::run(spec, &options, &mut progress)
            .map_err(|problem| loaded.explain(problem))?;
        Ok(match run.map(|run| run.summary.status) {
            None => Some(Outcome::Interrupted),
            // Without --out nothing is kept that could be resumed.
            Some(Status::Interrupted) if self.out.is_none() => Some(Outcome::Interrupted),
            Some(Status::Interrupted) => Some(Outcome::StoppedEarly),
            Some(Status::Completed | Status::Diverged) => None,
        })
    }
}
