//! What a cell of a grid shows.

use crate::lab::records::Bucket;

/// What a bucket of a grid holds for its `i`-th layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// No step has a value.
    Absent,
    /// One of the values is NaN or infinite.
    NonFinite,
    /// The smallest and the largest value.
    Between(f64, f64),
}

impl Cell {
    /// Reads a bucket.
    pub fn of(bucket: &Bucket, i: usize) -> Self {
        let values = &bucket.values[i];
        if values.is_absent() {
            Self::Absent
        } else if values.non_finite == 0 {
            Self::Between(values.low, values.high)
        } else {
            Self::NonFinite
        }
    }
}
