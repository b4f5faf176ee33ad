//! How far values reach, and which of them have no place on a log axis.

/// From this ratio of the largest to the smallest value on they are far apart.
const LOG_FROM: f64 = 100.0;

/// The extremes of some values and the count of those apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    /// The smallest finite value.
    pub lowest: f64,
    /// The smallest finite value above 0.
    pub lowest_positive: f64,
    /// The largest finite value.
    pub highest: f64,
    /// Values that are exactly 0.
    pub zeros: u64,
    /// Values that are NaN or infinite.
    pub non_finite: u64,
}

impl Default for ValueRange {
    fn default() -> Self {
        Self {
            lowest: f64::INFINITY,
            lowest_positive: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            zeros: 0,
            non_finite: 0,
        }
    }
}

impl ValueRange {
    /// Of some values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut range = Self::default();
        values.into_iter().for_each(|value| range.add(value));
        range
    }

    /// Takes in a value.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.non_finite += 1;
            return;
        }
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(value);
        if value > 0.0 {
            self.lowest_positive = self.lowest_positive.min(value);
        } else if value == 0.0 {
            self.zeros += 1;
        }
    }

    /// Takes in another range.
    pub fn join(mut self, other: &Self) -> Self {
        self.lowest = self.lowest.min(other.lowest);
        self.lowest_positive = self.lowest_positive.min(other.lowest_positive);
        self.highest = self.highest.max(other.highest);
        self.zeros += other.zeros;
        self.non_finite += other.non_finite;
        self
    }

    /// Whether its values are above 0 and so far apart that a linear axis would show but the
    /// largest.
    pub fn is_wide(&self) -> bool {
        self.lowest > 0.0 && self.highest > LOG_FROM * self.lowest_positive
    }

    /// Whether any value is below 0.
    pub fn has_negatives(&self) -> bool {
        self.lowest < 0.0
    }
}
