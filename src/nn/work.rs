//! What a training step asks of a machine, counted.

use crate::base::Scalar;
use crate::graph::Graph;
use crate::layer::TensorShape;

/// The work of one training step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepWork {
    /// Floating-point operations of the matrix products.
    pub products: f64,
    /// Numbers that the layers hand on.
    pub numbers: f64,
    /// Layers, as they are logged.
    pub layers: usize,
}

impl StepWork {
    /// With what a generator's discriminator is trained for within a step, so many `times`:
    /// each takes a real batch and one that the generator makes, forward alone.
    pub fn with_discriminator(self, own: Self, times: u64) -> Self {
        let times = times as f64;
        let made = [self.products - own.products, self.numbers - own.numbers];
        let [products, numbers] = made.map(|of_generator| of_generator.max(0.0) / 3.0);
        Self {
            // Of the discriminator's weights the generator's step needs no gradients.
            products: self.products - own.products / 3.0 + times * (2.0 * own.products + products),
            numbers: self.numbers + times * (2.0 * own.numbers + numbers),
            layers: self.layers + (2.0 * times) as usize * own.layers,
        }
    }
}

impl<T: Scalar> Graph<T> {
    /// The work of a step on batches of `samples`: a product forward and two backward, of
    /// which the first map needs one.
    pub fn work(&self, samples: usize) -> StepWork {
        let entries = self.nodes.iter().filter_map(|node| {
            let tensors = node.layer.tensors();
            let matrices = tensors.iter().filter(|tensor| tensor.shape.len() == 2);
            let entries: usize = matrices.map(TensorShape::len).sum();
            (entries > 0).then(|| entries * self.values[node.output].positions)
        });
        let entries: Vec<usize> = entries.collect();
        let first = entries.first().copied().unwrap_or(0);
        let handed_on = self.nodes.iter().map(|node| {
            let value = &self.values[node.output];
            value.width * value.positions
        });
        StepWork {
            products: 2.0 * samples as f64 * (3 * entries.iter().sum::<usize>() - first) as f64,
            numbers: samples as f64 * handed_on.sum::<usize>() as f64,
            layers: self.layers.len(),
        }
    }
}
