//! The worst of several values on either side.

use std::collections::BTreeMap;

/// Where a value lies: at one place, or anywhere between two where a log's writer rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// The least that it can be.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Within {
    /// A value that is known.
    pub fn exactly(value: f64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// A norm of a log whose writer rounded: one that is `resolution` at most is a bound.
    pub fn norm(value: f64, resolution: Option<f64>) -> Self {
        match resolution.filter(|bound| value <= *bound) {
            Some(high) => Self { low: 0.0, high },
            None => Self::exactly(value),
        }
    }

    /// Where a known value lies that may be off by `rounding`.
    pub fn rounded(self, rounding: Option<f64>) -> Self {
        match (self.known(), rounding) {
            (Some(value), Some(off)) => Self {
                low: (value - off).max(0.0),
                high: value + off,
            },
            _ => self,
        }
    }

    /// Whether it is a bound.
    pub fn is_open(self) -> bool {
        self.low < self.high
    }

    /// The value, if it is known.
    pub fn known(self) -> Option<f64> {
        (!self.is_open()).then_some(self.low)
    }

    /// Where the values of several seeds lie, if all have one and some is a bound.
    pub fn bound(seeds: &[Option<Self>]) -> Option<Self> {
        let values = seeds.iter().copied().collect::<Option<Vec<Self>>>()?;
        let is_open = values.iter().any(|value| value.is_open());
        let all = values.into_iter().reduce(|a, b| Self {
            low: a.low.min(b.low),
            high: a.high.max(b.high),
        });
        all.filter(|_| is_open)
    }
}

/// The smallest and the largest value with their steps; NaN counts as both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The smallest value and its step.
    pub min: (f64, u64),
    /// The largest value and its step.
    pub max: (f64, u64),
}

impl Extremes {
    fn one(value: f64, step: u64) -> Self {
        Self {
            min: (value, step),
            max: (value, step),
        }
    }

    fn take(&mut self, value: f64, step: u64) {
        // The first NaN stays: no comparison with it is true.
        if value < self.min.0 || (value.is_nan() && !self.min.0.is_nan()) {
            self.min = (value, step);
        }
        if value > self.max.0 || (value.is_nan() && !self.max.0.is_nan()) {
            self.max = (value, step);
        }
    }
}

/// The extremes of values of which some may be bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Those of the least that the values can be.
    pub low: Extremes,
    /// Those of the most.
    pub high: Extremes,
}

impl Seen {
    /// Of one value.
    pub fn one(value: Within, step: u64) -> Self {
        Self {
            low: Extremes::one(value.low, step),
            high: Extremes::one(value.high, step),
        }
    }

    /// Takes another one in.
    pub fn take(&mut self, value: Within, step: u64) {
        self.low.take(value.low, step);
        self.high.take(value.high, step);
    }
}

/// What one rule found in one run: by layer, or under `None` for the network.
pub type Found = BTreeMap<Option<usize>, Seen>;

/// Puts down a value at a step.
pub fn note(found: &mut Found, layer: Option<usize>, value: Within, step: u64) {
    let seen = found.entry(layer).or_insert_with(|| Seen::one(value, step));
    seen.take(value, step);
}
