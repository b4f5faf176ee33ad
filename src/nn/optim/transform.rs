//! One link of an optimizer's chain.

use crate::base::Scalar;

/// When a step is made, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The step's number, from 1: bias corrections count from there.
    pub t: u64,
    /// The schedule's learning rate for this step.
    pub learning_rate: f64,
}

/// Changes an update in place, from what it sees now and has kept in its state.
///
/// Entries do not influence each other, so that any cut of the parameters into
/// pieces gives the same result.
pub trait Transform<T: Scalar>: Send + Sync {
    /// How many values it keeps per parameter; they start at 0.
    fn states(&self) -> usize {
        0
    }

    /// Transforms `update`. `params` has the same length; `state` is
    /// [`states`](Self::states) times as long, one block of that length after
    /// the other.
    fn apply(&self, moment: &Moment, update: &mut [T], params: &[T], state: &mut [T]);
}

/// A transform in a chain, or `None` where its parameter switches it off.
pub type Link<T> = Option<Box<dyn Transform<T>>>;
