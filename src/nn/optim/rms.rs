//! Division by the running root mean square.

use super::transform::{Link, Moment, Transform};
use crate::base::{Scalar, simd};

/// v ← alpha·v + (1 − alpha)·u², then u ← u/(√v + eps); no bias correction, as
/// in PyTorch's RMSprop. Tieleman & Hinton 2012, lecture 6.5.
struct Rms {
    alpha: f64,
    eps: f64,
}

/// Division by the root mean square of decay `alpha`.
pub fn rms<T: Scalar>(alpha: f64, eps: f64) -> Link<T> {
    Some(Box::new(Rms { alpha, eps }))
}

impl<T: Scalar> Transform<T> for Rms {
    fn states(&self) -> usize {
        1
    }

    fn apply(&self, _moment: &Moment, update: &mut [T], _params: &[T], state: &mut [T]) {
        let (keep, take) = (T::of(self.alpha), T::of(1.0 - self.alpha));
        let eps = T::of(self.eps);
        simd::dispatch(
            #[inline(always)]
            || {
                for (u, v) in update.iter_mut().zip(state) {
                    *v = keep * *v + take * *u * *u;
                    *u /= v.sqrt() + eps;
                }
            },
        );
    }
}
