//! The kernel: a product cut into blocks for the caches.
//!
//! The loops are those of Goto & van de Geijn 2008, "Anatomy of
//! high-performance matrix multiplication": a block of B is packed into
//! panels a few registers wide that stay in the cache while rows of A pass
//! over them; a tile of C stays in registers over the block's whole depth. With
//! 32 registers A is read where it lies; with 16 long rows of it are packed.

use pulp::{Arch, Simd, WithSimd};

use super::chain::{Layout, Panel, Strips};
use super::pack::{Block, Widths, pack, pack_strips};
use super::tile::{Place, WIDEST, rows_of_tiles};
use super::transpose::{Plain, Square};
use super::{Register, Start, Term};
use crate::Scalar;
use crate::prefetch::Fetching;

/// How a product is cut into blocks that stay in a cache.
#[derive(Clone, Copy)]
struct Blocking {
    /// Rows of B in a block.
    depth: usize,
    /// Columns of B in a block.
    columns: usize,
    /// Rows of A that are packed at a time, or 0 if A is always read where it
    /// lies.
    packed_rows: usize,
}

/// For 32 registers: a panel of 64 f32 columns takes 32 KiB, a block of B
/// 512 KiB, half of a second-level cache.
const WIDE: Blocking = Blocking {
    depth: 128,
    columns: 1024,
    packed_rows: 0,
};
/// For 16 registers, measured on Zen 3 with 512 KiB of second-level cache: a
/// panel of 16 f32 columns takes 16 KiB, half of the first-level cache, and
/// stays there while the rows of A, 256 KiB, pass over it.
const NARROW: Blocking = Blocking {
    depth: 256,
    columns: 512,
    packed_rows: 256,
};

/// How the registers of `S` cut products. Whoever needs it asks anew: passed along in
/// a structure, the widths are numbers that the compiler does not know, and it calls
/// `memmove` for every row of a panel (3 to 4 % of the time of W1, W2 and W5 on Zen 3).
#[inline(always)]
fn cut<T: Register, S: Simd>() -> (Blocking, Widths) {
    let (blocking, wide) = if S::REGISTER_COUNT > 16 {
        (WIDE, 4)
    } else {
        (NARROW, 2)
    };
    let lanes = T::lanes::<S>();
    let widths = Widths {
        wide: lanes * wide,
        narrow: lanes * 2,
    };
    (blocking, widths)
}

/// B's panels are read where they lie if its rows are no longer than this, in
/// bytes: longer ones fall into the same few cache sets.
const SHORT_ROW: usize = 512;
/// … and, if fewer rows of A than `FEW_ROWS` pass over them, up to this length:
/// copying them would take longer than they gain. Evaluating with batches of 16 or
/// 24 rows and 192 to 512 f32 columns then takes 9 to 22 % less time on Zen 3; with
/// 1024 columns it would take 15 to 30 % more.
const SHORT_ROW_FOR_FEW: usize = 2048;
/// So many rows of A are no longer few.
const FEW_ROWS: usize = 32;

/// A is packed if its rows or columns, whichever are contiguous, are at least
/// this long, in bytes: those that a tile reads side by side fall into the same
/// few cache sets, which shows once a neighbour uses the caches too. Packed, W2
/// and W5 then take 3 to 10 % less time on Zen 3, and about the same without
/// neighbour; W3, with rows of 256 bytes, takes 8 % more.
const LONG_STEP: usize = 1024;

/// Values that the packing buffer needs room for.
pub fn buffer_len() -> usize {
    let room =
        |blocking: Blocking| blocking.depth * (blocking.columns + WIDEST + blocking.packed_rows);
    room(WIDE).max(room(NARROW))
}

/// A sum of products to be computed.
pub struct Product<'a, T> {
    /// Its terms, at least one.
    pub terms: &'a [Term<'a, T>],
    /// What they are added to.
    pub start: Start<'a, T>,
    /// Where the sum goes.
    pub c: &'a mut [T],
}

impl<T: Scalar> Product<'_, T> {
    /// Computes it with the instructions of `arch`.
    pub fn run(self, arch: Arch, buffer: &mut [T]) {
        // With AVX-512 and AVX2 there is a fast way to transpose besides.
        #[cfg(target_arch = "x86_64")]
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

impl<T: Scalar, X: Square<T>> WithSimd for Job<'_, T, X> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { terms, start, c } = self.product;
        let (blocking, widths) = cut::<T, S>();
        let (panels, strips) = self
            .buffer
            .split_at_mut(blocking.depth * (blocking.columns + WIDEST));
        // Terms that fit into one block are packed one below the other, so that C
        // is not read and written for each: with 2 threads the products behind the
        // weights' gradients of W1 and W5 take 12 to 20 % less time on Zen 3.
        let packs_a = blocking.packed_rows > 0;
        let is_joint = packs_a && terms.len() > 1 && depth_of(terms) <= blocking.depth;
        let groups = terms.chunks(if is_joint { terms.len() } else { 1 });
        let [a, b] = terms[0];
        let tiles = a.rows.div_ceil(6) * b.columns.div_ceil(widths.wide);
        let blocks = groups
            .clone()
            .map(|group| depth_of(group).div_ceil(blocking.depth));
        let fetching = Fetching::planned(tiles * blocks.sum::<usize>());
        let mut sum = Sum {
            simd,
            square: self.square,
            fetching,
            panels,
            strips,
            start,
            c,
        };
        for group in groups {
            sum.add(group, is_joint);
        }
    }
}

