//! Sums over columns and counts over slices, vectorised, accumulated in f64 whatever
//! the precision, in an order that depends neither on the processor nor on threads.

use super::{Scalar, simd};

/// The most columns at a time. Their sums, one per column, stay in registers while the
/// rows pass: four of AVX-512 or eight of AVX2 in f64.
const COLUMNS: usize = 32;

/// sums ← what `add` makes of zeros for 32, 8, 4 or 1 columns at a time: it gets the
/// first of them and their sums.
#[inline(always)]
fn by_columns<A: Copy>(sums: &mut [A], zero: A, add: impl Fn(usize, &mut [A])) {
    // Arrays, so that the compiler knows how many sums there are: only then does it
    // keep them in registers.
    macro_rules! next {
        ($first:ident, $count:expr) => {{
            let mut own = [zero; $count];
            add($first, &mut own);
            sums[$first..][..$count].copy_from_slice(&own);
            $first += $count;
        }};
    }
    let mut first = 0;
    while first < sums.len() {
        match sums.len() - first {
            COLUMNS.. => next!(first, COLUMNS),
            8.. => next!(first, 8),
            4.. => next!(first, 4),
            _ => next!(first, 1),
        }
    }
}

/// For rows of `width` entries: sums ← the sum over the rows, in their order, of
/// as many columns as there are sums, from column `first` on.
pub fn sum_rows<T: Scalar>(rows: &[T], width: usize, first: usize, sums: &mut [f64]) {
    simd::dispatch(
        #[inline(always)]
        || {
            by_columns(
                sums,
                0.0,
                #[inline(always)]
                |column, own| {
                    let count = own.len();
                    for row in rows.chunks_exact(width) {
                        for (sum, x) in own.iter_mut().zip(&row[first + column..][..count]) {
                            *sum += (*x).to_f64();
                        }
                    }
                },
            );
        },
    );
}

/// For rows as long as `origins` and `sums`: sums ← the sum over the rows, in their
/// order, of (x − origin)².
pub fn sum_squares_about<T: Scalar>(rows: &[T], origins: &[f64], sums: &mut [f64]) {
    let width = origins.len();
    simd::dispatch(
        #[inline(always)]
        || {
            by_columns(
                sums,
                0.0,
                #[inline(always)]
                |column, own| {
                    let count = own.len();
                    let origins = &origins[column..][..count];
                    for row in rows.chunks_exact(width) {
                        let columns = own.iter_mut().zip(origins);
                        for ((sum, origin), x) in columns.zip(&row[column..][..count]) {
                            let x = (*x).to_f64() - origin;
                            *sum += x * x;
                        }
                    }
                },
            );
        },
    );
}

/// For rows of `width` entries: the sum over the rows of a·b, entry by entry,
/// and after it, if `sums` is twice as long as a row, the sum of a.
pub fn sum_products<T: Scalar>(a: &[T], b: &[T], width: usize, sums: &mut [f64]) {
    let (products, plain) = sums.split_at_mut(width);
    simd::dispatch(
        #[inline(always)]
        || {
            by_columns(
                products,
                0.0,
                #[inline(always)]
                |column, own| {
                    let count = own.len();
                    for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                        let (a, b) = (&a[column..][..count], &b[column..][..count]);
                        for ((sum, a), b) in own.iter_mut().zip(a).zip(b) {
                            *sum += (*a).to_f64() * (*b).to_f64();
                        }
                    }
                },
            );
        },
    );
    sum_rows(a, width, 0, plain);
}

/// For rows as long as `counts`: counts ← in how many rows `term` of a column's entry is
/// not 0; NaN is not 0. To be vectorised, `term` must be inlined. At most 2²⁴ rows, up to
/// which an f32 counts.
#[inline(always)]
pub fn count_nonzero_rows<T: Scalar>(rows: &[T], counts: &mut [u32], term: impl Fn(T) -> T) {
    /// Columns whose counts are kept before they are handed on. (Handed on as long as
    /// their number is known, they are put together from registers of all sizes.)
    const KEPT: usize = 64;
    let width = counts.len();
    simd::dispatch(
        #[inline(always)]
        || {
            for (block, counts) in counts.chunks_mut(KEPT).enumerate() {
                // Counters of the entries' type keep all lanes of a register in step.
                let mut sums = [T::zero(); KEPT];
                by_columns(
                    &mut sums[..counts.len()],
                    T::zero(),
                    #[inline(always)]
                    |column, own| {
                        let count = own.len();
                        for row in rows.chunks_exact(width) {
                            let row = &row[block * KEPT + column..][..count];
                            for (sum, x) in own.iter_mut().zip(row) {
                                let is_zero = term(*x) == T::zero();
                                *sum += if is_zero { T::zero() } else { T::one() };
                            }
                        }
                    },
                );
                for (count, sum) in counts.iter_mut().zip(&sums) {
                    *count = (*sum).to_f64() as u32;
                }
            }
        },
    );
}

/// Σ |x|.
pub fn sum_of_sizes<T: Scalar>(values: &[T]) -> f64 {
    /// Independent partial sums: two registers of AVX-512, four of AVX2.
    const LANES: usize = 16;
    simd::dispatch(
        #[inline(always)]
        || {
            let mut lanes = [0.0; LANES];
            let (chunks, rest) = values.as_chunks::<LANES>();
            for chunk in chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane += x.abs().to_f64();
                }
            }
            for (lane, x) in lanes.iter_mut().zip(rest) {
                *lane += x.abs().to_f64();
            }
            lanes.iter().sum()
        },
    )
}

