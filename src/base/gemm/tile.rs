//! Tiles of C, computed in registers.

use pulp::Simd;

use super::Start;
use super::chain::{Chains, Panel, Strips, load, store};
use crate::Scalar;
use crate::prefetch::Fetching;

/// The widest panel: four registers of 16 lanes.
pub const WIDEST: usize = 64;

/// Where a panel's tiles lie in C, and over how many columns of A they sum.
#[derive(Clone, Copy)]
pub struct Place {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// Columns of C: the panel's without what fills it up.
    pub width: usize,
    /// Columns of A.
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

/// The tiles of one panel, `V` registers wide, top to bottom.
#[inline(always)]
pub fn rows_of_tiles<T: Scalar, S: Simd, const V: usize>(
    simd: S,
    strips: Strips<T>,
    panel: Panel<T>,
    place: Place,
    start: Start<T>,
    c: &mut [T],
    fetching: &mut Fetching,
) {
    let chains = Chains::new(strips, panel, V * T::lanes::<S>(), place.depth);
    let mut top = 0;
    while top < strips.count {
        fetching.fetch();
        let height = height::<S, V>(strips.count - top);
        match height {
            8 => tile::<T, S, 8, V>(simd, &chains, top, place, start, c),
            6 => tile::<T, S, 6, V>(simd, &chains, top, place, start, c),
            4 => tile::<T, S, 4, V>(simd, &chains, top, place, start, c),
            2 => tile::<T, S, 2, V>(simd, &chains, top, place, start, c),
            _ => tile::<T, S, 1, V>(simd, &chains, top, place, start, c),
        }
        top += height;
    }
}

/// The `R` rows and `V` registers of C that begin `above` rows below `place`.
#[inline(always)]
fn tile<T: Scalar, S: Simd, const R: usize, const V: usize>(
    simd: S,
    chains: &Chains<T>,
    above: usize,
    place: Place,
    start: Start<T>,
    c: &mut [T],
) {
    let full = V * T::lanes::<S>();
    let Place {
        left,
        width,
        row_len,
        ..
    } = place;
    let c = &mut c[(place.top + above) * row_len + left..];
    let mut sums = [[T::splat(simd, T::default()); V]; R];
    if width == full {
        match start {
            Start::Zero => {}
            Start::Add => sums = load::<T, S, R, V>(simd, c, row_len),
            Start::Row(row) => sums = load::<T, S, R, V>(simd, &row[left..][..full], 0),
        }
        chains.extend(simd, above, &mut sums);
        store::<T, S, R, V>(&sums, c, row_len);
    } else {
        let mut row = [T::default(); WIDEST];
        let row = &mut row[..full];
        for (i, sums) in sums.iter_mut().enumerate() {
            match start {
                Start::Zero => {}
                Start::Add => row[..width].copy_from_slice(&c[i * row_len..][..width]),
                Start::Row(values) => row[..width].copy_from_slice(&values[left..][..width]),
            }
            [*sums] = load::<T, S, 1, V>(simd, row, full);
        }
        chains.extend(simd, above, &mut sums);
        for (i, sums) in sums.iter().enumerate() {
            store::<T, S, 1, V>(&[*sums], row, full);
            c[i * row_len..][..width].copy_from_slice(&row[..width]);
        }
    }
}
