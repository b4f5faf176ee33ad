//! What the gated cells of recurrent networks have in common: gates side by side in the
//! rows of a matrix.

use ndarray::ArrayView2;

use crate::base::sums::count_where;
use crate::base::{Scalar, simd};
use crate::measure::ActivationSums;
use crate::moments::Moments;

use super::{InputGradient, entries, entries_mut};

/// The gradient of a matrix whose columns several layers fill: zeros to begin with, to
/// be added to.
pub(super) fn to_add_to<T: Scalar>(gradient: InputGradient<'_, T>) -> Option<&mut [T]> {
    let accumulate = gradient.accumulate;
    let values = entries_mut(gradient.values?);
    if !accumulate {
        values.fill(T::zero());
    }
    Some(values)
}

/// Runs `of_row` for every row, in code for this processor's vectors.
#[inline(always)]
pub(super) fn each_row(rows: usize, mut of_row: impl FnMut(usize)) {
    simd::dispatch(
        #[inline(always)]
        || {
            for row in 0..rows {
                of_row(row);
            }
        },
    );
}

/// Beyond which |x| the logistic function's slope is below 0.05 of its largest, 1/4.
fn logistic_limit() -> f64 {
    // σ'(x) = 1/(2 + 2 cosh x).
    let s: f64 = 0.05 / 4.0;
    (1.0 / (2.0 * s) - 1.0).acosh()
}

/// Beyond which |x| tanh's slope 1 − tanh² is below 0.05.
fn tanh_limit() -> f64 {
    0.95f64.sqrt().atanh()
}

/// What is told of a cell: the moments of `h`, and how many entries of the gates are
/// saturated, each by its own function. `gates`: matrices of gates side by side, as many
/// of them as there are `is_tanh`, one after the other.
pub(super) fn observe_gates<T: Scalar>(
    gates: &[(ArrayView2<T>, &[bool])],
    h: ArrayView2<T>,
    sums: &mut ActivationSums,
) {
    let width = h.ncols();
    let h = entries(&h);
    sums.values = Moments::of(h);
    crate::base::sums::sum_rows(h, width, 0, &mut sums.unit_sums);
    let (mut checked, mut saturated) = (0, 0);
    for (gates, is_tanh) in gates {
        for row in entries(gates).chunks_exact(gates.ncols().max(1)) {
            for (gate, is_tanh) in row.chunks_exact(width).zip(*is_tanh) {
                let limit = T::from_f64(if *is_tanh {
                    tanh_limit()
                } else {
                    logistic_limit()
                });
                checked += gate.len() as u64;
                saturated += count_where(
                    gate,
                    gate,
                    #[inline(always)]
                    |x, _| x.abs() > limit,
                );
            }
        }
    }
    (sums.checked, sums.saturated) = (checked, Some(saturated));
    sums.counts_active = false;
    sums.beyond = Default::default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Pointwise, Sigmoid, Tanh};

    #[test]
    fn the_limits_are_where_the_slope_is_a_twentieth_of_the_largest() {
        let (_, slope) = Sigmoid {}.eval(logistic_limit());
        assert!((slope / (0.05 * 0.25) - 1.0).abs() < 1e-12, "{slope}");
        let (_, slope) = Tanh {}.eval(-tanh_limit());
        assert!((slope / 0.05 - 1.0).abs() < 1e-12, "{slope}");
    }
}
