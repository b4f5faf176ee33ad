//! What theory must know of the data.

use ndarray::{Array2, ArrayView2, Axis, s};

use crate::base::Scalar;
use crate::nn::architecture::NetworkSpec;

use crate::nn::propagation::signal::Signal;

/// The data as layer 1 reads it, [samples, columns].
fn encoded<T: Scalar>(network: &NetworkSpec, inputs: ArrayView2<T>) -> Array2<f64> {
    let scheme = network.encoding.scheme::<T>();
    let columns = scheme.columns_of(0.0).len();
    let entries = inputs.iter().flat_map(|x| scheme.columns_of((*x).to_f64()));
    let shape = (inputs.nrows(), inputs.ncols() * columns);
    Array2::from_shape_vec(shape, entries.collect()).expect("as many columns for every feature")
}

/// The first two moments of the data as layer 1 reads it, and in how many columns.
pub fn moments<T: Scalar>(network: &NetworkSpec, inputs: ArrayView2<T>) -> (Signal, usize) {
    let scheme = network.encoding.scheme::<T>();
    let width = scheme.columns_of(0.0).len();
    let mut sums = vec![0.0; inputs.ncols() * width];
    let mut squares = 0.0;
    // Encoded columns may be many: only their sums are kept.
    for row in inputs.rows() {
        for (x, sums) in row.iter().zip(sums.chunks_exact_mut(width)) {
            for (sum, entry) in sums.iter_mut().zip(scheme.columns_of((*x).to_f64())) {
                *sum += entry;
                squares += entry * entry;
            }
        }
    }
    let [rows, columns] = [inputs.nrows(), sums.len()].map(|n| n.max(1) as f64);
    let square = squares / (rows * columns);
    let of_means = sums.iter().map(|sum| (sum / rows).powi(2)).sum::<f64>() / columns;
    let signal = Signal {
        // Not needed: weights have mean 0.
        mean: 0.0,
        square,
        varying: (square - of_means).max(0.0),
    };
    (signal, sums.len())
}

/// The most samples that are compared with each other.
const COMPARED: usize = 256;

/// The mean squared cosine between two samples' deviations from the mean, weighted by their
/// lengths: 1/n of samples that scatter evenly in n directions. Of some samples, evenly spread.
pub fn mean_squared_cosine<T: Scalar>(network: &NetworkSpec, inputs: ArrayView2<T>) -> f64 {
    let every = inputs.nrows().div_ceil(COMPARED).max(1);
    let some = encoded(network, inputs.slice(s![..;every, ..]));
    let Some(mean) = some.mean_axis(Axis(0)) else {
        return 0.0;
    };
    let deviations = &some - &mean;
    let products = deviations.dot(&deviations.t());
    let squares = products.diag();
    let lengths = squares.sum().powi(2) - squares.dot(&squares);
    let cosines = products.iter().map(|x| x * x).sum::<f64>() - squares.dot(&squares);
    // What deviations of n samples have from their common mean alone.
    let by_mean = (some.nrows() as f64 - 1.0).powi(-2);
    if lengths > 0.0 {
        (cosines / lengths - by_mean).max(0.0)
    } else {
        0.0
    }
}
