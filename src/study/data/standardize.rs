//! Standardising: each feature to mean 0 and standard deviation 1.

use super::raw::Raw;
use crate::base::Problem;

/// Mean and population standard deviation of every feature over the training
/// rows, in f64 whatever the run's precision.
pub struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    /// Measures the given rows; there is at least one.
    ///
    /// # Errors
    /// A feature whose spread is too large for f64.
    pub fn measure(raw: &Raw, rows: &[usize]) -> Result<Self, Problem> {
        let count = rows.len() as f64;
        let mut row_values = vec![0.0; raw.features];
        // Sums run over the distance to the first row: those of a constant
        // feature are exactly 0, so that rounding cannot pass for spread.
        let mut first = vec![0.0; raw.features];
        raw.read_row(rows[0], &mut first);

        let mut shift = vec![0.0; raw.features];
        for &row in rows {
            raw.read_row(row, &mut row_values);
            for ((sum, value), first) in shift.iter_mut().zip(&row_values).zip(&first) {
                *sum += value - first;
            }
        }
        let mean: Vec<f64> = first
            .iter()
            .zip(&shift)
            .map(|(first, sum)| first + sum / count)
            .collect();

        let mut deviation = vec![0.0; raw.features];
        for &row in rows {
            raw.read_row(row, &mut row_values);
            for ((sum, value), mean) in deviation.iter_mut().zip(&row_values).zip(&mean) {
                *sum += (value - mean).powi(2);
            }
        }
        for (feature, sum) in deviation.iter_mut().enumerate() {
            *sum = (*sum / count).sqrt();
            if !sum.is_finite() {
                return Err(Problem::at_key(
                    "data.standardize",
                    format!(
                        "the values of feature {} are too far apart to be standardised",
                        feature + 1
                    ),
                )
                .help("rescale this feature in the data"));
            }
        }
        Ok(Self { mean, deviation })
    }

    /// Standardises one row in place; a constant feature becomes 0.
    pub fn apply(&self, row: &mut [f64]) {
        for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *value = if *deviation == 0.0 {
                0.0
            } else {
                (*value - mean) / deviation
            };
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
        let raw = Raw::labelled(values, 2, vec![0, 1, 0, 1], 2);
        let scale = Scale::measure(&raw, &[0, 1, 3]).unwrap();
        let deviation = (26.0f64 / 3.0).sqrt();
        for (row, expected) in [(0, -3.0), (1, -1.0), (3, 4.0), (2, 96.0)] {
            let mut values = [0.0; 2];
            raw.read_row(row, &mut values);
            scale.apply(&mut values);
            assert!((values[0] - expected / deviation).abs() < 1e-14, "{row}");
            assert_eq!(values[1], 0.0, "{row}");
        }
    }

    #[test]
    fn a_spread_beyond_f64_is_an_error() {
        let raw = Raw::labelled(vec![0.0, 1e300, 0.0, -1e300], 2, vec![0, 1], 2);
        let problem = Scale::measure(&raw, &[0, 1]).err().unwrap();
        assert!(problem.what.contains("feature 2"), "{problem}");
    }
}
