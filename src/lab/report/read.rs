//! The runs as a report reads them.

use super::Request;
use crate::base::Problem;
use crate::lab::reading::read_run_data;
use crate::lab::records::{Columns, GridSize, Run, RunData};
use crate::study::columns::{Unit, gradient_columns};

/// Values of the grid per run, a lowest and a highest each: 6 bytes a piece
/// on the page.
const CELLS_PER_RUN: usize = 400_000;
/// The same over all runs.
const CELLS: usize = 1_200_000;
/// The most buckets of steps that a chart of common width can tell apart.
const MOST_BUCKETS: usize = 400;

/// Reads every run of a request, several at a time.
///
/// # Errors
/// If a file cannot be read or lacks the quantity; of several, that of the first
/// run named.
pub fn read_all(request: &Request) -> Result<Vec<RunData>, Problem> {
    let runs: usize = request.targets.iter().map(|target| target.runs.len()).sum();
    let size = GridSize {
        buckets: MOST_BUCKETS,
        cells: CELLS_PER_RUN.min(CELLS / runs.max(1)),
    };
    read_run_data(request.targets, request.threads, size, |run| {
        columns(run, request.quantity)
    })
}

/// The headline, then the other norms and fractions of a run that the file
/// has. Columns of other names are the user's own: they may hold anything.
fn columns(run: &Run, quantity: Option<&str>) -> Result<Columns, Problem> {
    let mut columns = Columns::choose(run, quantity)?;
    gradient_columns()
        .iter()
        .filter(|column| matches!(column.unit, Unit::Norm | Unit::Fraction))
        .for_each(|column| {
            columns.also_if_there(column.name);
        });
    Ok(columns)
}
