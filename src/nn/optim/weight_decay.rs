//! Weight decay.

use super::transform::{Link, Moment, Transform};
use crate::base::{Scalar, simd};

/// u ← u + rate·p. First in a chain it is the L2 penalty rate/2·‖p‖², seen by
/// all that follows; last it is decoupled decay, p ← p − learning_rate·rate·p
/// (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2).
struct WeightDecay {
    rate: f64,
}

/// Weight decay at `rate`; nothing at 0.
pub fn weight_decay<T: Scalar>(rate: f64) -> Link<T> {
    (rate != 0.0).then(|| Box::new(WeightDecay { rate }) as _)
}

impl<T: Scalar> Transform<T> for WeightDecay {
    fn apply(&self, _moment: &Moment, update: &mut [T], params: &[T], _state: &mut [T]) {
        let rate = T::of(self.rate);
        simd::dispatch(
            #[inline(always)]
            || {
                for (u, p) in update.iter_mut().zip(params) {
                    *u += rate * *p;
                }
            },
        );
    }
}
