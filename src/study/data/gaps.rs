//! Filling missing cells in.

use super::raw_table::{Inputs, RawTable};
use crate::base::Problem;

/// Puts the mean of a feature over the training rows `train`, of which there is
/// at least one, where a cell of it is missing (NaN).
///
/// # Errors
/// A feature of which no training row has a value.
pub fn fill_gaps(raw: &mut RawTable, train: &[usize]) -> Result<(), Problem> {
    if raw.reading.missing == 0 {
        return Ok(());
    }
    let features = raw.features;
    let Inputs::Numbers(values) = &mut raw.inputs else {
        return Ok(());
    };
    for feature in 0..features {
        let is_gap = |row: &[f64]| row[feature].is_nan();
        if !values.chunks_exact(features).any(is_gap) {
            continue;
        }
        let known = train.iter().map(|row| values[row * features + feature]);
        let known: Vec<f64> = known.filter(|value| !value.is_nan()).collect();
        let Some(&first) = known.first() else {
            let what = format!(
                "{} has no value in the training split, so there is no mean to fill in",
                raw.feature(feature)
            );
            return Err(Problem::at_key("data.source.csv.missing", what)
                .help("name this column in ignore, or set missing = \"drop\""));
        };
        // Over the distance to the first value, so that a constant stays what it is.
        let shift: f64 = known.iter().map(|value| value - first).sum();
        let mean = first + shift / known.len() as f64;
        for row in values.chunks_exact_mut(features) {
            if row[feature].is_nan() {
                row[feature] = mean;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two features of four rows; NaN is a gap.
    fn table(values: [f64; 8]) -> RawTable {
        let mut raw = RawTable::labelled(values.to_vec(), 2, vec![0, 1, 0, 1], 2);
        raw.reading.missing = values.iter().filter(|value| value.is_nan()).count();
        raw
    }

    #[test]
    fn the_mean_is_that_of_the_training_rows() {
        let mut raw = table([1.0, 0.1, 3.0, f64::NAN, f64::NAN, 0.1, 100.0, 0.1]);
        fill_gaps(&mut raw, &[0, 1, 2]).unwrap();
        // (1 + 3)/2, without the test row's 100; the mean of 0.1 and 0.1.
        let filled = [1.0, 0.1, 3.0, 0.1, 2.0, 0.1, 100.0, 0.1];
        assert_eq!(raw.inputs, Inputs::Numbers(filled.to_vec()));
    }

    #[test]
    fn a_feature_without_a_training_value_is_named() {
        let mut raw = table([f64::NAN, 1.0, f64::NAN, 2.0, 5.0, 3.0, 6.0, 4.0]);
        let problem = fill_gaps(&mut raw, &[0, 1]).unwrap_err().to_string();
        assert!(
            problem.starts_with("data.source.csv.missing: feature 1 has no value"),
            "{problem}"
        );
    }
}
