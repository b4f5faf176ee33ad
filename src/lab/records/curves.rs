//! `training.csv` read back: loss and accuracy over the steps.

use std::path::Path;

use super::table::Table;
use crate::base::Problem;

/// One row of `training.csv`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurvePoint {
    /// Updates made before.
    pub step: u64,
    /// Loss of this step's batch.
    pub train_loss: Option<f64>,
    /// Accuracy on this step's batch.
    pub train_accuracy: Option<f64>,
    /// Loss on the test set.
    pub test_loss: Option<f64>,
    /// Accuracy on the test set.
    pub test_accuracy: Option<f64>,
    /// Norm of the whole gradient before clipping.
    pub grad_norm: Option<f64>,
}

/// The rows of a `training.csv`, the steps ascending; what is left out is told
/// in `warnings`.
///
/// # Errors
/// If it cannot be read, a cell is no number, or the steps do not ascend.
pub(super) fn curves(path: &Path, warnings: &mut Vec<String>) -> Result<Vec<CurvePoint>, Problem> {
    let mut table = Table::open(path)?;
    let step = table.column("step")?;
    let [
        train_loss,
        train_accuracy,
        test_loss,
        test_accuracy,
        grad_norm,
    ] = [
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "grad_norm",
    ]
    .map(|name| table.find(name));
    let mut points: Vec<CurvePoint> = Vec::new();
    while let Some(row) = table.next_row()? {
        let cell = |column: Option<usize>| match column {
            Some(column) => row.number(column),
            None => Ok(None),
        };
        let point = CurvePoint {
            step: row.count(step)?,
            train_loss: cell(train_loss)?,
            train_accuracy: cell(train_accuracy)?,
            test_loss: cell(test_loss)?,
            test_accuracy: cell(test_accuracy)?,
            grad_norm: cell(grad_norm)?,
        };
        if let Some(last) = points.last()
            && point.step <= last.step
        {
            let (line, last) = (row.line(), last.step);
            return Err(Problem::at_line(
                path,
                line,
                format!("step {} comes after step {last}", point.step),
            )
            .help("a file holds one run: one row per step, the steps ascending"));
        }
        points.push(point);
    }
    warnings.extend(table.cut_warning());
    Ok(points)
}
