//! Activation functions φ, one block each: help text, value and slope, the
//! sides on which it goes flat, and its largest slope.
//!
//! To add one, write its block and name it in [`Activation`].

mod elementwise;
mod sine;

pub use self::elementwise::{Elementwise, PerRule, Pointwise, PublishedLimits, Sides};
pub use self::sine::Sine;
use crate::base::Scalar;
use crate::base::family::{family, member};

family! {
    /// The activation function of the hidden layers.
    pub enum Activation {
        Identity = "identity",
        Sigmoid = "sigmoid",
        NormalCdf = "normal_cdf",
        Tanh = "tanh",
        HardTanh = "hard_tanh",
        Erf = "erf",
        Softsign = "softsign",
        Relu = "relu",
        LeakyRelu = "leaky_relu",
        Elu = "elu",
        Selu = "selu",
        Gelu = "gelu",
        Silu = "silu",
        Mish = "mish",
        Softplus = "softplus",
        Sine = "sine",
    }
    /// The function itself, ready to run over slices.
    fn elementwise<T> -> Elementwise<T>;
}

/// σ(x) without overflow or cancellation, on either side.
#[inline(always)]
pub fn sigmoid<T: Scalar>(x: T) -> T {
    let e = (-x.abs()).fast_exp();
    let numerator = if x < T::zero() { e } else { T::one() };
    numerator / (T::one() + e)
}

/// Φ(x), the standard normal distribution function.
#[inline(always)]
fn normal_cdf<T: Scalar>(x: T) -> T {
    T::from_f64(0.5) * (-x * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)).erfc()
}

/// The standard normal density e^(−x²/2)/√(2π).
#[inline(always)]
fn normal_density<T: Scalar>(x: T) -> T {
    (T::from_f64(-0.5) * x * x).fast_exp() * T::from_f64(0.398_942_280_401_432_7)
}

member! {
    /// φ(x) = x: a linear network.
    pub struct Identity {}
}
impl Pointwise for Identity {
    const SATURATES: Sides = Sides::None;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        (x, T::one())
    }
    fn slope_is_of_value(&self) -> bool {
        true
    }
}

member! {
    /// Logistic function 1/(1+e^(−x)); slope at most 1/4. Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0.
    pub struct Sigmoid {}
}
impl Pointwise for Sigmoid {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        // e/(1+e)² with e = e^(−|x|) keeps the slope's digits where 1 − σ cancels.
        let e = (-x.abs()).fast_exp();
        let scale = T::one() / (T::one() + e);
        let value = if x < T::zero() { e * scale } else { scale };
        (value, e * scale * scale)
    }
    fn max_slope(&self) -> f64 {
        0.25
    }
    fn published_limits(&self) -> PublishedLimits {
        PerRule {
            karpathy: None,
            deep_diagnosis: Some([-5.0, 5.0]),
            debugger: Some([-23.0, 16.99999]),
        }
    }
}

member! {
    /// Probit unit Φ(x), the standard normal distribution function; slope at most 1/√(2π). Bliss 1934, doi:10.1126/science.79.2037.38.
    pub struct NormalCdf {}
}
impl Pointwise for NormalCdf {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        (normal_cdf(x), normal_density(x))
    }
    fn max_slope(&self) -> f64 {
        0.398_942_280_401_432_7
    }
}

member! {
    /// Hyperbolic tangent, zero-centred. LeCun et al. 1998, "Efficient BackProp", doi:10.1007/3-540-49430-8_2.
    pub struct Tanh {}
}
impl Pointwise for Tanh {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        // 4e/(1+e)² with e = e^(−2|x|) is 1 − tanh² without the cancellation.
        let e = (T::from_f64(-2.0) * x.abs()).fast_exp();
        let scale = T::one() / (T::one() + e);
        (x.fast_tanh(), T::from_f64(4.0) * e * scale * scale)
    }
    fn published_limits(&self) -> PublishedLimits {
        // artanh 0.97
        const KARPATHY: f64 = 2.092_295_720_034_938;
        PerRule {
            karpathy: Some([-KARPATHY, KARPATHY]),
            deep_diagnosis: Some([-5.0, 5.0]),
            debugger: Some([-9.4999, 9.4999]),
        }
    }
}

member! {
    /// Piecewise linear tanh: x cut to [−1, 1]. Collobert 2004, "Large Scale Machine Learning".
    pub struct HardTanh {}
}
impl Pointwise for HardTanh {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        if x >= T::one() {
            (T::one(), T::zero())
        } else if x <= -T::one() {
            (-T::one(), T::zero())
        } else {
            (x, T::one())
        }
    }
    fn kinks(&self) -> &'static [f64] {
        &[-1.0, 1.0]
    }
    fn slope_is_of_value(&self) -> bool {
        true
    }
}

member! {
    /// Error function erf(x), whose mean-field integrals have closed forms. Williams 1998, doi:10.1162/089976698300017412.
    pub struct Erf {}
}
impl Pointwise for Erf {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        (
            x.erf(),
            T::from_f64(std::f64::consts::FRAC_2_SQRT_PI) * (-x * x).fast_exp(),
        )
    }
    fn max_slope(&self) -> f64 {
        std::f64::consts::FRAC_2_SQRT_PI
    }
}

