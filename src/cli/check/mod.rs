//! `vgrad check`: the gate for CI.

mod accept;
mod first_run;

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{ArgMatches, Args};

use self::first_run::Ran;
use super::decades::decades;
use super::reading_args::ReadingArgs;
use super::spec_args::{Changes, count};
use super::suggested::{Suggested, quantities};
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::Problem;
use crate::lab::check::{
    Answer, CheckReport, FORMS, GateVerdict, Moment, Questions, Rule, ask, ask_sweep, step_summary,
};
use crate::lab::compare::TOLERANCE;
use crate::lab::config::{LoggedColumns, load_rules};
use crate::lab::form::Form;
use crate::lab::records::{Training, specs};
use crate::lab::sweep::SweepFolder;

/// Check that a run keeps to its rules and its baseline: the gate for CI
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct CheckArgs {
    /// A run folder, a folder of seeds, a sweep's folder, a CSV file, a log of another program, or a spec, which is run first
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
    #[arg(long, value_name = "DECADES", default_value_t = TOLERANCE, value_parser = decades, allow_negative_numbers = true)]
    tolerance: f64,
    /// The norm that decay is measured by [default: activation_grad_norm, or the first column ending in _norm]
    #[arg(long, value_name = "COLUMN", value_parser = Suggested { words: quantities }, hide_possible_values = true)]
    quantity: Option<String>,
    /// Let unclear and improved count as failed
    #[arg(long)]
    strict: bool,
    /// Compare with the baseline of the same spec only: a changed key ends with exit code 2
    #[arg(long, requires = "baseline")]
    same_spec: bool,
    /// Accept even where CI is set; replace an earlier run in --out
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    changes: Changes,
    /// Run the spec N times, with the seeds seed … seed + N − 1
    #[arg(long, value_name = "N", value_parser = count)]
    seeds: Option<u64>,
    /// Keep the run of the spec in this folder [default: a temporary one]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The form of the result on stdout [default: human, or github within a GitHub workflow]
    #[arg(long, value_parser = forms())]
    format: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

const EXIT_CODES: &str = "\
Exit codes: 0 everything holds; 1 something fails, or the run diverged; 2 a question could not be
answered. The last line begins with PASS, FAIL or CANNOT too: of stdout for human, else of stderr.";

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
        let form = form(self.format.as_deref());
        let (mut report, mut outcome) = match self.check(global) {
            Ok(end) => end,
            Err(failure) => (self.without_answer(failure), Outcome::CannotTell),
        };
        match tell(&report, form, global) {
            Ok(()) => {}
            // Whoever reads has read enough; the gate stays as it is.
            Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(failure) => {
                report = self.without_answer(failure);
                outcome = Outcome::CannotTell;
            }
        }
        if form.name == "github"
            && let Err(problem) = append_summary(&report)
        {
            output::remark(&format!("warning: {problem}"));
        }
        // Nothing comes after it, whatever went wrong before.
        match last_line(&report.last_line(), form) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(outcome),
        }
    }

    /// Tells why there is no answer, in the report too for those who read
    /// nothing else.
    fn without_answer(&self, failure: Failure) -> CheckReport {
        let report = CheckReport {
            target: self.target.clone(),
            cannot: vec![failure.text()],
            ..CheckReport::default()
        };
        failure.report();
        report
    }

    /// The report, with everything said on stderr that belongs there.
    fn check(&self, global: &Global) -> Result<(CheckReport, Outcome), Failure> {
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
            same_spec: self.same_spec,
            baseline: self.old_baseline()?,
            threads: self.threads.get(),
            ..Questions::default()
        };
        let columns = if is_spec {
            LoggedColumns::default()
        } else {
            logged_columns(&self.target, &self.reading)
        };
        if let Some(file) = &self.rules {
            questions.rules = Rule::all(&load_rules(file, &columns)?, file, &columns);
        }
        if self.accept {
            questions.accept = self.moments(questions.baseline.as_ref().map(|(_, old)| old));
        }
        if SweepFolder::is_one(&self.target) {
            return self.check_sweep(&questions);
        }
        // The temporary folder lasts as long as the run in it is read.
        let (target, _temporary) = if is_spec {
            match self.run_first(global)? {
                Ran::Whole(target, temporary) => (target, temporary),
                Ran::Stopped(outcome) => {
                    let problem =
                        Problem::in_file(&self.target, "was stopped before its run was over")
                            .help("start it again and let it come to its end");
                    return Ok((self.without_answer(problem.into()), outcome));
                }
            }
        } else {
            if specs::looks_like_one(&self.target) {
                return Err(Problem::in_file(
                    &self.target,
                    "looks like a spec, but its name does not end in .toml",
                )
                .help("rename it so that it does: a spec is told by its name")
                .into());
            }
            (self.reading.open_any(&self.target)?, None)
        };
        if let Some(spec) = target.spec() {
            let file = if is_spec {
                self.target.clone()
            } else {
                target.runs[0].path.join("spec.toml")
            };
            questions.rules.splice(
                0..0,
                Rule::all(&spec.check, &file, &LoggedColumns::default()),
            );
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
        tell_the_rest(&report);
        if let Some(file) = self.baseline.as_ref().filter(|_| self.accept) {
            self.write(&mut report, candidate.as_ref(), file, global);
        }
        let outcome = outcome(report.verdict());
        Ok((report, outcome))
    }

    /// Every kind of cell of a sweep by itself.
    fn check_sweep(&self, questions: &Questions) -> Result<(CheckReport, Outcome), Failure> {
        if self.accept {
            return Err(Problem::in_file(
                &self.target,
                "is the folder of a sweep, and a baseline holds one run",
            )
            .help("accept a folder in its cells, or the run of a spec")
            .into());
        }
        let report = ask_sweep(&self.target, questions)?;
        tell_the_rest(&report);
        let outcome = outcome(report.verdict());
        Ok((report, outcome))
    }
}

