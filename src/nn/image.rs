//! The shape of an image.

use std::fmt;

/// How many numbers an image is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Numbers per pixel.
    pub channels: usize,
    /// Rows of pixels.
    pub rows: usize,
    /// Pixels of a row.
    pub columns: usize,
}

impl Image {
    /// `[channels, rows, columns]`.
    pub fn new([channels, rows, columns]: [usize; 3]) -> Self {
        Self {
            channels,
            rows,
            columns,
        }
    }

    /// Rows times columns.
    pub fn pixels(self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// All its numbers.
    pub fn features(self) -> usize {
        self.pixels().saturating_mul(self.channels)
    }

    /// What is left where of every `stride` rows and columns the first is kept.
    pub fn strided(self, stride: usize) -> Self {
        Self {
            rows: self.rows.div_ceil(stride),
            columns: self.columns.div_ceil(stride),
            ..self
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}, {}]", self.channels, self.rows, self.columns)
    }
}
