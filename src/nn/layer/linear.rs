//! The linear map z = x·W + b.

use crate::base::Scalar;
use crate::base::gemm::{Matrix, Start, gemm, gemm_sum};
use crate::base::sums::sum_rows;

use crate::nn::times::Phase;

use super::{Backward, Forward, Layer, MAX_SHARDS, Role, ShardsOf, TensorShape};

/// z = x·W + b with W of shape [fan_in, fan_out].
///
/// Backward: ∂L/∂x = δ·Wᵀ, ∂L/∂W = xᵀ·δ, ∂L/∂b = Σ_batch δ, where δ = ∂L/∂z.
pub struct Linear {
    /// Width of x.
    pub fan_in: usize,
    /// Width of z.
    pub fan_out: usize,
    /// The bias, if there is one.
    pub bias: Option<Role>,
    /// Whether this is a highway's gate, which has names of its own.
    pub is_gate: bool,
}

impl<T: Scalar> Layer<T> for Linear {
    fn width(&self) -> usize {
        self.fan_out
    }

    fn tensors(&self) -> Vec<TensorShape> {
        let (weight, bias) = if self.is_gate {
            ("gate.weight", "gate.bias")
        } else {
            ("weight", "bias")
        };
        let mut tensors = vec![TensorShape {
            name: weight,
            shape: vec![self.fan_in, self.fan_out],
            role: Role::Weight,
        }];
        tensors.extend(
            self.bias
                .map(|role| TensorShape::vector(bias, self.fan_out, role)),
        );
        tensors
    }

    fn phase(&self) -> Phase {
        Phase::Products
    }

    fn saves_inputs(&self) -> bool {
        true
    }

    fn saves_grad_output(&self) -> bool {
        true
    }

    fn forward(&self, pass: Forward<T>) {
        let rows = pass.rows.count;
        let (weight, bias) = pass.parameters.trained.split_at(self.fan_in * self.fan_out);
        let start = match self.bias {
            Some(_) => Start::Row(bias),
            None => Start::Zero,
        };
        gemm(
            Matrix::new(pass.inputs[0], rows, self.fan_in),
            Matrix::new(weight, self.fan_in, self.fan_out),
            start,
            pass.output,
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        if grad_input.is_wanted() {
            let rows = pass.rows.count;
            let start = if grad_input.accumulate {
                Start::Add
            } else {
                Start::Zero
            };
            gemm(
                Matrix::new(pass.grad_output, rows, self.fan_out),
                Matrix::new(pass.parameters.trained, self.fan_in, self.fan_out).transposed(),
                start,
                grad_input.values,
            );
        }
    }

    fn gradient(&self, shards: &dyn ShardsOf<T>, gradient: &mut [T]) {
        let (weight, bias) = gradient.split_at_mut(self.fan_in * self.fan_out);
        let term = |p: usize| {
            let rows = shards.rows(p);
            [
                Matrix::new(shards.input(p), rows, self.fan_in).transposed(),
                Matrix::new(shards.grad_output(p), rows, self.fan_out),
            ]
        };
        let count = shards.count();
        let mut terms = [term(0); MAX_SHARDS];
        for (p, slot) in terms[..count].iter_mut().enumerate().skip(1) {
            *slot = term(p);
        }
        gemm_sum(&terms[..count], Start::Zero, weight);
        sum_grad_outputs(shards, bias);
    }
}

/// gradient ← Σ over all rows of ∂L/∂output.
fn sum_grad_outputs<T: Scalar>(shards: &dyn ShardsOf<T>, gradient: &mut [T]) {
    let width = gradient.len();
    super::sum_chunks(shards.chunks(), gradient, |g, first, part| {
        sum_rows(shards.grad_output_of(g), width, first, part);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two chunks of one shard: entry (r, c) of ∂L/∂output is r + 1000·c.
    struct TwoChunks {
        width: usize,
        grad_output: Vec<f32>,
    }

    impl ShardsOf<f32> for TwoChunks {
        fn count(&self) -> usize {
            1
        }
        fn rows(&self, _: usize) -> usize {
            self.grad_output.len() / self.width
        }
        fn input(&self, _: usize) -> &[f32] {
            &[]
        }
        fn grad_output(&self, _: usize) -> &[f32] {
            &self.grad_output
        }
        fn grad_output_of(&self, g: usize) -> &[f32] {
            // 3 rows and the rest.
            let (first, second) = self.grad_output.split_at(3 * self.width);
            [first, second][g]
        }
        fn saved(&self, _: usize) -> &[f32] {
            &[]
        }
        fn chunks(&self) -> usize {
            2
        }
        fn partials(&self, _: usize) -> &[f64] {
            &[]
        }
    }

    #[test]
    fn the_gradient_of_any_number_of_biases_is_summed_over_all_grains() {
        for width in [1, 128, 129, 300] {
            let entries = (0..8 * width).map(|i| (i / width + 1000 * (i % width)) as f32);
            let grad_output = entries.collect();
            let mut sums = vec![0.0f32; width];
            sum_grad_outputs(&TwoChunks { width, grad_output }, &mut sums);
            // Σ_r (r + 1000·c) over r = 0 … 7 = 28 + 8000·c.
            let expected: Vec<_> = (0..width).map(|c| (28 + 8000 * c) as f32).collect();
            assert_eq!(sums, expected);
        }
    }
}
