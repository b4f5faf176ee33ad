//! Weight initialisation, one block each.
//!
//! Weights are drawn in f64 and rounded to the run's precision, so an f32 and
//! an f64 run of one seed start from the same numbers.

use ndarray::ArrayViewMut2;
use rand_distr::{Distribution, StandardNormal, Uniform as UniformDistribution};

use crate::activation::{Activation, Elementwise};
use crate::base::family::{family, member};
use crate::base::rng::ChaCha8Rng;
use crate::fans::Fans;
use crate::mean_field::{NoCriticalPoint, critical_weight_variance};

mod siren;
mod structured;

pub use siren::Siren;
pub use structured::{IdentityMatrix, Lsuv, Orthogonal};

family! {
    /// How the weights (and for some schemes the biases) are drawn.
    pub enum Init {
        HeNormal = "he_normal",
        HeUniform = "he_uniform",
        LecunNormal = "lecun_normal",
        LecunUniform = "lecun_uniform",
        XavierNormal = "xavier_normal",
        XavierUniform = "xavier_uniform",
        Orthogonal = "orthogonal",
        IdentityMatrix = "identity",
        Normal = "normal",
        Uniform = "uniform",
        TruncatedNormal = "truncated_normal",
        MeanField = "mean_field",
        Critical = "critical",
        PytorchDefault = "pytorch_default",
        Lsuv = "lsuv",
        Siren = "siren",
    }
    /// The scheme itself.
    fn initializer -> Initializer;
}

/// One way to fill the weights and biases of a linear map.
pub trait Initializer {
    /// Fills `weight`, a matrix [read, written] of a map with `fans`, and `bias`
    /// (as long as a row of it, or 0 without bias); both arrive as zeros.
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, bias: &mut [f64]);

    /// The variances of what [`Self::fill`] draws for a map of these fans; `None`
    /// where the weights are not random.
    fn spread(&self, fans: Fans) -> Option<Spread>;

    /// Another scheme to draw by where φ has a say in it.
    ///
    /// # Errors
    /// Where there is none for this φ.
    fn for_activation(
        &self,
        _curve: &dyn Elementwise<f64>,
    ) -> Result<Option<Init>, NoCriticalPoint> {
        Ok(None)
    }

    /// Whether each W_l is then scaled until z_l has standard deviation 1 on
    /// the first training batch (see [`Lsuv`]).
    fn is_data_dependent(&self) -> bool {
        false
    }
}

impl Init {
    /// The scheme that draws weights for φ = `activation`: this one, or what it
    /// comes to for that φ.
    ///
    /// # Errors
    /// Where it comes to nothing.
    pub fn for_activation(&self, activation: &Activation) -> Result<Self, NoCriticalPoint> {
        let other = self
            .initializer()
            .for_activation(activation.elementwise())?;
        Ok(other.unwrap_or_else(|| self.clone()))
    }
}

/// How widely weights and biases scatter about 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Variance of a weight.
    pub weight: f64,
    /// Variance of a bias.
    pub bias: f64,
    /// Whether biases are drawn evenly between two bounds; else they are normal.
    pub is_bias_even: bool,
    /// Whether the rows or columns are orthogonal, so that a vector keeps its
    /// length up to one factor.
    pub is_orthogonal: bool,
}

impl Spread {
    /// Independent weights of one variance, and no biases.
    fn of_weights(weight: f64) -> Option<Self> {
        Some(Self {
            weight,
            bias: 0.0,
            is_bias_even: false,
            is_orthogonal: false,
        })
    }
}

/// Which number of connections a variance is divided by.
#[derive(Clone, Copy)]
enum Fan {
    In,
    Average,
}

/// Zero-mean entries of variance gain²·numerator/fan.
struct Scaled {
    fan: Fan,
    numerator: f64,
    gain: f64,
    uniform: bool,
}

impl Scaled {
    fn std(&self, fans: Fans) -> f64 {
        let fan = match self.fan {
            Fan::In => fans.inputs as f64,
            Fan::Average => (fans.inputs + fans.outputs) as f64 / 2.0,
        };
        self.gain * (self.numerator / fan).sqrt()
    }

