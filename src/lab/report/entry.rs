//! One run as a report shows it, read in one pass.

use super::Request;
use crate::base::Problem;
use crate::base::team::Team;
use crate::lab::records::{CurvePoint, Grid, Run, Step, Survey, Table};

/// Values of the grid per run, a lowest and a highest each: 6 bytes a piece
/// on the page.
const CELLS_PER_RUN: usize = 400_000;
/// The same over all runs.
const CELLS: usize = 1_200_000;
/// The most buckets of steps that a chart of common width can tell apart.
const MOST_BUCKETS: usize = 400;
/// Shares between 0 and 1 that the layer table shows beside the norms.
const FRACTIONS: [&str; 2] = ["saturated_fraction", "dead_fraction"];

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
    /// Which layers have the headline norm at all.
    pub applies: Vec<bool>,
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
    pub curves: Vec<CurvePoint>,
    /// What was left out of its files.
    pub warnings: Vec<String>,
}

/// A run to read.
struct Job<'a> {
    target: usize,
    label: String,
    run: &'a Run,
    entry: Option<Result<Entry<'a>, Problem>>,
}

/// Reads every run of a request, several at a time.
///
/// # Errors
/// See [`Survey::of`] and [`curves`]; of several, that of the first run named.
pub fn read_all<'a>(request: &Request<'a>) -> Result<Vec<Entry<'a>>, Problem> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for (i, target) in request.targets.iter().enumerate() {
        for run in &target.runs {
            let label = match (target.runs.len(), run.path.file_name()) {
                (1, _) | (_, None) => target.label.clone(),
                (_, Some(seed)) => format!("{}/{}", target.label, seed.to_string_lossy()),
            };
            jobs.push(Job {
                target: i,
                label,
                run,
                entry: None,
            });
        }
    }
    let cells = CELLS_PER_RUN.min(CELLS / jobs.len().max(1));
    let team = Team::new(request.threads.clamp(1, jobs.len().max(1)))?;
    team.each(&mut jobs, |job| {
        job.entry = Some(read(job, request.quantity, cells));
    });
    jobs.into_iter().filter_map(|job| job.entry).collect()
}

fn read<'a>(job: &Job<'a>, quantity: Option<&str>, cells: usize) -> Result<Entry<'a>, Problem> {
    let run = job.run;
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
    let mut applies = vec![false; layers];
    let (mut zeros, mut non_finite) = (0, 0);
    let survey = Survey::of(run, &names, |step| {
        grid.add(step, 0);
        let same_layers = step.layers == grid.layers();
        for (i, (layer, norm)) in step.column(0).enumerate() {
            let Some(norm) = norm else { continue };
            zeros += u64::from(norm == 0.0);
            non_finite += u64::from(!norm.is_finite());
            let at = match same_layers {
                true => Ok(i),
                false => grid.layers().binary_search(&layer),
            };
            if let Ok(at) = at {
                applies[at] = true;
            }
        }
        if first.is_none() {
            first = Some(step.clone());
        }
        last.clone_from(step);
        Ok(())
    })?;
    let mut warnings = survey.warnings.clone();
    let curves = run.curves(&mut warnings)?;
    Ok(Entry {
        label: job.label.clone(),
        target: job.target,
        run,
        survey,
        grid,
        applies,
        zeros,
        non_finite,
        columns,
        first: first.unwrap_or_default(),
        last,
        curves,
        warnings,
    })
}

/// The headline, then every other norm and the fractions that the file has.
fn columns(run: &Run, headline: String) -> Result<Vec<String>, Problem> {
    let table = Table::open(&run.gradients)?;
    table.column(&headline)?;
    let is_wanted = |name: &str| name.ends_with("_norm") || FRACTIONS.contains(&name);
    let others: Vec<String> = table
        .header()
        .iter()
        .filter(|name| is_wanted(name) && **name != headline)
        .cloned()
        .collect();
    Ok([vec![headline], others].concat())
}
