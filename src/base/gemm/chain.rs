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
    // SAFETY: as demanded.
    let row: [_; V] = unsafe { row(b) };
    for (i, sums) in sums.iter_mut().enumerate() {
        // SAFETY: as demanded.
        let factor = T::splat(simd, unsafe { *a.add(i * row_step) });
        for (sum, b) in sums.iter_mut().zip(row) {
            *sum = T::mul_add(simd, factor, b, *sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Scalar;
    use crate::base::rng::stream;
    use crate::base::simd;
    use pulp::WithSimd;
    use pulp::bytemuck::{cast_slice, pod_read_unaligned};
    use rand::RngExt;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// [`Chains::extend`] over slices.
    fn twin<T: Register, S: Simd, const R: usize, const V: usize>(
        simd: S,
        (strips, panel): (Strips<T>, Panel<T>),
        depth: usize,
        top: usize,
        sums: &mut [[T::Of<S>; V]; R],
    ) {
        for p in 0..depth {
            let row = &panel.values[p * panel.row_step..][..V * T::lanes::<S>()];
            for (i, sums) in sums.iter_mut().enumerate() {
                let place = match strips.layout {
                    Layout::Rows(step) => (top + i) * step + p,
                    Layout::Columns(step) => top + i + p * step,
                    Layout::Packed => top * depth + p * R + i,
                };
                let a = T::splat(simd, strips.values[place]);
                let registers = row.chunks_exact(T::lanes::<S>());
                for (sum, b) in sums.iter_mut().zip(registers) {
                    let b = pod_read_unaligned(cast_slice(b));
                    *sum = T::mul_add(simd, a, b, *sum);
                }
            }
        }
    }

    /// Compares the two over strips and panels that end where what is read ends.
    struct Comparison<'a, T> {
        numbers: &'a [T],
        depth: usize,
    }

    impl<T: Scalar> Comparison<'_, T> {
        fn compare<S: Simd, const R: usize, const V: usize>(&self, simd: S) {
            let (depth, width) = (self.depth, V * T::lanes::<S>());
            // Two tiles, and a row that belongs to neither.
            let count = 2 * R + 1;
            for layout in [
                Layout::Rows(depth),
                Layout::Rows(depth + 2),
                Layout::Columns(count),
                Layout::Columns(count + 3),
                Layout::Packed,
            ] {
                let a_len = match layout {
                    Layout::Rows(step) => (count - 1) * step + depth,
                    Layout::Columns(step) => (depth - 1) * step + count,
                    Layout::Packed => count * depth,
                };
                for row_step in [width, width + 5] {
                    let strips = Strips {
                        values: &self.numbers[..a_len],
                        layout,
                        count,
                    };
                    let panel = Panel {
                        values: &self.numbers[1..=(depth - 1) * row_step + width],
                        row_step,
                    };
                    let chains = Chains::new(strips, panel, width, depth);
                    for top in [0, R] {
                        let (mut sums, mut expected) = (
                            load::<T, S, R, V>(simd, self.numbers, 3),
                            load::<T, S, R, V>(simd, self.numbers, 3),
                        );
                        chains.extend(simd, top, &mut sums);
                        twin(simd, (strips, panel), depth, top, &mut expected);
                        let [found, wanted] = [sums, expected].map(|rows| {
                            let mut values = vec![T::zero(); R * width];
                            store::<T, S, R, V>(&rows, &mut values, width);
                            values
                        });
                        assert!(found.iter().any(|x| *x != T::zero()));
                        let place = format!("{R} {V} {depth} {layout:?} {row_step} {top}");
                        assert_eq!(found, wanted, "{place}");
                    }
                }
            }
        }
    }

    impl<T: Scalar> WithSimd for Comparison<'_, T> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            self.compare::<S, 1, 2>(simd);
            self.compare::<S, 2, 4>(simd);
            self.compare::<S, 4, 2>(simd);
            self.compare::<S, 6, 2>(simd);
            self.compare::<S, 6, 4>(simd);
            self.compare::<S, 8, 2>(simd);
        }
    }

    fn numbers<T: Scalar>() -> Vec<T> {
        let mut random = stream(7, "chain test", 0);
        let numbers = (0..10_000).map(|_| T::from_f64(random.random_range(-1.0..1.0)));
        numbers.collect()
    }

    #[test]
    fn it_has_the_bits_of_its_twin() {
        for depth in [1, 2, 3, 4, 5, 8, 11, 64, 65] {
            for arch in simd::available() {
                arch.dispatch(Comparison {
                    numbers: &numbers::<f32>(),
                    depth,
                });
                arch.dispatch(Comparison {
                    numbers: &numbers::<f64>(),
                    depth,
                });
            }
        }
    }

    /// The message of the panic in `call`, if there is one.
    fn message(call: impl WithSimd) -> Option<&'static str> {
        let call = AssertUnwindSafe(|| {
            pulp::Arch::new().dispatch(call);
        });
        let panic = catch_unwind(call).err()?;
        Some(*panic.downcast::<&str>().expect("a message"))
    }

    /// A tile of 6 by two registers, over 9 columns of 13 rows, some things too short.
    struct Refused {
        layout: Layout,
        gap: usize,
        /// Entries that A and the panel lack.
        missing: [usize; 2],
        /// The tile's first row.
        top: usize,
        /// Entries that the panel's width lacks.
        narrower: usize,
    }

    impl WithSimd for Refused {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let numbers = numbers::<f32>();
            let width = 2 * f32::lanes::<S>();
            let [a, b] = self.missing;
            let a_len = match self.layout {
                Layout::Rows(step) => 12 * step + 9,
                Layout::Columns(step) => 8 * step + 13,
                Layout::Packed => 9 * 13,
            };
            let strips = Strips {
                values: &numbers[..a_len - a],
                layout: self.layout,
                count: 13,
            };
            let row_step = width + self.gap;
            let panel = Panel {
                values: &numbers[..8 * row_step + width - b],
                row_step,
            };
            let chains = Chains::new(strips, panel, width - self.narrower, 9);
            let mut sums = load::<f32, S, 6, 2>(simd, &numbers, 0);
            chains.extend(simd, self.top, &mut sums);
        }
    }

    #[test]
    fn sums_of_nothing_are_refused() {
        for (count, depth) in [(0, 9), (9, 0), (0, 0)] {
            for layout in [Layout::Rows(9), Layout::Columns(9), Layout::Packed] {
                let values = &[0f32; 100][..];
                let strips = Strips {
                    values,
                    layout,
                    count,
                };
                let panel = Panel {
                    values,
                    row_step: 8,
                };
                let call = || {
                    let _ = Chains::new(strips, panel, 8, depth);
                };
                let panic = catch_unwind(call).expect_err("a panic");
                assert_eq!(panic.downcast_ref(), Some(&"something to sum"));
            }
        }
    }

    #[test]
    fn what_is_too_short_is_refused() {
        for layout in [
            Layout::Rows(9),
            Layout::Rows(11),
            Layout::Columns(13),
            Layout::Columns(14),
            Layout::Packed,
        ] {
            for gap in [0, 5] {
                for (missing, top, narrower, expected) in [
                    ([0, 0], 0, 0, None),
                    ([0, 0], 7, 0, None),
                    ([1, 0], 0, 0, Some("strips are as deep and high")),
                    ([0, 1], 0, 0, Some("panels are as deep and wide")),
                    ([0, 0], 8, 0, Some("strips are as high")),
                    ([0, 0], usize::MAX, 0, Some("strips are as high")),
                    ([0, 0], 0, 1, Some("panels are as wide")),
                ] {
                    let refused = Refused {
                        layout,
                        gap,
                        missing,
                        top,
                        narrower,
                    };
                    let found = message(refused);
                    let place = format!("{layout:?} {gap} {missing:?} {top} {narrower}");
                    assert_eq!(found, expected, "{place}");
                }
            }
        }
    }

    /// Three rows of two registers, `step` apart, of values some entries too short.
    struct Moved {
        step: usize,
        missing: usize,
        reads: bool,
    }

    impl WithSimd for Moved {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let width = 2 * f32::lanes::<S>();
            let mut numbers = numbers::<f32>();
            let there = (self.step.min(100) * 2 + width) - self.missing;
            if self.reads {
                let rows = load::<f32, S, 3, 2>(simd, &numbers[..there], self.step);
                let mut copy = vec![0.0; 3 * width];
                store::<f32, S, 3, 2>(&rows, &mut copy, width);
                for (i, row) in copy.chunks_exact(width).enumerate() {
                    assert!(*row == numbers[i * self.step..][..width]);
                }
            } else {
                let rows = load::<f32, S, 3, 2>(simd, &numbers[5000..], 0);
                store::<f32, S, 3, 2>(&rows, &mut numbers[..there], self.step);
            }
        }
    }

    #[test]
    fn rows_are_moved_and_those_that_are_not_there_refused() {
        for reads in [true, false] {
            let refused = Some(["rows to write", "rows to read"][usize::from(reads)]);
            for (step, missing, expected) in [
                (40, 0, None),
                (100, 0, None),
                (100, 1, refused),
                (0, 0, None),
                (0, 1, refused),
                (usize::MAX, 0, refused),
            ] {
                let moved = Moved {
                    step,
                    missing,
                    reads,
                };
                assert_eq!(message(moved), expected, "{reads} {step} {missing}");
            }
        }
    }
}
