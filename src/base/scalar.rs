//! The two precisions a run may use.

use std::fmt::{Debug, Display};
use std::iter::Sum;

use ndarray::{LinalgScalar, NdFloat, ScalarOperand};

use super::gemm::{PackingBuffer, Register};

/// `f32` or `f64`, with the special functions the activations need.
///
/// `NdFloat` brings the arithmetic and the elementary functions; the error
/// function comes from libm (errors below one unit in the last place).
pub trait Scalar:
    NdFloat
    + LinalgScalar
    + ScalarOperand
    + Register
    + PackingBuffer
    + Sum
    + Default
    + Debug
    + Display
    + Send
    + Sync
    + 'static
{
    /// The name used in a spec, `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// Rounds an `f64` to this precision.
    fn of(value: f64) -> Self;
    /// Widens to `f64`, exactly.
    fn wide(self) -> f64;
    /// The error function erf(x) = 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;
    /// 1 − erf(x), accurate where erf(x) is close to 1.
    fn erfc(self) -> Self;
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";
    fn of(value: f64) -> Self {
        value as f32
    }
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn erf(self) -> Self {
        libm::erff(self)
    }
    fn erfc(self) -> Self {
        libm::erfcf(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";
    fn of(value: f64) -> Self {
        value
    }
    fn wide(self) -> f64 {
        self
    }
    fn erf(self) -> Self {
        libm::erf(self)
    }
    fn erfc(self) -> Self {
        libm::erfc(self)
    }
}

/// Number of independent partial sums in [`sum_over`].
const LANES: usize = 16;

/// Σ term(x), accumulated in f64 whatever the precision.
///
/// The sum runs over a fixed number of lanes, so its value does not depend on
/// the machine.
#[inline]
pub fn sum_over<T: Scalar>(values: &[T], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0f64; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value.wide());
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += term(value.wide());
    }
    lanes.iter().sum()
}

/// Σ x², accumulated in f64 whatever the precision.
///
/// A sum of squares in f32 reads exactly 0 once the norm falls below 3.7e-23
/// (the square underflows); in f64 every finite f32 is safe.
pub fn sum_of_squares<T: Scalar>(values: &[T]) -> f64 {
    sum_over(values, |x| x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_far_below_f32_squares_are_exact() {
        // 1e-30² = 1e-60 is below the smallest f32 (1.4e-45): a sum in f32 gives 0.
        let tiny = vec![1e-30f32; 100];
        let norm = sum_of_squares(&tiny).sqrt();
        assert!((norm / 1e-29 - 1.0).abs() < 1e-6, "{norm}");
    }

    #[test]
    fn sum_of_squares_equals_the_plain_sum() {
        let values: Vec<f64> = (0..103).map(f64::from).collect();
        // Σ k² for k = 0…102 = n(n+1)(2n+1)/6 with n = 102.
        assert_eq!(sum_of_squares(&values), 102.0 * 103.0 * 205.0 / 6.0);
    }
}