/// A sum of products under way.
struct Sum<'a, T, S, X> {
    simd: S,
    square: X,
    fetching: Fetching,
    /// Room for a block of B.
    panels: &'a mut [T],
    /// Room for rows of A.
    strips: &'a mut [T],
    /// What the next product is added to.
    start: Start<'a, T>,
    c: &'a mut [T],
}

impl<T: Scalar, S: Simd, X: Square<T>> Sum<'_, T, S, X> {
    /// Adds the products of a group of terms; `is_joint` if there are several.
    #[inline(always)]
    fn add(&mut self, group: &[Term<T>], is_joint: bool) {
        let (blocking, _) = cut::<T, S>();
        let [a, b] = group[0];
        let short_row = if a.rows < FEW_ROWS {
            SHORT_ROW_FOR_FEW
        } else {
            SHORT_ROW
        };
        let is_direct = !is_joint && b.is_row_major() && b.row_stride * size_of::<T>() <= short_row;
        let step = a.row_stride.max(a.column_stride) * size_of::<T>();
        let is_packed = is_joint || blocking.packed_rows > 0 && step >= LONG_STEP;
        let depth = depth_of(group);
        let mut block = Block {
            first: 0,
            depth: 0,
            left: 0,
            columns: 0,
        };
        while block.first < depth {
            block.depth = blocking.depth.min(depth - block.first);
            block.left = 0;
            while block.left < b.columns {
                block.columns = blocking.columns.min(b.columns - block.left);
                self.add_block(group, block, is_direct, is_packed);
                block.left += block.columns;
            }
            block.first += block.depth;
            self.start = Start::Add;
        }
    }

    /// Adds the products of a block of B with the columns of A that face it.
    #[inline(always)]
    fn add_block(&mut self, group: &[Term<T>], block: Block, is_direct: bool, is_packed: bool) {
        let [a, b] = group[0];
        let (blocking, widths) = cut::<T, S>();
        let Widths { wide, narrow } = widths;
        // A narrower last panel is packed alone.
        let whole = if is_direct {
            block.columns / narrow * narrow
        } else {
            0
        };
        let rest = Block {
            left: block.left + whole,
            columns: block.columns - whole,
            ..block
        };
        pack(group, rest, widths, self.panels, self.square);
        let row_count = if is_packed {
            blocking.packed_rows
        } else {
            a.rows
        };
        let mut top = 0;
        while top < a.rows {
            let count = row_count.min(a.rows - top);
            // If all rows fit, they have been packed for the first columns.
            if is_packed && (block.left == 0 || count < a.rows) {
                let range = top..top + count;
                pack_strips::<T, S, X>(group, range, block, self.strips, self.square);
            }
            let (values, layout) = if is_packed {
                (&*self.strips, Layout::Packed)
            } else {
                let first = block.first * a.column_stride;
                let layout = if a.is_row_major() {
                    Layout::Rows(a.row_stride)
                } else {
                    Layout::Columns(a.column_stride)
                };
                (&a.values[top * a.row_stride + first..], layout)
            };
            let strips = Strips {
                values,
                layout,
                count,
            };
            let mut j = 0;
            while j < block.columns {
                let left = block.left + j;
                let (panel, width) = if j < whole {
                    let row_step = b.row_stride;
                    let values = &b.values[block.first * row_step + left..];
                    let width = if whole - j < wide { narrow } else { wide };
                    (Panel { values, row_step }, width)
                } else {
                    let row_step = widths.next(block.columns - j);
                    let values = &self.panels[(j - whole) * block.depth..];
                    (Panel { values, row_step }, row_step)
                };
                let place = Place {
                    top,
                    left,
                    width: width.min(block.columns - j),
                    depth: block.depth,
                    row_len: b.columns,
                };
                let (simd, start, c) = (self.simd, self.start, &mut *self.c);
                let fetching = &mut self.fetching;
                if width == narrow {
                    rows_of_tiles::<T, S, 2>(simd, strips, panel, place, start, c, fetching);
                } else {
                    rows_of_tiles::<T, S, 4>(simd, strips, panel, place, start, c, fetching);
                }
                j += place.width;
            }
            top += count;
        }
    }
}

/// Rows of B in all `terms`.
#[inline(always)]
fn depth_of<T>(terms: &[Term<T>]) -> usize {
    terms.iter().map(|[_, b]| b.rows).sum()
}
