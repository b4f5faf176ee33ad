//! Sums and counts over slices, vectorised, accumulated in f64 whatever the
//! precision, in an order that depends neither on the processor nor on threads.

use super::{Scalar, simd};

/// Number of independent partial sums. So many that the loop over them stays a
/// loop: 16 are unrolled into single additions, which LLVM then puts together
/// across registers, with more shuffles than sums (up to six times slower).
const LANES: usize = 64;

/// The partial sums, in memory, on cache lines: sums that straddle two are
/// read and written three times slower.
#[repr(align(64))]
struct Lanes([f64; LANES]);

impl Lanes {
    const ZERO: Self = Self([0.0; LANES]);

    /// Their sum: groups as long as a wide register onto the first one, and
    /// that one as a tree.
    #[inline(always)]
    fn total(&self) -> f64 {
        let mut sums = [0.0; 8];
        for group in self.0.as_chunks::<8>().0 {
            for (sum, lane) in sums.iter_mut().zip(group) {
                *sum += lane;
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

/// Adds one term per value to as many lanes.
#[inline(always)]
fn add_terms<T: Scalar>(values: &[T], Lanes(lanes): &mut Lanes, term: impl Fn(f64) -> f64) {
    for (lane, x) in lanes.iter_mut().zip(values) {
        *lane += term(x.wide());
    }
}

/// Σ term(x), accumulated in f64 whatever the precision.
///
/// The sum runs over a fixed number of lanes, so its value does not depend on
/// the machine. To be vectorised, `term` must be inlined.
#[inline(always)]
pub fn sum_over<T: Scalar>(values: &[T], term: impl Fn(f64) -> f64) -> f64 {
    simd::dispatch(
        #[inline(always)]
        || {
            let mut lanes = Lanes::ZERO;
            let (chunks, rest) = values.as_chunks::<LANES>();
            // Two at a time: the lanes are read and written half as often.
            let (pairs, single) = chunks.as_chunks::<2>();
            for [a, b] in pairs {
                for ((lane, a), b) in lanes.0.iter_mut().zip(a).zip(b) {
                    *lane += term(a.wide()) + term(b.wide());
                }
            }
            for chunk in single {
                add_terms(chunk, &mut lanes, &term);
            }
            add_terms(rest, &mut lanes, &term);
            lanes.total()
        },
    )
}

/// Σ (x − origin) and Σ (x − origin)² in one pass, each as by [`sum_over`].
pub fn sums_about<T: Scalar>(values: &[T], origin: f64) -> [f64; 2] {
    #[inline(always)]
    fn add<T: Scalar>(values: &[T], origin: f64, plain: &mut Lanes, squares: &mut Lanes) {
        let lanes = plain.0.iter_mut().zip(&mut squares.0);
        for ((plain, square), x) in lanes.zip(values) {
            let x = x.wide() - origin;
            *plain += x;
            *square = x.mul_add(x, *square);
        }
    }
    simd::dispatch(
        #[inline(always)]
        || {
            let (mut plain, mut squares) = (Lanes::ZERO, Lanes::ZERO);
            let (chunks, rest) = values.as_chunks::<LANES>();
            // Two at a time, as in `sum_over`.
            let (pairs, single) = chunks.as_chunks::<2>();
            for [a, b] in pairs {
                let lanes = plain.0.iter_mut().zip(&mut squares.0);
                for (((plain, square), a), b) in lanes.zip(a).zip(b) {
                    let (a, b) = (a.wide() - origin, b.wide() - origin);
                    *plain += a + b;
                    *square += a.mul_add(a, b * b);
                }
            }
            for chunk in single {
                add(chunk, origin, &mut plain, &mut squares);
            }
            add(rest, origin, &mut plain, &mut squares);
            [plain.total(), squares.total()]
        },
    )
}

/// Σ x², accumulated in f64 whatever the precision.
///
/// A sum of squares in f32 reads exactly 0 once the norm falls below 3.7e-23
/// (the square underflows); in f64 every finite f32 is safe.
pub fn sum_of_squares<T: Scalar>(values: &[T]) -> f64 {
    sum_over(
        values,
        #[inline(always)]
        |x| x * x,
    )
}

/// For rows of `width` entries: sums ← the sum over the rows, in their order, of
/// as many columns as there are sums, from column `first` on.
pub fn sum_rows<T: Scalar>(rows: &[T], width: usize, first: usize, sums: &mut [f64]) {
    simd::dispatch(
        #[inline(always)]
        || {
            sums.fill(0.0);
            let count = sums.len();
            // Four rows at a time: the sums are read and written less often. (Rows
            // got by an array's `map` cost a call, which is not inlined here.)
            let (fours, rest) = rows.split_at(rows.len() / (4 * width) * 4 * width);
            for four in fours.chunks_exact(4 * width) {
                let row = |r: usize| &four[r * width + first..][..count];
                let (a, b, c, d) = (row(0), row(1), row(2), row(3));
                for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *sum = (((*sum + a.wide()) + b.wide()) + c.wide()) + d.wide();
                }
            }
            for row in rest.chunks_exact(width) {
                for (sum, x) in sums.iter_mut().zip(&row[first..][..count]) {
                    *sum += x.wide();
                }
            }
        },
    );
}

/// For rows as long as `origins`: sums ← the sum over the rows, in their order, of
/// (x − origin)².
pub fn sum_squares_about<T: Scalar>(rows: &[T], origins: &[f64], sums: &mut [f64]) {
    let width = origins.len();
    #[inline(always)]
    fn square<T: Scalar>(x: &T, origin: f64) -> f64 {
        let x = x.wide() - origin;
        x * x
    }
    simd::dispatch(
        #[inline(always)]
        || {
            sums.fill(0.0);
            // Four rows at a time, as in `sum_rows`.
            let (fours, rest) = rows.split_at(rows.len() / (4 * width) * 4 * width);
            for four in fours.chunks_exact(4 * width) {
                let row = |r: usize| &four[r * width..][..width];
                let (a, b, c, d) = (row(0), row(1), row(2), row(3));
                let columns = sums.iter_mut().zip(origins);
                for (((((sum, o), a), b), c), d) in columns.zip(a).zip(b).zip(c).zip(d) {
                    let sum_of_two = (*sum + square(a, *o)) + square(b, *o);
                    *sum = (sum_of_two + square(c, *o)) + square(d, *o);
                }
            }
            for row in rest.chunks_exact(width) {
                for ((sum, origin), x) in sums.iter_mut().zip(origins).zip(row) {
                    *sum += square(x, *origin);
                }
            }
        },
    );
}

/// For rows of `width` entries: the sum over the rows of a·b, entry by entry,
/// and after it, where `sums` has room for it, the sum of a.
pub fn sum_products<T: Scalar>(a: &[T], b: &[T], width: usize, sums: &mut [f64]) {
    simd::dispatch(
        #[inline(always)]
        || {
            sums.fill(0.0);
            let (products, plain) = sums.split_at_mut(width);
            for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                for ((sum, a), b) in products.iter_mut().zip(a).zip(b) {
                    *sum += a.wide() * b.wide();
                }
                for (sum, a) in plain.iter_mut().zip(a) {
                    *sum += a.wide();
                }
            }
        },
    );
}

/// For rows as long as `found`: says of every column whether `term` of some
/// row's entry there is not 0, and returns how many columns that is true of. To
/// be vectorised, `term` must be inlined.
#[inline(always)]
pub fn nonzero_columns<T: Scalar>(
    rows: &[T],
    found: &mut [bool],
    term: impl Fn(T) -> T + Copy,
) -> usize {
    /// Columns at a time.
    const COLUMNS: usize = 64;
    let width = found.len();
    // Σ |term|: 0 if and only if every term is, since no sum of two numbers
    // greater than 0 rounds to 0; NaN is not 0.
    let size = |x: &T| term(*x).abs();
    simd::dispatch(
        #[inline(always)]
        || {
            let mut count = 0;
            for (block, found) in found.chunks_mut(COLUMNS).enumerate() {
                let mut sizes = [T::zero(); COLUMNS];
                let sizes = &mut sizes[..found.len()];
                let row = |r: usize| &rows[r * width + block * COLUMNS..][..found.len()];
                let row_count = rows.len() / width;
                // Four rows at a time: the sums are read and written less often.
                let fours = row_count / 4 * 4;
                for r in (0..fours).step_by(4) {
                    let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
                    for ((((sum, a), b), c), d) in sizes.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                        *sum += (size(a) + size(b)) + (size(c) + size(d));
                    }
                }
                for r in fours..row_count {
                    for (sum, x) in sizes.iter_mut().zip(row(r)) {
                        *sum += size(x);
                    }
                }
                for (found, sum) in found.iter_mut().zip(sizes) {
                    *found = *sum != T::zero();
                    count += usize::from(*found);
                }
            }
            count
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
    fn norms_far_below_f32_squares_are_exact() {
        // 1e-30² = 1e-60 is below the smallest f32 (1.4e-45): a sum in f32 gives 0.
        let tiny = vec![1e-30f32; 100];
        let norm = sum_of_squares(&tiny).sqrt();
        assert!((norm / 1e-29 - 1.0).abs() < 1e-6, "{norm}");
    }

    #[test]
    fn no_entry_is_left_out_whatever_the_length() {
        for length in 0..300u32 {
            // Small whole numbers: sums are exact.
            let values: Vec<f32> = (0..length).map(|k| (k % 7) as f32).collect();
            let wide = values.iter().map(|x| f64::from(*x));
            let about = |origin: f64| wide.clone().map(move |x| x - origin);
            for origin in [0.0, 3.0] {
                let [sum, squares] = sums_about(&values, origin);
                assert_eq!(sum, about(origin).sum::<f64>());
                assert_eq!(squares, about(origin).map(|x| x * x).sum::<f64>());
            }
            assert_eq!(
                sum_of_squares(&values),
                about(0.0).map(|x| x * x).sum::<f64>()
            );
            assert_eq!(count_zeros(&values), u64::from(length.div_ceil(7)));
        }
    }

    #[test]
    fn zeros_of_either_sign_are_counted_and_the_smallest_number_is_not() {
        let values = [0.0, -0.0, f32::from_bits(1), f32::NAN];
        assert_eq!(count_zeros(&values), 2);
        // More than one block of counters.
        assert_eq!(count_zeros(&vec![0.0f32; 200_000]), 200_000);
    }

    #[test]
    fn a_column_is_found_by_any_number_that_is_not_zero() {
        let smallest = f32::from_bits(1);
        for width in [1, 5, 32, 33, 64, 100] {
            for (nonzero, rows) in [
                (smallest, 1),
                (-smallest, 4),
                (f32::NAN, 2),
                (-1.0, 3),
                (smallest, 9),
            ] {
                let mut table = vec![0.0; width * rows];
                // Every third column, in some row; the others hold −0 there.
                let mut expected = vec![false; width];
                for column in 0..width {
                    let is_found = column % 3 == 0;
                    table[column % rows * width + column] = if is_found { nonzero } else { -0.0 };
                    expected[column] = is_found;
                }
                let mut found = vec![true; width];
                let count = nonzero_columns(&table, &mut found, |x| x);
                assert_eq!(count, width.div_ceil(3));
                assert_eq!(found, expected);
            }
            let mut found = vec![true; width];
            assert_eq!(nonzero_columns::<f64>(&[], &mut found, |x| x), 0);
            assert_eq!(found, vec![false; width]);
        }
    }

    #[test]
    fn columns_are_summed_wherever_they_lie() {
        const WIDTH: usize = 7;
        for rows in [0, 1, 3, 4, 5, 11] {
            // Whole numbers: sums are exact. Entry (r, c) is 10·r + c.
            let table: Vec<f32> = (0..rows * WIDTH)
                .map(|i| (10 * (i / WIDTH) + i % WIDTH) as f32)
                .collect();
            for (first, count) in [(0, WIDTH), (2, 3), (6, 1)] {
                let mut sums = vec![-1.0; count];
                sum_rows(&table, WIDTH, first, &mut sums);
                // Σ_r (10·r + c) = 10·rows·(rows − 1)/2 + rows·c.
                let of_rows = 5 * rows * rows.saturating_sub(1);
                let expected = (first..first + count).map(|c| (of_rows + rows * c) as f64);
                assert_eq!(sums, expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn squares_and_products_are_summed_over_all_rows() {
        const WIDTH: usize = 5;
        for rows in [0, 1, 2, 3, 4, 5, 11] {
            // Whole numbers: sums are exact. Entry (r, c) is r + 10·c.
            let entry = |i: usize| (i / WIDTH + 10 * (i % WIDTH)) as f32;
            let table: Vec<f32> = (0..rows * WIDTH).map(entry).collect();
            let sum_of = |term: fn(usize, usize) -> usize| -> Vec<f64> {
                let sum = |c: usize| (0..rows).map(|r| term(r, c)).sum::<usize>() as f64;
                (0..WIDTH).map(sum).collect()
            };
            let origins: Vec<f64> = (0..WIDTH).map(|c| (10 * c) as f64).collect();
            let mut squares = [-1.0; WIDTH];
            sum_squares_about(&table, &origins, &mut squares);
            assert_eq!(squares[..], sum_of(|r, _| r * r));
            // (r + 10·c)·(r + 10·c + 2), and what is longer does not matter.
            let longer: Vec<f32> = (0..table.len() + 3).map(|i| entry(i) + 2.0).collect();
            let mut sums = [-1.0; 2 * WIDTH];
            sum_products(&table, &longer, WIDTH, &mut sums);
            let products = sum_of(|r, c| (r + 10 * c) * (r + 10 * c + 2));
            let expected = [products, sum_of(|r, c| r + 10 * c)].concat();
            assert_eq!(sums[..], expected);
        }
    }

    #[test]
    fn sum_of_squares_equals_the_plain_sum() {
        let values: Vec<f64> = (0..103).map(f64::from).collect();
        // Σ k² for k = 0…102 = n(n+1)(2n+1)/6 with n = 102.
        assert_eq!(sum_of_squares(&values), 102.0 * 103.0 * 205.0 / 6.0);
    }
}
