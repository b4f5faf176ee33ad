//! Columns that only number the rows: an index taken for a feature.

use std::collections::HashSet;

use super::header::Role;
use super::row::Row;
use super::words::finite;

/// Fewer rows than this count nothing.
const ROWS: usize = 3;
/// So many rows hold other steps than 1, or a stretch of whole numbers in any order, hardly by
/// chance.
const SURE: usize = 10;

/// The feature columns of a file that may yet number its rows.
pub struct IndexLike {
    live: Vec<Column>,
    rows: usize,
}

/// A column of whole numbers, none of which stands in it twice.
struct Column {
    /// Where it stands, from 0.
    column: usize,
    first: f64,
    /// From the first row to the second.
    step: Option<f64>,
    /// Whether all steps are as the first.
    is_even: bool,
    seen: HashSet<i64>,
}

impl Column {
    fn new(column: usize, first: f64) -> Self {
        Self {
            column,
            first,
            step: None,
            is_even: true,
            seen: HashSet::from([first as i64]),
        }
    }

    /// Takes the number of a row; `false` if it is there already.
    fn take(&mut self, row: usize, number: f64) -> bool {
        let step = *self.step.get_or_insert(number - self.first);
        self.is_even &= number == self.first + step * row as f64;
        self.seen.insert(number as i64)
    }

    /// How it numbers so many rows, if it does.
    fn how(&self, rows: usize) -> Option<String> {
        match self.step.filter(|_| self.is_even) {
            Some(1.0) if rows >= ROWS => return Some("only counts the rows".to_owned()),
            _ if rows < SURE => return None,
            Some(step) => return Some(format!("changes by {step} from each row to the next")),
            None => {}
        }
        let (low, high) = (self.seen.iter().min()?, self.seen.iter().max()?);
        let is_stretch = high.abs_diff(*low) == rows as u64 - 1;
        is_stretch.then(|| format!("holds each whole number from {low} to {high} once"))
    }
}

/// The whole number of a cell.
fn whole(cell: &str) -> Option<f64> {
    finite(cell).filter(|number| number.fract() == 0.0)
}

impl IndexLike {
    /// No row has been seen.
    pub fn new() -> Self {
        Self {
            live: Vec::new(),
            rows: 0,
        }
    }

    /// Looks at the next row, whether it is kept or not.
    pub fn look(&mut self, row: &Row) {
        if self.rows == 0 {
            let features = row.roles.iter().zip(0..).filter_map(|(role, column)| {
                let first = whole(&row.cells[column])?;
                matches!(role, Role::Feature(_)).then(|| Column::new(column, first))
            });
            self.live = features.collect();
        } else {
            self.live.retain_mut(|own| {
                let number = whole(&row.cells[own.column]);
                number.is_some_and(|number| own.take(self.rows, number))
            });
        }
        self.rows += 1;
    }

    /// The columns that number the rows, and how.
    pub fn found(&self) -> impl Iterator<Item = (usize, String)> {
        self.live
            .iter()
            .filter_map(|own| Some((own.column, own.how(self.rows)?)))
    }
}
