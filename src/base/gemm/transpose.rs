//! Transposing small pieces of a matrix in registers, which packing is made of.

/// 16 columns of a panel, of as many rows as are transposed.
pub struct Slots<'a, T> {
    /// The panel's rows.
    pub values: &'a mut [T],
    /// The length of a row.
    pub stride: usize,
    /// The first of the columns.
    pub left: usize,
}

/// Contiguous columns or rows of a matrix.
///
/// Handed on as they lie, since an array of slices would be copied from call to
/// call, which takes as long as transposing them.
#[derive(Clone, Copy)]
pub struct Lines<'a, T> {
    /// They begin with the first line.
    pub values: &'a [T],
    /// From one line to the next.
    pub step: usize,
    /// Length of a line.
    pub length: usize,
}

impl<'a, T> Lines<'a, T> {
    /// The first `N` lines, entry p of each being in front.
    #[inline(always)]
    fn from<const N: usize>(self, p: usize) -> [&'a [T]; N] {
        let mut lines = [&self.values[..0]; N];
        for (q, line) in lines.iter_mut().enumerate() {
            *line = &self.values[q * self.step + p..][..self.length - p];
        }
        lines
    }
}

/// Transposes 16 lines at a time, or 6.
pub trait Square<T>: Copy {
    /// Row p, column q of `to` ← entry p of line q, for 16 lines.
    fn transpose(self, lines: Lines<T>, to: Slots<T>);

    /// `to[p][q]` ← entry p of line q, for 6 lines as long as `to`.
    fn weave(self, lines: Lines<T>, to: &mut [[T; 6]]);
}

/// Entry by entry.
#[derive(Clone, Copy)]
pub struct Plain;

/// [`Square::transpose`] entry by entry, from entry `first` of the lines on.
#[inline(always)]
fn transpose_rest<T: Copy>(first: usize, lines: Lines<T>, to: Slots<T>) {
    if first == lines.length {
        return;
    }
    let columns: [_; 16] = lines.from(first);
    let rows = to.values.chunks_exact_mut(to.stride).skip(first);
    for (p, row) in rows.enumerate().take(lines.length - first) {
        let row = &mut row[to.left..][..16];
        for q in 0..16 {
            row[q] = columns[q][p];
        }
    }
}

/// [`Square::weave`] entry by entry, from entry `first` of the lines on.
#[inline(always)]
fn weave_rest<T: Copy>(first: usize, lines: Lines<T>, to: &mut [[T; 6]]) {
    let rows: [_; 6] = lines.from(first);
    for (p, slot) in to[first..].iter_mut().enumerate() {
        for q in 0..6 {
            slot[q] = rows[q][p];
        }
    }
}

impl<T: Copy> Square<T> for Plain {
    #[inline(always)]
    fn transpose(self, lines: Lines<T>, to: Slots<T>) {
        transpose_rest(0, lines, to);
    }

    #[inline(always)]
    fn weave(self, lines: Lines<T>, to: &mut [[T; 6]]) {
        weave_rest(0, lines, to);
    }
}

/// A scalar type with fast ways to do what `Square` does where the processor has
/// one.
pub trait Transpose: Copy {
    /// With AVX-512.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose_v4(simd: pulp::x86::V4, lines: Lines<Self>, to: Slots<Self>) {
        let _ = simd;
        Plain.transpose(lines, to);
    }

    /// With AVX2.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose_v3(simd: pulp::x86::V3, lines: Lines<Self>, to: Slots<Self>) {
        let _ = simd;
        Plain.transpose(lines, to);
    }

    /// 6 rows with AVX2.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn weave_v3(simd: pulp::x86::V3, lines: Lines<Self>, to: &mut [[Self; 6]]) {
        let _ = simd;
        Plain.weave(lines, to);
    }
}

#[cfg(target_arch = "x86_64")]
impl<T: Transpose> Square<T> for pulp::x86::V4 {
    #[inline(always)]
    fn transpose(self, lines: Lines<T>, to: Slots<T>) {
        T::transpose_v4(self, lines, to);
    }

    #[inline(always)]
    fn weave(self, lines: Lines<T>, to: &mut [[T; 6]]) {
        Plain.weave(lines, to);
    }
}

#[cfg(target_arch = "x86_64")]
impl<T: Transpose> Square<T> for pulp::x86::V3 {
    #[inline(always)]
    fn transpose(self, lines: Lines<T>, to: Slots<T>) {
        T::transpose_v3(self, lines, to);
    }

