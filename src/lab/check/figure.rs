//! One figure of a baseline: its median over the seeds and the seeds' values.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::lab::json::{number, read_number};
use crate::lab::records::Spread;

/// A figure over the seeds, rounded to four decimals so that noise in later
/// digits makes no difference to the file.
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
    fn rounded(value: f64) -> Self {
        // Adding 0 makes -0 a plain 0.
        Self((value * 1e4).round() / 1e4 + 0.0)
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
    /// Of at least one value, none of them NaN.
    pub fn of(values: &[f64]) -> Self {
        let values: Vec<f64> = values
            .iter()
            .map(|value| Number::rounded(*value).0)
            .collect();
        let [low, median, high] = if values.iter().all(|value| value.is_finite()) {
            let spread = Spread::of(&values);
            [spread.low, spread.median, spread.high]
        } else {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            [
                sorted[0],
                sorted[sorted.len() / 2],
                sorted[sorted.len() - 1],
            ]
        };
        let by_seed = values.iter().map(|value| Number(*value)).collect();
        Self {
            by_seed: (values.len() > 1).then_some(by_seed),
            high: Number::rounded(high),
            low: Number::rounded(low),
            median: Number::rounded(median),
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
