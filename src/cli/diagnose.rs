//! `vgrad diagnose`: why a run is as it is, and what to change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::form::form;
use super::reading_args::ReadingArgs;
use super::stop::{STOP, listen_for_signals};
use super::{Failure, Global, Outcome, Threads, output};
use crate::lab::config::{LoadedSpec, Overrides, Spec};
use crate::lab::diagnose::{AdviceOptions, Diagnosis, Examination, FORMS, diagnose, saved_spec};
use crate::lab::form::Form;
use crate::lab::records::{Run, Target};
use crate::lab::text::quoted;

/// Say why gradients do not arrive or nothing is learned, and what helps
///
/// Names where it begins, the mechanisms behind it with what they are seen by and their share of
/// the decay, which published detection rules fire on the same log, and what theory expects beside
/// what was measured. Every change it advises was tried on the network first, and is told with the
/// number that it improved. A log of another program is diagnosed as far as its columns reach.
/// Several seeds are taken together: a mechanism counts by the seeds that have it and its mean share.
/// With -v every rule says when it fires and what it is known not to see.
#[derive(Args, Debug)]
pub struct DiagnoseArgs {
    /// A run folder, a folder of seeds, a CSV file or a log of another program
    #[arg(value_name = "TARGET")]
    target: PathBuf,
    /// Do not try what would help
    #[arg(long)]
    no_advice: bool,
    /// Begin no further trial of what would help after this long
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        conflicts_with = "no_advice"
    )]
    patience: u64,
    /// The form of the result on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<Diagnosis>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

/// What cures may cost.
pub struct Effort {
    /// Floating-point operations.
    pub operations: f64,
    /// No trial is begun after this long.
    pub patience: Duration,
}

/// At the end of a run: about a second.
pub const SHORT: Effort = Effort {
    operations: 2e10,
    patience: Duration::from_millis(1500),
};

/// Floating-point operations where a diagnosis was asked for.
const LONG: f64 = 1e11;

impl DiagnoseArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let target = &self.reading.open_one(&self.target)?;
        listen_for_signals()?;
        let first = &target.runs[0];
        let load = |sets: &[String]| load(first, sets);
        let has_spec = first.spec.is_some() && !self.no_advice;
        let advice = AdviceOptions {
            load: &load,
            threads: self.threads.get(),
            stop: &STOP,
            operations: LONG,
            patience: Duration::from_secs(self.patience),
        };
        let spec = saved_spec(first).display().to_string();
        let examination = Examination {
            spec_of: &|run| self::load(run, &[]),
            advice: has_spec.then_some(advice),
            command: has_spec.then(|| format!("vgrad run {}", quoted(&spec))),
            given: Vec::new(),
            further: has_spec.then(|| format!("vgrad remedies {}", quoted(&spec))),
        };
        let diagnosis = diagnose(target, &examination)?;
        for warning in &diagnosis.warnings {
            output::remark(&format!("warning: {warning}"));
        }
        output::result(&(self.format.write)(&diagnosis, global.detail())?)?;
        Ok(Outcome::Done)
    }
}

/// The spec that a run folder keeps, with changes; `None` for a lone file.
fn load(run: &Run, sets: &[String]) -> Option<LoadedSpec> {
    run.spec.as_ref()?;
    let overrides = Overrides::parse(sets).ok()?;
    Spec::load(&saved_spec(run), &overrides).ok()
}

/// The diagnosis of a run that has just been made; `None` if its files cannot be read.
pub fn of_run(
    folder: &Path,
    loaded: &LoadedSpec,
    advice: AdviceOptions,
    command: String,
    given: &[String],
) -> Option<Diagnosis> {
    let examination = Examination {
        spec_of: &|_| Some(loaded.clone()),
        advice: Some(advice),
        command: Some(command),
        given: given.to_vec(),
        further: Some(format!(
            "vgrad diagnose {}",
            quoted(&folder.display().to_string())
        )),
    };
    let target = Target::open(folder).ok()?;
    diagnose(&target, &examination).ok()
}
