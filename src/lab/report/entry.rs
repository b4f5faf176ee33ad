//! One run as a report shows it, read in one pass.

use super::Request;
use crate::base::Problem;
use crate::lab::reading;
use crate::lab::records::{Curves, Grid, Run, Step, Survey, Table};
use crate::study::columns::{Unit, gradient_columns};

/// Values of the grid per run, a lowest and a highest each: 6 bytes a piece
/// on the page.
const CELLS_PER_RUN: usize = 400_000;
/// The same over all runs.
const CELLS: usize = 1_200_000;
/// The most buckets of steps that a chart of common width can tell apart.
const MOST_BUCKETS: usize = 400;

/// One run.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its name on the page, unlike those of the others.
    pub label: String,
    /// The place of its target among the targets.
    pub target: usize,
    /// Where it comes from.
    pub run: &'a Run,
    /// What every reader wants to know.
    pub survey: Survey,
    /// The headline norm per layer and bucket of steps.
    pub grid: Grid,
    /// Norms that are exactly 0, over all steps and layers.
    pub zeros: u64,
    /// Norms that are NaN or infinite.
    pub non_finite: u64,
    /// The columns of `first` and `last`, the headline at 0.
    pub columns: Vec<String>,
    /// The first logged step.
    pub first: Step,
    /// The last logged step.
    pub last: Step,
    /// Loss and accuracy over the steps; empty for a lone file.
    pub curves: Curves,
    /// What was left out of its files.
    pub warnings: Vec<String>,
}

/// Reads every run of a request, several at a time.
///
/// # Errors
/// See [`Survey::of`]; of several, that of the first run named.
pub fn read_all<'a>(request: &Request<'a>) -> Result<Vec<Entry<'a>>, Problem> {
    let runs: usize = request.targets.iter().map(|target| target.runs.len()).sum();
    let cells = CELLS_PER_RUN.min(CELLS / runs.max(1));
    reading::read_all(request.targets, request.threads, |target, run| {
        let of = &request.targets[target];
        let label = match (of.runs.len(), run.path.file_name()) {
            (1, _) | (_, None) => of.label.clone(),
            (_, Some(seed)) => format!("{}/{}", of.label, seed.to_string_lossy()),
        };
        read(run, request.quantity, cells).map(|entry| Entry {
            label,
            target,
            ..entry
        })
    })
}

/// Reads a run; its label and target are for the caller to say.
fn read<'a>(run: &'a Run, quantity: Option<&str>, cells: usize) -> Result<Entry<'a>, Problem> {
    let headline = match quantity {
        Some(name) => name.to_owned(),
        None => run.headline()?,
    };
    let columns = columns(run, headline)?;
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let layers = run
        .steps(&names[..1])?
        .next_step()?
        .map_or(1, |step| step.layers.len());
    let mut grid = Grid::new((cells / layers.max(1)).clamp(2, MOST_BUCKETS));
    let (mut first, mut last): (Option<Step>, Step) = (None, Step::default());
    let (mut zeros, mut non_finite) = (0, 0);
    let survey = Survey::of(run, &names, |step| {
        grid.add(step, 0);
        for norm in step.column(0).filter_map(|(_, norm)| norm) {
            zeros += u64::from(norm == 0.0);
            non_finite += u64::from(!norm.is_finite());
        }
        if first.is_none() {
            first = Some(step.clone());
        }
        last.clone_from(step);
        Ok(())
    })?;
    let (warnings, curves) = (survey.warnings.clone(), survey.curves.clone());
    Ok(Entry {
        label: String::new(),
        target: 0,
        run,
        survey,
        grid,
        zeros,
        non_finite,
        columns,
        first: first.unwrap_or_default(),
        last,
        curves,
        warnings,
    })
}

/// The headline, then the other norms and fractions of a run that the file
/// has. Columns of other names are the user's own: they may hold anything.
fn columns(run: &Run, headline: String) -> Result<Vec<String>, Problem> {
    let table = Table::open(&run.gradients)?;
    table.column(&headline)?;
    let others = gradient_columns()
        .iter()
        .filter(|column| matches!(column.unit, Unit::Norm | Unit::Fraction))
        .map(|column| column.name)
        .filter(|name| *name != headline && table.find(name).is_some());
    Ok([vec![headline.clone()], others.map(str::to_owned).collect()].concat())
}
