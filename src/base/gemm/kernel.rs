//! The kernel: tiles of C in registers.
//!
//! The loops are those of Goto & van de Geijn 2008, "Anatomy of
//! high-performance matrix multiplication": a block of B is packed into
//! panels a few registers wide that stay in the cache while all rows of A pass
//! over them; a tile of C stays in registers over the block's whole depth. A is
//! read where it lies, but for long columns on processors with 16 registers.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::pack::{Block, Plain, Square, Widths, pack};
use super::{Matrix, Register, Start};
use crate::base::Scalar;
use crate::base::prefetch::{fetch, lines_per_tile};

/// How a product is cut into blocks that stay in a cache.
struct Blocking {
    /// Rows of B in a block.
    depth: usize,
    /// Columns of B in a block.
    columns: usize,
    /// Rows of A that pass over a block while they stay in a cache.
    rows: usize,
    /// The same if they are packed, or 0 if they never are.
    packed_rows: usize,
}

/// For 32 registers: a panel of 64 f32 columns takes 32 KiB, a block of B
/// 512 KiB, half of a second-level cache. A is read where it lies.
const WIDE: Blocking = Blocking {
    depth: 128,
    columns: 1024,
    rows: usize::MAX,
    packed_rows: 0,
};
/// For 16 registers, measured on Zen 3 with 512 KiB of second-level cache: a
/// panel of 16 f32 columns takes 16 KiB, half of the first-level cache. Rows of
/// A share few cache sets if they are 4 KiB apart: with all 256 of them at a
/// time, W2 takes 6 % longer.
const NARROW: Blocking = Blocking {
    depth: 256,
    columns: 512,
    rows: 48,
    packed_rows: 144,
};
/// The widest panel: four registers of 16 lanes.
const WIDEST: usize = 64;
/// B is read where it lies if its rows are no longer than this, in bytes:
/// longer ones fall into the same few cache sets.
const SHORT_ROW: usize = 512;

/// A's columns are packed if they are at least this long, in bytes: a step
/// along a row then ends in the same cache set again after one or two others.
/// A product with 256 rows of 1024 is a third faster for it.
const LONG_COLUMN: usize = 2048;

/// Values that the packing buffer needs room for.
pub fn buffer_len() -> usize {
    let room =
        |blocking: Blocking| blocking.depth * (blocking.columns + WIDEST + blocking.packed_rows);
    room(WIDE).max(room(NARROW))
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
        // With AVX-512 and AVX2 there is a fast way to transpose besides.
        macro_rules! vectorize {
            ($simd:ident) => {
                Simd::vectorize(
                    $simd,
                    Job {
                        product: self,
                        buffer,
                        square: $simd,
                    },
                )
            };
        }
        match arch {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(simd) => vectorize!(simd),
            #[cfg(target_arch = "x86_64")]
            Arch::V3(simd) => vectorize!(simd),
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

/// Some columns of a block of B: of rows of `stride` values each, those from
/// `left` on.
#[derive(Clone, Copy)]
struct Panel<'a, T> {
    rows: &'a [T],
    stride: usize,
    left: usize,
}

/// Rows of A as far as a block goes: from row `top` and column `first` on.
#[derive(Clone, Copy)]
struct Strip<'a, T> {
    a: Matrix<'a, T>,
    top: usize,
    first: usize,
}

/// Where a tile lies in C, and how many terms it adds up.
#[derive(Clone, Copy)]
struct Place {
    top: usize,
    left: usize,
    width: usize,
    depth: usize,
    /// Columns of C.
    row_len: usize,
}

