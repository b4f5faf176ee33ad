//! Runs an optimizer's chain over a slice of parameters.

use super::Optimizer;
use super::transform::{Moment, Transform};
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
            scale(clip, grads, update);
            for transform in &self.chain {
                let (own, rest) = state.split_at_mut(transform.states() * params.len());
                transform.apply(moment, update, params, own);
                state = rest;
            }
            squares += take_off(learning_rate, update, params);
        }
        squares.update *= moment.learning_rate * moment.learning_rate;
        squares
    }
}

/// scaled ← factor·values
fn scale<T: Scalar>(factor: T, values: &[T], scaled: &mut [T]) {
    simd::dispatch(
        #[inline(always)]
        || {
            for (scaled, value) in scaled.iter_mut().zip(values) {
                *scaled = factor * *value;
            }
        },
    );
}

/// params ← params − rate·update; Σ params² before and Σ update² in f64, while
/// they are at hand, in a fixed number of lanes.
fn take_off<T: Scalar>(rate: T, update: &[T], params: &mut [T]) -> UpdateSquares {
    const LANES: usize = 16;
    simd::dispatch(
        #[inline(always)]
        || {
            let mut before = [0.0; LANES];
            let mut change = [0.0; LANES];
            let (chunks, rest) = params.as_chunks_mut::<LANES>();
            let (updates, rest_updates) = update.as_chunks::<LANES>();
            for (params, updates) in chunks.iter_mut().zip(updates) {
                for i in 0..LANES {
                    let (p, u) = (params[i].wide(), updates[i].wide());
                    before[i] += p * p;
                    change[i] += u * u;
                }
                for i in 0..LANES {
                    params[i] -= rate * updates[i];
                }
            }
            // Copies, so that the lanes above stay in registers.
            let (mut before, mut change) = (before, change);
            for (i, (param, update)) in rest.iter_mut().zip(rest_updates).enumerate() {
                before[i] += param.wide() * param.wide();
                change[i] += update.wide() * update.wide();
                *param -= rate * *update;
            }
            UpdateSquares {
                params: before.iter().sum(),
                update: change.iter().sum(),
            }
        },
    )
}

/// The factor on all gradients that bounds their total norm: min(1, c/(norm +
/// 1e-6)), as PyTorch's `clip_grad_norm_`.
pub fn clip_coefficient(max_norm: f64, total_norm: f64) -> f64 {
    let coefficient = max_norm / (total_norm + 1e-6);
    // Not f64::min, which would turn a NaN norm into 1.
    if coefficient > 1.0 { 1.0 } else { coefficient }
}
