//! One link of an optimizer's chain, and how links are joined.

use crate::base::Scalar;

/// When a step is made, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The step's number, from 1: bias corrections count from there.
    pub t: u64,
    /// The schedule's learning rate for this step.
    pub learning_rate: f64,
}

/// Changes one entry of an update, from what it sees now and has kept.
///
/// Entries do not influence each other, so that any cut of the parameters into
/// pieces gives the same result. Transforms are joined as pairs, `(first,
/// second)`, and a whole chain is compiled into one loop: a link that is
/// switched off is left out by its optimizer, not asked for every entry.
pub trait Transform<T: Scalar>: Copy + Send + Sync + 'static {
    /// What it keeps of one entry, `[T; n]`: n zeros at the start.
    type State: State<T>;

    /// Gets the constants of a step ready, once for many entries.
    fn prepare(&mut self, _moment: &Moment) {}

    /// The update that becomes of `update` for the parameter `param`. To be
    /// vectorised, it must be `#[inline(always)]`.
    fn apply(&self, update: T, param: T, state: &mut Self::State) -> T;
}

/// The chain without links: the gradient is the update.
impl<T: Scalar> Transform<T> for () {
    type State = [T; 0];

    #[inline(always)]
    fn apply(&self, update: T, _param: T, _state: &mut [T; 0]) -> T {
        update
    }
}

/// One transform after the other.
impl<T: Scalar, A: Transform<T>, B: Transform<T>> Transform<T> for (A, B) {
    type State = (A::State, B::State);

    fn prepare(&mut self, moment: &Moment) {
        self.0.prepare(moment);
        self.1.prepare(moment);
    }

    #[inline(always)]
    fn apply(&self, update: T, param: T, state: &mut Self::State) -> T {
        let update = self.0.apply(update, param, &mut state.0);
        self.1.apply(update, param, &mut state.1)
    }
}

/// The state of one entry. In memory the first values of all entries of a block
/// come first, then their second values, and so on.
pub trait State<T> {
    /// How many values it consists of.
    const LEN: usize;

    /// Reads entry `i` of a block of `count` entries.
    fn load(block: &[T], count: usize, i: usize) -> Self;

    /// Writes it.
    fn store(self, block: &mut [T], count: usize, i: usize);
}

impl<T: Scalar, const N: usize> State<T> for [T; N] {
    const LEN: usize = N;

    #[inline(always)]
    fn load(block: &[T], count: usize, i: usize) -> Self {
        std::array::from_fn(
            #[inline(always)]
            |k| block[k * count + i],
        )
    }

    #[inline(always)]
    fn store(self, block: &mut [T], count: usize, i: usize) {
        for (k, value) in self.into_iter().enumerate() {
            block[k * count + i] = value;
        }
    }
}

impl<T: Scalar, A: State<T>, B: State<T>> State<T> for (A, B) {
    const LEN: usize = A::LEN + B::LEN;

    #[inline(always)]
    fn load(block: &[T], count: usize, i: usize) -> Self {
        let (first, second) = block.split_at(A::LEN * count);
        (A::load(first, count, i), B::load(second, count, i))
    }

    #[inline(always)]
    fn store(self, block: &mut [T], count: usize, i: usize) {
        let (first, second) = block.split_at_mut(A::LEN * count);
        self.0.store(first, count, i);
        self.1.store(second, count, i);
    }
}
