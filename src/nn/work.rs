//! What a training step asks of a machine, counted.

use crate::base::Scalar;
use crate::nn::graph::Graph;
use crate::nn::layer::TensorShape;

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
