//! Layers × steps as a raster of cells, for a heat map on paper or a terminal.

use super::axis::{Axis, Tick, counting};
use super::cell::Cell;
use super::scale::Scale;
use crate::lab::records::{Bucket, RunData};

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shade {
    /// No value.
    Absent,
    /// NaN or infinite.
    NonFinite,
    /// Exactly 0 on a log scale.
    Zero,
    /// How far up the scale, from 0 to 1.
    At(f64),
}

/// How steps and layers go into cells.
pub struct Heatmap<'a> {
    run: &'a RunData,
    /// The layers of the axis, and where the run has each.
    layers: &'a [usize],
    places: Vec<Option<usize>>,
    /// The first and the last step.
    start: f64,
    end: f64,
    /// The buckets of each column, from the first to before the second.
    columns: Vec<(usize, usize)>,
    steps_per_cell: u64,
    layers_per_cell: usize,
    rows: usize,
}

impl<'a> Heatmap<'a> {
    /// At most `columns` × `rows` cells; few steps are spread over all columns.
    /// `layers`, at least one, are those of the axis; the run may lack some.
    pub fn new(run: &'a RunData, layers: &'a [usize], (columns, rows): (usize, usize)) -> Self {
        let buckets = run.grid.buckets();
        let start = run.first.step as f64;
        // A lone step has a cell as wide as one.
        let end = (run.last.step as f64).max(start + 1.0);
        let columns = spread(buckets, (start, end), columns.max(1));
        let widest = columns
            .iter()
            .map(|(from, to)| to - from)
            .max()
            .unwrap_or(1);
        let layers_per_cell = layers.len().div_ceil(rows.max(1)).max(1);
        let own = run.layers();
        let places = layers.iter().map(|layer| own.binary_search(layer).ok());
        Self {
            run,
            layers,
            places: places.collect(),
            start,
            end,
            columns,
            steps_per_cell: run.grid.steps_per_bucket() * widest as u64,
            layers_per_cell,
            rows: layers.len().div_ceil(layers_per_cell),
        }
    }

    /// The run.
    pub fn run(&self) -> &'a RunData {
        self.run
    }

    /// Layers as places 0, 1 …, whatever their numbers are.
    pub fn layer_axis(&self) -> Axis {
        let layers = self.layers;
        let count = layers.len();
        let whole = counting(self.run.layer_axis(), 0.0, (count - 1) as f64);
        // A tick at a round number of a layer rather than at a round place.
        let offset = layers[0] as f64;
        let rounded = counting(self.run.layer_axis(), offset, offset + (count - 1) as f64)
            .numbered(self.run.numbering());
        let is_dense = layers[count - 1] - layers[0] + 1 == count;
        let ticks: Vec<Tick> = if is_dense {
            let ticks = rounded.ticks.into_iter();
            ticks
                .map(|tick| Tick {
                    at: tick.at - offset,
                    text: tick.text,
                })
                .collect()
        } else {
            let ticks = whole
                .ticks
                .into_iter()
                .filter(|tick| tick.at < count as f64);
            ticks
                .map(|tick| Tick {
                    at: tick.at,
                    text: layers[tick.at as usize].to_string(),
                })
                .collect()
        };
        Axis {
            low: -0.5,
            high: (self.rows * self.layers_per_cell) as f64 - 0.5,
            ticks: ticks
                .into_iter()
                .filter(|tick| tick.at < count as f64)
                .collect(),
            ..whole
        }
    }

    /// The first step.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// The last step, where the cells end.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Cells from left to right.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Cells from top to bottom.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The lowest layer of a row, counted from the bottom; its number.
    pub fn layer_of_row(&self, row: usize) -> usize {
        self.layers[row * self.layers_per_cell]
    }

    /// What a cell takes together, in words; `None` if each has a value of its own.
    pub fn remark(&self) -> Option<String> {
        let (steps, layers) = (self.steps_per_cell, self.layers_per_cell);
        let many = match (steps, layers) {
            (1, 1) => return None,
            (steps, 1) => format!("{steps} logged steps"),
            (1, layers) => format!("{layers} layers"),
            (steps, layers) => format!("{steps} logged steps × {layers} layers"),
        };
        let along = self.run.run.along();
        Some(along.speak(&format!("Each cell is the smallest of {many}")))
    }

    /// All cells, row by row from the top.
    pub fn shades(&self, scale: &Scale) -> Vec<Shade> {
        let mut shades = Vec::with_capacity(self.rows * self.columns.len());
        for row in (0..self.rows).rev() {
            for column in &self.columns {
                shades.push(self.shade(scale, row, *column));
            }
        }
        shades
    }

    /// NaN shows before 0, and 0 before the smallest value.
    fn shade(&self, scale: &Scale, row: usize, (from, to): (usize, usize)) -> Shade {
        let layers = self.layers.len();
        let first = row * self.layers_per_cell;
        let last = (first + self.layers_per_cell).min(layers);
        let mut smallest: Option<f64> = None;
        for bucket in &self.run.grid.buckets()[from..to] {
            for i in self.places[first..last].iter().copied().flatten() {
                match Cell::of(bucket, i) {
                    Cell::Absent => {}
                    Cell::NonFinite => return Shade::NonFinite,
                    Cell::Between(low, _) => {
                        smallest = Some(smallest.map_or(low, |smallest| smallest.min(low)));
                    }
                }
            }
        }
        match smallest {
            None => Shade::Absent,
            Some(value) => scale.share(value).map_or(Shade::Zero, Shade::At),
        }
    }
}

