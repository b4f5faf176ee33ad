//! The table of a sweep: a row per cell, in the order of the plan, without times, hosts
//! or paths, so that it is the same wherever the cells were run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::folder::{CellState, SweepFolder};
use super::{Sweep, SweepCell};
use crate::base::Problem;
use crate::lab::json::Real;
use crate::lab::records::{Estimate, mean};
use crate::lab::summary::Summary;
use crate::study::columns::Cell;

/// The axis that groups are aggregated over.
pub const SEED: &str = "seed";

/// One cell and what it came to.
#[derive(Clone, Debug, Serialize)]
pub struct SweepRow {
    /// Its place in the plan.
    pub index: u64,
    /// A text per column.
    pub labels: Vec<String>,
    /// Its name among the cells; empty where its spec is refused.
    pub hash: String,
    /// `completed`, `diverged`, `failed` or `missing`.
    pub status: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// The run's verdict.
    pub verdict: Option<&'static str>,
    /// Whether it beats guessing.
    pub learned: Option<bool>,
    /// A value for each of [`FIGURES`].
    pub figures: Vec<Option<Real>>,
}

/// A figure of a cell: its name in `sweep.csv`, and the way to it.
pub struct CellFigure {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    get: fn(&Summary) -> Option<f64>,
}

/// The figures of a cell, in the order of `sweep.csv`.
pub const FIGURES: &[CellFigure] = &[
    CellFigure {
        name: "decay_decades_per_layer",
        doc: "decades lost per layer at step 0",
        get: |s| s.initial.decay_decades_per_layer,
    },
    CellFigure {
        name: "attenuation_decades",
        doc: "decades lost in all at step 0",
        get: |s| s.initial.attenuation_decades,
    },
    CellFigure {
        name: "predicted_attenuation_decades",
        doc: "those that theory expects",
        get: |s| Some(s.predicted.as_ref()?.known()?.attenuation_decades.0),
    },
    CellFigure {
        name: "final_decay_decades_per_layer",
        doc: "decades lost per layer at the last step",
        get: |s| s.last.decay_decades_per_layer,
    },
    CellFigure {
        name: "final_attenuation_decades",
        doc: "decades lost in all at the last step",
        get: |s| s.last.attenuation_decades,
    },
    CellFigure {
        name: "train_loss",
        doc: "loss of the last logged batch",
        get: |s| s.train_loss,
    },
    CellFigure {
        name: "test_loss",
        doc: "loss on the test set at the end",
        get: |s| s.test_loss,
    },
    CellFigure {
        name: "test_accuracy",
        doc: "accuracy on the test set at the end",
        get: |s| s.test_accuracy,
    },
    CellFigure {
        name: "loss_decades",
        doc: "decades that the slope of a generator's loss takes off all layers at step 0",
        get: |s| s.initial.decades_by_loss(),
    },
    CellFigure {
        name: "final_loss_decades",
        doc: "those at the last step",
        get: |s| s.last.decades_by_loss(),
    },
];

/// The place of a figure among [`FIGURES`].
pub fn figure(name: &str) -> Option<usize> {
    FIGURES.iter().position(|figure| figure.name == name)
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct SweepTable {
    /// The sweep's name.
    pub name: String,
    /// The columns that tell cells apart.
    pub columns: Vec<String>,
    /// A row per cell.
    pub rows: Vec<SweepRow>,
}

/// The cells that differ in the seed alone.
#[derive(Clone, Debug)]
pub struct CellGroup<'a> {
    /// A text per column but the seed's.
    pub labels: Vec<&'a str>,
    /// Its rows.
    pub rows: Vec<&'a SweepRow>,
}

impl SweepTable {
    /// Looks at every cell.
    ///
    /// # Errors
    /// If there are too many cells.
    pub fn read(sweep: &Sweep, folder: &SweepFolder) -> Result<Self, Problem> {
        let rows = (0..sweep.count()?).map(|index| row(sweep, folder, sweep.cell(index)));
        Ok(Self {
            name: sweep.loaded.spec.name.clone(),
            columns: sweep
                .grid
                .columns()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            rows: rows.collect(),
        })
    }

