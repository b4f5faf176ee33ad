//! Tiles of C, computed in registers.

use pulp::Simd;

use super::chain::{Panel, Strip, extend};
use super::{Matrix, Start};
use crate::base::Scalar;
use crate::base::prefetch::fetch;

/// The widest panel: four registers of 16 lanes.
pub const WIDEST: usize = 64;

/// Where a tile lies in C, and over how many columns of A it sums.
#[derive(Clone, Copy)]
pub struct Place {
    pub top: usize,
    pub left: usize,
    pub width: usize,
    pub depth: usize,
    /// Columns of C.
    pub row_len: usize,
}

/// The height of the next of the tiles, `V` registers wide, when `left` rows
/// are left. 24 or 16 of 32 registers hold a tile, or 12 of 16; beyond that they
/// spill, and below 8 the latency of a multiply-add shows.
#[inline(always)]
pub fn height<S: Simd, const V: usize>(left: usize) -> usize {
    match left {
        8.. if S::REGISTER_COUNT > 16 && V == 2 => 8,
        8 => 4,
        6.. => 6,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// Some rows of A, over the depth of a block.
#[derive(Clone, Copy)]
pub struct Rows<'a, T> {
    pub a: Matrix<'a, T>,
    /// The first column of A that matters.
    pub first: usize,
    /// The first row.
    pub top: usize,
    /// How many.
    pub count: usize,
    /// The same, packed.
    pub strips: Option<&'a [T]>,
    /// Lines to be fetched meanwhile, per tile.
    pub lines: usize,
}

/// The tiles of one panel, `V` registers wide, top to bottom.
#[inline(always)]
pub fn rows_of_tiles<T: Scalar, S: Simd, const V: usize>(
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
                values: &strips[(place.top - rows.top) * place.depth..][..height * place.depth],
                row_step: 1,
                column_step: height,
            },
            None => {
                let (row_step, column_step) = (rows.a.row_stride, rows.a.column_stride);
                Strip {
                    values: &rows.a.values[place.top * row_step + rows.first * column_step..],
                    row_step,
                    column_step,
                }
            }
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
        extend(simd, strip, panel, place.depth, &mut sums);
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
        extend(simd, strip, panel, place.depth, &mut sums);
        for i in 0..R {
            T::registers_mut::<S>(row).copy_from_slice(&sums[i]);
            c[(top + i) * n + left..][..width].copy_from_slice(&row[..width]);
        }
    }
}
