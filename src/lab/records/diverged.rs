//! Whether a run diverged: one meaning for every reader.

use crate::lab::summary::Summary;

/// Where a number stopped being finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// The step, where it is known.
    pub step: Option<u64>,
    /// The layer, where there is one: of several the one nearest the output.
    pub layer: Option<usize>,
    /// The column.
    pub quantity: String,
    /// NaN or infinite, where it is known.
    pub value: Option<f64>,
}

impl Diverged {
    /// As a run's summary tells it.
    pub fn told_by(summary: &Summary) -> Self {
        Self {
            step: summary.diverged.as_ref().map(|at| at.step),
            layer: summary.diverged.as_ref().map(|at| at.layer),
            quantity: "a gradient or the loss".to_owned(),
            value: None,
        }
    }
}

/// Whether a cell's text is plainly that of a finite number, without reading it:
/// digits, and an exponent of at most two.
pub(super) fn is_plainly_finite(cell: &[u8]) -> bool {
    let exponent = cell.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = cell.split_at(exponent.unwrap_or(cell.len()));
    let is_plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
    mantissa.len() < 40
        && mantissa.iter().all(is_plain)
        && exponent.iter().filter(|byte| byte.is_ascii_digit()).count() <= 2
        && exponent.iter().skip(1).all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_finite_is_looked_at() {
        for cell in ["", "0", "1.5", "-2", "1e-7", "1.25E+10", "1e-99"] {
            assert!(is_plainly_finite(cell.as_bytes()), "{cell}");
        }
        for cell in ["NaN", "inf", "-inf", "nan", "1e999", "Infinity", "one"] {
            assert!(!is_plainly_finite(cell.as_bytes()), "{cell}");
        }
    }
}
