//! Rows as a source hands them over, before splitting and scaling.

use ndarray::Array2;

use crate::base::memory::{UNKNOWN, free_memory};
use crate::base::{Problem, counted};
use crate::nn::loss::Targets;

/// Feature values, row by row. Images stay bytes until they are scaled, an
/// eighth of the memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Bytes, standing for byte/255.
    Bytes(Vec<u8>),
    /// Plain numbers.
    Numbers(Vec<f64>),
}

/// All rows of a source, before they are split and standardised.
#[derive(Clone, Debug, PartialEq)]
pub struct RawTable {
    /// Feature values, shape [samples, features] row by row.
    pub inputs: Inputs,
    /// Features per sample.
    pub features: usize,
    /// As many targets per sample as [`Self::targets_each`], a sample's one after the
    /// other.
    pub targets: Targets<f64>,
    /// Targets per sample: 1, or one for each of its positions.
    pub targets_each: usize,
    /// The classes' names by index; empty for numeric targets.
    pub class_names: Vec<String>,
    /// How many of the last rows come from a test file; `None` without one.
    pub test_rows: Option<usize>,
    /// What reading the files found out.
    pub reading: Reading,
}

/// What reading a source's files found out, besides the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The features' names; empty where they have none.
    pub feature_names: Vec<String>,
    /// Rows left out since a cell of theirs is missing.
    pub dropped: usize,
    /// Missing cells, each a NaN among the inputs that is to be filled in.
    pub missing: usize,
    /// `[channels, rows, columns]` of the features where they are known to be an image's.
    pub image: Option<[usize; 3]>,
    /// What the user should look at.
    pub warnings: Vec<String>,
}

impl RawTable {
    /// Rows with class labels and without a test file; classes are named by
    /// their index.
    pub fn labelled(inputs: Vec<f64>, features: usize, labels: Vec<u32>, classes: u32) -> Self {
        Self {
            inputs: Inputs::Numbers(inputs),
            features,
            targets: Targets::Classes(labels),
            targets_each: 1,
            class_names: (0..classes).map(|class| class.to_string()).collect(),
            test_rows: None,
            reading: Reading::default(),
        }
    }

    /// As if no sample had a target.
    pub fn forget_targets(&mut self) {
        self.targets = no_targets(self.samples());
        self.targets_each = 1;
        self.class_names.clear();
    }

    /// The number of rows.
    pub fn samples(&self) -> usize {
        self.targets.len() / self.targets_each
    }

    /// The rows of the targets of the samples `rows`.
    pub fn target_rows(&self, rows: &[usize]) -> Vec<usize> {
        let each = self.targets_each;
        let all = rows.iter().flat_map(|row| row * each..(row + 1) * each);
        all.collect()
    }

    /// A feature (from 0) for a message: `column "height"`, or `feature 3`.
    pub fn feature(&self, feature: usize) -> String {
        match self.reading.feature_names.get(feature) {
            Some(name) => format!("column {name:?}"),
            None => format!("feature {}", feature + 1),
        }
    }

    /// Writes the features of one row into `out` (length: features).
    pub fn read_row(&self, row: usize, out: &mut [f64]) {
        let range = row * self.features..(row + 1) * self.features;
        match &self.inputs {
            Inputs::Numbers(values) => out.copy_from_slice(&values[range]),
            Inputs::Bytes(bytes) => {
                for (value, &byte) in out.iter_mut().zip(&bytes[range]) {
                    *value = f64::from(byte) / 255.0;
                }
            }
        }
    }
}

/// The targets of samples at whose targets nobody looks: no number each.
pub fn no_targets(samples: usize) -> Targets<f64> {
    Targets::Numbers(Array2::zeros((samples, 0)))
}

/// Bytes that a number takes at least: as it is made, and in a run's precision.
const BYTES: f64 = 12.0;

/// An empty table with room for samples × features numbers.
///
/// # Errors
/// Nothing asked for, fewer samples than classes, or more numbers than memory holds.
pub fn reserve(
    source: &str,
    samples: usize,
    features: usize,
    classes: u32,
) -> Result<Vec<f64>, Problem> {
    if samples == 0 || features == 0 || classes == 0 {
        let what = format!("{samples} samples, {features} features, {classes} classes or outputs");
        return Err(Problem::at_key(format!("data.source.{source}"), what)
            .help("expected at least one of each"));
    }
    let key = format!("data.source.{source}.samples");
    if samples < classes as usize {
        let shown = counted(samples, "sample");
        let what = format!("{shown} cannot show {classes} classes");
        return Err(Problem::at_key(key, what).help("raise samples, or ask for fewer classes"));
    }
    room([samples, features]).ok_or_else(|| {
        let what = format!("{samples} samples of {features} numbers do not fit into memory");
        Problem::at_key(key, what).help("lower samples, or what makes a sample so large")
    })
}

/// An empty table with room for the product of these numbers; `None` if that is more than
/// memory holds.
pub fn room<const N: usize>(factors: [usize; N]) -> Option<Vec<f64>> {
    // A system may promise more memory than it has, and end the program when it is used.
    let bytes = factors.iter().map(|factor| *factor as f64).product::<f64>() * BYTES;
    if bytes > free_memory().unwrap_or(UNKNOWN) {
        return None;
    }
    let mut factors = factors.into_iter();
    let numbers = factors.try_fold(1, usize::checked_mul)?;
    let mut table = Vec::new();
    table.try_reserve_exact(numbers).ok()?;
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_errors() {
        let few = reserve("blobs", 2, 2, 3).unwrap_err();
        assert!(
            few.to_string()
                .starts_with("data.source.blobs.samples: 2 samples")
        );
        assert!(reserve("blobs", 0, 2, 0).is_err());
        assert!(reserve("blobs", 2, 0, 2).is_err());
        assert!(reserve("blobs", usize::MAX, 2, 2).is_err());
        assert!(reserve("blobs", usize::MAX / 2, 1, 2).is_err());
        // No overflow, and what a system with overcommitment might promise: 960 TB.
        assert!(reserve("blobs", 40_000_000_000_000, 2, 2).is_err());
    }
}
