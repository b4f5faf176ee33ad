//! A network's layers together with their parameters, as a pass reads them.

use crate::base::Scalar;
use crate::graph::Graph;
use crate::layer::Parameters;
use crate::params::LayerParams;

/// Layers and parameters, which stay as they are while a batch passes.
#[derive(Clone, Copy)]
pub struct Model<'a, T> {
    /// The layers.
    pub graph: &'a Graph<T>,
    /// The parameters of those that have any.
    pub layer_params: &'a [LayerParams<T>],
    /// Which of them each node has.
    pub params_of: &'a [Option<usize>],
}

impl<'a, T: Scalar> Model<'a, T> {
    /// The parameters of node `n`.
    pub fn parameters(&self, n: usize) -> Parameters<'a, T> {
        match self.params_of[n] {
            Some(b) => self.layer_params[b].parameters(),
            None => Parameters {
                trained: &[],
                running: &[],
            },
        }
    }
}
