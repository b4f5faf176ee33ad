//! Normalisation of every sample by the root mean square of its units.

use crate::base::Scalar;
use crate::base::sums::sum_products;

use super::{
    Backward, BackwardChunk, EPS, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// y = γ·x̂ with x̂ = x/√(mean x² + ε) over the units of a sample.
/// Zhang & Sennrich 2019, arXiv:1910.07467.
///
/// Backward: with ĝ = γ·∂L/∂y, ∂L/∂x = (ĝ − x̂·mean(ĝ·x̂))/√(mean x² + ε),
/// ∂L/∂γ = Σ_batch g·x̂. Saved: x̂, and 1/√(mean x² + ε) per row.
pub struct RmsNorm {
    /// Units.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for RmsNorm {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        vec![TensorShape::vector(
            "norm.weight",
            self.width,
            Role::Constant(1.0),
        )]
    }

    fn saves(&self) -> Saves {
        Saves {
            per_row: [self.width, 1],
            partials: self.width,
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let width = self.width;
        let units = T::from_f64(width as f64);
        let weight = &pass.parameters.trained[..width];
        let inputs = entries(&pass.inputs[0]).chunks_exact(width);
        let outputs = entries_mut(pass.output).chunks_exact_mut(width);
        let [normalised, inverses] = pass.saved.map(entries_mut);
        let saved = normalised.chunks_exact_mut(width).zip(inverses);
        for ((x, y), (normalised, inverse)) in inputs.zip(outputs).zip(saved) {
            let mean_square = x.iter().map(|x| *x * *x).sum::<T>() / units;
            *inverse = T::one() / (mean_square + T::from_f64(EPS)).sqrt();
            for u in 0..width {
                normalised[u] = x[u] * *inverse;
                y[u] = weight[u] * normalised[u];
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
            let projection = (0..width).map(|u| scaled(u) * x[u]).sum::<T>() / units;
            for u in 0..width {
                let value = (scaled(u) - x[u] * projection) * *inverse;
                dx[u] = if accumulate { dx[u] + value } else { value };
            }
        }
    }
}
