//! What tells the positions of a sequence apart.

use crate::base::{Scalar, simd};

use super::{
    Backward, BackwardChunk, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// y_t = x_t + p_t.
///
/// Backward: ∂L/∂x_t = g_t, ∂L/∂p_t = Σ_batch g_t.
pub struct PositionEncoding {
    /// Width of x and y.
    pub width: usize,
    /// Positions.
    pub positions: usize,
    /// What p is.
    pub kind: Encoding,
}

/// Where p comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoding {
    /// Trained; starts normal with this standard deviation.
    Learned(f64),
    /// These values, [positions, width] row after row.
    Fixed(Vec<f64>),
}

impl PositionEncoding {
    /// sin(t/10000^(2i/width)) in the even columns 2i, cos of it in the odd ones, t from 0.
    /// Vaswani et al. 2017, arXiv:1706.03762.
    pub fn sinusoidal(positions: usize, width: usize) -> Self {
        let value = |i: usize| {
            let (t, column) = (i / width, i % width);
            let exponent = (column - column % 2) as f64 / width as f64;
            let angle = t as f64 / 10_000f64.powf(exponent);
            if column.is_multiple_of(2) {
                angle.sin()
            } else {
                angle.cos()
            }
        };
        Self {
            width,
            positions,
            kind: Encoding::Fixed((0..positions * width).map(value).collect()),
        }
    }

    fn len(&self) -> usize {
        self.positions * self.width
    }

    fn is_learned(&self) -> bool {
        matches!(self.kind, Encoding::Learned(_))
    }
}

impl<T: Scalar> Layer<T> for PositionEncoding {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        match self.kind {
            Encoding::Learned(std) => vec![TensorShape {
                shape: vec![self.positions, self.width],
                ..TensorShape::vector("position", 0, Role::Normal(std))
            }],
            Encoding::Fixed(_) => Vec::new(),
        }
    }

    fn saves(&self) -> Saves {
        Saves {
            partials: if self.is_learned() { self.len() } else { 0 },
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let samples = entries(&pass.inputs[0]).chunks_exact(self.len());
        for (y, x) in entries_mut(pass.output)
            .chunks_exact_mut(self.len())
            .zip(samples)
        {
            match &self.kind {
                Encoding::Learned(_) => {
                    let p = pass.parameters.trained;
                    simd::write_or_add(y, false, x.iter().zip(p).map(|(x, p)| *x + *p));
                }
                Encoding::Fixed(p) => {
                    let sums = x.iter().zip(p).map(|(x, p)| *x + T::from_f64(*p));
                    simd::write_or_add(y, false, sums);
                }
            }
        }
    }

    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        partials.fill(0.0);
        for sample in entries(&chunk.grad_output).chunks_exact(self.len()) {
            let terms = sample.iter().map(|g| (*g).to_f64());
            simd::write_or_add(partials, true, terms);
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        grad_input.write_or_add(entries(&pass.grad_output).iter().copied());
    }
}
