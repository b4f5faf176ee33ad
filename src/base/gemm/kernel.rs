//! The kernel: tiles of C in registers.
//!
//! The loops are those of Goto & van de Geijn 2008, "Anatomy of
//! high-performance matrix multiplication": a block of B is packed into
//! panels a few registers wide that stay in the cache while all rows of A pass
//! over them; a tile of C stays in registers over the block's whole depth. A is
//! read where it lies.

use pulp::{Arch, Simd, WithSimd};

use super::pack::{Block, Plain, Square, Widths, pack};
use super::{Matrix, Register, Start};
use crate::base::Scalar;
use crate::base::prefetch::fetch_some;

/// Rows of B in a block: a panel of 64 f32 columns then takes 32 KiB.
const DEPTH: usize = 128;
/// Columns of B in a block, 512 KiB of f32: half of a second-level cache.
const COLUMNS: usize = 1024;
/// The widest panel: four registers of 16 lanes.
const WIDEST: usize = 64;
/// B is read where it lies if its rows are no longer than this, in bytes:
/// longer ones fall into the same few cache sets.
const SHORT_ROW: usize = 512;

/// Values that the packing buffer needs room for.
pub fn buffer_len() -> usize {
    DEPTH * (COLUMNS + WIDEST)
}

/// A product to be computed.
pub struct Product<'a, T> {
    pub a: Matrix<'a, T>,
    pub b: Matrix<'a, T>,
    pub start: Start<'a, T>,
    pub c: &'a mut [T],
}

impl<T: Scalar> Product<'_, T> {
    /// Computes it with the instructions of `arch`.
    pub fn run(self, arch: Arch, buffer: &mut [T]) {
        match arch {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(simd) => Simd::vectorize(
                simd,
                Job {
                    product: self,
                    buffer,
                    square: simd,
                },
            ),
            _ => arch.dispatch(Job {
                product: self,
                buffer,
                square: Plain,
            }),
        }
    }
}

struct Job<'a, T, X> {
    product: Product<'a, T>,
    buffer: &'a mut [T],
    square: X,
}

/// Some columns of a block of B, row after row.
#[derive(Clone, Copy)]
struct Panel<'a, T> {
    values: &'a [T],
    stride: usize,
}

/// Where a panel lies: rows `first` … of B, columns `left` … of C.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    depth: usize,
    left: usize,
    width: usize,
}

impl<T: Scalar, X: Square<T>> WithSimd for Job<'_, T, X> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { a, b, start, c } = self.product;
        let buffer = self.buffer;
        let lanes = T::lanes::<S>();
        let widths = Widths {
            wide: lanes * if S::REGISTER_COUNT > 16 { 4 } else { 2 },
            narrow: lanes * 2,
        };
        let is_direct = b.is_row_major() && b.row_stride * size_of::<T>() <= SHORT_ROW;
        let mut first = 0;
        loop {
            let depth = DEPTH.min(b.rows - first);
            let start = if first > 0 { Start::Add } else { start };
            let mut block = Block {
                first,
                depth,
                left: 0,
                columns: 0,
            };
            while block.left < b.columns {
                block.columns = COLUMNS.min(b.columns - block.left);
                // A narrower last panel is packed alone.
                let whole = if is_direct {
                    block.columns / widths.narrow * widths.narrow
                } else {
                    0
                };
                let rest = Block {
                    left: block.left + whole,
                    columns: block.columns - whole,
                    ..block
                };
                pack(b, rest, widths, buffer, self.square);
                let mut j = 0;
                while j < block.columns {
                    let (panel, place, is_narrow) = if j < whole {
                        let width = if whole - j < widths.wide {
                            widths.narrow
                        } else {
                            widths.wide
                        };
                        let left = block.left + j;
                        let values = &b.values[first * b.row_stride + left..];
                        let values = &values[..(depth - 1) * b.row_stride + width];
                        let panel = Panel {
                            values,
                            // A single row may have a stride of 1.
                            stride: b.row_stride.max(width),
                        };
                        (
                            panel,
                            Place {
                                first,
                                depth,
                                left,
                                width,
                            },
                            width == widths.narrow,
                        )
                    } else {
                        let left = block.columns - j;
                        let stride = widths.next(left);
                        let values = &buffer[(j - whole) * depth..][..depth * stride];
                        let (left, width) = (block.left + j, stride.min(left));
                        (
                            Panel { values, stride },
                            Place {
                                first,
                                depth,
                                left,
                                width,
                            },
                            stride == widths.narrow,
                        )
                    };
                    if is_narrow {
                        rows_of_tiles::<T, S, 2>(simd, a, panel, place, start, c);
                    } else {
                        rows_of_tiles::<T, S, 4>(simd, a, panel, place, start, c);
                    }
                    j += place.width;
                }
                block.left += block.columns;
            }
            first += depth;
            if first >= b.rows {
                break;
            }
        }
    }
}

