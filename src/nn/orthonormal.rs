//! Random matrices with orthonormal rows.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis, s};

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
            let overlaps = block.dot(&done.t());
            general_mat_mul(-1.0, &overlaps, &done, 1.0, &mut block);
            orthonormalize(block.view_mut());
        }
    }
    q
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
