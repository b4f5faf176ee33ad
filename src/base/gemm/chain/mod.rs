//! The innermost loop of a product: chains of multiply-adds in registers, and the way
//! of rows of C into registers and back.
//!
//! Both go through pointers, after the bounds of a panel's chains have been checked
//! once, or those of a tile's rows. Over slices the compiler keeps the counters of
//! iterators in the loop and divides to find how long they are, or, where the loop
//! is unrolled, checks bounds within it and spills registers for that. A thread alone
//! on its core has time for such instructions while it multiplies and adds, but two
//! threads on one core share what decodes and issues them: on Zen 3, next to busy
//! neighbours, W1, W2 and W5 take 6 to 15 % less time with this loop than with one
//! over iterators.

#![allow(unsafe_code)]

use pulp::Simd;
use pulp::bytemuck::Pod;

use super::Register;

/// Steps in depth per turn of the loop.
const UNROLLED: usize = 4;

/// The highest tile.
const TALLEST: usize = 8;
/// The widest, in registers.
const MOST_REGISTERS: usize = 8;

/// A loop of at most 8 turns written out: the compiler leaves short loops as they are where
/// it optimizes little, as for tests, and then keeps sums in memory, not in registers.
macro_rules! each {
    ($i:ident in 0..$count:ident, $turn:block) => {
        each!(@ $i $count $turn 0 1 2 3 4 5 6 7)
    };
    (@ $i:ident $count:ident $turn:block $($index:literal)*) => {
        $(if $index < $count {
            let $i: usize = $index;
            $turn
        })*
    };
}

/// Rows of A as deep as a block.
#[derive(Clone, Copy)]
pub struct Strips<'a, T> {
    /// They begin with the first row's first entry.
    pub values: &'a [T],
    /// Where the others are.
    pub layout: Layout,
    /// How many rows.
    pub count: usize,
}

/// Where entry (i, p) of A is.
#[derive(Clone, Copy, Debug)]
pub enum Layout {
    /// At i·step + p.
    Rows(usize),
    /// At i + p·step.
    Columns(usize),
    /// In strips as high as the tiles, one after the other, each column by column.
    Packed,
}

/// Columns of B as deep as a block: entry (p, j) is at p·`row_step` + j.
#[derive(Clone, Copy)]
pub struct Panel<'a, T> {
    pub values: &'a [T],
    pub row_step: usize,
}

/// Where the last of some rows ≥ 1 ends, or `usize::MAX` if that is beyond it.
fn end(rows: usize, step: usize, length: usize) -> usize {
    (rows - 1).saturating_mul(step).saturating_add(length)
}

/// What a row of `V` registers reads or writes, whatever `T` says of its lanes.
const fn width<T: Register, S: Simd, const V: usize>() -> usize {
    (V * size_of::<T::Of<S>>()).div_ceil(size_of::<T>())
}

/// The chains of the tiles that some rows of A and a panel of B make.
pub struct Chains<'a, T> {
    strips: Strips<'a, T>,
    panel: Panel<'a, T>,
    width: usize,
    depth: usize,
}

impl<'a, T: Register> Chains<'a, T> {
    /// Over `depth` ≥ 1 columns of at least one row of A and as many rows of the
    /// panel, `width` wide.
    ///
    /// # Panics
    /// If strips or panel do not hold as much.
    #[inline(always)]
    pub fn new(strips: Strips<'a, T>, panel: Panel<'a, T>, width: usize, depth: usize) -> Self {
        assert!(strips.count > 0 && depth > 0, "something to sum");
        let a_end = match strips.layout {
            Layout::Rows(step) => end(strips.count, step, depth),
            Layout::Columns(step) => end(depth, step, strips.count),
            Layout::Packed => strips.count.saturating_mul(depth),
        };
        let b_end = end(depth, panel.row_step, width);
        assert!(a_end <= strips.values.len(), "strips are as deep and high");
        assert!(b_end <= panel.values.len(), "panels are as deep and wide");
        Self {
            strips,
            panel,
            width,
            depth,
        }
    }

    /// sums ← sums + Σ_p a_p·b_p over the columns a_p of the rows from `top` on, `R`
    /// of them, and the rows b_p of the panel, `V` registers wide, in ascending order.
    /// If the strips are packed, one of them must begin there and be as high, or the sums
    /// are wrong.
    ///
    /// # Panics
    /// If there are fewer rows or the panel is not as wide.
    #[inline(always)]
    pub fn extend<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        top: usize,
        sums: &mut [[T::Of<S>; V]; R],
    ) {
        const { assert!(R > 0) }
        let width = const { width::<T, S, V>() };
        assert!(width <= self.width, "panels are as wide");
        assert!(
            R <= self.strips.count.saturating_sub(top),
            "strips are as high"
        );
        let (depth, b_step) = (self.depth, self.panel.row_step);
        let (a, b) = (self.strips.values.as_ptr(), self.panel.values.as_ptr());
        // Each way to go through A has a loop of its own: a step known to the compiler
        // is part of an address and needs no instruction.
        // SAFETY: the loops read entries (i, p) of A, where the layout says, and whole
        // registers of rows p of B for top ≤ i < top + R and p < depth: none of them
        // ends beyond what `new` has found to be there, and registers are plain
        // numbers.
        unsafe {
            match self.strips.layout {
                Layout::Rows(step) => {
                    run(simd, a.add(top * step), (step, 1), b, b_step, depth, sums);
                }
                Layout::Columns(step) => {
                    run(simd, a.add(top), (1, step), b, b_step, depth, sums);
                }
                Layout::Packed if b_step == width => {
                    run(simd, a.add(top * depth), (1, R), b, width, depth, sums);
                }
                Layout::Packed => {
                    run(simd, a.add(top * depth), (1, R), b, b_step, depth, sums);
                }
            }
        }
    }
}

