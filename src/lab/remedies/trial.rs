//! One run of one cure, kept in a folder of its own so that it is not made twice.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::base::Problem;
use crate::base::problem::Place;
use crate::lab::config::{LoadedSpec, Overrides, Spec};
use crate::lab::experiment::{RunCallback, RunOptions, run};
use crate::lab::records::{Steps, Table, median};
use crate::lab::run_folder::Destination;
use crate::lab::summary::{Status, Summary};

/// What a trial came to.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its summary.
    pub summary: Summary,
    /// Test accuracy at the steps at which it was measured.
    pub accuracies: Vec<(u64, f64)>,
}

/// How a trial ended.
#[derive(Clone, Debug)]
pub enum TrialEnd {
    /// It came to its end.
    Done(Box<Trial>),
    /// It was stopped.
    Stopped,
    /// The changed spec cannot be run, and why.
    Impossible(String),
}

/// A trial to be made.
pub struct TrialOrder<'a> {
    /// What is run.
    pub loaded: &'a LoadedSpec,
    /// The folder of the run.
    pub folder: PathBuf,
    /// Replace the run of another spec.
    pub force: bool,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop after the step at hand.
    pub stop: &'a AtomicBool,
}

impl TrialOrder<'_> {
    /// Makes the trial, or reads what an earlier one left.
    ///
    /// # Errors
    /// If the folder holds the run of another spec or cannot be written.
    pub fn make(&self, callback: &mut dyn RunCallback) -> Result<TrialEnd, Problem> {
        if let Some(summary) = self.earlier()? {
            callback.end();
            return self.read(summary);
        }
        let options = RunOptions {
            destination: Destination::Exactly(self.folder.clone()),
            // What lies there is a part of this very run.
            force: true,
            threads: self.threads,
            stop: self.stop,
        };
        let outcome = match run(self.loaded, &options, callback) {
            Ok(outcome) => outcome,
            Err(problem) if matches!(problem.place, Place::Key(_)) => {
                callback.end();
                return Ok(TrialEnd::Impossible(problem.what));
            }
            Err(problem) => return Err(problem),
        };
        match outcome.map(|run| run.summary) {
            Some(summary) if summary.status != Status::Interrupted => self.read(summary),
            _ => Ok(TrialEnd::Stopped),
        }
    }

    /// The summary of an earlier trial of the same spec that came to its end.
    fn earlier(&self) -> Result<Option<Summary>, Problem> {
        let saved = self.folder.join("spec.toml");
        if self.force || !saved.exists() {
            return Ok(None);
        }
        let mut saved = match Spec::load(&saved, &Overrides::default()) {
            Ok(loaded) => loaded.spec,
            // Cut off while it was written.
            Err(_) => return Ok(None),
        };
        saved.resolve_paths(&self.folder);
        let mut wanted = self.loaded.spec.clone();
        wanted.resolve_paths(&self.loaded.folder);
        // A run writes down what it settled.
        wanted.log.evaluate_every = saved.log.evaluate_every;
        saved.network.fill_in();
        wanted.network.fill_in();
        if saved != wanted {
            return Err(
                Problem::in_file(&self.folder, "holds the run of another spec")
                    .help("choose another folder with --out, or replace it with --force"),
            );
        }
        let summary = self.folder.join("summary.json");
        if !summary.exists() {
            return Ok(None);
        }
        let summary = Summary::read(&summary)?;
        Ok(Some(summary).filter(|summary| summary.status != Status::Interrupted))
    }

    fn read(&self, summary: Summary) -> Result<TrialEnd, Problem> {
        Ok(TrialEnd::Done(Box::new(Trial {
            summary,
            accuracies: accuracies(&self.folder.join("training.csv"))?,
        })))
    }
}

/// The median over the layers of ‖ΔW‖/‖W‖ at the first logged step of the run in `folder` that
/// has it.
pub fn update_ratio(folder: &Path) -> Option<f64> {
    let log = folder.join("gradients.csv");
    let mut steps = Steps::open(&log, &["update_ratio"], None).ok()?;
    while let Some(step) = steps.next_step().ok()? {
        let ratios: Vec<f64> = step.column(0).filter_map(|(_, ratio)| ratio).collect();
        if !ratios.is_empty() {
            return Some(median(&ratios));
        }
    }
    None
}

/// The test accuracy over the steps.
fn accuracies(path: &Path) -> Result<Vec<(u64, f64)>, Problem> {
    let mut table = Table::open(path)?;
    let step = table.column("step")?;
    let accuracy = table.column("test_accuracy")?;
    let mut found = Vec::new();
    while let Some(row) = table.next_row()? {
        if let Some(value) = row.number(accuracy)? {
            found.push((row.count(step)?, value));
        }
    }
    Ok(found)
}
