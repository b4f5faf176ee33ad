//! Layer normalisation: every sample over its units.

use crate::base::Scalar;
use crate::base::sums::sum_products;

use super::{
    Backward, BackwardChunk, EPS, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// y = γ·x̂ + β with x̂ = (x − mean)/√(variance + ε) over the units of a sample,
/// of one row or several.
/// Ba et al. 2016, arXiv:1607.06450.
///
/// Backward: with ĝ = γ·∂L/∂y, ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ·x̂))/√(variance + ε),
/// ∂L/∂γ = Σ_batch g·x̂, ∂L/∂β = Σ_batch g. Saved: x̂, and 1/√(variance + ε) per row.
pub struct LayerNorm {
    /// Units of a row.
    pub width: usize,
    /// Rows that are normalised together, consecutive ones: 1, or the positions of a
    /// sample.
    pub rows: usize,
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
        let (width, group) = (self.width, self.width * self.rows);
        let units = T::from_f64(group as f64);
        let (weight, bias) = pass.parameters.trained.split_at(width);
        let bias = &bias[..width];
        let inputs = entries(&pass.inputs[0]).chunks_exact(group);
        let outputs = entries_mut(pass.output).chunks_exact_mut(group);
        let [normalised, inverses] = pass.saved.map(entries_mut);
        let saved = normalised
            .chunks_exact_mut(group)
            .zip(inverses.chunks_exact_mut(self.rows));
        for ((x, y), (normalised, inverses)) in inputs.zip(outputs).zip(saved) {
            let mean = x.iter().copied().sum::<T>() / units;
            let variance = x.iter().map(|x| (*x - mean) * (*x - mean)).sum::<T>() / units;
            let inverse = T::one() / (variance + T::from_f64(EPS)).sqrt();
            inverses.fill(inverse);
            let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width));
            for ((x, y), normalised) in rows.zip(normalised.chunks_exact_mut(width)) {
                for u in 0..width {
                    normalised[u] = (x[u] - mean) * inverse;
                    y[u] = weight[u] * normalised[u] + bias[u];
                }
            }
        }
    }

    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let (g, normalised) = (entries(&chunk.grad_output), entries(&chunk.saved[0]));
        sum_products(g, normalised, self.width, partials);
    }

    fn backward(&self, pass: Backward<T>) {
        let (width, group) = (self.width, self.width * self.rows);
        let units = T::from_f64(group as f64);
        let weight = &pass.parameters.trained[..width];
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        let Some(values) = grad_input.values else {
            return;
        };
        let grad_inputs = entries_mut(values).chunks_exact_mut(group);
        let grad_outputs = entries(&pass.grad_output).chunks_exact(group);
        let [normalised, inverses] = pass.saved.each_ref().map(entries);
        let saved = normalised
            .chunks_exact(group)
            .zip(inverses.chunks_exact(self.rows));
        for ((dx, g), (x, inverses)) in grad_inputs.zip(grad_outputs).zip(saved) {
            let [mut sum, mut projection] = [T::zero(); 2];
            for (g, x) in g.chunks_exact(width).zip(x.chunks_exact(width)) {
                sum += (0..width).map(|u| g[u] * weight[u]).sum::<T>();
                projection += (0..width).map(|u| g[u] * weight[u] * x[u]).sum::<T>();
            }
            let (mean, projection) = (sum / units, projection / units);
            let rows = dx.chunks_exact_mut(width).zip(g.chunks_exact(width));
            for ((dx, g), x) in rows.zip(x.chunks_exact(width)) {
                for u in 0..width {
                    let value = (g[u] * weight[u] - mean - x[u] * projection) * inverses[0];
                    dx[u] = if accumulate { dx[u] + value } else { value };
                }
            }
        }
    }
}