    fn fill(self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>) {
        let std = self.std(fans);
        if self.uniform {
            // The uniform distribution on ±b has variance b²/3.
            fill_uniform(rng, weight, 3f64.sqrt() * std);
        } else {
            fill_normal(rng, weight, std);
        }
    }
}

fn fill_normal(rng: &mut ChaCha8Rng, mut weight: ArrayViewMut2<f64>, std: f64) {
    weight.map_inplace(|w| *w = std * normal(rng));
}

fn fill_uniform(rng: &mut ChaCha8Rng, mut weight: ArrayViewMut2<f64>, bound: f64) {
    weight.map_inplace(|w| *w = uniform(rng, bound));
}

/// One standard normal draw.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// One draw from [−bound, bound); 0 where the bound is 0.
fn uniform(rng: &mut ChaCha8Rng, bound: f64) -> f64 {
    UniformDistribution::new(-1.0, 1.0)
        .expect("−1 < 1")
        .sample(rng)
        * bound
}

macro_rules! scaled {
    ($( $(#[$doc:meta])* $Name:ident: $fan:ident, $numerator:literal, uniform = $uniform:literal; )+) => { $(
        member! {
            $(#[$doc])*
            pub struct $Name {
                /// Factor on the standard deviation.
                #[schemars(range(min = 0))]
                gain: f64 = 1.0,
            }
        }
        impl $Name {
            fn scaled(&self) -> Scaled {
                Scaled { fan: Fan::$fan, numerator: $numerator, gain: self.gain, uniform: $uniform }
            }
        }
        impl Initializer for $Name {
            fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
                self.scaled().fill(rng, fans, weight);
            }
            fn spread(&self, fans: Fans) -> Option<Spread> {
                Spread::of_weights(self.scaled().std(fans).powi(2))
            }
        }
    )+ };
}

scaled! {
    /// Normal, variance 2/fan_in: keeps the gradient's size through ReLU. He et al. 2015, arXiv:1502.01852.
    HeNormal: In, 2.0, uniform = false;
    /// Uniform, variance 2/fan_in. He et al. 2015, arXiv:1502.01852.
    HeUniform: In, 2.0, uniform = true;
    /// Normal, variance 1/fan_in. LeCun et al. 1998, doi:10.1007/3-540-49430-8_2.
    LecunNormal: In, 1.0, uniform = false;
    /// Uniform, variance 1/fan_in. LeCun et al. 1998, doi:10.1007/3-540-49430-8_2.
    LecunUniform: In, 1.0, uniform = true;
    /// Normal, variance 2/(fan_in + fan_out). Glorot & Bengio 2010.
    XavierNormal: Average, 1.0, uniform = false;
    /// Uniform, variance 2/(fan_in + fan_out). Glorot & Bengio 2010.
    XavierUniform: Average, 1.0, uniform = true;
}

member! {
    /// Normal with a fixed standard deviation, whatever the width: too small or too large when deep.
    pub struct Normal {
        /// Standard deviation (the default is Keras's).
        #[schemars(range(min = 0))]
        std: f64 = 0.05,
    }
}
impl Initializer for Normal {
    fn fill(&self, rng: &mut ChaCha8Rng, _: Fans, weight: ArrayViewMut2<f64>, _: &mut [f64]) {
        fill_normal(rng, weight, self.std);
    }
    fn spread(&self, _: Fans) -> Option<Spread> {
        Spread::of_weights(self.std * self.std)
    }
}

member! {
    /// Uniform on ±bound, whatever the width.
    pub struct Uniform {
        /// Largest absolute value (the default is Keras's).
        #[schemars(range(min = 0))]
        bound: f64 = 0.05,
    }
}
impl Initializer for Uniform {
    fn fill(&self, rng: &mut ChaCha8Rng, _: Fans, weight: ArrayViewMut2<f64>, _: &mut [f64]) {
        fill_uniform(rng, weight, self.bound);
    }
    fn spread(&self, _: Fans) -> Option<Spread> {
        Spread::of_weights(self.bound * self.bound / 3.0)
    }
}

/// Standard deviation of a standard normal cut at ±2:
/// √(1 − 4·density(2)/(2Φ(2) − 1)).
const CUT_STD: f64 = 0.879_625_661_034_239_8;

member! {
    /// Normal cut at two standard deviations, so that no weight starts as an outlier.
    pub struct TruncatedNormal {
        /// Standard deviation after cutting (the default is Keras's).
        #[schemars(range(min = 0))]
        std: f64 = 0.05,
    }
}
impl Initializer for TruncatedNormal {
    fn fill(&self, rng: &mut ChaCha8Rng, _: Fans, mut weight: ArrayViewMut2<f64>, _: &mut [f64]) {
        weight.map_inplace(|w| {
            let z = loop {
                let z = normal(rng);
                if z.abs() < 2.0 {
                    break z;
                }
            };
            *w = self.std / CUT_STD * z;
        });
    }
    fn spread(&self, _: Fans) -> Option<Spread> {
        Spread::of_weights(self.std * self.std)
    }
}

member! {
    /// Normal weights and biases with the variances of mean-field theory: σw²/fan_in and σb². Poole et al. 2016, arXiv:1606.05340.
    pub struct MeanField {
        /// σw²: the weights' variance times fan_in.
        #[schemars(range(min = 0))]
        weight_variance: f64 = 1.76,
        /// σb²: the biases' variance.
        #[schemars(range(min = 0))]
        bias_variance: f64 = 0.05,
    }
}
impl Initializer for MeanField {
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        let fan_in = fans.inputs as f64;
        fill_normal(rng, weight, (self.weight_variance / fan_in).sqrt());
        bias.fill_with(|| self.bias_variance.sqrt() * normal(rng));
    }
    fn spread(&self, fans: Fans) -> Option<Spread> {
        Some(Spread {
            weight: self.weight_variance / fans.inputs as f64,
            bias: self.bias_variance,
            is_bias_even: false,
            is_orthogonal: false,
        })
    }
}

