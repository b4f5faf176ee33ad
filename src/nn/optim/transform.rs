//! One link of an optimizer's chain, and how links are joined.

use crate::base::Scalar;

/// When a step is made, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInfo {
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
    /// What it keeps of one entry: nothing, `[T; 1]` or a pair; zeros at the start.
    type State: State<T>;

    /// Gets the constants of a step ready, once for many entries.
    fn prepare(&mut self, _moment: &StepInfo) {}

    /// The update that becomes of `update` for the parameter `param`. To be
    /// vectorised, it must be `#[inline(always)]`.
    fn apply(&self, update: T, param: T, state: &mut Self::State) -> T;
}

/// The chain without links: the gradient is the update.
impl<T: Scalar> Transform<T> for () {
    type State = ();

    #[inline(always)]
    fn apply(&self, update: T, _param: T, _state: &mut ()) -> T {
        update
    }
}

/// One transform after the other.
impl<T: Scalar, A: Transform<T>, B: Transform<T>> Transform<T> for (A, B) {
    type State = (A::State, B::State);

    fn prepare(&mut self, info: &StepInfo) {
        self.0.prepare(info);
        self.1.prepare(info);
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

impl<T: Scalar> State<T> for () {
    const LEN: usize = 0;
    type Columns<'a> = ();

    #[inline(always)]
    fn columns(_state: &mut [T], _count: usize) {}

    #[inline(always)]
    fn load(_columns: &(), _i: usize) {}

    #[inline(always)]
    fn store(self, _columns: &mut (), _i: usize) {}
}

// Longer arrays would need loops, behind which the compiler sees too late how long the
// columns are: it then checks bounds in the optimizer's loop, and because of that does
// the last register of each piece entry by entry.
impl<T: Scalar> State<T> for [T; 1] {
    const LEN: usize = 1;
    type Columns<'a> = &'a mut [T];

    #[inline(always)]
    fn columns(state: &mut [T], count: usize) -> &mut [T] {
        &mut state[..count]
    }

    #[inline(always)]
    fn load(column: &&mut [T], i: usize) -> Self {
        [column[i]]
    }

    #[inline(always)]
    fn store(self, column: &mut &mut [T], i: usize) {
        [column[i]] = self;
    }
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
