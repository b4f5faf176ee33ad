//! The gate of a sweep: every kind of its cells is asked by itself, and the worst counts.

use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::finding::Finding;
use super::question::{Questions, ask};
use super::report::CheckReport;
use super::rule::Rule;
use crate::base::Problem;
use crate::lab::config::LoggedColumns;
use crate::lab::records::Target;
use crate::lab::sweep::{CellKind, SweepFolder, kinds};

/// Puts the questions, and the rules of the sweep's own spec, to every kind of cell of the
/// sweep in a folder. A cell that failed or is missing is a question without an answer.
///
/// # Errors
/// If the sweep or a cell cannot be opened.
pub fn ask_sweep(path: &Path, questions: &Questions) -> Result<CheckReport, Problem> {
    let (folder, sweep) = SweepFolder::open(path)?;
    let mut questions = questions.clone();
    let own = Rule::all(
        &sweep.loaded.spec.check,
        &path.join("spec.toml"),
        &LoggedColumns::default(),
    );
    questions.rules.splice(0..0, own);
    let asks = !questions.rules.is_empty() || questions.baseline.is_some();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(questions.threads.max(1))
        .build()
        .map_err(|error| Problem::new(format!("no threads could be started: {error}")))?;
    // Side by side are the kinds; the seeds of each are read one after the other.
    questions.threads = 1;
    let kinds = kinds(&folder, &sweep)?;
    let reports: Vec<(String, CheckReport)> = pool.install(|| {
        let asked = kinds.into_par_iter();
        asked
            .map(|kind| (kind.label.clone(), of_kind(kind, path, &questions)))
            .collect()
    });
    let mut whole = CheckReport {
        target: path.to_owned(),
        strict: questions.strict,
        ..CheckReport::default()
    };
    for (label, report) in reports {
        whole.add_cells(label, report);
    }
    if !asks && !whole.has_diverged {
        let problem = Problem::new("nothing to check: no rule and no baseline")
            .help("write [[check]] into the sweep's spec, or give --rules FILE or --baseline FILE");
        whole.cannot.push(problem.to_string());
    }
    whole.findings.sort_by(Finding::by_badness);
    Ok(whole)
}

fn of_kind(kind: CellKind, path: &Path, questions: &Questions) -> CheckReport {
    let mut report = CheckReport::default();
    if !kind.runs.is_empty() {
        let target = Target {
            label: kind.label,
            path: path.to_owned(),
            runs: kind.runs,
        };
        match ask(&target, questions) {
            Ok(answer) => report = answer.report,
            Err(problem) => report.cannot.push(problem.to_string()),
        }
    }
    let open = kind.open.iter().map(|row| match &row.reason {
        Some(reason) => format!("cell {} failed: {reason}", row.index),
        None => format!("cell {} is missing: `vgrad sweep` runs it", row.index),
    });
    report.cannot.extend(open);
    report
}
