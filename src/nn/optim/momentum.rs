//! Momentum.

use super::transform::Transform;
use crate::base::Scalar;

/// b ← decay·b + u, then u ← b (as in PyTorch's SGD: no dampening, so the first
/// b is the first u). Polyak 1964; Sutskever et al. 2013, "On the importance of
/// initialization and momentum in deep learning".
#[derive(Clone, Copy)]
pub struct Momentum<T> {
    decay: T,
}

/// Momentum that keeps the share `decay` of the last step; nothing at 0.
pub fn momentum<T: Scalar>(decay: f64) -> Option<Momentum<T>> {
    (decay != 0.0).then(|| Momentum {
        decay: T::from_f64(decay),
    })
}

impl<T: Scalar> Transform<T> for Momentum<T> {
    type State = [T; 1];

    #[inline(always)]
    fn apply(&self, update: T, _param: T, [b]: &mut [T; 1]) -> T {
        *b = self.decay * *b + update;
        *b
    }
}

/// Momentum with Nesterov's look ahead: u ← u + decay·b instead.
#[derive(Clone, Copy)]
pub struct Nesterov<T>(pub Momentum<T>);

impl<T: Scalar> Transform<T> for Nesterov<T> {
    type State = [T; 1];

    #[inline(always)]
    fn apply(&self, update: T, param: T, state: &mut [T; 1]) -> T {
        update + self.0.decay * self.0.apply(update, param, state)
    }
}
