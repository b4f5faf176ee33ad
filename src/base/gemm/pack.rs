//! Packing: the columns of a panel of B side by side, and the rows of a strip of
//! A, so that the kernel reads two streams.

use std::ops::Range;

use pulp::Simd;

use super::tile::height;
use super::transpose::{Lines, Slots, Square};
use super::{Matrix, Register, Term};
use crate::Scalar;

/// A block of B: rows `first` … and columns `left` …; or, of several terms one
/// below the other, all rows.
#[derive(Clone, Copy)]
pub struct Block {
    /// First row.
    pub first: usize,
    /// Rows.
    pub depth: usize,
    /// First column.
    pub left: usize,
    /// Columns.
    pub columns: usize,
}

/// The widths a panel may have.
#[derive(Clone, Copy)]
pub struct Widths {
    /// Of most panels.
    pub wide: usize,
    /// Of a last panel with no more columns than this.
    pub narrow: usize,
}

impl Widths {
    /// The width of the panel for `columns` remaining columns.
    #[inline(always)]
    pub fn next(self, columns: usize) -> usize {
        if columns > self.narrow {
            self.wide
        } else {
            self.narrow
        }
    }
}

/// What one of several terms has of a block: `depth` rows of B from `first` on,
/// below `above` rows of the terms before it.
#[derive(Clone, Copy)]
struct Share {
    first: usize,
    depth: usize,
    above: usize,
}

/// The terms with their shares of `block`.
#[inline(always)]
fn shares<'a, T: Copy>(
    terms: &[Term<'a, T>],
    block: Block,
) -> impl Iterator<Item = (Term<'a, T>, Share)> {
    let mut above = 0;
    terms.iter().map(move |[a, b]| {
        let share = Share {
            first: block.first,
            depth: block.depth.min(b.rows - block.first),
            above,
        };
        above += share.depth;
        ([*a, *b], share)
    })
}

/// Packs a block of B: panel after panel, each row after row, the last panel
/// filled up with zeros.
#[inline(always)]
pub fn pack<T: Register, X: Square<T>>(
    terms: &[Term<T>],
    block: Block,
    widths: Widths,
    to: &mut [T],
    square: X,
) {
    for ([_, b], share) in shares(terms, block) {
        pack_share(b, share, block, widths, to, square);
    }
}

#[inline(always)]
fn pack_share<T: Register, X: Square<T>>(
    b: Matrix<T>,
    share: Share,
    block: Block,
    widths: Widths,
    to: &mut [T],
    square: X,
) {
    let Share {
        first,
        depth,
        above,
    } = share;
    let Block {
        depth: height,
        left,
        columns,
        ..
    } = block;
    let wide = widths.wide;
    let full = columns / wide * wide;
    if b.is_row_major() {
        // A few rows at a time: along whole rows the panels' places fall into
        // the same few cache sets, down whole panels the rows' do.
        const ROWS: usize = 8;
        for p in (0..depth).step_by(ROWS) {
            let rows = ROWS.min(depth - p);
            for j in (0..full).step_by(wide) {
                let slots = &mut to[j * height + (above + p) * wide..][..rows * wide];
                let from = &b.values[(first + p) * b.row_stride..][..rows * b.row_stride];
                let from = from.chunks_exact(b.row_stride);
                for (slot, row) in slots.chunks_exact_mut(wide).zip(from) {
                    slot.copy_from_slice(&row[left + j..][..wide]);
                }
            }
        }
    } else {
        for j in (0..full).step_by(wide) {
            let block = Block {
                left: left + j,
                columns: wide,
                ..block
            };
            pack_panel(b, share, block, wide, &mut to[j * height..], square);
        }
    }
    if full < columns {
        let block = Block {
            left: left + full,
            columns: columns - full,
            ..block
        };
        pack_panel(
            b,
            share,
            block,
            widths.next(columns - full),
            &mut to[full * height..],
            square,
        );
    }
}

#[inline(always)]
fn pack_panel<T: Register, X: Square<T>>(
    b: Matrix<T>,
    share: Share,
    block: Block,
    width: usize,
    to: &mut [T],
    square: X,
) {
    let Share {
        first,
        depth,
        above,
    } = share;
    let Block { left, columns, .. } = block;
    let to = &mut to[above * width..][..depth * width];
    if b.is_row_major() {
        for (p, slot) in to.chunks_exact_mut(width).enumerate() {
            let row = &b.values[(first + p) * b.row_stride + left..][..columns];
            slot[..columns].copy_from_slice(row);
        }
    } else {
        let from = |q: usize| &b.values[(left + q) * b.column_stride + first..];
        let squares = columns / 16 * 16;
        for q in (0..squares).step_by(16) {
            let lines = Lines {
                values: from(q),
                step: b.column_stride,
                length: depth,
            };
            let to = Slots {
                values: &mut *to,
                stride: width,
                left: q,
            };
            square.transpose(lines, to);
        }
        for q in squares..columns {
            for (slot, value) in to.chunks_exact_mut(width).zip(&from(q)[..depth]) {
                slot[q] = *value;
            }
        }
    }
    if columns < width {
        for slot in to.chunks_exact_mut(width) {
            slot[columns..].fill(T::default());
        }
    }
}

/// Packs rows of A for a block: strips as high as the tiles, each column after
/// column.
#[inline(always)]
pub fn pack_strips<T: Scalar, S: Simd, X: Square<T>>(
    terms: &[Term<T>],
    rows: Range<usize>,
    block: Block,
    to: &mut [T],
    square: X,
) {
    for ([a, _], share) in shares(terms, block) {
        if a.is_row_major() {
            pack_rows::<T, S, X>(a, rows.clone(), share, block.depth, to, square);
        } else {
            pack_columns::<T, S>(a, rows.clone(), share, block.depth, to);
        }
    }
}

/// [`pack_strips`] of a column-major A.
#[inline(always)]
fn pack_columns<T: Scalar, S: Simd>(
    a: Matrix<T>,
    rows: Range<usize>,
    share: Share,
    depth: usize,
    to: &mut [T],
) {
    // A few columns at a time, for the same reason as in [`pack_share`].
    const COLUMNS: usize = 8;
    for p in (0..share.depth).step_by(COLUMNS) {
        let end = (p + COLUMNS).min(share.depth);
        let columns = &a.values[(share.first + p) * a.column_stride..];
        let mut top = rows.start;
        while top < rows.end {
            let height = height::<S, 2>(rows.end - top);
            let strip = &mut to[(top - rows.start) * depth..];
            let strip = &mut strip[(share.above + p) * height..(share.above + end) * height];
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

/// [`pack_strips`] of a row-major A.
#[inline(always)]
fn pack_rows<T: Scalar, S: Simd, X: Square<T>>(
    a: Matrix<T>,
    rows: Range<usize>,
    share: Share,
    depth: usize,
    to: &mut [T],
    square: X,
) {
    let mut top = rows.start;
    while top < rows.end {
        let height = height::<S, 2>(rows.end - top);
        let strip = &mut to[(top - rows.start) * depth + share.above * height..];
        let strip = &mut strip[..share.depth * height];
        let from = |i: usize| &a.values[(top + i) * a.row_stride + share.first..];
        if height == 6 {
            let lines = Lines {
                values: from(0),
                step: a.row_stride,
                length: share.depth,
            };
            square.weave(lines, strip.as_chunks_mut().0);
        } else {
            for i in 0..height {
                for (slot, x) in strip.chunks_exact_mut(height).zip(&from(i)[..share.depth]) {
                    slot[i] = *x;
                }
            }
        }
        top += height;
    }
}
