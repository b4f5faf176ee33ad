//! Samples that belong together, in the run's precision.

use ndarray::{Array2, Axis};

use crate::base::Scalar;
use crate::nn::loss::Targets;

/// Samples that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Split<T> {
    /// Shape [samples, features].
    pub inputs: Array2<T>,
    /// One entry per sample, or one for each of its positions, a sample's one after the
    /// other.
    pub targets: Targets<T>,
}

impl<T> Split<T> {
    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.inputs.nrows()
    }

    /// Targets per sample; 1 without a sample.
    pub fn targets_each(&self) -> usize {
        self.targets.len().checked_div(self.samples()).unwrap_or(1)
    }
}

impl<T: Scalar> Split<T> {
    /// Some of its samples, in the order named.
    pub fn samples_at(&self, rows: &[usize]) -> Self {
        let each = self.targets_each();
        let of_row = |row: &usize| row * each..(row + 1) * each;
        let all: Vec<usize> = rows.iter().flat_map(of_row).collect();
        let targets = match &self.targets {
            Targets::Classes(classes) => {
                Targets::Classes(all.iter().map(|&row| classes[row]).collect())
            }
            Targets::Numbers(numbers) => Targets::Numbers(numbers.select(Axis(0), &all)),
        };
        Self {
            inputs: self.inputs.select(Axis(0), rows),
            targets,
        }
    }
}
