//! Runs an optimizer's chain over slices of parameters.

use super::OptimizerSpec;
use super::transform::{State, StepInfo, Transform};
use crate::base::squares::{SquareSum, Squares};
use crate::base::{Scalar, simd};

/// Parameters per piece: a piece of everything that a step reads and writes
/// stays in the first-level cache while it is measured. Sums do not depend on it.
pub const CHUNK: usize = 512;
const _: () = assert!(CHUNK.is_multiple_of(SquareSum::STEP));

/// Sizes measured while a slice was stepped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UpdateSquares {
    /// Σ p², before the step.
    pub params: Squares,
    /// Σ (learning_rate·update)²: the step itself, not the rounded difference
    /// of the parameters, which is 0 wherever a step is below their precision.
    pub update: Squares,
}

impl std::ops::AddAssign for UpdateSquares {
    fn add_assign(&mut self, other: Self) {
        self.params += other.params;
        self.update += other.update;
    }
}

/// Parameters with what belongs to them.
#[derive(Default)]
pub struct Slices<'a, T> {
    /// The parameters.
    pub params: &'a mut [T],
    /// Their gradients.
    pub grads: &'a [T],
    /// Their state, [`Optimizer::states_per_param`] times as long.
    pub state: &'a mut [T],
}

/// An optimizer made ready for one precision. It keeps no state itself, so
/// one optimizer serves any number of threads on disjoint slices.
///
/// The state of a parameter slice is one slice, [`states_per_param`] times as
/// long and zero at the start. Within it the state of each piece of [`CHUNK`]
/// parameters is contiguous: the state of parameters a..b is
/// `state[s*a..s*b]` with s = `states_per_param()`, provided that a is a
/// multiple of `CHUNK` (and b too, or the end of the slice). A slice may be
/// stepped in several pieces cut there.
///
/// [`states_per_param`]: Self::states_per_param
pub struct Optimizer<T> {
    chain: Box<dyn Chain<T>>,
}

impl<T: Scalar> Optimizer<T> {
    /// The optimizer's chain, without the links that are switched off.
    pub fn new(optimizer: &OptimizerSpec) -> Self {
        let chain = optimizer.recipe().chain();
        Self { chain }
    }

    /// Values of state per parameter.
    pub fn states_per_param(&self) -> usize {
        self.chain.states()
    }

    /// params ← params − learning_rate·chain(clip·grads), without allocating.
    /// `clip` is 1 or a [`clip_coefficient`].
    ///
    /// # Panics
    /// If the slices' lengths do not fit each other.
    pub fn step(
        &self,
        info: &StepInfo,
        clip: T,
        params: &mut [T],
        grads: &[T],
        state: &mut [T],
    ) -> UpdateSquares {
        let slices = Slices {
            params,
            grads,
            state,
        };
        self.step_both(info, clip, slices, Slices::default())
    }

    /// [`Self::step`] for the parts of a layer: `weights`, which are measured,
    /// and `others`, which are not.
    ///
    /// # Panics
    /// If the slices' lengths do not fit each other.
    pub fn step_both(
        &self,
        info: &StepInfo,
        clip: T,
        weights: Slices<T>,
        others: Slices<T>,
    ) -> UpdateSquares {
        for slices in [&weights, &others] {
            let count = slices.params.len();
            assert_eq!(slices.grads.len(), count, "one gradient per parameter");
            let states = self.states_per_param() * count;
            assert_eq!(slices.state.len(), states, "length of the state");
        }
        self.chain.step(info, clip, weights, others)
    }
}

/// A chain of transforms of whatever type: where a step stops being generic.
pub trait Chain<T>: Send + Sync {
    /// Values of state per parameter.
    fn states(&self) -> usize;

    /// [`Optimizer::step_both`].
    fn step(
        &self,
        info: &StepInfo,
        clip: T,
        weights: Slices<T>,
        others: Slices<T>,
    ) -> UpdateSquares;
}

impl<T: Scalar, C: Transform<T>> Chain<T> for C {
    fn states(&self) -> usize {
        C::State::LEN
    }

    fn step(
        &self,
        info: &StepInfo,
        clip: T,
        weights: Slices<T>,
        others: Slices<T>,
    ) -> UpdateSquares {
        let mut chain = *self;
        chain.prepare(info);
        let rate = T::from_f64(info.learning_rate);
        simd::dispatch(
            #[inline(always)]
            || {
                let mut buffer = [T::zero(); CHUNK];
                let mut squares = UpdateSquares::default();
                // A loop, so that what it calls is compiled once for both.
                for (slices, measured) in [(weights, true), (others, false)] {
                    let sums = descend(chain, (clip, rate), slices, &mut buffer, measured);
                    if measured {
                        squares = sums;
                    }
                }
                squares.update = squares.update.times(info.learning_rate);
                squares
            },
        )
    }
}

/// u = chain(clip·grads), params ← params − rate·u. Returns Σ params², before
/// the step, and Σ u², or 0 where they are not to be `measured`.
#[inline(always)]
fn descend<T: Scalar, C: Transform<T>>(
    chain: C,
    (clip, rate): (T, T),
    slices: Slices<T>,
    buffer: &mut [T; CHUNK],
    measured: bool,
) -> UpdateSquares {
    let mut states = slices.state;
    let mut before = SquareSum::default();
    let mut change = SquareSum::default();
    let pieces = slices.params.chunks_mut(CHUNK);
    for (params, grads) in pieces.zip(slices.grads.chunks(CHUNK)) {
        let count = params.len();
        // All of the same length for the compiler too: with a bound left to check it
        // does the last register of each piece entry by entry.
        let grads = &grads[..count];
        let updates = &mut buffer[..count];
        let state;
        (state, states) = states.split_at_mut(C::State::LEN * count);
        let mut columns = C::State::columns(state, count);
        if measured {
            before.add(params);
        }
        for i in 0..count {
            let mut own = C::State::load(&columns, i);
            let update = chain.apply(clip * grads[i], params[i], &mut own);
            own.store(&mut columns, i);
            updates[i] = update;
            params[i] -= rate * update;
        }
        // From a buffer, since together with the sums' f64 lanes the compiler
        // does not find the pattern of the loop above.
        if measured {
            change.add(updates);
        }
    }
    UpdateSquares {
        params: before.total(),
        update: change.total(),
    }
}

/// The factor on all gradients that bounds their total norm: min(1, c/(norm +
/// 1e-6)), as PyTorch's `clip_grad_norm_`.
pub fn clip_coefficient(max_norm: f64, total_norm: f64) -> f64 {
    let coefficient = max_norm / (total_norm + 1e-6);
    // Not f64::min, which would turn a NaN norm into 1.
    if coefficient > 1.0 { 1.0 } else { coefficient }
}
