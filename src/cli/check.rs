//! `vgrad check`: the gate for CI.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValue;

use super::progress::Progress;
use super::run::{quoted, schema_reference, seed_range};
use super::spec_args::Changes;
use super::stop::{STOP, listen_for_signals};
use super::{Failure, Global, Outcome, output};
use crate::base::Problem;
use crate::lab::check::{
    Answer, Baseline, Detail, FORMS, Form, Moment, Questions, Report, Rule, Verdict, ask,
    step_summary,
};
use crate::lab::experiment::{self, RunOptions};
use crate::lab::machine::cores;
use crate::lab::records::Target;
use crate::lab::run_folder::{Destination, is_free};
use crate::lab::spec::{LoadedSpec, Spec, load_rules};
use crate::lab::summary::Status;

/// Check that a run keeps to its rules and its baseline: the gate for CI
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct CheckArgs {
    /// A run folder, a folder of seeds, a CSV file, or a spec, which is run first
    target: PathBuf,
    /// Rules besides those of the spec: a TOML file of [[check]] tables
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Compare with the run that this JSON file holds
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the baseline: this run is how it shall be from now on
    #[arg(long, requires = "baseline")]
    accept: bool,
    /// A step that the baseline holds besides the initial one: final or a number (repeatable)
    #[arg(long, value_name = "STEP", requires = "baseline")]
    at: Vec<Moment>,
    /// Decades that a layer, and the whole network, may differ from the baseline by
    #[arg(long, value_name = "DECADES", default_value = "0.1", value_parser = tolerance)]
    tolerance: f64,
    /// The norm that decay is measured by [default: activation_grad_norm, or the first column ending in _norm]
    #[arg(long, value_name = "COLUMN")]
    quantity: Option<String>,
    /// Let unclear count as failed
    #[arg(long)]
    strict: bool,
    /// Accept even where CI is set; replace an earlier run in --out
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    changes: Changes,
    /// Run the spec N times, with the seeds seed … seed + N − 1
    #[arg(long, value_name = "N")]
    seeds: Option<NonZeroU64>,
    /// Keep the run of the spec in this folder [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The form of the result on stdout [default: human, or github within a GitHub workflow]
    #[arg(long, value_parser = forms())]
    format: Option<String>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 everything holds; 1 something fails, or the run diverged; 2 a question could not be
answered. The last line begins with PASS, FAIL or CANNOT too: of stdout for human, else of stderr.";

fn tolerance(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    let number = number.filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a finite number of decades from 0 on".to_owned())
}

/// The forms as `--format` takes them.
fn forms() -> clap::builder::PossibleValuesParser {
    let forms = FORMS.iter();
    let values: Vec<PossibleValue> = forms
        .map(|form| PossibleValue::new(form.name).help(form.doc))
        .collect();
    values.into()
}

/// Whether a variable that CI servers set says yes.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| {
        !["", "0", "false"]
            .iter()
            .any(|no| value.eq_ignore_ascii_case(no))
    })
}

