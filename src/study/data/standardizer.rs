//! Standardising: each column to mean 0 and standard deviation 1.

use super::raw_table::RawTable;
use crate::base::Problem;
use crate::nn::loss::Targets;

/// Mean and population standard deviation of every column over the training
/// rows, in f64 whatever the run's precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Standardizer {
    /// Measures the features over the given rows, of which there is at least one.
    ///
    /// # Errors
    /// A feature whose spread is too large for f64.
    pub fn of_features(raw: &RawTable, rows: &[usize]) -> Result<Self, Problem> {
        let read = |row: usize, out: &mut [f64]| raw.read_row(row, out);
        Self::measure(raw.features, rows, read).map_err(|feature| {
            let what = format!(
                "the values of {} are too far apart to be standardised",
                raw.feature(feature)
            );
            Problem::at_key("data.standardize", what).help("rescale this feature in the data")
        })
    }

    /// Measures numeric targets over the given rows, of which there is at least one.
    ///
    /// # Errors
    /// The targets are classes; a spread too large for f64.
    pub fn of_targets(targets: &Targets<f64>, rows: &[usize]) -> Result<Self, Problem> {
        let at_key = |what: &str| Problem::at_key("data.standardize_target", what);
        let Targets::Numbers(numbers) = targets else {
            return Err(
                at_key("the targets are classes, which have no mean and no deviation").help(
                    "remove standardize_target, or predict a number with train.loss = \"mse\"",
                ),
            );
        };
        let read = |row: usize, out: &mut [f64]| {
            let values = out.iter_mut().zip(numbers.row(row));
            values.for_each(|(to, value)| *to = *value);
        };
        Self::measure(numbers.ncols(), rows, read).map_err(|_| {
            at_key("the targets are too far apart to be standardised")
                .help("rescale the target in the data")
        })
    }

    /// Measures `columns` columns; `read` writes the values of a row. The error
    /// is the column whose spread is beyond f64.
    fn measure(
        columns: usize,
        rows: &[usize],
        read: impl Fn(usize, &mut [f64]),
    ) -> Result<Self, usize> {
        let count = rows.len() as f64;
        let mut values = vec![0.0; columns];
        // Sums run over the distance to the first row: those of a constant
        // column are exactly 0, so that rounding cannot pass for spread.
        let mut first = vec![0.0; columns];
        read(rows[0], &mut first);

        let mut mean = vec![0.0; columns];
        for &row in rows {
            read(row, &mut values);
            for c in 0..columns {
                mean[c] += values[c] - first[c];
            }
        }
        for c in 0..columns {
            mean[c] = first[c] + mean[c] / count;
        }

        let mut deviation = vec![0.0; columns];
        for &row in rows {
            read(row, &mut values);
            for c in 0..columns {
                deviation[c] += (values[c] - mean[c]).powi(2);
            }
        }
        for (c, sum) in deviation.iter_mut().enumerate() {
            *sum = (*sum / count).sqrt();
            if !sum.is_finite() {
                return Err(c);
            }
        }
        Ok(Self { mean, deviation })
    }

    /// Standardises one row in place; a constant column becomes 0.
    pub fn apply(&self, row: &mut [f64]) {
        for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *value = if *deviation == 0.0 {
                0.0
            } else {
                (*value - mean) / deviation
            };
        }
    }

    /// Gives a standardised row its own units back, in place; a constant column its constant.
    pub fn undo(&self, row: &mut [f64]) {
        for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *value = mean + *value * deviation;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_training_rows_alone_set_the_scale() {
        // Feature 1: 1, 3, 8 with mean 4 and variance (9 + 1 + 16)/3. Feature 2 is
        // the constant 0.1, whose plain f64 mean, 0.30000000000000004/3, is not 0.1.
        let values = vec![1.0, 0.1, 3.0, 0.1, 100.0, 7.0, 8.0, 0.1];
        let raw = RawTable::labelled(values, 2, vec![0, 1, 0, 1], 2);
        let scale = Standardizer::of_features(&raw, &[0, 1, 3]).unwrap();
        let deviation = (26.0f64 / 3.0).sqrt();
        for (row, expected) in [(0, -3.0), (1, -1.0), (3, 4.0), (2, 96.0)] {
            let mut values = [0.0; 2];
            raw.read_row(row, &mut values);
            scale.apply(&mut values);
            assert!((values[0] - expected / deviation).abs() < 1e-14, "{row}");
            assert_eq!(values[1], 0.0, "{row}");
            scale.undo(&mut values);
            let mut before = [0.0; 2];
            raw.read_row(row, &mut before);
            assert!((values[0] - before[0]).abs() < 1e-12, "{row}");
            assert!((values[1] - 0.1).abs() < 1e-15, "{row}");
        }
    }

    #[test]
    fn a_spread_beyond_f64_is_an_error() {
        let raw = RawTable::labelled(vec![0.0, 1e300, 0.0, -1e300], 2, vec![0, 1], 2);
        let problem = Standardizer::of_features(&raw, &[0, 1]).err().unwrap();
        assert!(problem.what.contains("feature 2"), "{problem}");
    }
}
