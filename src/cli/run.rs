//! `vgrad run`: trains a network and logs every layer's gradients.

use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::Progress;
use super::spec_args::SpecArgs;
use super::stop::{STOP, listen_for_signals};
use super::{Failure, Format, Global, Outcome, digest, output};
use crate::base::Problem;
use crate::base::paths::rebase;
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::experiment::{self, RunOptions};
use crate::lab::machine::cores;
use crate::lab::run_folder::{Destination, fresh_folder, is_free};
use crate::lab::summary::Status;
use crate::lab::text;

/// Where runs go unless told otherwise.
const RUNS: &str = "runs";

/// Train a network and log the gradients of every layer
#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub spec: SpecArgs,
    /// Run N times, with the seeds seed … seed + N − 1, each in a folder seed-S of the run folder
    #[arg(long, value_name = "N")]
    pub seeds: Option<NonZeroU64>,
    /// The run folder [default: runs/NAME, or the next free runs/NAME-2 …]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace an earlier run
    #[arg(long)]
    pub force: bool,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

impl RunArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let loaded = self.spec.load()?;
        if loaded.spec.log.checkpoint_every.is_some() && !global.quiet {
            output::remark(
                "warning: log.checkpoint_every has no effect yet: runs cannot be resumed",
            );
        }
        listen_for_signals()?;
        let threads = global.threads.map_or_else(cores, NonZeroUsize::get);
        match self.seeds {
            None => {
                let destination = match &self.out {
                    Some(out) => Destination::Exactly(out.clone()),
                    None => Destination::Numbered {
                        parent: RUNS.into(),
                        name: loaded.spec.name.clone(),
                    },
                };
                let end = self.one(global, &loaded, loaded.spec.clone(), destination, threads)?;
                if self.format == Format::Json {
                    end.summary
                        .iter()
                        .try_for_each(|json| output::result(json))?;
                }
                Ok(end.outcome)
            }
            Some(seeds) => self.several(global, &loaded, seeds.get(), threads),
        }
    }

    /// Runs several seeds one after the other, in folders of one folder.
    fn several(
        &self,
        global: &Global,
        loaded: &LoadedSpec,
        seeds: u64,
        threads: usize,
    ) -> Result<Outcome, Failure> {
        let (first, last) = seed_range(loaded.spec.seed, seeds)?.into_inner();
        let runs_is_new = !Path::new(RUNS).exists();
        let group = match &self.out {
            Some(out) => out.clone(),
            None if self.force => Path::new(RUNS).join(&loaded.spec.name),
            None => fresh_folder(Path::new(RUNS), &loaded.spec.name)?,
        };
        self.is_free_for(&group, first..=last)?;
        let mut summaries = Vec::new();
        let mut all = || {
            for seed in first..=last {
                let destination = Destination::Exactly(group.join(format!("seed-{seed}")));
                let spec = Spec {
                    seed,
                    ..loaded.spec.clone()
                };
                let end = self.one(global, loaded, spec, destination, threads)?;
                summaries.extend(end.summary);
                match end.outcome {
                    Outcome::Done => {}
                    // What earlier seeds have left is worth keeping.
                    Outcome::Interrupted if !summaries.is_empty() => {
                        return Ok(Outcome::StoppedEarly);
                    }
                    other => return Ok(other),
                }
            }
            Ok(Outcome::Done)
        };
        let outcome: Result<Outcome, Failure> = all();
        // Empty if nothing was worth keeping; only then does this succeed.
        let is_empty = std::fs::remove_dir(&group).is_ok();
        if is_empty && runs_is_new {
            let _ = std::fs::remove_dir(RUNS);
        }
        let outcome = outcome?;
        if self.format == Format::Json {
            output::result(&format!("[\n{}]\n", summaries.join(",\n")))?;
        }
        Ok(outcome)
    }

    /// That a group of `seeds` may go into the folder `group`, as far as can
    /// be told before the first one is run.
    fn is_free_for(&self, group: &Path, seeds: RangeInclusive<u64>) -> Result<(), Failure> {
        is_free(group).map_err(|problem| {
            problem.help("--seeds needs a folder without a run of its own: choose one with --out")
        })?;
        if self.force {
            return Ok(());
        }
        for entry in std::fs::read_dir(group).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let seed = name.to_str().and_then(|name| name.strip_prefix("seed-"));
            let seed = seed.and_then(|seed| seed.parse().ok());
            if seed.is_some_and(|seed| seeds.contains(&seed)) {
                is_free(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The command line of this run, for others to add to.
    fn command_line(&self) -> String {
        let mut words = vec![quoted(&self.spec.spec.display().to_string())];
        for set in &self.spec.changes.set {
            words.extend(["--set".to_owned(), quoted(set)]);
        }
        if let Some(seed) = self.spec.changes.seed {
            words.push(format!("--seed {seed}"));
        }
        words.join(" ")
    }

    fn one(
        &self,
        global: &Global,
        loaded: &LoadedSpec,
        spec: Spec,
        destination: Destination,
        threads: usize,
    ) -> Result<End, Failure> {
        let is_human = self.format == Format::Human;
        let schema = schema_reference(loaded, &destination);
        let options = RunOptions {
            base_dir: &loaded.folder,
            destination,
            force: self.force,
            threads,
            schema: &schema,
            stop: &STOP,
        };
        let mut progress = Progress::new(global.quiet);
        let run = experiment::run(spec.clone(), &options, &mut progress)
            .map_err(|problem| loaded.explain(problem))?;
        let Some(run) = run else {
            return Ok(End {
                outcome: Outcome::Interrupted,
                summary: None,
            });
        };
        if global.verbose {
            let summary = &run.summary;
            output::remark(&format!(
                "{} threads; the engine claimed {}",
                summary.machine.threads,
                text::bytes(summary.engine_bytes as f64)
            ));
        }
        if is_human && global.quiet {
            output::result(&format!("{}\n", run.folder.display()))?;
        } else if is_human && self.seeds.is_some() && !global.verbose {
            output::result(&digest::line(&run))?;
        } else if is_human {
            output::result(&digest::whole(&run, &spec, &self.command_line()))?;
        }
        let outcome = match run.summary.status {
            Status::Interrupted => Outcome::StoppedEarly,
            Status::Completed | Status::Diverged => Outcome::Done,
        };
        Ok(End {
            outcome,
            summary: Some(run.summary.to_json()),
        })
    }
}

/// `seeds` seeds, at least one, from `first` on.
pub fn seed_range(first: u64, seeds: u64) -> Result<RangeInclusive<u64>, Problem> {
    let last = first.checked_add(seeds - 1);
    match last.filter(|last| i64::try_from(*last).is_ok()) {
        Some(last) => Ok(first..=last),
        None => Err(Problem::new(format!(
            "seed {first} and --seeds {seeds} go beyond the largest seed, 2^63 − 1"
        ))
        .help("start from a smaller seed")),
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    // It fails on a zero byte, which no argument has.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}

/// How one run ended.
struct End {
    outcome: Outcome,
    /// `None` if nothing was worth keeping.
    summary: Option<String>,
}

/// The schema that the spec names, seen from the run folder.
pub fn schema_reference(loaded: &LoadedSpec, destination: &Destination) -> String {
    let folder = match destination {
        Destination::Exactly(folder) => folder.clone(),
        Destination::Numbered { parent, name } => parent.join(name),
    };
    let named = loaded.schema().unwrap_or("vgrad.schema.json");
    if named.contains("://") || !loaded.folder.join(named).exists() {
        return named.to_owned();
    }
    rebase(Path::new(named), &loaded.folder, &folder)
        .display()
        .to_string()
}
