//! Columns that only count the rows: an index taken for a feature.

use super::header::Role;
use super::row::Row;
use super::words::finite;

/// Fewer rows than this count nothing.
const ROWS: usize = 3;

/// The feature columns of a file that may yet count its rows.
pub struct IndexLike {
    /// Columns (from 0) with the number they must hold next.
    live: Vec<(usize, f64)>,
    rows: usize,
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
                let first = finite(&row.cells[column])?;
                let may_count = matches!(role, Role::Feature(_)) && first.fract() == 0.0;
                may_count.then_some((column, first))
            });
            self.live = features.collect();
        }
        self.rows += 1;
        self.live.retain_mut(|(column, next)| {
            let counts = finite(&row.cells[*column]) == Some(*next);
            *next += 1.0;
            counts
        });
    }

    /// The columns that grow by 1 from each row to the next.
    pub fn found(&self) -> impl Iterator<Item = usize> {
        let enough = self.rows >= ROWS;
        self.live
            .iter()
            .filter(move |_| enough)
            .map(|(column, _)| *column)
    }
}