/// The height of the next of the tiles, `V` registers wide, when `left` rows
/// are left. 24 or 16 of 32 registers hold a tile, or 12 of 16; beyond that they
/// spill, and below 8 the latency of a multiply-add shows.
#[inline(always)]
fn height<S: Simd, const V: usize>(left: usize) -> usize {
    match left {
        8.. if S::REGISTER_COUNT > 16 && V == 2 => 8,
        8 => 4,
        6.. => 6,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

impl<T: Scalar, X: Square<T>> WithSimd for Job<'_, T, X> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { a, b, start, c } = self.product;
        let lanes = T::lanes::<S>();
        let (blocking, wide) = if S::REGISTER_COUNT > 16 {
            (WIDE, 4)
        } else {
            (NARROW, 2)
        };
        let widths = Widths {
            wide: lanes * wide,
            narrow: lanes * 2,
        };
        let (buffer, strips) = self
            .buffer
            .split_at_mut(blocking.depth * (blocking.columns + WIDEST));
        let is_direct = b.is_row_major() && b.row_stride * size_of::<T>() <= SHORT_ROW;
        let is_packed = blocking.packed_rows > 0
            && !a.is_row_major()
            && a.column_stride * size_of::<T>() >= LONG_COLUMN;
        let row_count = if is_packed {
            blocking.packed_rows
        } else {
            blocking.rows
        };
        let tiles = a.rows.div_ceil(6) * b.columns.div_ceil(widths.wide);
        let lines = lines_per_tile(tiles * b.rows.div_ceil(blocking.depth));
        let mut block = Block {
            first: 0,
            depth: 0,
            left: 0,
            columns: 0,
        };
        while block.first < b.rows {
            block.depth = blocking.depth.min(b.rows - block.first);
            let start = if block.first > 0 { Start::Add } else { start };
            block.left = 0;
            while block.left < b.columns {
                block.columns = blocking.columns.min(b.columns - block.left);
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
                let mut top = 0;
                while top < a.rows {
                    let mut rows = Rows {
                        a,
                        first: block.first,
                        top,
                        count: row_count.min(a.rows - top),
                        strips: None,
                        lines,
                    };
                    if is_packed {
                        pack_strips::<T, S>(a, top..top + rows.count, block, strips);
                        rows.strips = Some(strips);
                    }
                    let mut j = 0;
                    while j < block.columns {
                        let left = block.left + j;
                        let (panel, width) = if j < whole {
                            let width = if whole - j < widths.wide {
                                widths.narrow
                            } else {
                                widths.wide
                            };
                            let stride = b.row_stride;
                            let rows = &b.values[block.first * stride..][..block.depth * stride];
                            (Panel { rows, stride, left }, width)
                        } else {
                            let stride = widths.next(block.columns - j);
                            let rows = &buffer[(j - whole) * block.depth..];
                            let rows = &rows[..block.depth * stride];
                            let left = 0;
                            (Panel { rows, stride, left }, stride)
                        };
                        let place = Place {
                            top,
                            left: block.left + j,
                            width: width.min(block.columns - j),
                            depth: block.depth,
                            row_len: b.columns,
                        };
                        if width == widths.narrow {
                            rows_of_tiles::<T, S, 2>(simd, rows, panel, place, start, c);
                        } else {
                            rows_of_tiles::<T, S, 4>(simd, rows, panel, place, start, c);
                        }
                        j += place.width;
                    }
                    top += rows.count;
                }
                block.left += block.columns;
            }
            block.first += block.depth;
        }
    }
}

/// Packs rows of a column-major A for a block: strips as high as the tiles,
/// each column after column.
#[inline(always)]
fn pack_strips<T: Scalar, S: Simd>(a: Matrix<T>, rows: Range<usize>, block: Block, to: &mut [T]) {
    // A few columns at a time, for the same reason as in [`pack`].
    const COLUMNS: usize = 8;
    let Block { first, depth, .. } = block;
    for p in (0..depth).step_by(COLUMNS) {
        let end = (p + COLUMNS).min(depth);
        let columns = &a.values[(first + p) * a.column_stride..];
        let mut top = rows.start;
        while top < rows.end {
            let height = height::<S, 2>(rows.end - top);
            let strip = &mut to[(top - rows.start) * depth..][p * height..end * height];
            let columns = columns.chunks_exact(a.column_stride);
            macro_rules! copy {
                ($height:literal) => {
                    for (slot, column) in strip.as_chunks_mut::<$height>().0.iter_mut().zip(columns)
                    {
                        slot.copy_from_slice(&column[top..][..$height]);
                    }
                };
            }
            match height {
                6 => copy!(6),
                4 => copy!(4),
                2 => copy!(2),
                _ => copy!(1),
            }
            top += height;
        }
    }
}

