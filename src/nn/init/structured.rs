//! Inits whose weights are not independent draws: orthogonal matrices and the identity.
//! Of a convolution's kernel they fill the centre tap and leave the others at 0
//! (Xiao et al. 2018, arXiv:1806.05393).

use ndarray::{Array2, ArrayViewMut2, s};

use super::{Initializer, Spread, fill_normal};
use crate::base::family::member;
use crate::base::rng::ChaCha8Rng;
use crate::fans::Fans;
use crate::orthonormal::orthonormal_rows;

/// The rows of a kernel's centre tap; of other maps the whole matrix.
fn centre_tap(fans: Fans, weight: ArrayViewMut2<f64>) -> ArrayViewMut2<f64> {
    let taps = fans.kernel.map_or(1, |side| side * side);
    let rows = weight.nrows() / taps;
    let first = taps / 2 * rows;
    weight.slice_move(s![first..first + rows, ..])
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
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, _: &mut [f64]) {
        let mut weight = centre_tap(fans, weight);
        let (fan_in, fan_out) = weight.dim();
        // Held transposed, so that a column is a contiguous row.
        let mut rows = Array2::zeros((fan_in.min(fan_out), fan_in.max(fan_out)));
        fill_normal(rng, rows.view_mut(), 1.0);
        let tall = orthonormal_rows(rows).reversed_axes();
        let q = if fan_in >= fan_out {
            tall.view()
        } else {
            tall.t()
        };
        weight.zip_mut_with(&q, |w, q| *w = self.gain * q);
    }
    fn spread(&self, fans: Fans) -> Option<Spread> {
        // min(fan_in, fan_out) singular values, all equal to the gain.
        Some(Spread {
            weight: self.gain * self.gain / fans.inputs.max(fans.outputs) as f64,
            bias: 0.0,
            is_bias_even: false,
            is_orthogonal: true,
        })
    }
}

member! {
    /// The identity matrix, cut or padded with zeros where not square (as PyTorch's eye_). Le, Jaitly & Hinton 2015, arXiv:1504.00941.
    pub struct IdentityMatrix {}
}
impl Initializer for IdentityMatrix {
    fn fill(&self, _: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, _: &mut [f64]) {
        centre_tap(fans, weight).diag_mut().fill(1.0);
    }
    fn spread(&self, _: Fans) -> Option<Spread> {
        None
    }
}

member! {
    /// Layer-sequential unit variance: orthogonal, then each W_l is scaled on the first training batch until z_l has standard deviation 1 ± 0.01. Mishkin & Matas 2016, arXiv:1511.06422.
    pub struct Lsuv {}
}
impl Initializer for Lsuv {
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        Orthogonal { gain: 1.0 }.fill(rng, fans, weight, bias);
    }
    fn spread(&self, fans: Fans) -> Option<Spread> {
        Orthogonal { gain: 1.0 }.spread(fans)
    }
    fn is_data_dependent(&self) -> bool {
        true
    }
}
