//! The two precisions a run may use.

use std::fmt::{Debug, Display};
use std::iter::Sum;

use ndarray::{LinalgScalar, NdFloat, ScalarOperand};

use super::circular;
use super::elementary;
use super::gemm::Register;
use super::scratch::Scratch;

/// `f32` or `f64`, with the special functions the activations need.
///
/// `NdFloat` brings the arithmetic and the standard library's elementary
/// functions. Those of this trait are for loops over slices: in f32 they are
/// [`elementary`]'s and [`circular`]'s, which vectorise; in f64 the standard library's and, for
/// the error function, libm's (errors below one unit in the last place).
pub trait Scalar:
    NdFloat
    + LinalgScalar
    + ScalarOperand
    + Register
    + Scratch
    + Sum
    + Debug
    + Display
    + Send
    + Sync
    + 'static
{
    /// The name used in a spec, `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// Whether no sum of squares of such numbers, in f64, is too small or too large
    /// for it.
    const SQUARES_ARE_SAFE: bool;
    /// Rounds an `f64` to this precision.
    fn from_f64(value: f64) -> Self;
    /// Widens to `f64`, exactly.
    fn to_f64(self) -> f64;
    /// e^x.
    fn fast_exp(self) -> Self;
    /// e^x − 1, accurate where e^x is close to 1.
    fn fast_exp_m1(self) -> Self;
    /// ln(1 + x), accurate where x is close to 0.
    fn fast_ln_1p(self) -> Self;
    /// The hyperbolic tangent.
    fn fast_tanh(self) -> Self;
    /// Sine and cosine.
    fn fast_sin_cos(self) -> (Self, Self);
    /// The error function erf(x) = 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;
    /// 1 − erf(x), accurate where erf(x) is close to 1.
    fn erfc(self) -> Self;
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";
    // (1.4e-45)² = 2e-90 and (3.4e38)² = 1.2e77.
    const SQUARES_ARE_SAFE: bool = true;
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn fast_exp(self) -> Self {
        elementary::exp(self)
    }
    #[inline(always)]
    fn fast_exp_m1(self) -> Self {
        elementary::exp_m1(self)
    }
    #[inline(always)]
    fn fast_ln_1p(self) -> Self {
        elementary::ln_1p(self)
    }
    #[inline(always)]
    fn fast_tanh(self) -> Self {
        elementary::tanh(self)
    }
    #[inline(always)]
    fn fast_sin_cos(self) -> (Self, Self) {
        circular::sin_cos(self)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        elementary::erf(self)
    }
    #[inline(always)]
    fn erfc(self) -> Self {
        elementary::erfc(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";
    const SQUARES_ARE_SAFE: bool = false;
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn fast_exp(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn fast_exp_m1(self) -> Self {
        self.exp_m1()
    }
    #[inline(always)]
    fn fast_ln_1p(self) -> Self {
        self.ln_1p()
    }
    #[inline(always)]
    fn fast_tanh(self) -> Self {
        self.tanh()
    }
    #[inline(always)]
    fn fast_sin_cos(self) -> (Self, Self) {
        self.sin_cos()
    }
    #[inline(always)]
    fn erf(self) -> Self {
        libm::erf(self)
    }
    #[inline(always)]
    fn erfc(self) -> Self {
        libm::erfc(self)
    }
}
