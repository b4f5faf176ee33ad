//! The innermost loop of a product: chains of multiply-adds in registers.
//!
//! It reads through pointers. Over slices the compiler keeps the counters of
//! iterators in the loop and divides to find how long they are, or, where the loop
//! is unrolled, checks bounds within it and spills registers for that. A thread alone
//! on its core has time for such instructions while it multiplies and adds, but two
//! threads on one core share what decodes and issues them: on Zen 3, next to busy
//! neighbours, W1, W2 and W5 take 6 to 15 % less time with this loop than with one
//! over iterators.

#![allow(unsafe_code)]

use pulp::Simd;

use super::Register;

/// Steps in depth per turn of the loop.
const UNROLLED: usize = 4;

/// Rows of A as deep as a block: entry (i, p) is at i·`row_step` +
/// p·`column_step`. One of the two is 1.
#[derive(Clone, Copy)]
pub struct Strip<'a, T> {
    pub values: &'a [T],
    pub row_step: usize,
    pub column_step: usize,
}

/// Columns of B as deep as a block: entry (p, j) is at p·`row_step` + j.
#[derive(Clone, Copy)]
pub struct Panel<'a, T> {
    pub values: &'a [T],
    pub row_step: usize,
}

/// sums ← sums + Σ_p a_p·b_p over the first `depth` ≥ 1 columns a_p of the strip,
/// `R` high, and rows b_p of the panel, `V` registers wide, in ascending order.
///
/// # Panics
/// If strip or panel is not as deep, high and wide, if `depth` is 0, or if neither of
/// the strip's steps is 1.
#[inline(always)]
pub fn extend<T: Register, S: Simd, const R: usize, const V: usize>(
    simd: S,
    strip: Strip<T>,
    panel: Panel<T>,
    depth: usize,
    sums: &mut [[T::Of<S>; V]; R],
) {
    // What is read of a row of B, whatever `T` says of its lanes.
    let width = (V * size_of::<T::Of<S>>()).div_ceil(size_of::<T>());
    let end = |last_row: usize, row_step: usize, length: usize| {
        last_row.saturating_mul(row_step).saturating_add(length)
    };
    let (row_step, column_step) = (strip.row_step, strip.column_step);
    let last = depth - 1;
    let a_end = end(R - 1, row_step, end(last, column_step, 1));
    let b_end = end(last, panel.row_step, width);
    assert!(a_end <= strip.values.len(), "strips are as deep and high");
    assert!(b_end <= panel.values.len(), "panels are as deep and wide");
    let is_row_major = row_step != 1;
    assert!(
        !is_row_major || column_step == 1,
        "one step of a strip is 1"
    );
    let (a, b) = (strip.values.as_ptr(), panel.values.as_ptr());
    // Each way to go through A has a loop of its own: a step known to the compiler
    // is part of an address and needs no instruction.
    // SAFETY: the loops read entries (i, p) of A, by the strip's own steps, and whole
    // registers of rows p of B for i < R and p < depth: none of them ends beyond
    // `a_end` and `b_end`, and registers are plain numbers.
    unsafe {
        if is_row_major {
            run(simd, a, (row_step, 1), b, panel.row_step, depth, sums);
        } else if column_step == R && panel.row_step == width {
            run(simd, a, (1, R), b, width, depth, sums);
        } else {
            run(simd, a, (1, column_step), b, panel.row_step, depth, sums);
        }
    }
}

/// [`extend`] from pointers.
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
    let b = b.cast::<T::Of<S>>();
    // SAFETY: as demanded; a register is plain numbers, wherever they lie.
    let row: [_; V] = std::array::from_fn(|v| unsafe { b.add(v).read_unaligned() });
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
    use rand::RngExt;

    /// [`extend`] over slices.
    fn twin<T: Register, S: Simd, const R: usize, const V: usize>(
        simd: S,
        strip: Strip<T>,
        panel: Panel<T>,
        depth: usize,
        sums: &mut [[T::Of<S>; V]; R],
    ) {
        for p in 0..depth {
            let row = T::registers::<S>(&panel.values[p * panel.row_step..][..V * T::lanes::<S>()]);
            for (i, sums) in sums.iter_mut().enumerate() {
                let a = strip.values[i * strip.row_step + p * strip.column_step];
                for (sum, b) in sums.iter_mut().zip(row) {
                    *sum = T::mul_add(simd, T::splat(simd, a), *b, *sum);
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
            for (row_step, column_step) in [(1, R), (1, R + 3), (depth, 1), (depth + 2, 1)] {
                for step in [width, width + 5] {
                    let a_len = (R - 1) * row_step + (depth - 1) * column_step + 1;
                    let b_len = (depth - 1) * step + width;
                    let strip = Strip {
                        values: &self.numbers[..a_len],
                        row_step,
                        column_step,
                    };
                    let panel = Panel {
                        values: &self.numbers[1..=b_len],
                        row_step: step,
                    };
                    let start = T::registers::<S>(&self.numbers[..width]);
                    let start: [[T::Of<S>; V]; R] = [*start.first_chunk().unwrap(); R];
                    let (mut sums, mut expected) = (start, start);
                    extend(simd, strip, panel, depth, &mut sums);
                    twin(simd, strip, panel, depth, &mut expected);
                    for (sums, expected) in sums.iter().zip(&expected) {
                        let (mut found, mut wanted) =
                            (vec![T::zero(); width], vec![T::one(); width]);
                        T::registers_mut::<S>(&mut found).copy_from_slice(sums);
                        T::registers_mut::<S>(&mut wanted).copy_from_slice(expected);
                        let place = format!("{R} {V} {depth} {row_step} {column_step} {step}");
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
        let numbers = (0..10_000).map(|_| T::of(random.random_range(-1.0..1.0)));
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

    /// A strip of 6 by 9 and a panel of 9 rows of two registers and `gap` entries,
    /// some entries too short.
    struct Refused {
        steps: (usize, usize),
        gap: usize,
        strip: usize,
        panel: usize,
    }

    impl WithSimd for Refused {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let numbers = numbers::<f32>();
            let mut sums: [[_; 2]; 6] = [[f32::splat(simd, 0.0); 2]; 6];
            let (width, (row_step, column_step)) = (2 * f32::lanes::<S>(), self.steps);
            let strip = Strip {
                values: &numbers[..5 * row_step + 8 * column_step + 1 - self.strip],
                row_step,
                column_step,
            };
            let panel = Panel {
                values: &numbers[..8 * (width + self.gap) + width - self.panel],
                row_step: width + self.gap,
            };
            extend(simd, strip, panel, 9, &mut sums);
        }
    }

    #[test]
    fn what_is_too_short_or_has_no_step_of_1_is_refused() {
        let message = |refused: Refused| {
            let call = || pulp::Arch::new().dispatch(refused);
            let panic = std::panic::catch_unwind(call).err()?;
            Some(*panic.downcast::<&str>().expect("a message"))
        };
        for steps in [(1, 6), (1, 9), (9, 1), (11, 1), (2, 2)] {
            for gap in [0, 5] {
                for (strip, panel) in [(0, 0), (1, 0), (0, 1)] {
                    let expected = match (strip, panel, steps) {
                        (1, ..) => Some("strips are as deep and high"),
                        (_, 1, _) => Some("panels are as deep and wide"),
                        (.., (2, 2)) => Some("one step of a strip is 1"),
                        _ => None,
                    };
                    let found = message(Refused {
                        steps,
                        gap,
                        strip,
                        panel,
                    });
                    assert_eq!(found, expected, "{steps:?} {gap} {strip} {panel}");
                }
            }
        }
    }
}
