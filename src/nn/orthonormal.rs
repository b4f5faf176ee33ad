//! Random matrices with orthonormal rows.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

use crate::base::gemm::{Matrix, Start, gemm};

/// Rows that are orthogonalised together: enough that most of the work is matrix
/// products, few enough to stay in the cache.
const BLOCK: usize = 32;

/// Makes the rows of a matrix orthonormal, which has no more rows than columns.
/// Of standard normal draws it makes a uniformly distributed (Haar) one: Gram–Schmidt, block
/// by block, each twice, which keeps it orthogonal to rounding error (Giraud et
/// al. 2005, doi:10.1007/s00211-005-0615-4).
pub fn orthonormal_rows(mut q: Array2<f64>) -> Array2<f64> {
    let rows = q.nrows();
    for start in (0..rows).step_by(BLOCK) {
        let (done, mut rest) = q.view_mut().split_at(Axis(0), start);
        let mut block = rest.slice_mut(s![..BLOCK.min(rows - start), ..]);
        for _ in 0..2 {
            subtract_projection(&mut block, done.view());
            orthonormalize(block.view_mut());
        }
    }
    q
}

/// rows ← rows − (rows·doneᵀ)·done: takes off what lies along the orthonormal rows `done`.
fn subtract_projection(rows: &mut ArrayViewMut2<f64>, done: ArrayView2<f64>) {
    let (count, done) = (done.nrows(), Matrix::of(done));
    let mut overlaps = vec![0.0; rows.nrows() * count];
    let own = Matrix::of(rows.view());
    gemm(own, done.transposed(), Start::Zero, &mut overlaps);
    overlaps.iter_mut().for_each(|overlap| *overlap = -*overlap);
    let overlaps = Matrix::new(&overlaps, rows.nrows(), count);
    let entries = rows.as_slice_mut().expect("rows one after the other");
    gemm(overlaps, done, Start::Add, entries);
}

/// Gram–Schmidt over the rows, once.
fn orthonormalize(mut rows: ArrayViewMut2<f64>) {
    for k in 0..rows.nrows() {
        let (done, mut rest) = rows.view_mut().split_at(Axis(0), k);
        let mut row = rest.row_mut(0);
        let overlap = done.dot(&row);
        for (done, overlap) in done.rows().into_iter().zip(&overlap) {
            row.scaled_add(-overlap, &done);
        }
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
}
