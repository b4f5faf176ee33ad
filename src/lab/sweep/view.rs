//! A quantity of a sweep's cells over one axis or two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::rows::{FIGURES, SEED, SweepTable, figure};
use super::stall::short;
use super::{SweepFolder, SweepRow};
use crate::base::Problem;
use crate::base::nearest::unknown;
use crate::lab::json::Real;
use crate::lab::records::Estimate;

/// The quantity that is shown unless another is named.
pub const QUANTITY: &str = "attenuation_decades";

/// One axis of the view.
#[derive(Clone, Debug)]
pub struct ViewAxis {
    /// Its column.
    pub column: String,
    /// The values, in the order of the plan.
    pub labels: Vec<String>,
}

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct SweepView {
    /// The sweep's name.
    pub name: String,
    /// From left to right.
    pub x: ViewAxis,
    /// From bottom to top, in a map.
    pub y: Option<ViewAxis>,
    /// The quantity's name.
    pub quantity: &'static str,
    table: SweepTable,
    figure: usize,
}

/// The values of the cells at one place: over the seeds and whatever else varies.
pub type Values = Vec<f64>;

impl ViewAxis {
    /// Its values as numbers, where all are.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        let numbers = self.labels.iter().map(|label| label.parse().ok());
        numbers.collect()
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        short(&self.column)
    }

    fn of(table: &SweepTable, column: &str) -> Result<Self, Problem> {
        let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
        let same = |other: &&&str| **other == column || short(other) == column;
        let Some(found) = columns.iter().find(same) else {
            return Err(unknown("axis of the sweep", column, &columns));
        };
        let place = place(table, found);
        let mut labels: Vec<String> = Vec::new();
        for row in &table.rows {
            if !labels.contains(&row.labels[place]) {
                labels.push(row.labels[place].clone());
            }
        }
        Ok(Self {
            column: (*found).to_owned(),
            labels,
        })
    }

    /// The first axis of numbers, else the first; the seeds only where there is no other.
    fn chosen(table: &SweepTable) -> Result<Self, Problem> {
        let columns = table.columns.iter().filter(|column| *column != SEED);
        let axes: Result<Vec<Self>, Problem> =
            columns.map(|column| Self::of(table, column)).collect();
        let mut axes = axes?;
        if axes.is_empty() {
            return Self::of(table, SEED);
        }
        let of_numbers = axes.iter().position(|axis| axis.numbers().is_some());
        Ok(axes.swap_remove(of_numbers.unwrap_or(0)))
    }
}

fn place(table: &SweepTable, column: &str) -> usize {
    let mut columns = table.columns.iter();
    columns.position(|own| own == column).unwrap_or_default()
}

impl SweepView {
    /// Of the sweep in a folder; without an x it chooses one.
    ///
    /// # Errors
    /// If it has no such axis or quantity, or no cell is done.
    pub fn open(
        path: &Path,
        [x, y]: [Option<&str>; 2],
        quantity: Option<&str>,
    ) -> Result<Self, Problem> {
        let (folder, sweep) = SweepFolder::open(path)?;
        let mut table = SweepTable::read(&sweep, &folder)?;
        // One that stands in the plan twice is one run.
        let mut seen = BTreeSet::new();
        table
            .rows
            .retain(|row| seen.insert((row.labels.clone(), row.hash.clone())));
        let quantity = quantity.unwrap_or(QUANTITY);
        let Some(figure) = figure(quantity) else {
            let names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
            return Err(unknown("quantity of a sweep", quantity, &names));
        };
        if table.rows.iter().all(|row| row.verdict.is_none()) {
            return Err(Problem::in_file(path, "no cell of this sweep is done")
                .help("run `vgrad sweep` again: it does what is missing"));
        }
        Ok(Self {
            name: table.name.clone(),
            x: match x {
                Some(x) => ViewAxis::of(&table, x)?,
                None => ViewAxis::chosen(&table)?,
            },
            y: y.map(|y| ViewAxis::of(&table, y)).transpose()?,
            quantity: FIGURES[figure].name,
            table,
            figure,
        })
    }

    /// What the verdicts count besides the quantity, where that is a generator's attenuation.
    pub fn beside(&self) -> Option<String> {
        let by_loss = match self.quantity {
            QUANTITY => "loss_decades",
            "final_attenuation_decades" => "final_loss_decades",
            _ => return None,
        };
        let remark = format!(
            "Lost over the layers; verdicts count what the loss takes too: --quantity {by_loss}"
        );
        self.table.is_of_generators().then_some(remark)
    }

    /// The place of the prediction among the figures, where the quantity has one.
    fn predicted(&self) -> Option<usize> {
        (self.quantity == QUANTITY).then(|| figure("predicted_attenuation_decades"))?
    }

    /// Whether the values at one place differ in the seed alone.
    pub fn is_over_seeds(&self) -> bool {
        let Some(y) = &self.y else {
            return true;
        };
        let known = [&*self.x.column, &*y.column, SEED];
        let mut columns = self.table.columns.iter();
        columns.all(|column| known.contains(&column.as_str()))
    }

    /// Half the 95 % interval, by Student's t, of the mean of the values at one place, where
    /// they are those of several seeds and finite.
    pub fn half_width(&self, values: &[f64]) -> Option<f64> {
        let is_fine = values.len() > 1 && values.iter().all(|value| value.is_finite());
        (is_fine && self.is_over_seeds()).then(|| {
            let estimate = Estimate::of(values);
            (estimate.high - estimate.low) / 2.0
        })
    }

    /// The values at each place of the map, row by row from the bottom.
    pub fn map(&self) -> Vec<Vec<Values>> {
        let Some(y) = &self.y else {
            return Vec::new();
        };
        let mut cells = vec![vec![Values::new(); self.x.labels.len()]; y.labels.len()];
        for row in &self.table.rows {
            let at = |axis: &ViewAxis| self.at(row, axis);
            if let Some(Real(value)) = row.figures[self.figure] {
                cells[at(y)][at(&self.x)].push(value);
            }
        }
        cells
    }

    fn at(&self, row: &SweepRow, axis: &ViewAxis) -> usize {
        let label = &row.labels[place(&self.table, &axis.column)];
        let mut labels = axis.labels.iter();
        labels.position(|own| own == label).unwrap_or_default()
    }

    /// For everything else that varies but the seed, what it is called, the values at each
    /// place of the axis, and the predictions there.
    pub fn curves(&self) -> Vec<(String, [Vec<Values>; 2])> {
        let mut curves: Vec<(String, [Vec<Values>; 2])> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let empty = || vec![Values::new(); self.x.labels.len()];
        for row in &self.table.rows {
            let others = self.table.columns.iter().zip(&row.labels);
            let others = others.filter(|(column, _)| **column != self.x.column && *column != SEED);
            let words: Vec<String> = others
                .map(|(column, label)| format!("{}={label}", short(column)))
                .collect();
            let words = words.join(" ");
            let place = *places.entry(words.clone()).or_insert(curves.len());
            if place == curves.len() {
                curves.push((words, [empty(), empty()]));
            }
            let at = self.at(row, &self.x);
            let figures = [Some(self.figure), self.predicted()];
            for (series, figure) in curves[place].1.iter_mut().zip(figures) {
                if let Some(Real(value)) = figure.and_then(|figure| row.figures[figure]) {
                    series[at].push(value);
                }
            }
        }
        curves
    }
}
