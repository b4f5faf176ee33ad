//! The gradient of a layer's parameters, node by node, and sums over it.

use crate::base::squares::{Squares, sum_of_squares};
use crate::base::sums::{count_zeros, sum_of_sizes};
use crate::base::{Scalar, simd};
use crate::measure::{GradEntries, ParamSums};
use crate::node_shards::NodeShards;

/// Sums over a gradient, of whose entries the first `weight_len` are the weight's; those
/// over weights and update are left out.
pub(super) fn gradient_sums<T: Scalar>(
    gradient: &[T],
    weight_len: usize,
    observe: bool,
) -> ParamSums {
    let (weight, others) = gradient.split_at(weight_len);
    // A stretch at a time, so that the second look finds it in the cache.
    let (mut squares, mut entries) = (Squares::default(), GradEntries::default());
    for stretch in weight.chunks(1 << 12) {
        squares += sum_of_squares(stretch);
        if observe {
            entries.zeros += count_zeros(stretch);
            entries.sizes += sum_of_sizes(stretch);
        }
    }
    ParamSums {
        weights: weight_len,
        weight_grad_squares: squares,
        other_grad_squares: (!others.is_empty()).then(|| sum_of_squares(others)),
        weight_grads: observe.then_some(entries),
        ..ParamSums::default()
    }
}

/// gradient ← what one node adds to the gradient of its parameters.
pub(super) fn node_gradient<T: Scalar>(shards: NodeShards<T>, gradient: &mut [T]) {
    let weight = gradient.len() - shards.node().saves.partials;
    if weight > 0 {
        shards.weight_gradient(&mut gradient[..weight]);
    }
    sum_partials(shards.partials(), &mut gradient[weight..]);
}

/// gradient ← Σ over chunks of their partials, in the chunks' order.
fn sum_partials<'a, T: Scalar>(
    chunks: impl Iterator<Item = &'a [f64]> + Clone,
    gradient: &mut [T],
) {
    /// Entries at a time, so that their sums need no memory of their own.
    const BLOCK: usize = 128;
    for (b, slots) in gradient.chunks_mut(BLOCK).enumerate() {
        let mut sums = [0.0; BLOCK];
        for partials in chunks.clone() {
            let terms = &partials[b * BLOCK..][..slots.len()];
            simd::write_or_add(&mut sums, true, terms.iter().copied());
        }
        simd::write_or_add(
            slots,
            false,
            sums.iter().map(
                #[inline(always)]
                |sum| T::from_f64(*sum),
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_of_any_length_are_summed_over_all_chunks() {
        for length in [0, 1, 128, 129, 300] {
            let chunk = |g: usize| -> Vec<f64> {
                let entry = |i: usize| (1000 * i + g * g) as f64;
                (0..length).map(entry).collect()
            };
            let chunks = [chunk(0), chunk(1), chunk(2)];
            let mut sums = vec![7f32; length];
            sum_partials(chunks.iter().map(|chunk| &chunk[..]), &mut sums);
            // Σ_g (1000·i + g²) over g = 0, 1, 2 = 3000·i + 5.
            let expected: Vec<_> = (0..length).map(|i| (3000 * i + 5) as f32).collect();
            assert_eq!(sums, expected);
        }
    }
}