impl CheckArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let form = self.form();
        let (report, outcome) = match self.check(global) {
            Ok(end) => end,
            Err(failure) => {
                // In the report too, for those who read nothing else.
                let report = Report {
                    target: self.target.clone(),
                    cannot: vec![failure.text()],
                    ..Report::default()
                };
                failure.report();
                (report, Outcome::CannotTell)
            }
        };
        match self.tell(&report, form, global) {
            // Whoever reads has read enough; the gate stays as it is.
            Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(outcome),
            told => told.map(|()| outcome),
        }
    }

    fn form(&self) -> &'static Form {
        let automatic = if is_set("GITHUB_ACTIONS") {
            "github"
        } else {
            FORMS[0].name
        };
        let name = self.format.as_deref().unwrap_or(automatic);
        let form = FORMS.iter().find(|form| form.name == name);
        form.unwrap_or(&FORMS[0])
    }

    fn tell(&self, report: &Report, form: &Form, global: &Global) -> Result<(), Failure> {
        let detail = if global.verbose {
            Detail::Whole
        } else {
            Detail::Short
        };
        if !is_human(form) || !global.quiet {
            output::result(&(form.render)(report, detail)?)?;
        }
        if form.name == "github" {
            append_summary(report)?;
        }
        let line = report.last_line();
        if is_human(form) {
            output::result(&format!("{line}\n"))?;
        } else {
            output::remark(&line);
        }
        Ok(())
    }

    /// The report, with everything said on stderr that belongs there.
    fn check(&self, global: &Global) -> Result<(Report, Outcome), Failure> {
        let is_spec = !self.target.is_dir() && has_extension(&self.target, "toml");
        if !is_spec {
            self.only_runs_take_these()?;
        }
        if self.accept && is_set("CI") && !self.force {
            return Err(Problem::new("--accept does not write a baseline where CI is set: a gate that accepts what it measures lets everything pass")
                .help("accept on your own machine and commit the file, or add --force")
                .into());
        }
        let mut questions = Questions {
            tolerance: self.tolerance,
            quantity: self.quantity.clone(),
            strict: self.strict,
            baseline: self.old_baseline()?,
            ..Questions::default()
        };
        if let Some(file) = &self.rules {
            questions.rules = Rule::all(&load_rules(file)?, file);
        }
        if self.accept {
            questions.accept = self.moments(questions.baseline.as_ref().map(|(_, old)| old));
        }
        // The temporary folder lasts as long as the run in it is read.
        let (target, _temporary) = if is_spec {
            match self.run_first(global)? {
                Ran::Whole(target, temporary) => (target, temporary),
                Ran::Stopped(outcome) => {
                    let report = Report {
                        target: self.target.clone(),
                        cannot: vec!["stopped before the run was over".to_owned()],
                        ..Report::default()
                    };
                    return Ok((report, outcome));
                }
            }
        } else {
            (Target::open(&self.target)?, None)
        };
        if let Some(spec) = target.spec() {
            let file = if is_spec {
                self.target.clone()
            } else {
                target.runs[0].path.join("spec.toml")
            };
            questions.rules.splice(0..0, Rule::all(&spec.check, &file));
        }
        let asks_nothing = questions.rules.is_empty() && self.baseline.is_none();
        let Answer {
            mut report,
            candidate,
        } = ask(&target, &questions)?;
        report.target = self.target.clone();
        if asks_nothing && !report.has_diverged {
            let problem = Problem::new("nothing to check: no rule and no baseline")
                .help("write [[check]] into the spec, or give --rules FILE or --baseline FILE");
            report.cannot.push(problem.to_string());
        }
        if !global.quiet {
            for warning in &report.warnings {
                output::remark(&format!("warning: {warning}"));
            }
        }
        for problem in std::mem::take(&mut report.cannot) {
            Failure::Problem(Problem::new(problem.clone())).report();
            report.cannot.push(problem);
        }
        let outcome = match (candidate, &self.baseline) {
            (Some(new), Some(file)) => self.write(&mut report, &new, file, global)?,
            _ => outcome(report.verdict()),
        };
        Ok((report, outcome))
    }

    fn only_runs_take_these(&self) -> Result<(), Problem> {
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

    /// The baseline to compare with, or to replace.
    fn old_baseline(&self) -> Result<Option<(PathBuf, Baseline)>, Problem> {
        let Some(file) = &self.baseline else {
            return Ok(None);
        };
        if self.accept {
            Baseline::may_replace(file)?;
            if !file.exists() {
                return Ok(None);
            }
            return Ok(match Baseline::read(file) {
                Ok(old) => Some((file.clone(), old)),
                Err(problem) => {
                    output::remark(&format!("warning: {problem}"));
                    None
                }
            });
        }
        if !file.exists() {
            return Err(
                Problem::in_file(file, "does not exist: there is no baseline yet").help(format!(
                    "to accept this run as the baseline: {}",
                    self.accept_command()
                )),
            );
        }
        let old = Baseline::read(file)?;
        let missing = self.at.iter().find(|at| !old.moments().contains(at));
        match missing {
            Some(at) => Err(
                Problem::in_file(file, format!("does not hold the step {at}"))
                    .help(format!("to add it: {}", self.accept_command())),
            ),
            None => Ok(Some((file.clone(), old))),
        }
    }

    /// The steps of a new baseline: the initial one, those asked for and
    /// those it held before, so that accepting never drops a step unseen.
    fn moments(&self, old: Option<&Baseline>) -> Vec<Moment> {
        let mut moments = vec![Moment::Initial];
        moments.extend(&self.at);
        moments.extend(old.map(Baseline::moments).unwrap_or_default());
        moments.sort();
        moments.dedup();
        moments
    }

    /// The command that accepts this run.
    fn accept_command(&self) -> String {
        let path = |path: &Path| quoted(&path.display().to_string());
        let mut words = vec!["vgrad check".to_owned(), path(&self.target)];
        for set in &self.changes.set {
            words.push(format!("--set {}", quoted(set)));
        }
        words.extend(self.changes.seed.map(|seed| format!("--seed {seed}")));
        words.extend(self.seeds.map(|seeds| format!("--seeds {seeds}")));
        words.extend(
            self.rules
                .iter()
                .map(|rules| format!("--rules {}", path(rules))),
        );
        words.extend(
            self.quantity
                .iter()
                .map(|name| format!("--quantity {}", quoted(name))),
        );
        words.extend(
            self.baseline
                .iter()
                .map(|file| format!("--baseline {}", path(file))),
        );
        words.extend(self.at.iter().map(|at| format!("--at {at}")));
        words.push("--accept".to_owned());
        words.join(" ")
    }

    /// Writes the new baseline, unless the run fails otherwise.
    fn write(
        &self,
        report: &mut Report,
        new: &Baseline,
        file: &Path,
        global: &Global,
    ) -> Result<Outcome, Failure> {
        let changes = report.set_aside_changes();
        if report.verdict() != Verdict::Pass {
            output::remark(&format!("{} is not written", file.display()));
            return Ok(outcome(report.verdict()));
        }
        new.write(file)?;
        report.accepted = Some(format!("{} holds {}", file.display(), new.in_short()));
        if !global.quiet {
            changes.iter().for_each(|line| output::remark(line));
        }
        Ok(outcome(report.verdict()))
    }

    /// Runs the spec and opens what it left.
    fn run_first(&self, global: &Global) -> Result<Ran, Failure> {
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

/// What running a spec left.
enum Ran {
    /// Its runs, and the temporary folder they lie in.
    Whole(Target, Option<tempfile::TempDir>),
    /// It was stopped.
    Stopped(Outcome),
}

fn is_human(form: &Form) -> bool {
    form.name == FORMS[0].name
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Pass => Outcome::Done,
        Verdict::Fail => Outcome::GateFailed,
        Verdict::Cannot => Outcome::CannotTell,
    }
}

/// Appends the table to the file that GitHub names, if it does.
fn append_summary(report: &Report) -> Result<(), Problem> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let file = PathBuf::from(file);
    let opened = OpenOptions::new().create(true).append(true).open(&file);
    opened
        .and_then(|mut opened| opened.write_all(step_summary(report).as_bytes()))
        .map_err(|error| {
            Problem::in_file(
                &file,
                format!("the step summary cannot be written: {error}"),
            )
            .help("unset GITHUB_STEP_SUMMARY, or choose another --format")
        })
}