/// The tiles of one panel, `V` registers wide, top to bottom.
#[inline(always)]
fn rows_of_tiles<T: Scalar, S: Simd, const V: usize>(
    simd: S,
    a: Matrix<T>,
    panel: Panel<T>,
    place: Place,
    start: Start<T>,
    c: &mut [T],
) {
    let mut top = 0;
    while top < a.rows {
        fetch_some();
        let left = a.rows - top;
        // 24 or 16 of 32 registers hold the tile, or 12 of 16; beyond that
        // they spill, below 8 the latency of a multiply-add shows.
        macro_rules! tile {
            ($rows:literal) => {{
                tile::<T, S, $rows, V>(simd, a, top, panel, place, start, c);
                top += $rows;
            }};
        }
        if S::REGISTER_COUNT > 16 && V == 2 && left >= 8 {
            tile!(8)
        } else if left >= 6 {
            tile!(6)
        } else if left >= 4 {
            tile!(4)
        } else if left >= 2 {
            tile!(2)
        } else {
            tile!(1)
        }
    }
}

/// `R` rows and `V` registers of C.
#[inline(always)]
fn tile<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: Matrix<T>,
    top: usize,
    panel: Panel<T>,
    place: Place,
    start: Start<T>,
    c: &mut [T],
) {
    let full = V * T::lanes::<S>();
    let n = c.len() / a.rows;
    let mut sums = [[T::splat(simd, T::default()); V]; R];
    let Place { left, width, .. } = place;
    let registers = |values: &[T]| -> [T::Of<S>; V] {
        *T::registers::<S>(values)
            .first_chunk()
            .expect("V registers")
    };
    if width == full {
        match start {
            Start::Zero => {}
            Start::Add => {
                for i in 0..R {
                    sums[i] = registers(&c[(top + i) * n + left..][..full]);
                }
            }
            Start::Row(row) => sums = [registers(&row[left..][..full]); R],
        }
        accumulate(simd, a, top, panel, place, &mut sums);
        for i in 0..R {
            T::registers_mut::<S>(&mut c[(top + i) * n + left..][..full]).copy_from_slice(&sums[i]);
        }
    } else {
        let mut row = [T::default(); WIDEST];
        let row = &mut row[..full];
        for i in 0..R {
            match start {
                Start::Zero => {}
                Start::Add => row[..width].copy_from_slice(&c[(top + i) * n + left..][..width]),
                Start::Row(values) => row[..width].copy_from_slice(&values[left..][..width]),
            }
            sums[i] = registers(row);
        }
        accumulate(simd, a, top, panel, place, &mut sums);
        for i in 0..R {
            T::registers_mut::<S>(row).copy_from_slice(&sums[i]);
            c[(top + i) * n + left..][..width].copy_from_slice(&row[..width]);
        }
    }
}

#[inline(always)]
fn accumulate<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: Matrix<T>,
    top: usize,
    panel: Panel<T>,
    place: Place,
    sums: &mut [[T::Of<S>; V]; R],
) {
    let Place { first, depth, .. } = place;
    if a.is_row_major() {
        let mut rows = [&a.values[..0]; R];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = &a.values[(top + i) * a.row_stride + first..][..depth];
        }
        let columns = (0..depth).map(|p| {
            let mut column = [T::default(); R];
            for i in 0..R {
                column[i] = rows[i][p];
            }
            column
        });
        chain(simd, columns, panel, sums);
    } else {
        let columns = a.values[first * a.column_stride + top..].chunks(a.column_stride);
        let columns = columns.map(|column| *column[..R].first_chunk().expect("R entries"));
        chain(simd, columns.take(depth), panel, sums);
    }
}

/// sums ← sums + Σ_p a_p·panel_p: the innermost loop, all in registers. Over
/// iterators and not by index: checks of bounds make products of 32 by 32 a
/// fifth slower.
#[inline(always)]
fn chain<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    columns: impl Iterator<Item = [T; R]>,
    panel: Panel<T>,
    sums: &mut [[T::Of<S>; V]; R],
) {
    let mut own = *sums;
    let width = V * T::lanes::<S>();
    for (row, column) in panel.values.chunks(panel.stride).zip(columns) {
        let row: [T::Of<S>; V] = *T::registers::<S>(&row[..width])
            .first_chunk()
            .expect("V registers");
        for i in 0..R {
            let factor = T::splat(simd, column[i]);
            for v in 0..V {
                own[i][v] = <T as Register>::mul_add(simd, factor, row[v], own[i][v]);
            }
        }
    }
    *sums = own;
}
