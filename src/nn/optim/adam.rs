//! Adam's scaling.

use super::transform::{Link, Moment, Transform};
use crate::base::{Scalar, simd};

/// m ← β₁m + (1 − β₁)u, v ← β₂v + (1 − β₂)u², then
/// u ← m/(1 − β₁ᵗ) / (√v/√(1 − β₂ᵗ) + eps). Kingma & Ba 2015,
/// arXiv:1412.6980, algorithm 1; eps stands where PyTorch's Adam has it.
struct Adam {
    beta1: f64,
    beta2: f64,
    eps: f64,
}

/// Adam's scaling; its decays as in the paper.
pub fn adam<T: Scalar>(beta1: f64, beta2: f64, eps: f64) -> Link<T> {
    Some(Box::new(Adam { beta1, beta2, eps }))
}

impl<T: Scalar> Transform<T> for Adam {
    fn states(&self) -> usize {
        2
    }

    fn apply(&self, moment: &Moment, update: &mut [T], _params: &[T], state: &mut [T]) {
        // 1 − βᵗ cancels for β near 1: in f64 whatever the precision.
        let correction = |beta: f64| 1.0 - beta.powf(moment.t as f64);
        let mean_scale = T::of(1.0 / correction(self.beta1));
        let root_scale = T::of(1.0 / correction(self.beta2).sqrt());
        let (keep1, take1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, take2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        let eps = T::of(self.eps);
        let (means, squares) = state.split_at_mut(update.len());
        simd::dispatch(
            #[inline(always)]
            || {
                for ((u, m), v) in update.iter_mut().zip(means).zip(squares) {
                    *m = keep1 * *m + take1 * *u;
                    *v = keep2 * *v + take2 * *u * *u;
                    *u = mean_scale * *m / (root_scale * v.sqrt() + eps);
                }
            },
        );
    }
}
