//! The chains have the bits of their twin over slices, and refuse what is too short.

use super::*;
use crate::Scalar;
use crate::rng::stream;
use crate::simd;
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
