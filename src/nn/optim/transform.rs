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
    /// What it keeps of one entry, `[T; n]` with n ≤ 2: n zeros at the start.
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

/// The state of one entry, and where a piece of entries keeps theirs: the first
/// values of all of them, then all second values, and so on.
pub trait State<T> {
    /// How many values it consists of.
    const LEN: usize;
    /// One slice per value, each as long as the piece.
    type Columns<'a>
    where
        T: 'a;

    /// Cuts the state of a piece of `count` entries into its columns.
    fn columns(state: &mut [T], count: usize) -> Self::Columns<'_>;

    /// Reads entry `i`.
    fn load(columns: &Self::Columns<'_>, i: usize) -> Self;

    /// Writes entry `i`.
    fn store(self, columns: &mut Self::Columns<'_>, i: usize);
}

// Entry by entry and not by `from_fn`: behind its loop the compiler sees too late how
// long the columns are, keeps a check of bounds in the optimizer's loop, and because of
// that does the last register of each piece one by one.
macro_rules! states {
    ($($length:literal: [$($k:literal $column:ident),*];)*) => {$(
        impl<T: Scalar> State<T> for [T; $length] {
            const LEN: usize = $length;
            type Columns<'a> = [&'a mut [T]; $length];

            #[inline(always)]
            fn columns(_rest: &mut [T], _count: usize) -> [&mut [T]; $length] {
                $(let ($column, _rest) = _rest.split_at_mut(_count);)*
                [$($column),*]
            }

            #[inline(always)]
            fn load(_columns: &[&mut [T]; $length], _i: usize) -> Self {
                [$(_columns[$k][_i]),*]
            }

            #[inline(always)]
            fn store(self, _columns: &mut [&mut [T]; $length], _i: usize) {
                $(_columns[$k][_i] = self[$k];)*
            }
        }
    )*};
}
states! {
    0: [];
    1: [0 a];
    2: [0 a, 1 b];
}

impl<T: Scalar, A: State<T>, B: State<T>> State<T> for (A, B) {
    const LEN: usize = A::LEN + B::LEN;
    type Columns<'a> = (A::Columns<'a>, B::Columns<'a>);

    #[inline(always)]
    fn columns(state: &mut [T], count: usize) -> Self::Columns<'_> {
        let (first, second) = state.split_at_mut(A::LEN * count);
        (A::columns(first, count), B::columns(second, count))
    }

    #[inline(always)]
    fn load(columns: &Self::Columns<'_>, i: usize) -> Self {
        (A::load(&columns.0, i), B::load(&columns.1, i))
    }

    #[inline(always)]
    fn store(self, columns: &mut Self::Columns<'_>, i: usize) {
        self.0.store(&mut columns.0, i);
        self.1.store(&mut columns.1, i);
    }
}