member! {
    /// Normal like mean_field, with the weight variance at which gradients keep their size for the network's activation: χ₁ = 1. Schoenholz et al. 2017, arXiv:1611.01232.
    pub struct Critical {
        /// σb²: the biases' variance.
        #[schemars(range(min = 0))]
        bias_variance: f64 = 0.0,
    }
}
impl Initializer for Critical {
    fn fill(&self, _: &mut ChaCha8Rng, _: Fans, _: ArrayViewMut2<f64>, _: &mut [f64]) {
        unreachable!("drawn by what `Init::for_activation` makes of it");
    }
    fn spread(&self, _: Fans) -> Option<Spread> {
        None
    }
    fn for_activation(
        &self,
        curve: &dyn Elementwise<f64>,
    ) -> Result<Option<Init>, NoCriticalPoint> {
        let bias_variance = self.bias_variance;
        let weight_variance = critical_weight_variance(curve, bias_variance)?;
        Ok(Some(
            MeanField {
                weight_variance,
                bias_variance,
            }
            .into(),
        ))
    }
}

member! {
    /// What `torch.nn.Linear` does by itself: weights and biases uniform on ±1/√fan_in, a variance of 1/(3 fan_in). Of a recurrent network for each map by its own fan_in: `torch.nn.RNN`, `LSTM` and `GRU` draw all from ±1/√width.
    pub struct PytorchDefault {}
}
impl Initializer for PytorchDefault {
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        let bound = 1.0 / (fans.inputs as f64).sqrt();
        fill_uniform(rng, weight, bound);
        bias.fill_with(|| uniform(rng, bound));
    }
    fn spread(&self, fans: Fans) -> Option<Spread> {
        let variance = 1.0 / (3.0 * fans.inputs as f64);
        Some(Spread {
            weight: variance,
            bias: variance,
            is_bias_even: true,
            is_orthogonal: false,
        })
    }
}
