//! Division by the running root mean square.

use super::transform::Transform;
use crate::base::Scalar;

/// v ← alpha·v + (1 − alpha)·u², then u ← u/(√v + eps); no bias correction, as
/// in PyTorch's RMSprop. Tieleman & Hinton 2012, lecture 6.5.
#[derive(Clone, Copy)]
pub struct ScaleByRms<T> {
    keep: T,
    take: T,
    eps: T,
}

/// Division by the root mean square of decay `alpha`.
pub fn rms<T: Scalar>(alpha: f64, eps: f64) -> ScaleByRms<T> {
    ScaleByRms {
        keep: T::from_f64(alpha),
        take: T::from_f64(1.0 - alpha),
        eps: T::from_f64(eps),
    }
}

impl<T: Scalar> Transform<T> for ScaleByRms<T> {
    type State = [T; 1];

    #[inline(always)]
    fn apply(&self, update: T, _param: T, [v]: &mut [T; 1]) -> T {
        *v = self.keep * *v + self.take * update * update;
        update / (v.sqrt() + self.eps)
    }
}
