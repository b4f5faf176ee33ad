//! The worst of several values on either side.

/// The smallest and the largest value with their steps; NaN counts as both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The smallest value and its step.
    pub min: (f64, u64),
    /// The largest value and its step.
    pub max: (f64, u64),
}

impl Extremes {
    /// Of one value.
    pub fn one(value: f64, step: u64) -> Self {
        Self {
            min: (value, step),
            max: (value, step),
        }
    }

    /// Takes another one in.
    pub fn take(&mut self, value: f64, step: u64) {
        // The first NaN stays: no comparison with it is true.
        if value < self.min.0 || (value.is_nan() && !self.min.0.is_nan()) {
            self.min = (value, step);
        }
        if value > self.max.0 || (value.is_nan() && !self.max.0.is_nan()) {
            self.max = (value, step);
        }
    }
}
