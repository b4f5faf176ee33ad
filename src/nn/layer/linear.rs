//! The linear map z = x·W + b.

use ndarray::ArrayView2;

use crate::base::Scalar;
use crate::base::gemm::{Matrix, Start, gemm, gemm_sum};
use crate::base::sums::sum_rows;

use crate::fans::Fans;
use crate::times::Phase;

use super::{
    Backward, BackwardChunk, Forward, Layer, MAX_SHARDS, Role, Saves, TensorShape, entries,
    entries_mut,
};

/// z = x·W + b with W of shape [fan_in, fan_out].
///
/// Backward: ∂L/∂x = δ·Wᵀ, ∂L/∂W = xᵀ·δ, ∂L/∂b = Σ_batch δ, where δ = ∂L/∂z.
pub struct Linear {
    /// Width of x.
    pub fan_in: usize,
    /// Width of z.
    pub fan_out: usize,
    /// What its weights are drawn by, all its blocks together.
    pub fans: Fans,
    /// The bias, if there is one.
    pub bias: Option<Role>,
    /// What weight and bias are called.
    pub names: [&'static str; 2],
    /// How many maps stand side by side in it, each drawn by itself, with a factor on
    /// the weights and an addend to the bias that each starts with; empty for one.
    pub blocks: Vec<LinearBlock>,
    /// The maps' names where each is told of by itself.
    pub parts: &'static [&'static str],
}

/// One of several maps that stand side by side in one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearBlock {
    /// Factor on the weights drawn.
    pub gain: f64,
    /// Addend to the biases drawn.
    pub shift: f64,
}

impl LinearBlock {
    /// As drawn.
    pub const PLAIN: Self = Self {
        gain: 1.0,
        shift: 0.0,
    };
}

impl Linear {
    /// A map of one block with a layer's common names.
    pub fn new(fan_in: usize, fan_out: usize, bias: Option<Role>) -> Self {
        Self {
            fan_in,
            fan_out,
            fans: Fans::new(fan_in, fan_out),
            bias,
            names: ["weight", "bias"],
            blocks: Vec::new(),
            parts: &[],
        }
    }
}

impl<T: Scalar> Layer<T> for Linear {
    fn width(&self) -> usize {
        self.fan_out
    }

    fn tensors(&self) -> Vec<TensorShape> {
        let [weight, bias] = self.names;
        let fans = Fans {
            outputs: self.fans.outputs / self.blocks.len().max(1),
            ..self.fans
        };
        let blocks = self.blocks.iter();
        let weight = TensorShape {
            blocks: blocks.clone().map(|block| block.gain).collect(),
            parts: self.parts,
            ..TensorShape::matrix(weight, [self.fan_in, self.fan_out], fans)
        };
        let bias = self.bias.map(|role| TensorShape {
            blocks: blocks.map(|block| block.shift).collect(),
            ..TensorShape::vector(bias, self.fan_out, role)
        });
        [weight].into_iter().chain(bias).collect()
    }

    fn phase(&self) -> Phase {
        Phase::Products
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            grad_output: true,
            partials: self.bias.map_or(0, |_| self.fan_out),
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let (weight, bias) = pass.parameters.trained.split_at(self.fan_in * self.fan_out);
        let start = match self.bias {
            Some(_) => Start::Row(bias),
            None => Start::Zero,
        };
        gemm(
            Matrix::of(pass.inputs[0]),
            Matrix::new(weight, self.fan_in, self.fan_out),
            start,
            entries_mut(pass.output),
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let start = if grad_input.accumulate {
            Start::Add
        } else {
            Start::Zero
        };
        gemm(
            Matrix::of(pass.grad_output),
            Matrix::new(pass.parameters.trained, self.fan_in, self.fan_out).transposed(),
            start,
            entries_mut(values),
        );
    }

    /// ∂L/∂b.
    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let rows = entries(&chunk.grad_output);
        sum_rows(rows, self.fan_out, 0, partials);
    }

    fn weight_gradient(&self, shards: &[[ArrayView2<T>; 2]], gradient: &mut [T]) {
        let mut terms = [shards[0].map(Matrix::of); MAX_SHARDS];
        for (term, shard) in terms.iter_mut().zip(shards) {
            let [x, delta] = shard.map(Matrix::of);
            *term = [x.transposed(), delta];
        }
        gemm_sum(&terms[..shards.len()], Start::Zero, gradient);
    }
}
