//! One figure of a baseline: its median over the seeds and the seeds' values.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::gap::ends;
use crate::lab::json::{number, read_number};
use crate::lab::records::Spread;

/// Decimals of a number of decades in a file.
pub const DECIMALS: i32 = 4;

/// A figure over the seeds, rounded so that noise in later digits makes no
/// difference to the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// One value per seed, in their order; left out for a single run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_seed: Option<Vec<Number>>,
    /// Upper end of the 95 % interval over the seeds.
    pub high: Number,
    /// Lower end.
    pub low: Number,
    /// The median.
    pub median: Number,
}

/// A number that may be infinite but is not NaN; -inf is the logarithm of 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Number {
    fn rounded(value: f64, decimals: i32) -> Self {
        let scale = 10f64.powi(decimals);
        // Adding 0 makes -0 a plain 0.
        Self((value * scale).round() / scale + 0.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(&Some(self.0), serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match read_number(deserializer)? {
            Some(value) if !value.is_nan() => Ok(Self(value)),
            _ => Err(de::Error::custom("expected a number, \"inf\" or \"-inf\"")),
        }
    }
}

impl Figure {
    /// Of at least one value, none of them NaN, rounded to so many decimals.
    pub fn of(values: &[f64], decimals: i32) -> Self {
        let rounded = |value: f64| Number::rounded(value, decimals);
        let values: Vec<f64> = values.iter().map(|value| rounded(*value).0).collect();
        let [low, median, high] = if values.iter().all(|value| value.is_finite()) {
            let spread = Spread::of(&values);
            [spread.low, spread.median, spread.high]
        } else {
            ends(&values)
        };
        let by_seed = values.iter().map(|value| Number(*value)).collect();
        Self {
            by_seed: (values.len() > 1).then_some(by_seed),
            high: rounded(high),
            low: rounded(low),
            median: rounded(median),
        }
    }

    /// One value per seed.
    pub fn values(&self) -> Vec<f64> {
        match &self.by_seed {
            Some(values) => values.iter().map(|value| value.0).collect(),
            None => vec![self.median.0],
        }
    }
}
