//! All shards of a batch as one layer sees them when its gradient is computed.

use crate::base::Scalar;
use crate::graph::{Graph, Node};
use crate::layer::MAX_SHARDS;
use crate::shard::Shard;

/// All shards of the batch seen by node `n`, after the backward pass.
#[derive(Clone, Copy)]
pub struct NodeShards<'a, T> {
    /// The network.
    pub graph: &'a Graph<T>,
    /// The shards, in their order.
    pub shards: &'a [Shard<T>],
    /// The node.
    pub n: usize,
}

impl<'a, T: Scalar> NodeShards<'a, T> {
    /// The node itself.
    pub fn node(&self) -> &'a Node<T> {
        &self.graph.nodes[self.n]
    }

    /// Every chunk's partials, in the chunks' order.
    pub fn partials(&self) -> impl Iterator<Item = &'a [f64]> + Clone {
        let place = &self.node().partials;
        let chunks = self.shards.iter().flat_map(|shard| &shard.chunks);
        chunks.map(|chunk| &chunk.partials[place.clone()])
    }

    /// gradient ← ∂L/∂W of the node's weight matrix.
    pub fn weight_gradient(&self, gradient: &mut [T]) {
        let node = self.node();
        let factors = |shard: &'a Shard<T>| {
            let input = shard.value(self.graph, node.inputs[0]);
            [input, shard.gradient(self.graph, node.output)]
        };
        let mut all = [factors(&self.shards[0]); MAX_SHARDS];
        for (slot, shard) in all.iter_mut().zip(self.shards).skip(1) {
            *slot = factors(shard);
        }
        let all = &all[..self.shards.len()];
        node.layer.weight_gradient(all, gradient);
    }

    /// Advances the node's running averages, if it has any.
    pub fn advance(&self, running: &mut [T]) {
        if let Some(reduce) = self.node().layer.reduce() {
            // Every shard saved the same of the whole batch; the first one's serves.
            let shard = &self.shards[0];
            let saved_once = shard.saved_once(self.graph, self.n);
            let positions = self.graph.values[self.node().output].positions;
            reduce.advance(shard.rows.batch * positions, saved_once, running);
        }
    }
}
