//! Normalisation of every sample by the root mean square of its units.

use crate::base::Scalar;
use crate::base::sums::sum_products;

use super::{
    Backward, BackwardChunk, EPS, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// y = γ·x̂ with x̂ = x/√(mean x² + ε) over the units of a sample, of
/// one row or several.
/// Zhang & Sennrich 2019, arXiv:1910.07467.
///
/// Backward: with ĝ = γ·∂L/∂y, ∂L/∂x = (ĝ − x̂·mean(ĝ·x̂))/√(mean x² + ε),
/// ∂L/∂γ = Σ_batch g·x̂. Saved: x̂, and 1/√(mean x² + ε) per row.
pub struct RmsNorm {
    /// Units of a row.
    pub width: usize,
    /// Rows that are normalised together, consecutive ones: 1, or the positions of a
    /// sample.
    pub rows: usize,
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
        let (width, group) = (self.width, self.width * self.rows);
        let units = T::from_f64(group as f64);
        let weight = &pass.parameters.trained[..width];
        let inputs = entries(&pass.inputs[0]).chunks_exact(group);
        let outputs = entries_mut(pass.output).chunks_exact_mut(group);
        let [normalised, inverses] = pass.saved.map(entries_mut);
        let saved = normalised
            .chunks_exact_mut(group)
            .zip(inverses.chunks_exact_mut(self.rows));
        for ((x, y), (normalised, inverses)) in inputs.zip(outputs).zip(saved) {
            let mean_square = x.iter().map(|x| *x * *x).sum::<T>() / units;
            let inverse = T::one() / (mean_square + T::from_f64(EPS)).sqrt();
            inverses.fill(inverse);
            let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width));
            for ((x, y), normalised) in rows.zip(normalised.chunks_exact_mut(width)) {
                for u in 0..width {
                    normalised[u] = x[u] * inverse;
                    y[u] = weight[u] * normalised[u];
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
            let mut projection = T::zero();
            for (g, x) in g.chunks_exact(width).zip(x.chunks_exact(width)) {
                projection += (0..width).map(|u| g[u] * weight[u] * x[u]).sum::<T>();
            }
            let projection = projection / units;
            let rows = dx.chunks_exact_mut(width).zip(g.chunks_exact(width));
            for ((dx, g), x) in rows.zip(x.chunks_exact(width)) {
                for u in 0..width {
                    let value = (g[u] * weight[u] - x[u] * projection) * inverses[0];
                    dx[u] = if accumulate { dx[u] + value } else { value };
                }
            }
        }
    }
}
