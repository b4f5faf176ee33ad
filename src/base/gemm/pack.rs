//! Packing B: the columns of a panel side by side, so that the kernel reads
//! one stream.

use super::{Matrix, Register};

/// Transposes 16 columns at a time.
pub trait Square<T>: Copy {
    /// `slots[p·stride + q]` ← `columns[q][p]` for q < 16 and every p; the
    /// columns are of one length.
    fn transpose(self, columns: [&[T]; 16], slots: &mut [T], stride: usize);
}

/// Entry by entry.
#[derive(Clone, Copy)]
pub struct Plain;

impl<T: Copy> Square<T> for Plain {
    #[inline(always)]
    fn transpose(self, columns: [&[T]; 16], slots: &mut [T], stride: usize) {
        let depth = columns[0].len();
        let columns = columns.map(|column| &column[..depth]);
        for p in 0..depth {
            let slot = &mut slots[p * stride..p * stride + 16];
            for q in 0..16 {
                slot[q] = columns[q][p];
            }
        }
    }
}

/// A scalar type with a fast way to transpose where the processor has one.
pub trait Transpose: Copy {
    /// `slots[p·stride + q]` ← `columns[q][p]` for q < 16 and every p.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose(simd: pulp::x86::V4, columns: [&[Self]; 16], slots: &mut [Self], stride: usize) {
        let _ = simd;
        Plain.transpose(columns, slots, stride);
    }
}

#[cfg(target_arch = "x86_64")]
impl<T: Transpose> Square<T> for pulp::x86::V4 {
    #[inline(always)]
    fn transpose(self, columns: [&[T]; 16], slots: &mut [T], stride: usize) {
        T::transpose(self, columns, slots, stride);
    }
}

impl Transpose for f64 {}

impl Transpose for f32 {
    /// 16 × 16 entries in registers: interleave pairs of rows, then pairs of
    /// pairs, then quarters of registers. Entry by entry, a product with 128
    /// rows of 256 takes about a third longer.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose(simd: pulp::x86::V4, columns: [&[f32]; 16], slots: &mut [f32], stride: usize) {
        use pulp::cast;
        let depth = columns[0].len();
        let columns = columns.map(|column| &column[..depth]);
        let simd = simd.avx512f;
        let zero = simd._mm512_setzero_ps();
        let mut p = 0;
        while p + 16 <= depth {
            let mut rows = [zero; 16];
            for q in 0..16 {
                let row: &[f32; 16] = columns[q][p..p + 16].first_chunk().expect("16 entries");
                rows[q] = cast(*row);
            }
            let mut pairs = [simd._mm512_setzero_pd(); 16];
            for q in 0..8 {
                let (a, b) = (rows[2 * q], rows[2 * q + 1]);
                pairs[2 * q] = cast(simd._mm512_unpacklo_ps(a, b));
                pairs[2 * q + 1] = cast(simd._mm512_unpackhi_ps(a, b));
            }
            // fours[4g + c]: columns c, c + 4, c + 8, c + 12 of rows 4g … 4g + 3.
            let mut fours = [zero; 16];
            for g in 0..4 {
                for h in 0..2 {
                    let (a, b) = (pairs[4 * g + h], pairs[4 * g + h + 2]);
                    fours[4 * g + 2 * h] = cast(simd._mm512_unpacklo_pd(a, b));
                    fours[4 * g + 2 * h + 1] = cast(simd._mm512_unpackhi_pd(a, b));
                }
            }
            for c in 0..4 {
                let even = |a, b| simd._mm512_shuffle_f32x4::<0b10_00_10_00>(a, b);
                let odd = |a, b| simd._mm512_shuffle_f32x4::<0b11_01_11_01>(a, b);
                let (above, below) = ((fours[c], fours[4 + c]), (fours[8 + c], fours[12 + c]));
                let (a, b) = (even(above.0, above.1), even(below.0, below.1));
                let (d, e) = (odd(above.0, above.1), odd(below.0, below.1));
                let out = [even(a, b), even(d, e), odd(a, b), odd(d, e)];
                for (q, row) in out.into_iter().enumerate() {
                    let row: [f32; 16] = cast(row);
                    let first = (p + 4 * q + c) * stride;
                    slots[first..first + 16].copy_from_slice(&row);
                }
            }
            p += 16;
        }
        if p < depth {
            Plain.transpose(
                columns.map(|column| &column[p..]),
                &mut slots[p * stride..],
                stride,
            );
        }
    }
}

/// A block of B: rows `first` … and columns `left` ….
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

/// Packs a block of B: panel after panel, each row after row, the last panel
/// filled up with zeros.
#[inline(always)]
pub fn pack<T: Register, X: Square<T>>(
    b: Matrix<T>,
    block: Block,
    widths: Widths,
    to: &mut [T],
    square: X,
) {
    let Block {
        first,
        depth,
        left,
        columns,
    } = block;
    let wide = widths.wide;
    let full = columns / wide * wide;
    if b.is_row_major() {
        // Row by row, so that the processor sees the stream and fetches ahead.
        for p in 0..depth {
            let row = &b.values[(first + p) * b.row_stride + left..][..full];
            for (panel, chunk) in row.chunks_exact(wide).enumerate() {
                to[panel * wide * depth + p * wide..][..wide].copy_from_slice(chunk);
            }
        }
    } else {
        for j in (0..full).step_by(wide) {
            let block = Block {
                left: left + j,
                columns: wide,
                ..block
            };
            pack_panel(b, block, wide, &mut to[j * depth..], square);
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
            block,
            widths.next(columns - full),
            &mut to[full * depth..],
            square,
        );
    }
}

#[inline(always)]
fn pack_panel<T: Register, X: Square<T>>(
    b: Matrix<T>,
    block: Block,
    width: usize,
    to: &mut [T],
    square: X,
) {
    let Block {
        first,
        depth,
        left,
        columns,
    } = block;
    let to = &mut to[..depth * width];
    if b.is_row_major() {
        for (p, slot) in to.chunks_exact_mut(width).enumerate() {
            let row = &b.values[(first + p) * b.row_stride + left..][..columns];
            slot[..columns].copy_from_slice(row);
        }
    } else {
        let column = |q: usize| &b.values[(left + q) * b.column_stride + first..][..depth];
        let squares = columns / 16 * 16;
        for q in (0..squares).step_by(16) {
            square.transpose(std::array::from_fn(|i| column(q + i)), &mut to[q..], width);
        }
        for q in squares..columns {
            for (slot, value) in to.chunks_exact_mut(width).zip(column(q)) {
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
