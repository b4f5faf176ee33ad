//! Momentum.

use super::transform::{Link, Moment, Transform};
use crate::base::{Scalar, simd};

/// b ← decay·b + u, then u ← b, or u ← u + decay·b with Nesterov's look ahead
/// (as in PyTorch's SGD: no dampening, so the first b is the first u).
/// Polyak 1964; Sutskever et al. 2013, "On the importance of initialization
/// and momentum in deep learning".
struct Momentum {
    decay: f64,
    nesterov: bool,
}

/// Momentum that keeps the share `decay` of the last step; nothing at 0.
pub fn momentum<T: Scalar>(decay: f64, nesterov: bool) -> Link<T> {
    (decay != 0.0).then(|| Box::new(Momentum { decay, nesterov }) as _)
}

impl<T: Scalar> Transform<T> for Momentum {
    fn states(&self) -> usize {
        1
    }

    fn apply(&self, _moment: &Moment, update: &mut [T], _params: &[T], state: &mut [T]) {
        let decay = T::of(self.decay);
        simd::dispatch(
            #[inline(always)]
            || {
                if self.nesterov {
                    for (u, b) in update.iter_mut().zip(state) {
                        *b = decay * *b + *u;
                        *u += decay * *b;
                    }
                } else {
                    for (u, b) in update.iter_mut().zip(state) {
                        *b = decay * *b + *u;
                        *u = *b;
                    }
                }
            },
        );
    }
}
