//! Batch normalisation.

use std::ops::Range;

use crate::base::sums::{sum_products, sum_rows, sum_squares_about};
use crate::base::{Scalar, simd};

use super::{Backward, EPS, Forward, Layer, MAX_INPUTS, Mode, Role, Rows, ShardsOf, TensorShape};

/// Units whose constants are kept on the stack.
const UNITS: usize = 256;

/// Weight of a batch in the running averages (PyTorch's momentum).
const MOMENTUM: f64 = 0.1;

/// y = γ·x̂ + β with x̂ = (x − mean)/√(variance + ε) per unit over the batch
/// (biased variance); in evaluation with the running averages (momentum 0.1,
/// unbiased variance). Ioffe & Szegedy 2015, arXiv:1502.03167.
///
/// Backward: with g = ∂L/∂y, ∂L/∂β = Σ g, ∂L/∂γ = Σ g·x̂ and
/// ∂L/∂x = γ/√(variance + ε) · (g − (Σ g)/B − x̂·(Σ g·x̂)/B).
///
/// Forward partials: the chunk's means and its Σ(x − mean)² per unit, then its
/// number of rows. Backward partials: Σ g·x̂ and Σ g. Saved: x̂, then the batch's
/// mean, its variance and 1/√(variance + ε).
pub struct BatchNorm {
    /// Units.
    pub width: usize,
}

impl BatchNorm {
    /// Mean and biased variance of `units` over the batch, combined from the
    /// chunks in their order (Chan, Golub & LeVeque 1983).
    #[inline(always)]
    fn moments(&self, units: Range<usize>, rows: Rows, partials: &[f64]) -> [[f64; UNITS]; 2] {
        let [mut means, mut squares] = [[0.0; UNITS]; 2];
        let mut count = 0.0;
        for partials in partials.chunks_exact(2 * self.width + 1) {
            let [chunk_means, chunk_squares] =
                [0, 1].map(|k| &partials[k * self.width..][units.clone()]);
            let n = partials[2 * self.width];
            if n == 0.0 {
                continue;
            }
            let total = count + n;
            let sums = means.iter_mut().zip(&mut squares);
            for ((mean, square), (m, s)) in sums.zip(chunk_means.iter().zip(chunk_squares)) {
                let shift = m - *mean;
                *mean += shift * n / total;
                *square += s + shift * shift * count * n / total;
            }
            count = total;
        }
        let variances = squares[..units.len()].iter_mut();
        variances.for_each(|square| *square /= rows.batch as f64);
        [means, squares]
    }
}

/// Up to [`UNITS`] values in f64, zeros after them.
#[inline(always)]
fn wide<T: Scalar>(values: &[T]) -> [f64; UNITS] {
    let mut wide = [0.0; UNITS];
    wide.iter_mut()
        .zip(values)
        .for_each(|(wide, value)| *wide = (*value).to_f64());
    wide
}

