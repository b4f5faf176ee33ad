//! One figure over several seeds: its mean and how far it can be trusted.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Share of the intervals that hold the true value.
const CONFIDENCE: f64 = 0.95;

/// A figure over the seeds of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Seeds.
    pub n: usize,
    /// The mean over the seeds.
    pub mean: f64,
    /// The median over the seeds.
    pub median: f64,
    /// The smallest of the seeds' values.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Sample standard deviation over the seeds; 0 for one seed.
    pub std: f64,
    /// Lower end of the 95 % interval of the mean.
    pub low: f64,
    /// Upper end of it. Both are the value itself for one seed, which says
    /// nothing about others.
    pub high: f64,
}

impl Estimate {
    /// Of the values of at least one seed, all finite.
    ///
    /// The interval is Student's, s·t/√n around the mean.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len();
        let mean = mean(values);
        let std = standard_deviation(values);
        let half = half_width(std * std / n as f64, (n - 1) as f64);
        Self {
            n,
            mean,
            median: median(values),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            std,
            low: mean - half,
            high: mean + half,
        }
    }

    /// Whether the seeds give an interval.
    pub fn has_interval(&self) -> bool {
        self.n > 1
    }
}

/// The mean of at least one value. Exact for equal ones, so that what is
/// compared with itself differs by 0; of opposite infinities it is NaN.
pub fn mean(values: &[f64]) -> f64 {
    match values {
        [first, others @ ..] if others.iter().all(|value| value == first) => *first,
        _ => values.iter().sum::<f64>() / values.len() as f64,
    }
}

/// The middle one of at least one value, or halfway between two. Exact for one
/// value and for equal ones, infinite ones too, so that equal seeds differ by 0.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    if below == above {
        below
    } else if below == -above {
        // Opposite infinities too.
        0.0
    } else {
        // Halved first: −∞ beside a finite value is −∞ and not NaN.
        below / 2.0 + above / 2.0
    }
}

