//! How the parameters of a layer start.

use ndarray::{Array2, ArrayViewMut2, s};

use super::{Draw, LayerParams};
use crate::base::Scalar;
use crate::base::rng::{ChaCha8Rng, stream};
use crate::fans::Fans;
use crate::graph::Origin;
use crate::init::normal;
use crate::layer::{Role, TensorShape};

impl<T: Scalar> LayerParams<T> {
    /// Claims the memory and gives the tensors their start: a weight and its bias
    /// from their stream as `draw` says, block by block, the others as their roles say.
    /// `scratch` is memory to draw in; whatever is in it is lost.
    pub fn draw(&mut self, draw: &Draw, scratch: &mut Vec<f64>) {
        let length = |trained: bool| -> usize {
            let tensors = self.tensors.iter();
            let chosen = tensors.filter(|tensor| tensor.is_trained() == trained);
            chosen.map(TensorShape::len).sum()
        };
        let has_drawn_bias = self.tensors.iter().any(|tensor| tensor.role == Role::Bias);
        let mut trained = Vec::with_capacity(length(true));
        let mut running = Vec::with_capacity(length(false));
        let mut drawn_bias = Vec::new();
        for tensor in &self.tensors {
            let values = if tensor.is_trained() {
                &mut trained
            } else {
                &mut running
            };
            match tensor.role {
                Role::Weight(fans) => {
                    let shape = (tensor.shape[0], tensor.shape[1]);
                    scratch.clear();
                    scratch.resize(tensor.len(), 0.0);
                    let weight = ArrayViewMut2::from_shape(shape, scratch);
                    drawn_bias = vec![0.0; if has_drawn_bias { shape.1 } else { 0 }];
                    self.origin.draw(
                        draw,
                        fans,
                        weight.expect("as long as the tensor"),
                        &mut drawn_bias,
                        &tensor.blocks,
                    );
                    values.extend(scratch.iter().map(|w| T::from_f64(*w)));
                }
                Role::Bias => {
                    let width = tensor.len() / tensor.blocks.len().max(1);
                    let shift = |i: usize| tensor.blocks.get(i / width).unwrap_or(&0.0);
                    let shifted = drawn_bias.iter().enumerate().map(|(i, b)| b + shift(i));
                    values.extend(shifted.map(T::from_f64));
                }
                Role::Normal(std) => {
                    let mut random = self.origin.random(draw);
                    let draws = (0..tensor.len()).map(|_| std * normal(&mut random));
                    values.extend(draws.map(T::from_f64));
                }
                Role::Constant(start) | Role::Running(start) => {
                    values.resize(values.len() + tensor.len(), T::from_f64(start));
                }
            }
        }
        (self.trained, self.running) = (trained, running);
    }
}

impl Origin {
    fn random(&self, draw: &Draw) -> ChaCha8Rng {
        stream(draw.seed, self.purpose, self.stream as u64)
    }

    /// Draws `weight` [read, written] and `bias`, zeros as they arrive, one of `blocks`
    /// of columns after the other; the numbers are factors on the blocks' weights.
    fn draw(
        &self,
        draw: &Draw,
        fans: Fans,
        mut weight: ArrayViewMut2<f64>,
        bias: &mut [f64],
        blocks: &[f64],
    ) {
        let mut random = self.random(draw);
        let init = self.init.as_ref().unwrap_or(draw.init).initializer();
        let count = blocks.len().max(1);
        let (columns, entries) = (weight.ncols() / count, bias.len() / count);
        for b in 0..count {
            let mut block = weight.slice_mut(s![.., b * columns..(b + 1) * columns]);
            let bias = &mut bias[b * entries..(b + 1) * entries];
            let gain = blocks.get(b).copied().unwrap_or(1.0);
            if count == 1 {
                init.fill(&mut random, fans, block.view_mut(), bias);
                block *= gain;
            } else {
                // Drawn apart: an init may take its matrix to lie row after row.
                let mut drawn = Array2::zeros(block.raw_dim());
                init.fill(&mut random, fans, drawn.view_mut(), bias);
                block.zip_mut_with(&drawn, |w, drawn| *w = gain * drawn);
            }
        }
    }
}
