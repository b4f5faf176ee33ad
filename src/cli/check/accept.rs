//! The baseline: read, asked for, written.

use std::path::{Path, PathBuf};

use super::CheckArgs;
use crate::base::Problem;
use crate::cli::{Failure, Global, output};
use crate::lab::check::{Baseline, CheckReport, GateVerdict, Moment};
use crate::lab::text::quoted;

impl CheckArgs {
    /// The baseline to compare with, or to replace.
    pub(super) fn old_baseline(&self) -> Result<Option<(PathBuf, Baseline)>, Problem> {
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
    pub(super) fn moments(&self, old: Option<&Baseline>) -> Vec<Moment> {
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
    pub(super) fn write(
        &self,
        report: &mut CheckReport,
        new: Option<&Baseline>,
        file: &Path,
        global: &Global,
    ) {
        let changes = report.set_aside_changes();
        let Some(new) = new.filter(|_| report.verdict() == GateVerdict::Pass) else {
            output::remark(&format!("{} is not written", file.display()));
            return;
        };
        match new.write(file) {
            Err(problem) => {
                report.cannot.push(problem.to_string());
                Failure::from(problem).report();
            }
            Ok(()) => {
                let held = new.in_short(report.along);
                report.accepted = Some(format!("{} holds {held}", file.display()));
                if !global.quiet {
                    changes.iter().for_each(|line| output::remark(line));
                }
            }
        }
    }
}
