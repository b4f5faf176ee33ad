//! Layer normalisation: every sample over its units.

use crate::base::Scalar;
use crate::base::sums::sum_products;

use super::{
    Backward, BackwardChunk, EPS, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// y = γ·x̂ + β with x̂ = (x − mean)/√(variance + ε) over the units of a sample.
/// Ba et al. 2016, arXiv:1607.06450.
///
/// Backward: with ĝ = γ·∂L/∂y, ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ·x̂))/√(variance + ε),
/// ∂L/∂γ = Σ_batch g·x̂, ∂L/∂β = Σ_batch g. Saved: x̂, and 1/√(variance + ε) per row.
pub struct LayerNorm {
    /// Units.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for LayerNorm {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        vec![
            TensorShape::vector("norm.weight", self.width, Role::Constant(1.0)),
            TensorShape::vector("norm.bias", self.width, Role::Constant(0.0)),
        ]
    }

    fn saves(&self) -> Saves {
        Saves {
            per_row: [self.width, 1],
            partials: 2 * self.width,
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let width = self.width;
        let units = T::from_f64(width as f64);
        let (weight, bias) = pass.parameters.trained.split_at(width);
        let bias = &bias[..width];
        let inputs = entries(&pass.inputs[0]).chunks_exact(width);
        let outputs = entries_mut(pass.output).chunks_exact_mut(width);
        let [normalised, inverses] = pass.saved.map(entries_mut);
        let saved = normalised.chunks_exact_mut(width).zip(inverses);
        for ((x, y), (normalised, inverse)) in inputs.zip(outputs).zip(saved) {
            let mean = x.iter().copied().sum::<T>() / units;
            let variance = x.iter().map(|x| (*x - mean) * (*x - mean)).sum::<T>() / units;
            *inverse = T::one() / (variance + T::from_f64(EPS)).sqrt();
            for u in 0..width {
                normalised[u] = (x[u] - mean) * *inverse;
                y[u] = weight[u] * normalised[u] + bias[u];
            }
        }
    }

    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let (g, normalised) = (entries(&chunk.grad_output), entries(&chunk.saved[0]));
        sum_products(g, normalised, self.width, partials);
    }

    fn backward(&self, pass: Backward<T>) {
        let width = self.width;
        let units = T::from_f64(width as f64);
        let weight = &pass.parameters.trained[..width];
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        let Some(values) = grad_input.values else {
            return;
        };
        let grad_inputs = entries_mut(values).chunks_exact_mut(width);
        let grad_outputs = entries(&pass.grad_output).chunks_exact(width);
        let [normalised, inverses] = pass.saved.each_ref().map(entries);
        let saved = normalised.chunks_exact(width).zip(inverses);
        for ((dx, g), (x, inverse)) in grad_inputs.zip(grad_outputs).zip(saved) {
            let scaled = |u: usize| g[u] * weight[u];
            let mean = (0..width).map(scaled).sum::<T>() / units;
            let projection = (0..width).map(|u| scaled(u) * x[u]).sum::<T>() / units;
            for u in 0..width {
                let value = (scaled(u) - mean - x[u] * projection) * *inverse;
                dx[u] = if accumulate { dx[u] + value } else { value };
            }
        }
    }
}
