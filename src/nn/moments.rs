//! Mean and standard deviation in one pass, accumulated in f64; parts combine in their
//! order.

use crate::base::Scalar;
use crate::base::squares::{Scale, Squares, sums_about};

/// Count, mean and Σ(x − mean)², which combine without cancellation
/// (Chan, Golub & LeVeque 1983).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// Number of values.
    pub count: f64,
    /// Their mean.
    pub mean: f64,
    /// Σ(x − mean)².
    pub squares: Squares,
}

/// Values whose moments are taken in one pass.
const BLOCK: usize = 4096;

/// max(x, 0), but NaN stays NaN.
fn clamp_at_zero(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// The middle one of three numbers; any of them if one is NaN.
fn middle(a: f64, b: f64, c: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if c < low {
        low
    } else if c > high {
        high
    } else {
        c
    }
}

impl Moments {
    /// The moments of `values`.
    pub fn of<T: Scalar>(values: &[T]) -> Self {
        let mut all = Self::default();
        let mut sum = 0.0;
        for block in values.chunks(BLOCK) {
            let moments = Self::of_block(block);
            sum += moments.mean * moments.count;
            all.join(&moments);
        }
        // Rounded less often than the joined mean, unless the sum overflows.
        if values.len() > BLOCK && sum.is_finite() {
            all.mean = sum / all.count;
        }
        all
    }

    /// In one pass: mean and Σ(x − mean)² from sums over x − origin, where
    /// origin is one of the values. Its (origin − mean)² is then one of the
    /// terms, so cancellation loses at most a factor of the block's length, 4
    /// of f64's 16 digits, and that only where it alone is far from the others;
    /// the middle one of three values seldom is.
    fn of_block<T: Scalar>(values: &[T]) -> Self {
        let count = values.len() as f64;
        let at = |i: usize| values[i].to_f64();
        let origin = middle(at(0), at(values.len() / 2), at(values.len() - 1));
        let ([sum, squares], scale) = sums_about(values, origin);
        let shift = sum / count;
        Self {
            count,
            mean: scale.shifted(origin, shift),
            squares: Squares::scaled(clamp_at_zero(squares - sum * shift), scale),
        }
    }

    /// Joins the moments of further values.
    pub fn join(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        let total = self.count + other.count;
        let shift = other.mean - self.mean;
        let plain = shift * shift * self.count * other.count / total;
        let scale = Scale::for_sum(plain);
        let between = if scale == Scale::One || shift == 0.0 {
            Squares::scaled(plain, Scale::One)
        } else {
            let shift = scale.difference(other.mean, self.mean);
            Squares::scaled(shift * shift * self.count * other.count / total, scale)
        };
        if scale == Scale::Down {
            // The shift or its multiple may overflow where the means do not.
            let (own, others) = (self.count / total, other.count / total);
            self.mean = self.mean * own + other.mean * others;
        } else {
            self.mean += shift * other.count / total;
        }
        self.squares += other.squares + between;
        self.count = total;
    }

    /// Population standard deviation.
    pub fn std(&self) -> f64 {
        self.squares.root_mean(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_moments_are_those_of_all_values() {
        let values: Vec<f64> = (0..57).map(|k| 1e6 + f64::from(k).sin()).collect();
        let whole = Moments::of(&values);
        let mut joined = Moments::default();
        for part in values.chunks(20) {
            joined.join(&Moments::of(part));
        }
        let mean = values.iter().sum::<f64>() / 57.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 57.0;
        for moments in [whole, joined] {
            assert!((moments.mean - mean).abs() < 1e-9);
            assert!((moments.std() - variance.sqrt()).abs() < 1e-9 * variance.sqrt());
        }
    }

    #[test]
    fn one_pass_is_as_exact_as_two() {
        let wave = |k: u32| f64::from(k).sin();
        let ordinary: Vec<f64> = (0..10_000).map(wave).collect();
        let far_off: Vec<f64> = (0..10_000).map(|k| 1e9 + wave(k)).collect();
        let mut first_alone = ordinary.clone();
        first_alone[0] = 1e6;
        let constant = vec![0.1; 10_000];
        for values in [ordinary, far_off, first_alone, constant] {
            let count = values.len() as f64;
            let rough = values.iter().sum::<f64>() / count;
            let mean = rough + values.iter().map(|x| x - rough).sum::<f64>() / count;
            let squares = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            let moments = Moments::of(&values);
            assert!((moments.mean - mean).abs() <= 1e-13 * mean.abs().max(1.0));
            let found = moments.squares.norm().powi(2);
            let error = (found - squares).abs();
            assert!(error <= 1e-10 * squares + 1e-20, "{error} of {squares}");
        }
    }

    /// Mean and standard deviation by the largest value and the largest deviation:
    /// nothing leaves f64's range.
    fn slow_moments(values: &[f64]) -> [f64; 2] {
        let count = values.len() as f64;
        let largest = |values: &[f64]| values.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
        let size = largest(values);
        let near_one: Vec<f64> = values.iter().map(|x| x / size).collect();
        let rough = near_one.iter().sum::<f64>() / count;
        let mean = rough + near_one.iter().map(|x| x - rough).sum::<f64>() / count;
        let deviations: Vec<f64> = near_one.iter().map(|x| x - mean).collect();
        let spread = largest(&deviations);
        let squares = deviations.iter().map(|d| (d / spread).powi(2));
        let std = (squares.sum::<f64>() / count).sqrt() * spread;
        [mean * size, std * size]
    }

    #[test]
    fn moments_are_right_over_the_whole_range() {
        let powers = (-30..=30).map(|e| 10f64.powi(10 * e));
        for size in [1e-310, 1.7e308].into_iter().chain(powers) {
            for (offset, count) in [(0.0, 57), (0.5, 100), (-0.5, 9000)] {
                let value = |k: u32| size * (offset + f64::from(k).sin() / 2.0);
                let values: Vec<f64> = (0..count).map(value).collect();
                let mut joined = Moments::default();
                // Two parts of the same size, and one that is far smaller.
                for part in values.chunks(count as usize / 2 + 1) {
                    joined.join(&Moments::of(part));
                }
                let [mean, std] = slow_moments(&values);
                for moments in [Moments::of(&values), joined] {
                    let error = (moments.mean - mean).abs();
                    assert!(error <= 1e-13 * size, "{} {mean:e}", moments.mean);
                    let error = (moments.std() / std - 1.0).abs();
                    // Of a subnormal value 1e-310 twelve digits are kept.
                    let rounding = if size < 1e-300 { 1e-11 } else { 1e-13 };
                    assert!(error <= rounding, "{:e} {std:e}", moments.std());
                }
            }
        }
    }

    #[test]
    fn parts_of_different_sizes_are_joined() {
        let sizes = [5e-324, 1e-300, 1e-200, 1e-100, 1.0, 1e100, 1e200, 1e300];
        for a in sizes {
            for b in sizes {
                // Mean (a − b)/2 and standard deviation (a + b)/2 of ±1 and the like.
                let mut joined = Moments::of(&[a; 50]);
                joined.join(&Moments::of(&[-b; 50]));
                let [mean, std] = [a / 2.0 - b / 2.0, a / 2.0 + b / 2.0];
                assert!((joined.mean - mean).abs() <= 1e-15 * std + 5e-324);
                assert!((joined.std() - std).abs() <= 1e-15 * std + 5e-324);
            }
        }
    }

    #[test]
    fn a_constant_has_no_deviation() {
        for value in [5e-324, 1e-200, 0.1, 1e200, f64::MAX] {
            let moments = Moments::of(&[value; 5000]);
            assert_eq!((moments.mean, moments.std()), (value, 0.0));
        }
    }

    #[test]
    fn what_is_not_finite_shows() {
        let of = |values: &[f32]| Moments::of(values);
        for (at, length) in [(0, 3000), (1, 3000), (5000, 6000)] {
            let mut values = vec![1.0; length];
            values[at] = f32::INFINITY;
            assert!(!of(&values).mean.is_finite() && !of(&values).std().is_finite());
            values[at] = f32::NAN;
            assert!(of(&values).mean.is_nan() && of(&values).std().is_nan());
        }
    }
}