member! {
    /// x/(1+|x|): flattens polynomially, not exponentially. Turian et al. 2009; Glorot & Bengio 2010.
    pub struct Softsign {}
}
impl Pointwise for Softsign {
    const SATURATES: Sides = Sides::Both;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let scale = T::one() / (T::one() + x.abs());
        (x * scale, scale * scale)
    }
    fn kinks(&self) -> &'static [f64] {
        // φ'' jumps from 2 to −2.
        &[0.0]
    }
}

member! {
    /// max(0, x): slope 1 where active, exactly 0 elsewhere (units can die). Nair & Hinton 2010; Glorot et al. 2011.
    pub struct Relu {}
}
impl Pointwise for Relu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        // Asked this way round a NaN stays a NaN and the run is seen to diverge.
        if x <= T::zero() {
            (T::zero(), T::zero())
        } else {
            (x, T::one())
        }
    }
    fn kinks(&self) -> &'static [f64] {
        &[0.0]
    }
    fn slope_is_of_value(&self) -> bool {
        true
    }
}

member! {
    /// ReLU with a small slope for x < 0, so that no unit dies. Maas, Hannun & Ng 2013.
    pub struct LeakyRelu {
        /// Slope for x < 0.
        slope: f64 = 0.01,
    }
}
impl Pointwise for LeakyRelu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let slope = T::from_f64(self.slope);
        if x <= T::zero() {
            (x * slope, slope)
        } else {
            (x, T::one())
        }
    }
    fn max_slope(&self) -> f64 {
        self.slope.abs().max(1.0)
    }
    fn kinks(&self) -> &'static [f64] {
        &[0.0]
    }
    fn slope_is_of_value(&self) -> bool {
        // Otherwise values on the left of 0 go to its right.
        self.slope >= 0.0
    }
}

member! {
    /// x for x > 0, alpha·(e^x − 1) otherwise: mean activations near 0. Clevert et al. 2016, arXiv:1511.07289.
    pub struct Elu {
        /// The value it tends to for x → −∞ is −alpha.
        alpha: f64 = 1.0,
    }
}
impl Pointwise for Elu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let alpha = T::from_f64(self.alpha);
        if x <= T::zero() {
            (alpha * x.fast_exp_m1(), alpha * x.fast_exp())
        } else {
            (x, T::one())
        }
    }
    fn max_slope(&self) -> f64 {
        self.alpha.abs().max(1.0)
    }
    fn kinks(&self) -> &'static [f64] {
        &[0.0]
    }
}

/// SELU's scale λ and α: the fixed point (mean 0, variance 1) of Klambauer et
/// al. 2017, eq. 14.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

member! {
    /// Self-normalising ELU; wants `init = "lecun_normal"`. Klambauer et al. 2017, arXiv:1706.02515.
    pub struct Selu {}
}
impl Pointwise for Selu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let scale = T::from_f64(SELU_SCALE);
        let both = T::from_f64(SELU_SCALE * SELU_ALPHA);
        if x <= T::zero() {
            (both * x.fast_exp_m1(), both * x.fast_exp())
        } else {
            (scale * x, scale)
        }
    }
    fn max_slope(&self) -> f64 {
        SELU_SCALE * SELU_ALPHA
    }
    fn kinks(&self) -> &'static [f64] {
        &[0.0]
    }
}

member! {
    /// x·Φ(x), the exact form (erf, not the tanh approximation). Hendrycks & Gimpel 2016, arXiv:1606.08415.
    pub struct Gelu {}
}
impl Pointwise for Gelu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let cdf = normal_cdf(x);
        (x * cdf, cdf + x * normal_density(x))
    }
    fn max_slope(&self) -> f64 {
        // At x = √2: Φ(√2) + √2·density(√2).
        1.128_904_145_185_154_8
    }
}

member! {
    /// x·σ(x), also called swish. Elfwing et al. 2018, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
    pub struct Silu {}
}
impl Pointwise for Silu {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let s = sigmoid(x);
        (x * s, s * (T::one() + x * sigmoid(-x)))
    }
    fn max_slope(&self) -> f64 {
        // At the root of 2 + x(1 − 2σ(x)) = 0, x = 2.39936.
        1.099_839_320_128_867
    }
}

member! {
    /// x·tanh(softplus(x)). Misra 2019, arXiv:1908.08681.
    pub struct Mish {}
}
impl Pointwise for Mish {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        // t = tanh(ln(1+e^x)) as a ratio of polynomials in n = e^(−|x|), and
        // 1 − t² without cancellation.
        let (one, two) = (T::one(), T::from_f64(2.0));
        let n = (-x.abs()).fast_exp();
        let (t, sech2) = if x < T::zero() {
            let a = n * (n + two);
            let scale = one / (a + two);
            (a * scale, T::from_f64(4.0) * (a + one) * scale * scale)
        } else {
            let scale = one / (one + two * n + two * n * n);
            let t = (one + two * n) * scale;
            (t, two * n * n * scale * (one + t))
        };
        (x * t, t + x * sech2 * sigmoid(x))
    }
    fn max_slope(&self) -> f64 {
        // Found numerically, at x = 1.49057.
        1.088_498_161_251_728
    }
}

member! {
    /// ln(1+e^x), a smooth ReLU; its slope is the logistic function. Dugas et al. 2001.
    pub struct Softplus {}
}
impl Pointwise for Softplus {
    const SATURATES: Sides = Sides::Left;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let positive = if x > T::zero() { x } else { T::zero() };
        // NaN fails the comparison above and comes back through ln_1p.
        (positive + (-x.abs()).fast_exp().fast_ln_1p(), sigmoid(x))
    }
}
