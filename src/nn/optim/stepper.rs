//! Runs an optimizer's chain over a slice of parameters.

use super::Optimizer;
use super::transform::{Moment, Transform};
use crate::base::scalar::sum_of_squares;
use crate::base::{Scalar, simd};

/// Parameters per piece: small enough that the update, the weights, the
/// gradients and the state of a piece stay in the first-level cache while the
/// chain runs over them.
pub const CHUNK: usize = 1024;

/// Sizes measured while a slice was stepped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UpdateSquares {
    /// Σ p², before the step.
    pub params: f64,
    /// Σ (learning_rate·update)²: the step itself, not the rounded difference
    /// of the parameters, which is 0 wherever a step is below their precision.
    pub update: f64,
}

impl std::ops::AddAssign for UpdateSquares {
    fn add_assign(&mut self, other: Self) {
        self.params += other.params;
        self.update += other.update;
    }
}

/// An optimizer made ready for one precision. It keeps no state itself, so
/// one stepper serves any number of threads on disjoint slices.
///
/// The state of a parameter slice is one slice, [`states_per_param`] times as
/// long and zero at the start. Within it the state of each piece of [`CHUNK`]
/// parameters is contiguous: the state of parameters a..b is
/// `state[s*a..s*b]` with s = `states_per_param()`, provided that a is a
/// multiple of `CHUNK` (and b too, or the end of the slice). A slice may be
/// stepped in several pieces cut there.
///
/// [`states_per_param`]: Self::states_per_param
pub struct Stepper<T> {
    chain: Vec<Box<dyn Transform<T>>>,
    states: usize,
}

impl<T: Scalar> Stepper<T> {
    /// The optimizer's chain, without the links that are switched off.
    pub fn new(optimizer: &Optimizer) -> Self {
        let chain: Vec<_> = optimizer.recipe().links().into_iter().flatten().collect();
        let states = chain.iter().map(|transform| transform.states()).sum();
        Self { chain, states }
    }

    /// Values of state per parameter.
    pub fn states_per_param(&self) -> usize {
        self.states
    }

    /// params ← params − learning_rate·chain(clip·grads), piece by piece and
    /// without allocating. `clip` is 1 or a [`clip_coefficient`].
    ///
    /// # Panics
    /// If the slices' lengths do not fit each other.
    pub fn step(
        &self,
        moment: &Moment,
        clip: T,
        params: &mut [T],
        grads: &[T],
        mut state: &mut [T],
    ) -> UpdateSquares {
        assert_eq!(params.len(), grads.len(), "one gradient per parameter");
        assert_eq!(
            state.len(),
            self.states * params.len(),
            "length of the state"
        );
        let learning_rate = T::of(moment.learning_rate);
        let mut squares = UpdateSquares::default();
        let mut buffer = [T::zero(); CHUNK];
        for (params, grads) in params.chunks_mut(CHUNK).zip(grads.chunks(CHUNK)) {
            let update = &mut buffer[..params.len()];
            simd::dispatch(
                #[inline(always)]
                || {
                    for (u, g) in update.iter_mut().zip(grads) {
                        *u = clip * *g;
                    }
                },
            );
            for transform in &self.chain {
                let (own, rest) = state.split_at_mut(transform.states() * params.len());
                transform.apply(moment, update, params, own);
                state = rest;
            }
            squares.params += sum_of_squares(params);
            squares.update += sum_of_squares(update);
            simd::dispatch(
                #[inline(always)]
                || {
                    for (p, u) in params.iter_mut().zip(update) {
                        *p -= learning_rate * *u;
                    }
                },
            );
        }
        squares.update *= moment.learning_rate * moment.learning_rate;
        squares
    }
}

/// The factor on all gradients that bounds their total norm: min(1, c/(norm +
/// 1e-6)), as PyTorch's `clip_grad_norm_`.
pub fn clip_coefficient(max_norm: f64, total_norm: f64) -> f64 {
    let coefficient = max_norm / (total_norm + 1e-6);
    // Not f64::min, which would turn a NaN norm into 1.
    if coefficient > 1.0 { 1.0 } else { coefficient }
}
