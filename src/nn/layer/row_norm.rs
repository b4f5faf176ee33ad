//! Normalisation of every sample over its units: layer norm and RMS norm.

use crate::base::Scalar;
use crate::base::sums::sum_products;

use super::{Backward, EPS, Forward, Layer, Role, TensorShape};

/// Layer norm, y = γ·x̂ + β with x̂ = (x − mean)/√(variance + ε) over the units
/// of a sample (Ba et al. 2016, arXiv:1607.06450), or RMS norm, y = γ·x̂ with
/// x̂ = x/√(mean x² + ε) (Zhang & Sennrich 2019, arXiv:1910.07467).
///
/// Backward: with ĝ = γ·∂L/∂y, ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ·x̂))/√(…);
/// without centring the term mean(ĝ) is absent. ∂L/∂γ = Σ_batch g·x̂,
/// ∂L/∂β = Σ_batch g. Saved: x̂, then 1/√(…) per row.
pub struct RowNorm {
    /// Units.
    pub width: usize,
    /// Layer norm (true) takes the mean off and has a bias; RMS norm does not.
    pub centred: bool,
}

impl<T: Scalar> Layer<T> for RowNorm {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        let weight = TensorShape::vector("norm.weight", self.width, Role::Constant(1.0));
        let bias = TensorShape::vector("norm.bias", self.width, Role::Constant(0.0));
        if self.centred {
            vec![weight, bias]
        } else {
            vec![weight]
        }
    }

    fn saved_len(&self, rows: usize) -> usize {
        rows * self.width + rows
    }

    fn backward_partials_len(&self) -> usize {
        if self.centred {
            2 * self.width
        } else {
            self.width
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let width = self.width;
        let units = T::from_f64(width as f64);
        let (weight, bias) = pass.parameters.trained.split_at(width);
        let (normalised, inverses) = pass.saved.split_at_mut(pass.rows.count * width);
        for (((out, input), normalised), inverse) in pass
            .output
            .chunks_exact_mut(width)
            .zip(pass.inputs[0].chunks_exact(width))
            .zip(normalised.chunks_exact_mut(width))
            .zip(inverses)
        {
            let mean = if self.centred {
                input.iter().copied().sum::<T>() / units
            } else {
                T::zero()
            };
            let variance = input.iter().map(|x| (*x - mean) * (*x - mean)).sum::<T>() / units;
            *inverse = T::one() / (variance + T::from_f64(EPS)).sqrt();
            for unit in 0..width {
                normalised[unit] = (input[unit] - mean) * *inverse;
                out[unit] = weight[unit] * normalised[unit];
            }
            out.iter_mut()
                .zip(bias)
                .for_each(|(out, bias)| *out += *bias);
        }
    }

    fn backward_partials(&self, pass: &Backward<T>, partials: &mut [f64]) {
        sum_products(pass.grad_output, pass.saved, self.width, partials);
    }

    fn backward(&self, pass: Backward<T>) {
        let width = self.width;
        let units = T::from_f64(width as f64);
        let weight = &pass.parameters.trained[..width];
        let (normalised, inverses) = pass.saved.split_at(pass.rows.count * width);
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        if !grad_input.is_wanted() {
            return;
        }
        for (((slots, grad), normalised), inverse) in grad_input
            .values
            .chunks_exact_mut(width)
            .zip(pass.grad_output.chunks_exact(width))
            .zip(normalised.chunks_exact(width))
            .zip(inverses)
        {
            let scaled = || {
                grad.iter()
                    .zip(weight)
                    .map(|(grad, weight)| *grad * *weight)
            };
            let mean = if self.centred {
                scaled().sum::<T>() / units
            } else {
                T::zero()
            };
            let projection = scaled()
                .zip(normalised)
                .map(|(grad, x)| grad * *x)
                .sum::<T>()
                / units;
            for ((slot, grad), x) in slots.iter_mut().zip(scaled()).zip(normalised) {
                let value = (grad - mean - *x * projection) * *inverse;
                *slot = if accumulate { *slot + value } else { value };
            }
        }
    }
}
