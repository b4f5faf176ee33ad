//! One figure over seeds: its mean with an interval, and old beside new.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::lab::json::{number, read_number};
use crate::lab::records::{Estimate, difference as apart, mean, median};

/// Decimals of a number of decades in a file.
pub const DECIMALS: i32 = 4;

/// a − b, where equal infinities differ by nothing.
pub fn difference(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { a - b }
}

/// The smallest, the middle and the largest of at least one number, which may
/// be infinite.
pub fn ends(values: &[f64]) -> [f64; 3] {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let most = values.iter().copied().max_by(f64::total_cmp);
    let middle = median(values);
    [least.unwrap_or(middle), middle, most.unwrap_or(middle)]
}

/// The mean of at least one finite number between the ends of its 95 %
/// interval. One value, or equal ones, are their own interval.
pub fn interval(values: &[f64]) -> [f64; 3] {
    let spread = Estimate::of(values);
    [spread.low, spread.mean, spread.high]
}

/// A figure over the seeds, rounded so that noise in later digits makes no
/// difference to the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedFigure {
    /// One value per seed, in their order; left out for a single run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_seed: Option<Vec<Number>>,
    /// Upper end of the 95 % interval of the mean over the seeds.
    pub high: Number,
    /// Lower end.
    pub low: Number,
    /// The mean; a file of the first layout has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Number>,
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

impl SeedFigure {
    /// Of at least one value, none of them NaN, rounded to so many decimals.
    pub fn of(values: &[f64], decimals: i32) -> Self {
        let rounded = |value: f64| Number::rounded(value, decimals);
        let values: Vec<f64> = values.iter().map(|value| rounded(*value).0).collect();
        let [low, mean, high] = if values.iter().all(|value| value.is_finite()) {
            interval(&values)
        } else {
            ends(&values)
        };
        let by_seed = values.iter().map(|value| Number(*value)).collect();
        Self {
            by_seed: (values.len() > 1).then_some(by_seed),
            high: rounded(high),
            low: rounded(low),
            mean: Some(rounded(mean)),
            median: rounded(median(&values)),
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

/// Which values of the two sides belong together.
#[derive(Clone, Debug)]
pub enum Pairing {
    /// The values of one seed: old and new place. The initialisation's scatter cancels.
    BySeed(Vec<(usize, usize)>),
    /// No seed in common: only the means can be compared.
    Apart,
}

/// Old and new values put beside each other.
#[derive(Clone, Debug)]
pub struct Paired {
    /// New minus old.
    pub differences: Vec<f64>,
    /// Old and new, seed by seed; empty where the two have no seed in common.
    pub values: Vec<(f64, f64)>,
    /// Whether each difference is of one seed, or no interval can be had.
    pub is_exact: bool,
    /// Lower end, mean and upper end of the difference.
    pub interval: [f64; 3],
    /// The old mean.
    pub base: f64,
    /// The new mean.
    pub new: f64,
    /// New values.
    pub seeds: usize,
}

/// Puts the values of two figures beside each other.
pub fn pair(old: &SeedFigure, new: &SeedFigure, pairing: &Pairing) -> Paired {
    let (mut a, mut b) = (old.values(), new.values());
    if let Pairing::BySeed(pairs) = pairing {
        (a, b) = pairs.iter().map(|&(i, j)| (a[i], b[j])).unzip();
    }
    let is_finite = a.iter().chain(&b).all(|value| value.is_finite());
    let differences: Vec<f64> = match pairing {
        Pairing::BySeed(_) => a.iter().zip(&b).map(|(a, b)| difference(*b, *a)).collect(),
        Pairing::Apart => (b.iter())
            .flat_map(|b| a.iter().map(|a| difference(*b, *a)))
            .collect(),
    };
    let interval = match pairing {
        _ if !is_finite => ends(&differences),
        Pairing::BySeed(_) => interval(&differences),
        Pairing::Apart => {
            let apart = apart(&Estimate::of(&a), &Estimate::of(&b));
            [apart.low, apart.mean, apart.high]
        }
    };
    let middle = |values: &[f64]| match is_finite {
        true => mean(values),
        false => ends(values)[1],
    };
    Paired {
        is_exact: !is_finite || matches!(pairing, Pairing::BySeed(_)),
        interval,
        base: middle(&a),
        new: middle(&b),
        seeds: b.len(),
        values: match pairing {
            Pairing::BySeed(_) => a.into_iter().zip(b).collect(),
            Pairing::Apart => Vec::new(),
        },
        differences,
    }
}

/// The values of the seeds as they are written, if there are several.
pub fn several(values: &[f64]) -> Vec<Number> {
    let written = values.iter().map(|value| Number(*value));
    written.filter(|_| values.len() > 1).collect()
}

/// Place of the largest of at least one difference, whatever its sign.
pub fn furthest(differences: &[f64]) -> usize {
    let sizes = differences.iter().map(|difference| difference.abs());
    let largest = sizes.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    largest.map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_lies_halfway_on_either_side() {
        let inf = f64::INFINITY;
        assert_eq!(ends(&[3.0, 1.0]), [1.0, 2.0, 3.0]);
        assert_eq!(ends(&[1.0, -inf]), [-inf, -inf, 1.0]);
        assert_eq!(ends(&[1.0, inf]), [1.0, inf, inf]);
        assert_eq!(ends(&[inf, inf]), [inf; 3]);
        assert_eq!(ends(&[1.0, inf, 2.0]), [1.0, 2.0, inf]);
        assert_eq!(ends(&[inf, -inf])[1], 0.0);
    }

    #[test]
    fn a_figure_is_the_mean_with_students_interval() {
        // Mean 3, median 2, s = √7: t(0.975, 2) = 4.302653 (scipy.stats.t.ppf), so
        // the half width is 4.302653·√7/√3 = 6.572411.
        let figure = SeedFigure::of(&[1.0, 2.0, 6.0], DECIMALS);
        assert_eq!(figure.mean, Some(Number(3.0)));
        assert_eq!(figure.median, Number(2.0));
        assert_eq!((figure.low, figure.high), (Number(-3.5724), Number(9.5724)));
    }

    #[test]
    fn differences_are_of_the_means() {
        let figure = |values: &[f64]| SeedFigure::of(values, DECIMALS);
        let (a, b) = (figure(&[1.0, 2.0, 6.0]), figure(&[2.0, 3.0, 7.0]));
        let by_seed = Pairing::BySeed(vec![(0, 0), (1, 1), (2, 2)]);
        let paired = pair(&a, &b, &by_seed);
        assert_eq!((paired.base, paired.new), (3.0, 4.0));
        assert_eq!(paired.interval, [1.0; 3]);
        let [low, middle, high] = pair(&a, &b, &Pairing::Apart).interval;
        assert_eq!(middle, 1.0);
        assert!(low < 0.0 && high > 2.0);
    }
}
