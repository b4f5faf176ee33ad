//! The numbers of a log that has them tag by tag or layer by layer, kept to be put in order
//! by step.

use std::collections::BTreeMap;

use super::series::LogRow;
use crate::base::Problem;

/// The most numbers that are kept, 16 bytes each.
const MOST_POINTS: usize = 20_000_000;

/// Where the steps of a run go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoesBack {
    /// The run.
    pub run: String,
    /// The row from which on later rows hold, from 0.
    pub row: u64,
    /// Its step, and the step before.
    pub step: u64,
    /// See [`GoesBack::step`].
    pub before: u64,
    /// File and line; empty where the log has no lines.
    pub place: String,
}

/// A number at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesPoint {
    /// The step.
    pub step: u64,
    /// The number.
    pub value: f64,
}

/// The numbers of each series by ascending step.
#[derive(Debug, Default)]
pub struct Points {
    by_series: Vec<Vec<SeriesPoint>>,
    count: usize,
    /// Per series where its steps first went back: the step, and the step before.
    back: BTreeMap<u32, (u64, u64)>,
}

impl Points {
    /// Takes in the gradients and curves of a row. Where a series goes back, its later
    /// numbers hold from there on.
    ///
    /// # Errors
    /// If there are too many.
    pub fn take(
        &mut self,
        row: &LogRow,
        step: Option<u64>,
        is_kept: impl Fn(u32) -> bool,
    ) -> Result<(), Problem> {
        for cell in row.cells.iter().filter(|cell| is_kept(cell.series)) {
            let at = cell.series as usize;
            if self.by_series.len() <= at {
                self.by_series.resize_with(at + 1, Vec::new);
            }
            let own = &mut self.by_series[at];
            let last = own.last().map(|point| point.step);
            let step = step.unwrap_or_else(|| last.map_or(0, |last| last + 1));
            if let Some(last) = last
                && step <= last
            {
                self.back.entry(cell.series).or_insert((step, last));
                let kept = own.partition_point(|point| point.step < step);
                self.count -= own.len() - kept;
                own.truncate(kept);
            }
            own.push(SeriesPoint {
                step,
                value: cell.value,
            });
            self.count += 1;
            if self.count > MOST_POINTS {
                let what = format!(
                    "the log holds more than {MOST_POINTS} numbers tag by tag, which are kept in \
                     memory to be put in order by step"
                );
                return Err(
                    Problem::new(what).help("name the folder of one run, or write it out as CSV")
                );
            }
        }
        Ok(())
    }

    /// The numbers of a series.
    pub fn of(&self, series: u32) -> &[SeriesPoint] {
        self.by_series
            .get(series as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Where runs go back.
    pub fn went_back(&self, run_of: impl Fn(u32) -> String) -> Vec<GoesBack> {
        let mut by_run: BTreeMap<String, GoesBack> = BTreeMap::new();
        for (series, (step, before)) in &self.back {
            let run = run_of(*series);
            let own = by_run.entry(run.clone()).or_insert_with(|| GoesBack {
                run,
                row: 0,
                step: *step,
                before: *before,
                place: String::new(),
            });
            if *step < own.step {
                (own.step, own.before) = (*step, *before);
            }
        }
        by_run.into_values().collect()
    }
}