/// What belongs on stderr, whatever the form.
fn tell_the_rest(report: &CheckReport) {
    for warning in &report.warnings {
        output::remark(&format!("warning: {warning}"));
    }
    for problem in &report.cannot {
        Failure::Problem(Problem::new(problem.clone())).report();
    }
}

/// The columns of the target; none where they cannot be read, which is told when the target
/// is.
fn logged_columns(target: &Path, reading: &ReadingArgs) -> LoggedColumns {
    let target = match SweepFolder::is_one(target) {
        true => reading.open_one(target),
        false => reading.open_any(target),
    };
    let Ok(target) = target else {
        return LoggedColumns::default();
    };
    let run = &target.runs[0];
    let training = run.foreign().and_then(|_| Training::with_all(run).ok()?);
    LoggedColumns {
        layers: run.layer_columns().unwrap_or_default(),
        steps: training.map_or_else(Vec::new, |rows| rows.columns().to_vec()),
        is_lone: run.foreign().is_some() || run.spec.is_none(),
    }
}

/// The form of this name, or the one that fits the surroundings.
fn form(name: Option<&str>) -> &'static Form<CheckReport> {
    let automatic = if is_set("GITHUB_ACTIONS") {
        "github"
    } else {
        FORMS[0].name
    };
    let name = name.unwrap_or(automatic);
    let form = FORMS.iter().find(|form| form.name == name);
    form.unwrap_or(&FORMS[0])
}

/// Writes the report, all but its last line.
fn tell(report: &CheckReport, form: &Form<CheckReport>, global: &Global) -> Result<(), Failure> {
    if !is_human(form) || !global.quiet {
        output::result(&(form.write)(report, global.detail())?)?;
    }
    Ok(())
}

/// Writes the last line to where the form has it.
fn last_line(line: &str, form: &Form<CheckReport>) -> io::Result<()> {
    if is_human(form) {
        output::result(&format!("{line}\n"))
    } else {
        output::remark(line);
        Ok(())
    }
}

/// Writes the last line where the arguments were not understood and the error
/// has been told; `matches` is what could be understood.
pub fn last_line_of_bad_usage(matches: &ArgMatches) {
    let format = matches.try_get_one::<String>("format").ok().flatten();
    // With nobody left to tell, the exit code still does.
    let _ = last_line(
        &CheckReport::default().last_line(),
        form(format.map(String::as_str)),
    );
}

fn is_human(form: &Form<CheckReport>) -> bool {
    form.name == FORMS[0].name
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

fn outcome(verdict: GateVerdict) -> Outcome {
    match verdict {
        GateVerdict::Pass => Outcome::Done,
        GateVerdict::Fail => Outcome::GateFailed,
        GateVerdict::Cannot => Outcome::CannotTell,
    }
}

/// Appends the table to the file that GitHub names, if it does.
fn append_summary(report: &CheckReport) -> Result<(), Problem> {
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
            .help("unset GITHUB_STEP_SUMMARY, or let it name a file that can be written")
        })
}