/// How many of a slice's entries `holds` is true of. To be vectorised, it must
/// be inlined.
#[inline(always)]
pub fn count_where<A: Copy, B: Copy>(a: &[A], b: &[B], holds: impl Fn(A, B) -> bool) -> u64 {
    // Counters as wide as an f32 keep all lanes of a register in step; a block
    // cannot overflow them.
    const BLOCK: usize = 1 << 16;
    simd::dispatch(
        #[inline(always)]
        || {
            let mut total = 0;
            for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
                let mut count = 0u32;
                for (a, b) in a.iter().zip(b) {
                    count += u32::from(holds(*a, *b));
                }
                total += u64::from(count);
            }
            total
        },
    )
}

/// How many entries are exactly 0.
pub fn count_zeros<T: Scalar>(values: &[T]) -> u64 {
    count_where(
        values,
        values,
        #[inline(always)]
        |x, _| x == T::zero(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_of_either_sign_are_counted_and_the_smallest_number_is_not() {
        let values = [0.0, -0.0, f32::from_bits(1), f32::NAN];
        assert_eq!(count_zeros(&values), 2);
        // More than one block of counters.
        assert_eq!(count_zeros(&vec![0.0f32; 200_000]), 200_000);
    }

    #[test]
    fn rows_are_counted_whose_entry_is_not_zero() {
        let smallest = f32::from_bits(1);
        for width in [1, 5, 32, 33, 64, 100] {
            for (nonzero, rows) in [(smallest, 1), (-smallest, 4), (f32::NAN, 2), (-1.0, 9)] {
                // Column c holds the number in its first c % (rows + 1) rows, else −0.
                let entry = |i: usize| {
                    let is_nonzero = i / width < i % width % (rows + 1);
                    if is_nonzero { nonzero } else { -0.0 }
                };
                let table: Vec<f32> = (0..width * rows).map(entry).collect();
                let mut counts = vec![7; width];
                count_nonzero_rows(&table, &mut counts, |x| x);
                let expected: Vec<u32> = (0..width).map(|c| (c % (rows + 1)) as u32).collect();
                assert_eq!(counts, expected);
            }
            let mut counts = vec![7; width];
            count_nonzero_rows::<f64>(&[], &mut counts, |x| x);
            assert_eq!(counts, vec![0; width]);
        }
    }

    #[test]
    fn sizes_are_summed_whatever_the_sign() {
        for length in [0usize, 1, 15, 16, 17, 1000] {
            // Whole numbers: sums are exact.
            let values: Vec<f32> = (0..length)
                .map(|i| if i % 2 == 0 { -1.0 } else { 1.0 } * i as f32)
                .collect();
            let expected = (length * length.saturating_sub(1) / 2) as f64;
            assert_eq!(sum_of_sizes(&values), expected);
        }
        assert!(sum_of_sizes(&[1.0, f64::NAN]).is_nan());
    }

    /// Columns and rows: of every number of columns that are summed at a time.
    fn shapes() -> impl Iterator<Item = (usize, usize)> {
        let widths = [6, COLUMNS, COLUMNS + 9, 2 * COLUMNS + 22];
        let with_rows = |width| [0, 1, 3, 11].map(|rows| (width, rows));
        widths.into_iter().flat_map(with_rows)
    }

    #[test]
    fn columns_are_summed_wherever_they_lie() {
        for (width, rows) in shapes() {
            // Whole numbers: sums are exact. Entry (r, c) is 10·r + c.
            let table: Vec<f32> = (0..rows * width)
                .map(|i| (10 * (i / width) + i % width) as f32)
                .collect();
            for (first, count) in [(0, width), (2, width - 4), (width - 1, 1)] {
                let mut sums = vec![-1.0; count];
                sum_rows(&table, width, first, &mut sums);
                // Σ_r (10·r + c) = 10·rows·(rows − 1)/2 + rows·c.
                let of_rows = 5 * rows * rows.saturating_sub(1);
                let expected = (first..first + count).map(|c| (of_rows + rows * c) as f64);
                assert_eq!(sums, expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn squares_and_products_are_summed_over_all_rows() {
        for (width, rows) in shapes() {
            // Whole numbers: sums are exact. Entry (r, c) is r + 10·c.
            let entry = |i: usize| (i / width + 10 * (i % width)) as f32;
            let table: Vec<f32> = (0..rows * width).map(entry).collect();
            let sum_of = |term: fn(usize, usize) -> usize| -> Vec<f64> {
                let sum = |c: usize| (0..rows).map(|r| term(r, c)).sum::<usize>() as f64;
                (0..width).map(sum).collect()
            };
            let origins: Vec<f64> = (0..width).map(|c| (10 * c) as f64).collect();
            let mut squares = vec![-1.0; width];
            sum_squares_about(&table, &origins, &mut squares);
            assert_eq!(squares, sum_of(|r, _| r * r));
            // (r + 10·c)·(r + 10·c + 2), and what is longer does not matter.
            let longer: Vec<f32> = (0..table.len() + 3).map(|i| entry(i) + 2.0).collect();
            let products = sum_of(|r, c| (r + 10 * c) * (r + 10 * c + 2));
            let mut sums = vec![-1.0; width];
            sum_products(&table, &longer, width, &mut sums);
            assert_eq!(sums, products);
            let mut sums = vec![-1.0; 2 * width];
            sum_products(&table, &longer, width, &mut sums);
            assert_eq!(sums, [products, sum_of(|r, c| r + 10 * c)].concat());
        }
    }
}