    #[inline(always)]
    fn weave(self, lines: Lines<T>, to: &mut [[T; 6]]) {
        T::weave_v3(self, lines, to);
    }
}

impl Transpose for f64 {}

impl Transpose for f32 {
    /// 16 × 16 entries in registers: interleave pairs of rows, then pairs of
    /// pairs, then quarters of registers. Entry by entry, a product with 128
    /// rows of 256 takes about a third longer.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose_v4(simd: pulp::x86::V4, lines: Lines<f32>, to: Slots<f32>) {
        use pulp::cast;
        let depth = lines.length;
        let columns: [_; 16] = lines.from(0);
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
                    let first = (p + 4 * q + c) * to.stride + to.left;
                    to.values[first..first + 16].copy_from_slice(&row);
                }
            }
            p += 16;
        }
        transpose_rest(p, lines, to);
    }

    /// 4 × 8 entries in registers: columns c and c + 4 share a register from
    /// the start, so that two squares of 4 × 4 are transposed side by side and
    /// nothing crosses the middle of a register.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose_v3(simd: pulp::x86::V3, lines: Lines<f32>, to: Slots<f32>) {
        use pulp::cast;
        let simd = simd.avx;
        let whole = lines.length / 4;
        let columns: [_; 16] = lines.from(0);
        for half in [0, 8] {
            let mut fours = [&[[0.0; 4]; 0][..]; 8];
            for c in 0..8 {
                fours[c] = &columns[half + c].as_chunks().0[..whole];
            }
            let left = to.left + half;
            let groups = to.values.chunks_exact_mut(4 * to.stride);
            for (p, group) in groups.enumerate().take(whole) {
                let mut rows = [simd._mm256_setzero_ps(); 4];
                for c in 0..4 {
                    rows[c] = cast([fours[c][p], fours[c + 4][p]]);
                }
                let [a, b, c, d] = rows;
                let (low, high) = (simd._mm256_unpacklo_ps(a, b), simd._mm256_unpackhi_ps(a, b));
                let (a, b) = (cast(low), cast(high));
                let (low, high) = (simd._mm256_unpacklo_ps(c, d), simd._mm256_unpackhi_ps(c, d));
                let (c, d) = (cast(low), cast(high));
                let out = [
                    simd._mm256_unpacklo_pd(a, c),
                    simd._mm256_unpackhi_pd(a, c),
                    simd._mm256_unpacklo_pd(b, d),
                    simd._mm256_unpackhi_pd(b, d),
                ];
                for (row, slot) in out.into_iter().zip(group.chunks_exact_mut(to.stride)) {
                    let row: [f32; 8] = cast(row);
                    slot[left..][..8].copy_from_slice(&row);
                }
            }
        }
        transpose_rest(4 * whole, lines, to);
    }

    /// 4 columns at a time: pairs of rows interleaved, then halves of registers
    /// put together.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn weave_v3(simd: pulp::x86::V3, lines: Lines<f32>, to: &mut [[f32; 6]]) {
        use pulp::cast;
        let (sse, sse2) = (simd.sse, simd.sse2);
        let (fours, _) = to.as_chunks_mut::<4>();
        let whole = fours.len();
        let rows: [_; 6] = lines.from(0);
        let mut columns = [&[[0.0; 4]; 0][..]; 6];
        for q in 0..6 {
            columns[q] = &rows[q].as_chunks::<4>().0[..whole];
        }
        for (p, slots) in fours.iter_mut().enumerate() {
            let at = |q: usize| cast(columns[q][p]);
            let (slots, _) = slots.as_flattened_mut().as_chunks_mut::<12>();
            for (slots, low) in slots.iter_mut().zip([true, false]) {
                let pair = |q: usize| {
                    cast(match low {
                        true => sse._mm_unpacklo_ps(at(q), at(q + 1)),
                        false => sse._mm_unpackhi_ps(at(q), at(q + 1)),
                    })
                };
                let (ab, cd, ef) = (pair(0), pair(2), pair(4));
                let twelve = [
                    sse2._mm_unpacklo_pd(ab, cd),
                    sse2._mm_shuffle_pd::<0b10>(ef, ab),
                    sse2._mm_unpackhi_pd(cd, ef),
                ];
                *slots = cast(twelve);
            }
        }
        weave_rest(4 * whole, lines, to);
    }
}
