//! Weight initialisation, one block each.
//!
//! Weights are drawn in f64 and rounded to the run's precision, so an f32 and
//! an f64 run of one seed start from the same numbers.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rand_distr::{Distribution, StandardNormal, Uniform as UniformDistribution};

use crate::base::family::{family, member};
use crate::base::rng::ChaCha8Rng;

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
        PytorchDefault = "pytorch_default",
        Lsuv = "lsuv",
    }
    /// The scheme itself.
    fn initializer -> Initializer;
}

/// One way to fill the weights and biases of a linear map.
pub trait Initializer {
    /// Fills `weight`, shape [fan_in, fan_out], and `bias` (length fan_out, or
    /// 0 without bias); both arrive as zeros.
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, bias: &mut [f64]);

    /// Whether each W_l is then scaled until z_l has standard deviation 1 on
    /// the first training batch (see [`Lsuv`]).
    fn is_data_dependent(&self) -> bool {
        false
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
    fn fill(self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>) {
        let (fan_in, fan_out) = weight.dim();
        let fan = match self.fan {
            Fan::In => fan_in as f64,
            Fan::Average => (fan_in + fan_out) as f64 / 2.0,
        };
        let std = self.gain * (self.numerator / fan).sqrt();
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

fn normal(rng: &mut ChaCha8Rng) -> f64 {
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
        impl Initializer for $Name {
            fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
                let scaled = Scaled { fan: Fan::$fan, numerator: $numerator, gain: self.gain, uniform: $uniform };
                scaled.fill(rng, weight);
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
    /// A random matrix with orthonormal rows or columns, times the gain. Saxe et al. 2014, arXiv:1312.6120.
    pub struct Orthogonal {
        /// Every singular value.
        #[schemars(range(min = 0))]
        gain: f64 = 1.0,
    }
}
impl Initializer for Orthogonal {
    fn fill(&self, rng: &mut ChaCha8Rng, mut weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
        let (fan_in, fan_out) = weight.dim();
        let tall = random_orthonormal(rng, fan_in.max(fan_out), fan_in.min(fan_out));
        let q = if fan_in >= fan_out {
            tall.view()
        } else {
            tall.t()
        };
        weight.zip_mut_with(&q, |w, q| *w = self.gain * q);
    }
}

/// Columns that [`random_orthonormal`] orthogonalises together: enough that
/// most of the work is matrix products, few enough to stay in the cache.
const BLOCK: usize = 32;

/// A uniformly distributed (Haar) matrix with orthonormal columns, shape
/// [rows, columns] with rows ≥ columns: Gram–Schmidt on a Gaussian matrix, block
/// by block, each twice, which keeps it orthogonal to rounding error (Giraud et
/// al. 2005, doi:10.1007/s00211-005-0615-4).
fn random_orthonormal(rng: &mut ChaCha8Rng, rows: usize, columns: usize) -> Array2<f64> {
    // Held transposed, so that a column is a contiguous row.
    let mut q = Array2::zeros((columns, rows));
    fill_normal(rng, q.view_mut(), 1.0);
    for start in (0..columns).step_by(BLOCK) {
        let (done, mut rest) = q.view_mut().split_at(Axis(0), start);
        let mut block = rest.slice_mut(s![..BLOCK.min(columns - start), ..]);
        for _ in 0..2 {
            let overlaps = block.dot(&done.t());
            general_mat_mul(-1.0, &overlaps, &done, 1.0, &mut block);
            orthonormalize_rows(block.view_mut());
        }
    }
    q.reversed_axes()
}

/// Gram–Schmidt over the rows, once.
fn orthonormalize_rows(mut rows: ArrayViewMut2<f64>) {
    for k in 0..rows.nrows() {
        let (done, mut rest) = rows.view_mut().split_at(Axis(0), k);
        let mut row = rest.row_mut(0);
        let overlap = done.dot(&row);
        for (done, overlap) in done.rows().into_iter().zip(&overlap) {
            row.scaled_add(-overlap, &done);
        }
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
}

member! {
    /// The identity matrix, cut or padded with zeros where not square (as PyTorch's eye_). Le, Jaitly & Hinton 2015, arXiv:1504.00941.
    pub struct IdentityMatrix {}
}
impl Initializer for IdentityMatrix {
    fn fill(&self, _rng: &mut ChaCha8Rng, mut weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
        weight.diag_mut().fill(1.0);
    }
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
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
        fill_normal(rng, weight, self.std);
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
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
        fill_uniform(rng, weight, self.bound);
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
    fn fill(&self, rng: &mut ChaCha8Rng, mut weight: ArrayViewMut2<f64>, _bias: &mut [f64]) {
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
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        let fan_in = weight.nrows() as f64;
        fill_normal(rng, weight, (self.weight_variance / fan_in).sqrt());
        bias.fill_with(|| self.bias_variance.sqrt() * normal(rng));
    }
}

member! {
    /// What `torch.nn.Linear` does by itself: weights and biases uniform on ±1/√fan_in, a variance of 1/(3 fan_in).
    pub struct PytorchDefault {}
}
impl Initializer for PytorchDefault {
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        let bound = 1.0 / (weight.nrows() as f64).sqrt();
        fill_uniform(rng, weight, bound);
        bias.fill_with(|| uniform(rng, bound));
    }
}

member! {
    /// Layer-sequential unit variance: orthogonal, then each W_l is scaled on the first training batch until z_l has standard deviation 1 ± 0.01. Mishkin & Matas 2016, arXiv:1511.06422.
    pub struct Lsuv {}
}
impl Initializer for Lsuv {
    fn fill(&self, rng: &mut ChaCha8Rng, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        Orthogonal { gain: 1.0 }.fill(rng, weight, bias);
    }
    fn is_data_dependent(&self) -> bool {
        true
    }
}
