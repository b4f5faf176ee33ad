//! `vgrad run`: trains a network and logs every layer's gradients.

use std::path::{Path, PathBuf};

use clap::Args;

use super::folder_name::folder_name;
use super::progress::Progress;
use super::spec_args::{Changes, SpecArgs, count};
use super::stop::{EXIT_CODES, STOP, Stopping, listen_for_signals};
use super::{Failure, Format, Global, Outcome, Threads, diagnose, output, run_text};
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::decay::Verdict;
use crate::lab::diagnose::{AdviceOptions, Diagnosis, RANK_COLLAPSE};
use crate::lab::experiment::{self, RunOptions};
use crate::lab::run_folder::{Destination, fresh_folder};
use crate::lab::seeds::{SeedGroup, SeedOptions, run_seeds, seed_range};
use crate::lab::summary::Status;
use crate::lab::text::{self, quoted};
use crate::nn::architecture::Architecture;

/// Where runs go unless told otherwise.
pub const RUNS: &str = "runs";

/// Train a network and log the gradients of every layer
#[derive(Args, Debug)]
#[command(after_help = format!("{WORDS}\n\n{EXIT_CODES}"))]
pub struct RunArgs {
    #[command(flatten)]
    pub spec: SpecArgs,
    /// Run N times side by side, with the seeds seed … seed + N − 1, each in a folder seed-S of the run folder
    #[arg(long, value_name = "N", value_parser = count)]
    pub seeds: Option<u64>,
    /// The run folder [default: runs/NAME with what --set changed, or the next free runs/NAME-2 …]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace an earlier run
    #[arg(long)]
    pub force: bool,
    /// Go on with the run in --out, or in runs/NAME, from its last checkpoint; begin it where there is none
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Judge the class probabilities on the test set: of 30 passes with dropout at work where the network has dropout, of several seeds together with --seeds
    #[arg(long)]
    pub predictive: bool,
    #[command(flatten)]
    stopping: Stopping,
    #[command(flatten)]
    threads: Threads,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// Explained once, for every text that uses them.
pub const WORDS: &str = "\
‖∂L/∂h‖ is the Frobenius norm of the loss's gradient with respect to what a layer hands on, over the
batch. A decade is a factor of 10: a gradient that shrinks from 1 to 0.001 has lost 3 decades.";

impl RunArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let loaded = self.load()?;
        listen_for_signals()?;
        match self.seeds {
            None => self.one(global, &loaded),
            Some(seeds) => self.several(global, &loaded, seeds),
        }
    }

    fn load(&self) -> Result<LoadedSpec, Failure> {
        let loaded = self.spec.load()?;
        if !self.predictive || loaded.spec.train.predictive.is_some() {
            return Ok(loaded);
        }
        // Once more with the key, so that what contradicts it is told as of any other.
        let value = match loaded.spec.network.dropout > 0.0 {
            true => toml::Table::from_iter([("mc_dropout".to_owned(), 30.into())]).into(),
            false => toml::Value::from("softmax"),
        };
        let mut overrides = self.spec.changes.overrides()?;
        overrides.by_flag("--predictive", "train.predictive", value);
        Ok(Spec::load(&self.spec.spec, &overrides)?)
    }

    fn one(&self, global: &Global, loaded: &LoadedSpec) -> Result<Outcome, Failure> {
        let destination = match &self.out {
            Some(out) if self.resume => Destination::Resumed(out.clone()),
            None if self.resume => Destination::Resumed(Path::new(RUNS).join(self.name(loaded))),
            Some(out) => Destination::Exactly(out.clone()),
            None => Destination::Numbered {
                parent: RUNS.into(),
                name: self.name(loaded),
            },
        };
        let options = RunOptions {
            destination,
            force: self.force,
            threads: self.threads.get(),
            stop: &STOP,
        };
        let progress = Progress::new(global.quiet, 1);
        let run = experiment::run(loaded, &options, &mut progress.follower())
            .map_err(|problem| loaded.explain(problem))?;
        let Some(run) = run else {
            return Ok(Outcome::Interrupted);
        };
        if run.was_over {
            if !global.quiet {
                output::remark("the run has come to its end before; nothing is changed");
            }
            output::result(&match self.format {
                Format::Json => run.summary.to_json(),
                Format::Human => format!("{}\n", run.folder.display()),
            })?;
            return Ok(Outcome::Done);
        }
        if global.verbose {
            let summary = &run.summary;
            output::remark(&format!(
                "{} threads; the engine claimed {}",
                summary.machine.threads,
                text::bytes(summary.engine_bytes as f64)
            ));
        }
        output::result(&match self.format {
            Format::Json => run.summary.to_json(),
            Format::Human if global.quiet => format!("{}\n", run.folder.display()),
            Format::Human => run_text::whole(&run_text::Told {
                outcome: &run,
                spec: &loaded.spec,
                diagnosis: self.diagnosis(loaded, &run).as_ref(),
                width: output::width(),
            }),
        })?;
        Ok(match run.summary.status {
            Status::Interrupted => Outcome::StoppedEarly(self.stopping.interrupted_exit),
            Status::Completed | Status::Diverged => Outcome::Done,
        })
    }

    /// Runs several seeds side by side, in folders of one folder.
    fn several(
        &self,
        global: &Global,
        loaded: &LoadedSpec,
        seeds: u64,
    ) -> Result<Outcome, Failure> {
        let range = seed_range(loaded.spec.seed, seeds)?;
        let runs_is_new = !Path::new(RUNS).exists();
        let folder = match &self.out {
            Some(out) => out.clone(),
            None if self.force || self.resume => Path::new(RUNS).join(self.name(loaded)),
            None => fresh_folder(Path::new(RUNS), &self.name(loaded))?,
        };
        let options = SeedOptions {
            resume: self.resume,
            folder: folder.clone(),
            seeds: range,
            force: self.force,
            threads: self.threads.get(),
            stop: &STOP,
        };
        let progress = Progress::new(global.quiet, seeds);
        let group = run_seeds(loaded, &options, || Box::new(progress.follower()));
        progress.end();
        // Empty if nothing was worth keeping; only then does this succeed.
        let is_empty = std::fs::remove_dir(&folder).is_ok();
        if is_empty && runs_is_new {
            let _ = std::fs::remove_dir(RUNS);
        }
        let group = group.map_err(|problem| loaded.explain(problem))?;
        if self.format == Format::Json || !group.outcomes.is_empty() {
            output::result(&self.told(global, &group))?;
        }
        Ok(match (group.is_whole, group.outcomes.is_empty()) {
            (true, _) => Outcome::Done,
            (false, false) => Outcome::StoppedEarly(self.stopping.interrupted_exit),
            (false, true) => Outcome::Interrupted,
        })
    }

    /// What a group came to.
    fn told(&self, global: &Global, group: &SeedGroup) -> String {
        let outcomes = group.outcomes.iter();
        match self.format {
            Format::Json => {
                let summaries = outcomes.map(|run| run.summary.to_json());
                format!("[\n{}]\n", summaries.collect::<Vec<_>>().join(",\n"))
            }
            Format::Human if global.quiet => outcomes
                .map(|run| format!("{}\n", run.folder.display()))
                .collect(),
            Format::Human => run_text::group(group, output::width()),
        }
    }

    /// The name of a folder that is not named with --out.
    fn name(&self, loaded: &LoadedSpec) -> String {
        let Changes { set, seed } = &self.spec.changes;
        let seed = seed.map(|seed| format!("seed={seed}"));
        let seeds = self.seeds.map(|seeds| format!("seeds={seeds}"));
        let changes = set.iter().cloned().chain(seed).chain(seeds);
        folder_name(&loaded.spec.name, changes)
    }

    /// What is wrong with the run, and cures that were tried on this network; `None` where
    /// nothing is, and for one that was stopped.
    fn diagnosis(&self, loaded: &LoadedSpec, run: &experiment::RunOutcome) -> Option<Diagnosis> {
        let summary = &run.summary;
        // Tokens that become alike show in no gradient of an activation.
        let has_tokens = matches!(
            loaded.spec.network.architecture,
            Architecture::Transformer(_)
        );
        let is_fine = summary.verdict == Verdict::Healthy && summary.learned != Some(false);
        if is_fine && !has_tokens || summary.status == Status::Interrupted {
            return None;
        }
        let load = |sets: &[String]| {
            let changes = Changes {
                set: [&self.spec.changes.set, sets].concat(),
                seed: self.spec.changes.seed,
            };
            Spec::load(&self.spec.spec, &changes.overrides().ok()?).ok()
        };
        let advice = AdviceOptions {
            load: &load,
            threads: self.threads.get(),
            stop: &STOP,
            operations: diagnose::SHORT.operations,
            patience: diagnose::SHORT.patience,
        };
        let given = &self.spec.changes.set;
        let found = diagnose::of_run(&run.folder, loaded, advice, self.command_line(), given)?;
        let mut mechanisms = found.mechanisms.iter();
        let collapses = mechanisms.any(|one| one.found.is(&RANK_COLLAPSE));
        (!is_fine || collapses).then_some(found)
    }

    /// The command line of this run, for others to add to.
    fn command_line(&self) -> String {
        let mut words = vec![
            "vgrad run".to_owned(),
            quoted(&self.spec.spec.display().to_string()),
        ];
        for set in &self.spec.changes.set {
            words.extend(["--set".to_owned(), quoted(set)]);
        }
        if let Some(seed) = self.spec.changes.seed {
            words.push(format!("--seed {seed}"));
        }
        words.join(" ")
    }
}
