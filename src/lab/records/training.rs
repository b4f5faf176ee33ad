//! The rows per step of a run, whichever program wrote it: `training.csv`, or the losses and
//! the whole gradient's norm in a log.

use std::path::Path;
use std::sync::Arc;

use super::Run;
use super::table::Table;
use crate::base::Problem;
use crate::lab::logs::{CurveKind, ForeignLog, LogSteps};

/// The rows of a run, one after the other.
pub struct Training {
    rows: Rows,
    columns: Vec<String>,
}

enum Rows {
    Table {
        table: Box<Table>,
        step: usize,
    },
    Log {
        steps: Box<LogSteps>,
        series: Vec<u32>,
    },
}

impl Training {
    /// Of a run; `None` where it has no such rows.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn of(run: &Run) -> Result<Option<Self>, Problem> {
        match (&run.training, &run.foreign) {
            (_, Some(foreign)) => foreign.training().map(Some),
            (Some(path), None) => Self::of_file(path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Of a `training.csv`.
    ///
    /// # Errors
    /// If it cannot be read or has no steps.
    pub fn of_file(path: &Path) -> Result<Self, Problem> {
        let table = Table::open(path)?;
        Ok(Self {
            columns: table.header().to_vec(),
            rows: Rows::Table {
                step: table.column("step")?,
                table: Box::new(table),
            },
        })
    }

    /// Of a run; of a log of another program all that it has per step, by the log's own names
    /// too.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn with_all(run: &Run) -> Result<Option<Self>, Problem> {
        let Some(foreign) = &run.foreign else {
            return Self::of(run);
        };
        let (log, run) = (foreign.log(), &foreign.part().run);
        let mut all = Self::of_log(log, run)?;
        if let Rows::Log { steps, series } = &mut all.rows {
            **steps = LogSteps::of_all(log, run)?;
            for (name, place) in log.per_step(run) {
                all.columns.push(name.to_owned());
                series.push(place);
            }
        }
        Ok(Some(all))
    }

    /// Of a run in a log.
    ///
    /// # Errors
    /// If it cannot be opened again.
    pub fn of_log(log: &Arc<ForeignLog>, run: &str) -> Result<Self, Problem> {
        let own = log.run(run).cloned().unwrap_or_default();
        let name = |kind: &CurveKind| match kind {
            CurveKind::TrainLoss => "train_loss",
            CurveKind::TrainAccuracy => "train_accuracy",
            CurveKind::TestLoss => "test_loss",
            CurveKind::TestAccuracy => "test_accuracy",
        };
        let curves = own
            .curves
            .iter()
            .map(|(kind, series)| (name(kind).to_owned(), *series));
        let total = own.total.map(|series| ("grad_norm".to_owned(), series));
        let (columns, series) = curves.chain(total).unzip();
        Ok(Self {
            rows: Rows::Log {
                steps: Box::new(LogSteps::of(log, run)?),
                series,
            },
            columns,
        })
    }

    /// The names of its columns; of a log of another program also those that the log has.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of a column; `None` where there is none of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        match &self.rows {
            Rows::Table { table, .. } => table.find(name),
            Rows::Log { .. } => self.columns.iter().position(|own| own == name),
        }
    }

    /// The place of a column.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn column(&self, name: &str) -> Result<usize, Problem> {
        match &self.rows {
            Rows::Table { table, .. } => table.column(name),
            Rows::Log { .. } => self.find(name).ok_or_else(|| {
                Problem::new(format!("the log has no `{name}`"))
                    .help(format!("over the steps it has {}", self.columns.join(", ")))
            }),
        }
    }

    /// What a value that reads 0 is at most in a column, where the writer rounded.
    pub fn resolution(&self, place: usize) -> Option<f64> {
        match &self.rows {
            Rows::Table { .. } => None,
            Rows::Log { steps, series } => steps.resolution(series[place]),
        }
    }

    /// Reads the next row: its step, and the values of the columns at `places`.
    ///
    /// # Errors
    /// If it cannot be understood.
    pub fn next_row(&mut self, places: &[usize]) -> Result<Option<TrainingRow>, Problem> {
        match &mut self.rows {
            Rows::Table { table, step } => {
                let Some(row) = table.next_row()? else {
                    return Ok(None);
                };
                let values = places.iter().map(|place| row.number(*place));
                Ok(Some(TrainingRow {
                    step: row.count(*step)?,
                    values: values.collect::<Result<_, _>>()?,
                }))
            }
            Rows::Log { steps, series } => {
                let step = steps.next_step()?;
                Ok(step.map(|step| TrainingRow {
                    step: step.step,
                    values: places
                        .iter()
                        .map(|place| step.value(series[*place]))
                        .collect(),
                }))
            }
        }
    }

    /// An error about the row read last.
    pub fn problem(&self, what: String) -> Problem {
        match &self.rows {
            Rows::Table { table, .. } => table.problem_here(what),
            Rows::Log { .. } => Problem::new(what),
        }
    }

    /// What to tell the user where a last line is left out.
    pub fn cut_warning(&self) -> Option<String> {
        match &self.rows {
            Rows::Table { table, .. } => table.cut_warning(),
            Rows::Log { .. } => None,
        }
    }
}

/// A step and the values asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRow {
    /// The step.
    pub step: u64,
    /// The values; `None` for an empty cell.
    pub values: Vec<Option<f64>>,
}