    /// `sweep.csv`.
    ///
    /// # Errors
    /// None in practice: memory does not fail.
    pub fn to_csv(&self) -> Result<Vec<u8>, Problem> {
        let failed =
            |error: csv::Error| Problem::new(format!("the table cannot be written: {error}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header = vec!["index"];
        header.extend(self.columns.iter().map(String::as_str));
        header.extend(["hash", "status", "verdict", "learned"]);
        header.extend(FIGURES.iter().map(|figure| figure.name));
        writer.write_record(&header).map_err(failed)?;
        for row in &self.rows {
            let mut cells = vec![row.index.to_string()];
            cells.extend(row.labels.iter().cloned());
            cells.extend([
                row.hash.clone(),
                row.status.to_owned(),
                row.verdict.unwrap_or_default().to_owned(),
                row.learned.map(|it| it.to_string()).unwrap_or_default(),
            ]);
            let figures = row.figures.iter();
            cells.extend(
                figures.map(|value| value.map_or(String::new(), |Real(value)| text_of(value))),
            );
            writer.write_record(&cells).map_err(failed)?;
        }
        writer
            .into_inner()
            .map_err(|error| Problem::new(format!("the table cannot be written: {error}")))
    }

    /// Whether a cell's figure is known.
    pub fn has(&self, name: &str) -> bool {
        let place = figure(name);
        let known = |row: &SweepRow| place.is_some_and(|place| row.figures[place].is_some());
        self.rows.iter().any(known)
    }

    /// Whether its networks are generators.
    pub fn is_of_generators(&self) -> bool {
        self.has("loss_decades")
    }

    /// The columns but the seed's.
    pub fn group_columns(&self) -> Vec<&str> {
        let columns = self.columns.iter().map(String::as_str);
        columns.filter(|column| *column != SEED).collect()
    }

    /// The cells by everything but their seed, in the order of the plan. One that stands in
    /// the plan twice is one run.
    pub fn groups(&self) -> Vec<CellGroup<'_>> {
        let is_kept: Vec<bool> = self.columns.iter().map(|column| column != SEED).collect();
        let mut places: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        let mut groups: Vec<CellGroup> = Vec::new();
        let mut runs: BTreeSet<(usize, &str)> = BTreeSet::new();
        for row in &self.rows {
            let labels = row.labels.iter().zip(&is_kept);
            let labels: Vec<&str> = labels
                .filter_map(|(label, is_kept)| is_kept.then_some(label.as_str()))
                .collect();
            let place = *places.entry(labels.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push(CellGroup {
                    labels,
                    rows: Vec::new(),
                });
            }
            // One without a hash could not be read.
            if row.hash.is_empty() || runs.insert((place, &row.hash)) {
                groups[place].rows.push(row);
            }
        }
        groups
    }
}

impl CellGroup<'_> {
    /// The mean of a figure over the seeds that have it, which may be infinite.
    pub fn mean(&self, figure: usize) -> Option<f64> {
        let values = self.rows.iter().filter_map(|row| row.figures[figure]);
        let values: Vec<f64> = values.map(|Real(value)| value).collect();
        (!values.is_empty()).then(|| mean(&values))
    }

    /// A figure over the seeds that have it, if it is finite everywhere.
    pub fn estimate(&self, figure: usize) -> Option<Estimate> {
        let values = self.rows.iter().filter_map(|row| row.figures[figure]);
        let values: Vec<f64> = values.map(|Real(value)| value).collect();
        let is_fine = !values.is_empty() && values.iter().all(|value| value.is_finite());
        is_fine.then(|| Estimate::of(&values))
    }
}

/// A number with all its digits, as in a run's files.
fn text_of(value: f64) -> String {
    let mut bytes = Vec::new();
    Cell::Number(Some(value)).append_to(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn row(sweep: &Sweep, folder: &SweepFolder, cell: SweepCell) -> SweepRow {
    let (hash, state) = match sweep.spec_of(&cell) {
        Ok(spec) => {
            let state = folder.state(&spec.hash);
            (spec.hash, state)
        }
        Err(error) => (String::new(), CellState::Failed(error.what().to_owned())),
    };
    let mut row = SweepRow {
        index: cell.index,
        labels: cell.labels,
        hash,
        status: "missing",
        reason: None,
        verdict: None,
        learned: None,
        figures: vec![None; FIGURES.len()],
    };
    match state {
        CellState::Missing => {}
        CellState::Failed(reason) => {
            row.status = "failed";
            row.reason = Some(reason);
        }
        CellState::Done(summary) => {
            row.status = summary.status.name();
            row.verdict = Some(summary.verdict.name());
            row.learned = summary.learned;
            row.figures = FIGURES
                .iter()
                .map(|figure| (figure.get)(&summary).map(Real))
                .collect();
        }
    }
    row
}
