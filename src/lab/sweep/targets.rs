//! A sweep as the commands see it that read runs: the cells that differ in the seed alone
//! are the seeds of one target.

use std::path::{Path, PathBuf};

use super::rows::{SweepRow, SweepTable};
use super::stall::short;
use super::{Sweep, SweepFolder};
use crate::base::Problem;
use crate::lab::logs::LogOptions;
use crate::lab::records::{Run, Target};

/// The cells that differ in the seed alone.
pub struct CellKind {
    /// What tells it from the others, as "depth=5 activation=tanh"; the sweep's name
    /// where nothing does.
    pub label: String,
    /// Those that came to an end.
    pub runs: Vec<Run>,
    /// Those that did not.
    pub open: Vec<SweepRow>,
}

/// Opens what a command line names; the folder of a sweep becomes a target for each kind
/// of cell that is done.
///
/// # Errors
/// Those of [`Target::open_all`]; a sweep of which nothing is done.
pub fn open_targets(paths: &[PathBuf], options: &LogOptions) -> Result<Vec<Target>, Problem> {
    if !paths.iter().any(|path| SweepFolder::is_one(path)) {
        return Target::open_all_with(paths, options);
    }
    let mut targets = Vec::new();
    for path in paths {
        if SweepFolder::is_one(path) {
            targets.extend(done_kinds(path)?);
        } else {
            targets.extend(Target::open_each(path, options)?);
        }
    }
    Target::make_labels_unlike(&mut targets);
    Ok(targets)
}

/// A target for each kind of cell of which there is one that is done.
fn done_kinds(path: &Path) -> Result<Vec<Target>, Problem> {
    let (folder, sweep) = SweepFolder::open(path)?;
    let kinds = kinds(&folder, &sweep)?.into_iter();
    let targets: Vec<Target> = kinds
        .filter(|kind| !kind.runs.is_empty())
        .map(|kind| Target {
            label: kind.label,
            path: path.to_owned(),
            runs: kind.runs,
        })
        .collect();
    if targets.is_empty() {
        return Err(Problem::in_file(path, "no cell of this sweep is done")
            .help("run `vgrad sweep` again: it does what is missing"));
    }
    Ok(targets)
}

/// The cells of a sweep by kind, in the order of the plan.
///
/// # Errors
/// If a cell that is done cannot be read.
pub fn kinds(folder: &SweepFolder, sweep: &Sweep) -> Result<Vec<CellKind>, Problem> {
    let table = SweepTable::read(sweep, folder)?;
    let columns = table.group_columns();
    let kinds = table.groups().into_iter().map(|group| {
        let words = columns.iter().zip(&group.labels);
        let words: Vec<String> = words
            .map(|(column, label)| format!("{}={label}", short(column)))
            .collect();
        let (done, open): (Vec<&SweepRow>, Vec<&SweepRow>) = group
            .rows
            .into_iter()
            .partition(|row| row.verdict.is_some());
        let runs = done.iter().map(|row| Run::open(&folder.cell(&row.hash)));
        Ok(CellKind {
            label: match words.is_empty() {
                true => table.name.clone(),
                false => words.join(" "),
            },
            runs: runs.collect::<Result<_, Problem>>()?,
            open: open.into_iter().cloned().collect(),
        })
    });
    kinds.collect()
}
