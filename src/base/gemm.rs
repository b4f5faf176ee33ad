//! The only matrix product of the engine: one seam, so that the kernel behind
//! it can change.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::Scalar;

/// A row-major matrix over a slice, shape [`rows`, `columns`].
///
/// # Panics
/// If the slice is shorter than `rows * columns`.
pub fn matrix<T: Scalar>(values: &[T], rows: usize, columns: usize) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), &values[..rows * columns])
        .expect("length was cut to the shape")
}

/// A row-major matrix over a mutable slice, shape [`rows`, `columns`].
///
/// # Panics
/// If the slice is shorter than `rows * columns`.
pub fn matrix_mut<T: Scalar>(
    values: &mut [T],
    rows: usize,
    columns: usize,
) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), &mut values[..rows * columns])
        .expect("length was cut to the shape")
}

/// C ← A·B, or C ← C + A·B if `accumulate`; shapes [m, k], [k, n], [m, n].
///
/// Runs on the calling thread alone, always in the same order: parallelism
/// belongs above the product, where the pieces of work do not depend on the
/// number of threads.
pub fn gemm<T: Scalar>(
    a: ArrayView2<T>,
    b: ArrayView2<T>,
    accumulate: bool,
    mut c: ArrayViewMut2<T>,
) {
    let beta = if accumulate { T::one() } else { T::zero() };
    general_mat_mul(T::one(), &a, &b, beta, &mut c);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn product_and_accumulation() {
        let a = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let b = array![[1.0, 0.0], [10.0, 1.0]];
        let mut c = array![[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]];
        gemm(a.view(), b.view(), false, c.view_mut());
        assert_eq!(c, array![[21.0, 2.0], [43.0, 4.0], [65.0, 6.0]]);
        gemm(a.view(), b.view(), true, c.view_mut());
        assert_eq!(c, array![[42.0, 4.0], [86.0, 8.0], [130.0, 12.0]]);
    }
}
