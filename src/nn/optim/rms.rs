//! Division by the running root mean square.

use super::transform::Transform;
use crate::base::Scalar;

/// v ← alpha·v + (1 − alpha)·u², then u ← u/(√v + eps); no bias correction, as
/// in PyTorch's RMSprop. Tieleman & Hinton 2012, lecture 6.5.
#[derive(Clone, Copy)]
pub struct Rms<T> {
    keep: T,
    take: T,
    eps: T,
}

/// Division by the root mean square of decay `alpha`.
pub fn rms<T: Scalar>(alpha: f64, eps: f64) -> Rms<T> {
    Rms {
        keep: T::of(alpha),
        take: T::of(1.0 - alpha),
        eps: T::of(eps),
    }
}

impl<T: Scalar> Transform<T> for Rms<T> {
    type State = [T; 1];

    #[inline(always)]
    fn apply(&self, update: T, _param: T, [v]: &mut [T; 1]) -> T {
        *v = self.keep * *v + self.take * update * update;
        update / (v.sqrt() + self.eps)
    }
}