/// The difference `b` − `a` of the means with its 95 % interval: Welch's, or
/// where one side has a single seed Student's, as if that seed scattered like
/// the other side's. Where both have one the interval is the difference itself.
pub fn difference(a: &Estimate, b: &Estimate) -> Estimate {
    let difference = b.mean - a.mean;
    let (variance, freedom) = match (a.n, b.n) {
        (1, n) | (n, 1) => {
            // The std of the single seed is 0.
            let scatter = (a.std + b.std).powi(2);
            (scatter * (1.0 + 1.0 / n as f64), n as f64 - 1.0)
        }
        _ => {
            let per_side = |side: &Estimate| side.std * side.std / side.n as f64;
            let (va, vb) = (per_side(a), per_side(b));
            let (da, db) = (a.n as f64 - 1.0, b.n as f64 - 1.0);
            // Welch–Satterthwaite.
            let freedom = (va + vb).powi(2) / (va * va / da + vb * vb / db);
            (va + vb, freedom)
        }
    };
    let half = half_width(variance, freedom);
    Estimate {
        n: a.n.min(b.n),
        mean: difference,
        median: b.median - a.median,
        min: b.min - a.max,
        max: b.max - a.min,
        std: variance.sqrt(),
        low: difference - half,
        high: difference + half,
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

/// Half of the 95 % interval of the mean of `n` values whose standard deviation
/// is 1; 0 for a single one, which has no interval.
pub fn mean_half_width(n: usize) -> f64 {
    if n < 2 {
        return 0.0;
    }
    half_width(1.0 / n as f64, (n - 1) as f64)
}

/// Half of the interval of a mean with this variance and degrees of freedom.
fn half_width(variance: f64, freedom: f64) -> f64 {
    if variance == 0.0 {
        return 0.0;
    }
    let student = StudentsT::new(0.0, 1.0, freedom);
    let quantile = student.map_or(f64::INFINITY, |t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0));
    quantile * variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_students() {
        // Mean 2, s = 1, t(0.975, 2) = 4.302653: scipy.stats.t.ppf(0.975, 2).
        let spread = Estimate::of(&[1.0, 3.0, 2.0]);
        assert_eq!((spread.n, spread.mean, spread.std), (3, 2.0, 1.0));
        assert!((spread.high - 2.0 - 4.302_652_7 / 3f64.sqrt()).abs() < 1e-6);
        assert!((spread.high + spread.low - 4.0).abs() < 1e-12);
        assert_eq!(Estimate::of(&[1.0, 3.0]).median, 2.0);
        assert_eq!(Estimate::of(&[5.0, 5.0]).median, 5.0);
        // Around the mean, not the median.
        let skewed = Estimate::of(&[0.0, 0.0, 3.0]);
        assert_eq!(
            (skewed.mean, skewed.median, skewed.min, skewed.max),
            (1.0, 0.0, 0.0, 3.0)
        );
        assert!((skewed.low + skewed.high - 2.0).abs() < 1e-12);
    }

    /// t(0.975, 4) = 2.776445 (scipy.stats.t.ppf), over √5.
    #[test]
    fn half_widths_go_by_the_number_of_values() {
        assert!((mean_half_width(5) - 2.776_445_1 / 5f64.sqrt()).abs() < 1e-6);
        assert_eq!([0, 1].map(mean_half_width), [0.0; 2]);
        let spread = Estimate::of(&[1.0, 3.0, 2.0]);
        assert!((spread.high - spread.mean - mean_half_width(3)).abs() < 1e-12);
    }

    #[test]
    fn differences_are_welchs() {
        // scipy 1.17.1: stats.ttest_ind(b, a, equal_var=False).confidence_interval()
        // is 4 ± 2.9246173496578116, 5.26 degrees of freedom.
        let a = Estimate::of(&[1.0, 2.0, 3.0, 4.0]);
        let b = Estimate::of(&[4.0, 6.0, 8.0, 8.0]);
        let d = difference(&a, &b);
        assert_eq!((d.mean, d.median), (4.0, 4.5));
        assert!((d.low + d.high - 8.0).abs() < 1e-12);
        let half = (d.high - d.low) / 2.0;
        assert!((half - 2.924_617_349_657_8).abs() < 1e-6, "{half}");
    }

    #[test]
    fn a_thing_compared_with_itself_differs_by_exactly_nothing() {
        for values in [vec![0.1], vec![0.1, 0.7, -3.3], vec![1e-300, 1e300]] {
            let spread = Estimate::of(&values);
            assert_eq!(difference(&spread, &spread).mean, 0.0);
        }
        let one = Estimate::of(&[0.3]);
        assert_eq!((one.low, one.high, one.std), (0.3, 0.3, 0.0));
        assert!(!one.has_interval());
        let d = difference(&one, &Estimate::of(&[0.5]));
        assert_eq!((d.low, d.high), (d.mean, d.mean));
    }

    #[test]
    fn a_single_seed_is_taken_to_scatter_as_the_others_do() {
        // The prediction interval for one more value: s·√(1 + 1/n)·t(0.975, n − 1),
        // with s = 1, n = 3 and t as above.
        let (one, three) = (Estimate::of(&[5.0]), Estimate::of(&[1.0, 3.0, 2.0]));
        for (a, b, sign) in [(one, three, -1.0), (three, one, 1.0)] {
            let d = difference(&a, &b);
            assert_eq!(d.mean, 3.0 * sign);
            let half = (d.high - d.low) / 2.0;
            assert!((half - 4.302_652_7 * (4.0 / 3.0f64).sqrt()).abs() < 1e-6);
        }
    }

    #[test]
    fn medians_lie_halfway() {
        assert_eq!(median(&[3.0, 1.0]), 2.0);
        assert_eq!(median(&[7.0, -1.0, 3.0]), 3.0);
        for other in [f64::NEG_INFINITY, 1.0] {
            assert_eq!(median(&[other, f64::NEG_INFINITY]), f64::NEG_INFINITY);
        }
    }
}
