//! The only matrix product of the engine: one seam, so that the kernel behind
//! it can change.
//!
//! Every entry of a product is one chain of fused multiply-adds over k in
//! ascending order, begun at what [`Start`] says, wherever the entry lies and
//! however the rows are cut: products of some rows, or sums over some rows
//! continued with [`Start::Add`], give the bits of the whole product.

mod chain;
mod kernel;
mod pack;
mod register;
mod tile;
mod transpose;

use ndarray::ArrayView2;
use pulp::Arch;

use super::Scalar;
use kernel::Product;

pub use register::Register;
pub use transpose::Transpose;

/// A matrix over a slice; transposing it moves nothing.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// The first `rows * columns` values, row by row.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn new(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self {
            values: &values[..rows * columns],
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The matrix that a view shows.
    ///
    /// # Panics
    /// If its rows do not lie one after the other.
    #[inline]
    pub fn of(view: ArrayView2<'a, T>) -> Self {
        let values = view.to_slice().expect("rows one after the other");
        Self::new(values, view.nrows(), view.ncols())
    }

    /// The transposed matrix.
    #[must_use]
    pub fn transposed(self) -> Self {
        // A single row is as long as it is, so that rows make up the values.
        let is_column = self.columns == 1;
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: if is_column {
                self.rows
            } else {
                self.column_stride
            },
            column_stride: self.row_stride,
        }
    }

    /// Whether its rows are contiguous.
    fn is_row_major(&self) -> bool {
        self.column_stride == 1
    }
}

/// What a product is added to.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, T> {
    /// Nothing.
    Zero,
    /// What C holds.
    Add,
    /// This row, in every row of C: a bias of length n.
    Row(&'a [T]),
}

/// A product A·B: A is [m, k], B [k, n].
pub type Term<'a, T> = [Matrix<'a, T>; 2];

/// C ← start + A·B; C is [m, n] row by row.
///
/// Runs on the calling thread alone: parallelism belongs above the product,
/// where the pieces of work do not depend on the number of threads. Nothing is
/// allocated but each thread's packing buffer, once.
///
/// # Panics
/// If the shapes do not fit each other.
pub fn gemm<T: Scalar>(a: Matrix<T>, b: Matrix<T>, start: Start<T>, c: &mut [T]) {
    gemm_sum(&[[a, b]], start, c);
}

