//! Weight decay.

use super::transform::Transform;
use crate::base::Scalar;

/// u ← u + rate·p. First in a chain it is the L2 penalty rate/2·‖p‖², seen by
/// all that follows; last it is decoupled decay, p ← p − learning_rate·rate·p
/// (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2).
#[derive(Clone, Copy)]
pub struct WeightDecay<T> {
    rate: T,
}

/// Weight decay at `rate`; nothing at 0.
pub fn weight_decay<T: Scalar>(rate: f64) -> Option<WeightDecay<T>> {
    (rate != 0.0).then(|| WeightDecay {
        rate: T::from_f64(rate),
    })
}

impl<T: Scalar> Transform<T> for WeightDecay<T> {
    type State = ();

    #[inline(always)]
    fn apply(&self, update: T, param: T, _state: &mut ()) -> T {
        update + self.rate * param
    }
}