/// The buckets that each of at most `most` equally wide columns shows: those
/// that begin in it, or else the one before. A step reaches halfway to its neighbours, so
/// that the first and the last are seen and nothing lies beyond them.
fn spread(buckets: &[Bucket], (start, end): (f64, f64), most: usize) -> Vec<(usize, usize)> {
    let mut columns = Vec::with_capacity(most);
    let begin = |i: usize| match i.checked_sub(1) {
        Some(before) => (buckets[before].last as f64 + buckets[i].first as f64) / 2.0,
        None => start,
    };
    let mut next = 0;
    for column in 0..most {
        let edge = start + (end - start) * (column + 1) as f64 / most as f64;
        let from = next;
        let is_last = column + 1 == most;
        while next < buckets.len() && (is_last || begin(next) < edge) {
            next += 1;
        }
        columns.push(if next > from {
            (from, next)
        } else {
            (from.saturating_sub(1), from.max(1))
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(steps: &[u64]) -> Vec<Bucket> {
        let bucket = |step: &u64| Bucket {
            first: *step,
            last: *step,
            values: Vec::new(),
        };
        steps.iter().map(bucket).collect()
    }

    #[test]
    fn a_step_reaches_halfway_to_its_neighbours() {
        let columns = spread(&buckets(&[0, 10, 20, 30]), (0.0, 30.0), 6);
        let shown: Vec<usize> = columns.iter().map(|(from, _)| *from).collect();
        assert_eq!(shown, [0, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn every_bucket_has_a_column_and_every_column_a_bucket() {
        for steps in [
            vec![0],
            vec![0, 1, 2, 3, 4, 5, 6],
            vec![0, 1, 10, 100, 1000],
            (0..100).collect(),
        ] {
            let buckets = buckets(&steps);
            let end = (*steps.last().unwrap() as f64).max(1.0);
            for most in [1, 2, 5, 40] {
                let columns = spread(&buckets, (0.0, end), most);
                assert_eq!(columns.len(), most);
                let mut seen = vec![false; buckets.len()];
                for (from, to) in columns {
                    assert!(from < to && to <= buckets.len());
                    seen[from..to].fill(true);
                }
                assert!(seen.iter().all(|seen| *seen), "{steps:?} in {most}");
            }
        }
    }
}