/// C ← start + the sum of the products `terms` in their order, which may
/// differ in k and in layout: [`gemm`] of one after the other, the second on with
/// [`Start::Add`], bit for bit, but faster.
///
/// # Panics
/// If there is no term or shapes do not fit each other.
pub fn gemm_sum<T: Scalar>(terms: &[Term<T>], start: Start<T>, c: &mut [T]) {
    let [first_a, first_b] = terms[0];
    for [a, b] in terms {
        assert_eq!(a.columns, b.rows, "columns of A, rows of B");
        let shape = (a.rows, b.columns);
        assert_eq!(
            shape,
            (first_a.rows, first_b.columns),
            "shapes of the terms"
        );
    }
    assert_eq!(c.len(), first_a.rows * first_b.columns, "entries of C");
    if c.is_empty() {
        return;
    }
    if terms.iter().all(|[_, b]| b.rows == 0) {
        match start {
            Start::Zero => c.fill(T::zero()),
            Start::Add => {}
            Start::Row(row) => c
                .chunks_exact_mut(first_b.columns)
                .for_each(|c| c.copy_from_slice(row)),
        }
        return;
    }
    T::with_packing_buffer(kernel::buffer_len(), |buffer| {
        let product = Product { terms, start, c };
        T::multiply(product, Arch::new(), buffer);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;
    use crate::simd;
    use rand::RngExt;

    fn numbers(count: usize, index: u64) -> Vec<f64> {
        let mut random = stream(7, "gemm test", index);
        (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
    }

    fn at<T: Copy>(m: Matrix<T>, i: usize, j: usize) -> T {
        m.values[i * m.row_stride + j * m.column_stride]
    }

    /// The product as the definition has it, each entry with the sum of its
    /// terms' sizes, which bounds its rounding error.
    fn by_definition<T: Scalar>(
        a: Matrix<T>,
        b: Matrix<T>,
        start: Start<T>,
        c: &[T],
    ) -> Vec<(f64, f64)> {
        let entry = |i: usize, j: usize| {
            let first = match start {
                Start::Zero => 0.0,
                Start::Add => c[i * b.columns + j].to_f64(),
                Start::Row(row) => row[j].to_f64(),
            };
            let terms = (0..a.columns).map(|p| at(a, i, p).to_f64() * at(b, p, j).to_f64());
            let (sum, size) = terms.fold((first, first.abs()), |(s, z), t| (s + t, z + t.abs()));
            (sum, size)
        };
        (0..a.rows * b.columns)
            .map(|x| entry(x / b.columns, x % b.columns))
            .collect()
    }

    fn shapes() -> impl Iterator<Item = (usize, usize, usize)> {
        let edges = [1, 2, 3, 5, 8, 13, 31, 32, 33, 64, 65];
        let all = edges.into_iter().flat_map(move |m| edges.map(|k| (m, k)));
        let all = all.flat_map(move |(m, k)| edges.map(|n| (m, k, n)));
        // Beyond a block in depth, in columns, in rows, in both.
        all.chain([
            (7, 400, 70),
            (20, 129, 1100),
            (3, 257, 129),
            (530, 390, 9),
            (300, 20, 600),
        ])
    }

    fn check<T: Scalar>(epsilon: f64) {
        for (m, k, n) in shapes() {
            let of = |index, count| -> Vec<T> {
                numbers(count, index).into_iter().map(T::from_f64).collect()
            };
            let (a, b, row, c) = (of(1, m * k), of(2, k * n), of(3, n), of(4, m * n));
            let (at, bt) = (of(1, m * k), of(2, k * n));
            for a in [Matrix::new(&a, m, k), Matrix::new(&at, k, m).transposed()] {
                for b in [Matrix::new(&b, k, n), Matrix::new(&bt, n, k).transposed()] {
                    for start in [Start::Zero, Start::Add, Start::Row(&row)] {
                        let mut product = c.clone();
                        gemm(a, b, start, &mut product);
                        let expected = by_definition(a, b, start, &c);
                        for (x, (y, size)) in product.iter().zip(expected) {
                            // k + 1 roundings, each below epsilon of the terms' sizes.
                            let bound = (k + 1) as f64 * epsilon * size;
                            assert!(
                                ((*x).to_f64() - y).abs() <= bound,
                                "{m} {k} {n} {start:?}: {x} {y}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn products_of_every_shape_and_layout() {
        check::<f32>(f64::from(f32::EPSILON));
        check::<f64>(f64::EPSILON);
    }

    #[test]
    fn cutting_rows_or_sums_changes_no_bit() {
        // Deeper than a block; all rows need B packed, few of them do not.
        let (m, k, n) = (40, 300, 77);
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let mut whole = vec![0.0; m * n];
        gemm(
            Matrix::new(&a, m, k),
            Matrix::new(&b, k, n),
            Start::Zero,
            &mut whole,
        );
        for cut in 1..m {
            let mut rows = vec![0.0; m * n];
            let (above, below) = rows.split_at_mut(cut * n);
            gemm(
                Matrix::new(&a, cut, k),
                Matrix::new(&b, k, n),
                Start::Zero,
                above,
            );
            gemm(
                Matrix::new(&a[cut * k..], m - cut, k),
                Matrix::new(&b, k, n),
                Start::Zero,
                below,
            );
            assert_eq!(rows, whole);
        }
        let mut transposed = vec![0.0; k * m];
        (0..m * k).for_each(|x| transposed[x % k * m + x / k] = a[x]);
        for cut in 1..k {
            let mut sums = vec![0.0; m * n];
            let mut part = |first: usize, last: usize, start| {
                let a = Matrix::new(&transposed[first * m..], last - first, m).transposed();
                gemm(
                    a,
                    Matrix::new(&b[first * n..], last - first, n),
                    start,
                    &mut sums,
                );
            };
            part(0, cut, Start::Zero);
            part(cut, k, Start::Add);
            assert_eq!(sums, whole);
        }
    }

    fn run_on<T: Scalar>(arch: Arch, terms: &[Term<T>]) -> Vec<T> {
        let mut buffer = vec![T::zero(); kernel::buffer_len()];
        let [a, b] = terms[0];
        let mut sum = vec![T::zero(); a.rows * b.columns];
        let (start, c) = (Start::Zero, &mut sum[..]);
        Product { terms, start, c }.run(arch, &mut buffer);
        sum
    }

    #[test]
    fn a_sum_of_products_has_the_bits_of_one_product() {
        // Joint or, beyond a block in depth, one after the other; rows of B that
        // are read where they lie, or because few rows of A pass over them, and packed
        // ones; more rows than are packed at a time.
        let shapes = [
            (29, 150, 77),
            (70, 300, 33),
            (20, 300, 133),
            (40, 300, 133),
            (300, 255, 20),
        ];
        for (m, k, n) in shapes {
            let of = |index, count| -> Vec<f32> {
                let numbers = numbers(count, index).into_iter();
                numbers.map(|x| x as f32).collect()
            };
            let (a, b, row, before) = (of(1, k * m), of(2, k * n), of(3, n), of(4, m * n));
            let rows = |from: usize, to: usize| {
                [
                    Matrix::new(&a[from * m..], to - from, m).transposed(),
                    Matrix::new(&b[from * n..], to - from, n),
                ]
            };
            let whole = [rows(0, k)];
            for cuts in [&[1][..], &[k / 2], &[0, k - 1], &[k / 3, k / 3, 2 * k / 3]] {
                let bounds = [&[0], cuts, &[k]].concat();
                let terms: Vec<_> = bounds.windows(2).map(|p| rows(p[0], p[1])).collect();
                for arch in simd::available() {
                    let sum = run_on(arch, &terms);
                    assert_eq!(sum, run_on(arch, &whole), "{m} {k} {n} {cuts:?} {arch:?}");
                }
                for start in [Start::Zero, Start::Add, Start::Row(&row)] {
                    let [mut sum, mut expected] = [before.clone(), before.clone()];
                    gemm_sum(&terms, start, &mut sum);
                    gemm_sum(&whole, start, &mut expected);
                    assert_eq!(sum, expected, "{m} {k} {n} {cuts:?} {start:?}");
                }
            }
        }
    }

    #[test]
    fn terms_may_differ_in_layout() {
        let (m, k, n) = (8, 200, 32);
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let mut turned = vec![0.0; k * n];
        (0..k * n).for_each(|x| turned[x % n * k + x / n] = b[x]);
        let a = Matrix::new(&a, m, k);
        let there = [a, Matrix::new(&b, k, n)];
        let turned = [a, Matrix::new(&turned, n, k).transposed()];
        for arch in simd::available() {
            let expected = run_on(arch, &[there, there]);
            assert_eq!(run_on(arch, &[there, turned]), expected);
            assert_eq!(run_on(arch, &[turned, there]), expected);
        }
    }

    #[test]
    fn a_product_without_depth_is_its_start() {
        let empty = [Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 3)];
        let row = [1.0, 2.0, 3.0];
        for (start, expected) in [
            (Start::Zero, [0.0; 6]),
            (Start::Add, [7.0; 6]),
            (Start::Row(&row), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]),
        ] {
            let mut c = [7.0; 6];
            gemm_sum(&[empty, empty], start, &mut c);
            assert_eq!(c, expected);
        }
    }

    fn agree<T: Scalar>(epsilon: f64) {
        for (m, k, n) in [(37, 70, 101), (530, 390, 40)] {
            let of = |index, count| -> Vec<T> {
                numbers(count, index).into_iter().map(T::from_f64).collect()
            };
            let (a, b) = (of(1, m * k), of(2, k * n));
            for a in [Matrix::new(&a, m, k), Matrix::new(&a, k, m).transposed()] {
                for b in [Matrix::new(&b, k, n), Matrix::new(&b, n, k).transposed()] {
                    let plain = run_on(Arch::Scalar, &[[a, b]]);
                    for arch in simd::available() {
                        let pairs = run_on(arch, &[[a, b]]).into_iter().zip(&plain);
                        for (x, y) in pairs {
                            let difference = (x.to_f64() - (*y).to_f64()).abs();
                            assert!(difference <= k as f64 * epsilon, "{arch:?} {m} {k} {n}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_agrees_with_plain_code() {
        agree::<f32>(f64::from(f32::EPSILON));
        agree::<f64>(f64::EPSILON);
    }
}
