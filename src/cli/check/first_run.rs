//! Running the spec that is to be checked.

use std::path::{Path, PathBuf};

use super::CheckArgs;
use crate::base::Problem;
use crate::cli::progress::Progress;
use crate::cli::stop::{STOP, listen_for_signals};
use crate::cli::{Failure, Global, Outcome};
use crate::lab::config::LoadedSpec;
use crate::lab::experiment::{self, RunOptions};
use crate::lab::records::Target;
use crate::lab::run_folder::Destination;
use crate::lab::seeds::{SeedOptions, run_seeds, seed_range};
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
        let loaded = self.changes.load(&self.target)?;
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
        let runs: Vec<PathBuf> = match self.seeds {
            None => match self.one(&loaded, &folder, global)? {
                None => vec![folder.clone()],
                Some(outcome) => return Ok(Ran::Stopped(outcome)),
            },
            Some(seeds) => {
                let options = SeedOptions {
                    resume: false,
                    folder: folder.clone(),
                    seeds: seed_range(loaded.spec.seed, seeds)?,
                    force: self.force,
                    threads: self.threads.get(),
                    stop: &STOP,
                };
                let progress = Progress::new(global.quiet, seeds);
                let group = run_seeds(&loaded, &options, || Box::new(progress.follower()));
                progress.end();
                let group = group.map_err(|problem| loaded.explain(problem))?;
                if !group.is_whole {
                    return Ok(Ran::Stopped(self.stopped(!group.outcomes.is_empty())));
                }
                group.outcomes.into_iter().map(|run| run.folder).collect()
            }
        };
        let mut target = Target::open(&folder)?;
        // Earlier seeds may lie beside those just run.
        target.runs.retain(|run| runs.contains(&run.path));
        Ok(Ran::Whole(target, temporary))
    }

    /// Runs the spec once. Tells the outcome if it was stopped.
    fn one(
        &self,
        loaded: &LoadedSpec,
        folder: &Path,
        global: &Global,
    ) -> Result<Option<Outcome>, Failure> {
        let destination = Destination::Exactly(folder.to_owned());
        let options = RunOptions {
            destination,
            force: self.force,
            threads: self.threads.get(),
            stop: &STOP,
        };
        let progress = Progress::new(global.quiet, 1);
        let run = experiment::run(loaded, &options, &mut progress.follower())
            .map_err(|problem| loaded.explain(problem))?;
        Ok(match run.map(|run| run.summary.status) {
            None => Some(Outcome::Interrupted),
            Some(Status::Interrupted) => Some(self.stopped(true)),
            Some(Status::Completed | Status::Diverged) => None,
        })
    }

    /// How it ends where a run was stopped: without --out nothing is kept.
    fn stopped(&self, has_left_something: bool) -> Outcome {
        if has_left_something && self.out.is_some() {
            Outcome::StoppedEarly(crate::cli::outcome::STOPPED)
        } else {
            Outcome::Interrupted
        }
    }
}