/// Rows of registers from `values`, `step` apart.
///
/// # Panics
/// If they do not hold as much.
#[inline(always)]
pub fn load<T: Register, S: Simd, const R: usize, const V: usize>(
    simd: S,
    values: &[T],
    step: usize,
) -> [[T::Of<S>; V]; R] {
    const { assert!(R > 0) }
    let there = end(R, step, const { width::<T, S, V>() });
    assert!(there <= values.len(), "rows to read");
    let mut rows = [[T::splat(simd, T::default()); V]; R];
    for (i, slot) in rows.iter_mut().enumerate() {
        // SAFETY: row i ends no later than the last one, and registers are plain
        // numbers, wherever they lie.
        *slot = unsafe { row(values.as_ptr().add(i * step)) };
    }
    rows
}

/// Rows of registers into `values`, `step` apart.
///
/// # Panics
/// If they do not hold as much.
#[inline(always)]
pub fn store<T: Register, S: Simd, const R: usize, const V: usize>(
    rows: &[[T::Of<S>; V]; R],
    values: &mut [T],
    step: usize,
) {
    const { assert!(R > 0) }
    let there = end(R, step, const { width::<T, S, V>() });
    assert!(there <= values.len(), "rows to write");
    for (i, row) in rows.iter().enumerate() {
        for (v, register) in row.iter().enumerate() {
            // SAFETY: row i ends no later than the last one, and registers are plain
            // numbers, wherever they lie.
            unsafe {
                let row = values.as_mut_ptr().add(i * step).cast::<T::Of<S>>();
                row.add(v).write_unaligned(*register);
            }
        }
    }
}

/// The registers that begin at `first`.
///
/// # Safety
/// They must be there.
#[inline(always)]
unsafe fn row<T: Pod, P: Pod, const V: usize>(first: *const T) -> [P; V] {
    let first = first.cast::<P>();
    // SAFETY: as demanded.
    std::array::from_fn(|v| unsafe { first.add(v).read_unaligned() })
}

/// [`Chains::extend`] from pointers.
///
/// # Safety
/// What it reads of A and B must be there.
#[inline(always)]
unsafe fn run<T: Register, S: Simd, const R: usize, const V: usize>(
    simd: S,
    mut a: *const T,
    (row_step, column_step): (usize, usize),
    mut b: *const T,
    step: usize,
    depth: usize,
    sums: &mut [[T::Of<S>; V]; R],
) {
    let mut own = *sums;
    for _ in 0..depth / UNROLLED {
        for u in 0..UNROLLED {
            // SAFETY: column p + u and row p + u, where p columns and rows are done.
            unsafe {
                link(
                    simd,
                    a.add(u * column_step),
                    row_step,
                    b.add(u * step),
                    &mut own,
                );
            }
        }
        // Not `add`: after the last turn they may point beyond what is there.
        a = a.wrapping_add(UNROLLED * column_step);
        b = b.wrapping_add(UNROLLED * step);
    }
    for _ in 0..depth % UNROLLED {
        // SAFETY: column p and row p.
        unsafe { link(simd, a, row_step, b, &mut own) }
        a = a.wrapping_add(column_step);
        b = b.wrapping_add(step);
    }
    *sums = own;
}

/// sums ← sums + a·b for a column of A and a row of B.
///
/// # Safety
/// `R` entries of A, `row_step` apart, and `V` registers of B must be there.
#[inline(always)]
unsafe fn link<T: Register, S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: *const T,
    row_step: usize,
    b: *const T,
    sums: &mut [[T::Of<S>; V]; R],
) {
    const { assert!(R <= TALLEST && V <= MOST_REGISTERS) }
    let b = b.cast::<T::Of<S>>();
    each!(i in 0..R, {
        // SAFETY: as demanded.
        let factor = T::splat(simd, unsafe { *a.add(i * row_step) });
        each!(v in 0..V, {
            // SAFETY: as demanded.
            let b = unsafe { b.add(v).read_unaligned() };
            sums[i][v] = T::mul_add(simd, factor, b, sums[i][v]);
        });
    });
}

#[cfg(test)]
mod tests;
