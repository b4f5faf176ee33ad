//! One run as a report shows it, read in one pass.

use super::Request;
use crate::base::Problem;
use crate::lab::decay::Decay;
use crate::lab::reading;
use crate::lab::records::{Curves, Grid, Run, Step, Survey, Table};
use crate::lab::summary::Divergence;
use crate::lab::text::Findings;
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
    /// Where it diverged, if it did.
    pub diverged: Option<Divergence>,
}

/// What a run reached, beside what guessing does where that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score<'a> {
    /// The column: `test_accuracy`, `train_loss` ….
    pub quantity: &'a str,
    /// What it reached.
    pub value: f64,
    /// What guessing reaches.
    pub guessing: Option<f64>,
}

impl Score<'_> {
    /// Whether it is an accuracy and not a loss.
    pub fn is_accuracy(&self) -> bool {
        self.quantity.ends_with("accuracy")
    }
}

impl Entry<'_> {
    /// Decades lost at the first and the last logged step.
    pub fn lost(&self) -> [Option<f64>; 2] {
        let lost = |decay: &Option<Decay>| decay.as_ref()?.attenuation_decades;
        [lost(&self.survey.initial), lost(&self.survey.last)]
    }

    /// What there is to say of it; `None` where no layer on the path has a norm.
    pub fn findings(&self) -> Option<Findings<'_>> {
        let survey = &self.survey;
        let layers = survey.layers.iter();
        let summary = self.run.summary.as_ref();
        Some(Findings {
            layers: layers.filter(|layer| layer.position.is_some()).count(),
            verdict: survey.verdict?,
            initial: survey.initial.as_ref()?,
            last: survey.last.as_ref()?,
            diverged: self.diverged.as_ref(),
            onset: survey.onset.as_ref(),
            learned: survey.learned,
            learned_by: summary.and_then(|summary| summary.learned_by.as_ref()),
        })
    }

    /// What it reached: what learning is judged by, else the last figure that
    /// its files have.
    pub fn score(&self) -> Option<Score<'_>> {
        let summary = self.run.summary.as_ref();
        if let Some(by) = summary.and_then(|summary| summary.learned_by.as_ref()) {
            return Some(Score {
                quantity: &by.quantity,
                value: by.value?,
                guessing: Some(by.guessing),
            });
        }
        let [accuracy, loss] = self.guessing();
        let curves = &self.curves;
        let known = [
            ("test_accuracy", &curves.test_accuracy, accuracy),
            ("train_accuracy", &curves.train_accuracy, accuracy),
            ("test_loss", &curves.test_loss, loss),
            ("train_loss", &curves.train_loss, loss),
        ];
        known.into_iter().find_map(|(quantity, curve, guessing)| {
            Some(Score {
                quantity,
                value: curve.last()?,
                guessing,
            })
        })
    }

    /// The accuracy and the loss of guessing, as far as the summary tells.
    pub fn guessing(&self) -> [Option<f64>; 2] {
        let Some(summary) = &self.run.summary else {
            return [None, None];
        };
        let told = |end: &str| {
            let by = summary.learned_by.as_ref()?;
            by.quantity.ends_with(end).then_some(by.guessing)
        };
        [
            told("accuracy").or(summary.chance_accuracy),
            summary.guessing_loss.or_else(|| told("loss")),
        ]
    }
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
    let told = run.summary.as_ref().and_then(|told| told.diverged.clone());
    let diverged = survey.diverged.as_ref().and_then(|_| {
        let onset = survey.onset.as_ref();
        told.or_else(|| {
            onset.map(|at| Divergence {
                step: at.step,
                layer: at.layer,
                name: at.name.clone(),
            })
        })
    });
    Ok(Entry {
        diverged,
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