/// Some rows of A, over the depth of a block.
#[derive(Clone, Copy)]
struct Rows<'a, T> {
    a: Matrix<'a, T>,
    /// The first column of A that matters.
    first: usize,
    /// The first row.
    top: usize,
    /// How many.
    count: usize,
    /// The same, packed.
    strips: Option<&'a [T]>,
    /// Lines to be fetched meanwhile, per tile.
    lines: usize,
}

/// The tiles of one panel, `V` registers wide, top to bottom.
#[inline(always)]
fn rows_of_tiles<T: Scalar, S: Simd, const V: usize>(
    simd: S,
    rows: Rows<T>,
    panel: Panel<T>,
    mut place: Place,
    start: Start<T>,
    c: &mut [T],
) {
    let end = rows.top + rows.count;
    while place.top < end {
        fetch(rows.lines);
        let height = height::<S, V>(end - place.top);
        let strip = match rows.strips {
            Some(strips) => Strip {
                a: Matrix {
                    values: &strips[(place.top - rows.top) * place.depth..][..height * place.depth],
                    rows: height,
                    columns: place.depth,
                    row_stride: 1,
                    column_stride: height,
                },
                top: 0,
                first: 0,
            },
            None => Strip {
                a: rows.a,
                top: place.top,
                first: rows.first,
            },
        };
        match height {
            8 => tile::<T, S, 8, V>(simd, strip, panel, place, start, c),
            6 => tile::<T, S, 6, V>(simd, strip, panel, place, start, c),
            4 => tile::<T, S, 4, V>(simd, strip, panel, place, start, c),
            2 => tile::<T, S, 2, V>(simd, strip, panel, place, start, c),
            _ => tile::<T, S, 1, V>(simd, strip, panel, place, start, c),
        }
        place.top += height;
    }
}

/// `R` rows and `V` registers of C.
#[inline(always)]
fn tile<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    strip: Strip<T>,
    panel: Panel<T>,
    place: Place,
    start: Start<T>,
    c: &mut [T],
) {
    let full = V * T::lanes::<S>();
    let n = place.row_len;
    let mut sums = [[T::splat(simd, T::default()); V]; R];
    let Place {
        top, left, width, ..
    } = place;
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
        accumulate(simd, strip, panel, place.depth, &mut sums);
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
        accumulate(simd, strip, panel, place.depth, &mut sums);
        for i in 0..R {
            T::registers_mut::<S>(row).copy_from_slice(&sums[i]);
            c[(top + i) * n + left..][..width].copy_from_slice(&row[..width]);
        }
    }
}

#[inline(always)]
fn accumulate<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    strip: Strip<T>,
    panel: Panel<T>,
    depth: usize,
    sums: &mut [[T::Of<S>; V]; R],
) {
    let Strip { a, top, first } = strip;
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
        let columns = &a.values[first * a.column_stride..][..depth * a.column_stride];
        let columns = columns.chunks_exact(a.column_stride);
        let columns = columns.map(|column| *column[top..][..R].first_chunk().expect("R entries"));
        chain(simd, columns, panel, sums);
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
    let Panel { rows, stride, left } = panel;
    for (row, column) in rows.chunks_exact(stride).zip(columns) {
        let row: [T::Of<S>; V] = *T::registers::<S>(&row[left..][..width])
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