impl<T: Scalar> Layer<T> for BatchNorm {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        vec![
            TensorShape::vector("norm.weight", self.width, Role::Constant(1.0)),
            TensorShape::vector("norm.bias", self.width, Role::Constant(0.0)),
            TensorShape::vector("norm.running_mean", self.width, Role::Running(0.0)),
            TensorShape::vector("norm.running_var", self.width, Role::Running(1.0)),
        ]
    }

    fn saved_len(&self, rows: usize) -> usize {
        rows * self.width + 3 * self.width
    }

    fn needs_all_reduce(&self) -> bool {
        true
    }

    fn forward_partials_len(&self) -> usize {
        2 * self.width + 1
    }

    fn backward_partials_len(&self) -> usize {
        2 * self.width
    }

    fn forward_partials(&self, rows: Rows, inputs: [&[T]; MAX_INPUTS], partials: &mut [f64]) {
        let width = self.width;
        let (means, rest) = partials.split_at_mut(width);
        let (squares, count) = rest.split_at_mut(width);
        count[0] = rows.count as f64;
        sum_rows(inputs[0], means.len(), 0, means);
        means.iter_mut().for_each(|mean| *mean /= rows.count as f64);
        sum_squares_about(inputs[0], means, squares);
    }

    fn forward(&self, pass: Forward<T>) {
        let width = self.width;
        let (weight, bias) = pass.parameters.trained.split_at(width);
        // The saved part has room for the largest shard; this one may be smaller.
        let (normalised, moments) = pass.saved.split_at_mut(pass.saved.len() - 3 * width);
        let (means, rest) = moments.split_at_mut(width);
        let (variances, inverses) = rest.split_at_mut(width);
        simd::dispatch(
            #[inline(always)]
            || {
                for first in (0..width).step_by(UNITS) {
                    let units = first..(first + UNITS).min(width);
                    let [mean, variance] = match pass.mode {
                        Mode::Training { .. } => {
                            self.moments(units.clone(), pass.rows, pass.partials)
                        }
                        Mode::Evaluation => {
                            let (means, variances) = pass.parameters.running.split_at(width);
                            [means, variances].map(|averages| wide(&averages[units.clone()]))
                        }
                    };
                    let slots = means[units.clone()]
                        .iter_mut()
                        .zip(&mut variances[units.clone()]);
                    let slots = slots.zip(&mut inverses[units]);
                    for (((m, v), inverse), (mean, variance)) in
                        slots.zip(mean.iter().zip(&variance))
                    {
                        *m = T::from_f64(*mean);
                        *v = T::from_f64(*variance);
                        *inverse = T::from_f64(1.0 / (variance + EPS).sqrt());
                    }
                }
            },
        );
        simd::dispatch(
            #[inline(always)]
            || {
                for ((out, input), normalised) in pass
                    .output
                    .chunks_exact_mut(width)
                    .zip(pass.inputs[0].chunks_exact(width))
                    .zip(normalised.chunks_exact_mut(width))
                {
                    let units = means.iter().zip(&*inverses).zip(weight.iter().zip(bias));
                    let cells = out.iter_mut().zip(input).zip(normalised);
                    for (((out, x), slot), ((mean, inverse), (weight, bias))) in cells.zip(units) {
                        let normalised = (*x - *mean) * *inverse;
                        *slot = normalised;
                        *out = *weight * normalised + *bias;
                    }
                }
            },
        );
    }

    fn backward_partials(&self, pass: &Backward<T>, partials: &mut [f64]) {
        sum_products(pass.grad_output, pass.saved, self.width, partials);
    }

    fn backward(&self, pass: Backward<T>) {
        let width = self.width;
        let share = 1.0 / pass.rows.batch as f64;
        let weight = &pass.parameters.trained[..width];
        let inverses = &pass.saved[pass.saved.len() - width..];
        let (projections, sums) = pass.reduced.split_at(width);
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        let slots = grad_input.values;
        simd::dispatch(
            #[inline(always)]
            || {
                // What is the same for all rows is computed once, for as many
                // units as fit on the stack.
                for first in (0..width).step_by(UNITS) {
                    let units = first..(first + UNITS).min(width);
                    let mut mean = [T::zero(); UNITS];
                    let mut projection = [T::zero(); UNITS];
                    let mut scale = [T::zero(); UNITS];
                    for (i, unit) in units.clone().enumerate() {
                        mean[i] = T::from_f64(sums[unit] * share);
                        projection[i] = T::from_f64(projections[unit] * share);
                        scale[i] = weight[unit] * inverses[unit];
                    }
                    let rows = slots.chunks_exact_mut(width);
                    let grads = pass.grad_output.chunks_exact(width);
                    for ((slots, grad), normalised) in
                        rows.zip(grads).zip(pass.saved.chunks_exact(width))
                    {
                        let cells = slots[units.clone()]
                            .iter_mut()
                            .zip(&grad[units.clone()])
                            .zip(&normalised[units.clone()]);
                        let constants = mean.iter().zip(&projection).zip(&scale);
                        for (((slot, g), x), ((mean, projection), scale)) in cells.zip(constants) {
                            let value = *scale * (*g - *mean - *x * *projection);
                            *slot = if accumulate { *slot + value } else { value };
                        }
                    }
                }
            },
        );
    }

    fn advance(&self, shards: &dyn ShardsOf<T>, running: &mut [T]) {
        let width = self.width;
        let batch: usize = (0..shards.count()).map(|p| shards.rows(p)).sum();
        let unbiased = batch as f64 / (batch as f64 - 1.0);
        // Every shard saved the batch's moments; the first one's serve.
        let saved = shards.saved(0);
        let moments = &saved[saved.len() - 3 * width..];
        for (i, average) in running.iter_mut().enumerate() {
            let seen = moments[i].to_f64() * if i < width { 1.0 } else { unbiased };
            *average = T::from_f64((1.0 - MOMENTUM) * (*average).to_f64() + MOMENTUM * seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layer::Parameters;

    #[test]
    fn units_beyond_a_block_are_normalised_by_their_own_moments() {
        const WIDTH: usize = UNITS + 44;
        const ROWS: usize = 3;
        // Entry (r, u) is u·r + 1: mean u + 1, biased variance 2/3·u².
        let inputs: Vec<f64> = (0..ROWS * WIDTH)
            .map(|i| (i % WIDTH * (i / WIDTH) + 1) as f64)
            .collect();
        let running: Vec<f64> = (0..2 * WIDTH).map(|i| i as f64).collect();
        let norm = BatchNorm { width: WIDTH };
        let rows = Rows {
            first: 0,
            count: ROWS,
            batch: ROWS,
        };
        let inputs = [&inputs[..], &[], &[]];
        let mut partials = vec![0.0; Layer::<f64>::forward_partials_len(&norm)];
        norm.forward_partials(rows, inputs, &mut partials);
        let trained = [vec![1.0; WIDTH], vec![0.0; WIDTH]].concat();
        for mode in [Mode::Training { step: 0 }, Mode::Evaluation] {
            let mut output = vec![0.0; ROWS * WIDTH];
            norm.forward(Forward {
                rows,
                mode,
                parameters: Parameters {
                    trained: &trained,
                    running: &running,
                },
                inputs,
                output: &mut output,
                saved: &mut vec![0.0; Layer::<f64>::saved_len(&norm, ROWS)],
                partials: &partials,
            });
            for (i, y) in output.iter().enumerate() {
                let (r, u) = ((i / WIDTH) as f64, (i % WIDTH) as f64);
                let (mean, variance) = match mode {
                    Mode::Training { .. } => (u + 1.0, 2.0 / 3.0 * u * u),
                    Mode::Evaluation => (u, WIDTH as f64 + u),
                };
                let expected = (u * r + 1.0 - mean) / (variance + EPS).sqrt();
                assert!((y - expected).abs() < 1e-12, "{mode:?}, unit {u}: {y}");
            }
        }
    }
}
