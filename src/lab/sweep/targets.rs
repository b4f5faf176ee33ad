//! A sweep as the commands see it that read runs: the cells that differ in the seed alone
//! are the seeds of one target.

use std::path::{Path, PathBuf};

use super::SweepFolder;
use super::rows::SweepTable;
use super::stall::short;
use crate::base::Problem;
use crate::lab::records::{Run, Target};

/// Opens what a command line names; the folder of a sweep becomes a target for each kind
/// of cell that is done.
///
/// # Errors
/// Those of [`Target::open_all`]; a sweep of which nothing is done.
pub fn open_targets(paths: &[PathBuf]) -> Result<Vec<Target>, Problem> {
    if !paths.iter().any(|path| SweepFolder::is_one(path)) {
        return Target::open_all(paths);
    }
    let mut targets = Vec::new();
    for path in paths {
        if SweepFolder::is_one(path) {
            targets.extend(kinds(path)?);
        } else {
            targets.push(Target::open(path)?);
        }
    }
    Target::make_labels_unlike(&mut targets);
    Ok(targets)
}

/// A target for each kind of cell of the sweep in a folder.
///
/// # Errors
/// If nothing of it is done, or a cell cannot be read.
pub fn kinds(path: &Path) -> Result<Vec<Target>, Problem> {
    let (folder, sweep) = SweepFolder::open(path)?;
    let table = SweepTable::read(&sweep, &folder)?;
    let columns = table.group_columns();
    let mut targets = Vec::new();
    for group in table.groups() {
        let done = group.rows.iter().filter(|row| row.verdict.is_some());
        let runs: Vec<Run> = done
            .map(|row| Run::open(&folder.cell(&row.hash)))
            .collect::<Result<_, _>>()?;
        if runs.is_empty() {
            continue;
        }
        let words = columns.iter().zip(&group.labels);
        let words: Vec<String> = words
            .map(|(column, label)| format!("{}={label}", short(column)))
            .collect();
        targets.push(Target {
            label: words.join(" "),
            path: path.to_owned(),
            runs,
        });
    }
    if targets.is_empty() {
        return Err(Problem::in_file(path, "no cell of this sweep is done")
            .help("run `vgrad sweep` again: it does what is missing"));
    }
    Ok(targets)
}
