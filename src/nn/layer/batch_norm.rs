//! Batch normalisation.

use std::ops::Range;

use ndarray::ArrayView2;

use crate::base::sums::{sum_products, sum_rows, sum_squares_about};
use crate::base::{Scalar, simd};

use super::{
    Backward, BackwardChunk, EPS, Forward, Layer, Mode, Reduce, Role, Rows, Saves, TensorShape,
    entries, entries_mut,
};

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
    fn moments(&self, units: Range<usize>, rows: Rows, gathered: &[f64]) -> [[f64; UNITS]; 2] {
        let [mut means, mut squares] = [[0.0; UNITS]; 2];
        let n = units.len();
        let (mean, square) = (&mut means[..n], &mut squares[..n]);
        let mut count = 0.0;
        for partials in gathered.chunks_exact(2 * self.width + 1) {
            let [m, s] = [0, 1].map(|k| &partials[k * self.width..][units.clone()][..n]);
            let rows = partials[2 * self.width];
            if rows == 0.0 {
                continue;
            }
            let total = count + rows;
            for u in 0..n {
                let shift = m[u] - mean[u];
                mean[u] += shift * rows / total;
                square[u] += s[u] + shift * shift * count * rows / total;
            }
            count = total;
        }
        square.iter_mut().for_each(|s| *s /= rows.batch as f64);
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

/// Mean, variance and 1/√(variance + ε) of every unit, as they are saved.
#[inline]
fn moments_of<T>(saved_once: &[T], width: usize) -> [&[T]; 3] {
    [0, 1, 2].map(|k| &saved_once[k * width..][..width])
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

    fn saves(&self) -> Saves {
        Saves {
            per_row: [self.width, 0],
            per_shard: 3 * self.width,
            partials: 2 * self.width,
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let width = self.width;
        let saved_once = pass.saved_once;
        simd::dispatch(
            #[inline(always)]
            || {
                for first in (0..width).step_by(UNITS) {
                    let units = first..(first + UNITS).min(width);
                    let n = units.len();
                    let [mean, variance] = match pass.mode {
                        Mode::Training { .. } => {
                            self.moments(units.clone(), pass.rows, pass.gathered)
                        }
                        Mode::Evaluation | Mode::Sampled { .. } => {
                            let (means, variances) = pass.parameters.running.split_at(width);
                            [means, variances].map(|averages| wide(&averages[units.clone()]))
                        }
                    };
                    let (means, rest) = saved_once.split_at_mut(width);
                    let (variances, inverses) = rest.split_at_mut(width);
                    let (m, v) = (
                        &mut means[units.clone()][..n],
                        &mut variances[units.clone()][..n],
                    );
                    let inverse = &mut inverses[units][..n];
                    let (mean, variance) = (&mean[..n], &variance[..n]);
                    for u in 0..n {
                        m[u] = T::from_f64(mean[u]);
                        v[u] = T::from_f64(variance[u]);
                        inverse[u] = T::from_f64(1.0 / (variance[u] + EPS).sqrt());
                    }
                }
            },
        );
        let [mean, _, inverse] = moments_of(saved_once, width);
        let (weight, bias) = pass.parameters.trained.split_at(width);
        let bias = &bias[..width];
        let inputs = entries(&pass.inputs[0]).chunks_exact(width);
        let outputs = entries_mut(pass.output).chunks_exact_mut(width);
        let [normalised, _] = pass.saved.map(entries_mut);
        let rows = inputs.zip(outputs).zip(normalised.chunks_exact_mut(width));
        simd::dispatch(
            #[inline(always)]
            || {
                for ((x, y), normalised) in rows {
                    for u in 0..width {
                        normalised[u] = (x[u] - mean[u]) * inverse[u];
                        y[u] = weight[u] * normalised[u] + bias[u];
                    }
                }
            },
        );
    }

    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let (g, normalised) = (entries(&chunk.grad_output), entries(&chunk.saved[0]));
        sum_products(g, normalised, self.width, partials);
    }

    fn backward(&self, pass: Backward<T>) {
        let width = self.width;
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        let Some(values) = grad_input.values else {
            return;
        };
        let grad_inputs = entries_mut(values);
        let (grad_outputs, normalised) = (entries(&pass.grad_output), entries(&pass.saved[0]));
        let [_, _, inverses] = moments_of(pass.saved_once, width);
        let weights = &pass.parameters.trained[..width];
        let (products, sums) = pass.reduced.split_at(width);
        let share = 1.0 / pass.rows.batch as f64;
        simd::dispatch(
            #[inline(always)]
            || {
                // What is the same for all rows is computed once, for as many
                // units as fit on the stack.
                for first in (0..width).step_by(UNITS) {
                    let units = first..(first + UNITS).min(width);
                    let n = units.len();
                    let [mut mean, mut projection, mut scale] = [[T::zero(); UNITS]; 3];
                    let (mean, projection) = (&mut mean[..n], &mut projection[..n]);
                    let scale = &mut scale[..n];
                    for (u, unit) in units.clone().enumerate() {
                        mean[u] = T::from_f64(sums[unit] * share);
                        projection[u] = T::from_f64(products[unit] * share);
                        scale[u] = weights[unit] * inverses[unit];
                    }
                    let grads = grad_inputs
                        .chunks_exact_mut(width)
                        .zip(grad_outputs.chunks_exact(width));
                    for ((dx, g), x) in grads.zip(normalised.chunks_exact(width)) {
                        let dx = &mut dx[units.clone()][..n];
                        let (g, x) = (&g[units.clone()][..n], &x[units.clone()][..n]);
                        for u in 0..n {
                            let value = scale[u] * (g[u] - mean[u] - x[u] * projection[u]);
                            dx[u] = if accumulate { dx[u] + value } else { value };
                        }
                    }
                }
            },
        );
    }

    fn reduce(&self) -> Option<&dyn Reduce<T>> {
        Some(self)
    }
}

impl<T: Scalar> Reduce<T> for BatchNorm {
    fn forward_len(&self) -> usize {
        2 * self.width + 1
    }

    fn forward_partials(&self, input: ArrayView2<T>, partials: &mut [f64]) {
        let (means, rest) = partials.split_at_mut(self.width);
        let (squares, count) = rest.split_at_mut(self.width);
        let rows = input.nrows() as f64;
        count[0] = rows;
        sum_rows(entries(&input), self.width, 0, means);
        means.iter_mut().for_each(|mean| *mean /= rows);
        sum_squares_about(entries(&input), means, squares);
    }

    fn advance(&self, rows: usize, saved_once: &[T], running: &mut [T]) {
        let [batch_means, batch_variances, _] = moments_of(saved_once, self.width);
        let (means, variances) = running.split_at_mut(self.width);
        let unbiased = rows as f64 / (rows as f64 - 1.0);
        let advanced = |average: T, seen: f64| {
            T::from_f64((1.0 - MOMENTUM) * average.to_f64() + MOMENTUM * seen)
        };
        for u in 0..self.width {
            means[u] = advanced(means[u], batch_means[u].to_f64());
            variances[u] = advanced(variances[u], batch_variances[u].to_f64() * unbiased);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Parameters, matrix, matrix_mut};

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
        let empty = matrix(&[], 0, 0);
        let inputs = [matrix(&inputs, ROWS, WIDTH), empty, empty];
        let mut partials = vec![0.0; Reduce::<f64>::forward_len(&norm)];
        norm.forward_partials(inputs[0], &mut partials);
        let trained = [vec![1.0; WIDTH], vec![0.0; WIDTH]].concat();
        for mode in [Mode::Training { step: 0 }, Mode::Evaluation] {
            let saves = Layer::<f64>::saves(&norm);
            let mut buffer = vec![0.0; saves.len(ROWS)];
            let (saved, saved_once) = saves.split_mut(&mut buffer, ROWS);
            let mut output = vec![0.0; ROWS * WIDTH];
            norm.forward(Forward {
                rows,
                mode,
                parameters: Parameters {
                    trained: &trained,
                    running: &running,
                },
                inputs,
                output: matrix_mut(&mut output, ROWS, WIDTH),
                saved,
                saved_once,
                gathered: &partials,
            });
            for (i, y) in output.iter().enumerate() {
                let (r, u) = ((i / WIDTH) as f64, (i % WIDTH) as f64);
                let (mean, variance) = match mode {
                    Mode::Training { .. } => (u + 1.0, 2.0 / 3.0 * u * u),
                    Mode::Evaluation | Mode::Sampled { .. } => (u, WIDTH as f64 + u),
                };
                let expected = (u * r + 1.0 - mean) / (variance + EPS).sqrt();
                assert!((y - expected).abs() < 1e-12, "{mode:?}, unit {u}: {y}");
            }
        }
    }
}
