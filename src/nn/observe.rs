//! What a network tells of its last step: each layer's figures, and where
//! something stopped being finite.

use crate::base::Scalar;
use crate::base::squares::Squares;
use crate::nn::block::Block;
use crate::nn::measure::{LayerFigures, Moments};
use crate::nn::network::Network;

impl<T: Scalar> Network<T> {
    /// The figures of layer `l` (from 1) at the last pass that observed, for
    /// the update made after it if one was made.
    pub fn figures(&self, l: usize) -> LayerFigures {
        let mut figures = LayerFigures::default();
        let norm = |v: usize| self.grad_squares(v).norm();
        let layer = &self.graph.layers[l - 1];
        figures.activation_grad_norm = norm(layer.h);
        if let Some(z) = layer.z {
            figures.delta_norm = norm(z);
        }
        if let Some(n) = layer.params {
            let block = &self.blocks[self.block_of[n].expect("a linear map has weights")];
            let sums = &block.sums;
            figures.weight_grad_norm = sums.weight_grad_squares.norm();
            let has_bias = block.trained.len() > block.weight_len();
            figures.bias_grad_norm = has_bias.then(|| sums.other_grad_squares.norm());
            figures.weight_norm = sums.weight_squares.norm();
            figures.update_ratio = sums
                .update_squares
                .map(|update| update.norm_over(sums.weight_squares));
            let share = |zeros: u64| zeros as f64 / block.weight_len() as f64;
            figures.zero_grad_fraction = sums.zero_grads.map(share);
        }
        if let Some(n) = layer.phi {
            self.observe_activation(n, &mut figures);
        }
        figures
    }

    /// Σ (∂L/∂value)² over the batch.
    fn grad_squares(&self, v: usize) -> Squares {
        self.grains().map(|grain| grain.grad_squares[v]).sum()
    }

    fn observe_activation(&self, n: usize, figures: &mut LayerFigures) {
        let mut moments = Moments::default();
        let mut saturated = Some(0);
        let mut grains = 0;
        let mut alive = 0;
        let mut width = 0;
        for grain in self.grains() {
            let sums = &grain.activations[n];
            moments.join(&sums.values);
            saturated = saturated.zip(sums.saturated).map(|(a, b)| a + b);
            grains += 1;
            alive = sums.alive_units;
            width = sums.alive.len();
        }
        if moments.count == 0.0 {
            return;
        }
        if grains > 1 {
            alive = self.units_alive_somewhere(n, width);
        }
        figures.activation_mean = Some(moments.mean);
        figures.activation_std = Some(moments.std());
        figures.saturated_fraction = saturated.map(|count| count as f64 / moments.count);
        figures.dead_fraction = Some((width - alive) as f64 / width as f64);
    }

    /// Units of the activation node `n` that are alive in some grain.
    fn units_alive_somewhere(&self, n: usize, width: usize) -> usize {
        /// Units at a time, so that no memory is needed.
        const BLOCK: usize = 64;
        let mut count = 0;
        for first in (0..width).step_by(BLOCK) {
            let units = first..width.min(first + BLOCK);
            let mut somewhere = [false; BLOCK];
            for grain in self.grains() {
                let alive = &grain.activations[n].alive[units.clone()];
                somewhere.iter_mut().zip(alive).for_each(|(s, a)| *s |= a);
            }
            count += somewhere.iter().filter(|s| **s).count();
        }
        count
    }

    /// Σ of the squared gradients of all parameters.
    pub(super) fn param_grad_squares(&self) -> Squares {
        let blocks = self.blocks.iter();
        blocks.map(|block| block.sums.grad_squares()).sum()
    }

    /// Whether all norms of gradients of values are finite.
    pub(super) fn backward_is_finite(&self) -> bool {
        let mut values = 0..self.graph.values.len();
        values.all(|v| self.grad_squares(v).is_finite())
    }

    /// Where something first stopped being finite: on the way forward, else in
    /// the loss, else on the way back. `None` if all is finite.
    pub(super) fn first_non_finite(&self, loss: f64) -> Option<usize> {
        let squares_are_finite = |v: usize| self.grad_squares(v).is_finite();
        let params_are_finite = self.param_grad_squares().is_finite();
        if loss.is_finite() && params_are_finite && self.backward_is_finite() {
            return None;
        }
        let nodes = &self.graph.nodes;
        // Values that are not kept have been overwritten since, but what a
        // layer hands on to the next linear map is kept.
        let is_finite = |v: usize| {
            self.pieces
                .iter()
                .all(|piece| piece.value(&self.graph, v).iter().all(|x| x.is_finite()))
        };
        let forward = nodes
            .iter()
            .find(|node| self.graph.values[node.output].is_kept && !is_finite(node.output));
        if let Some(node) = forward {
            return Some(node.number);
        }
        if !loss.is_finite() {
            return Some(self.graph.layers.len());
        }
        let backward = nodes
            .iter()
            .rev()
            .find(|node| !squares_are_finite(node.output));
        let in_block = || {
            let finite = |b: &Block<T>| b.sums.grad_squares().is_finite();
            self.blocks
                .iter()
                .rev()
                .find(|block| !finite(block))
                .map(|block| nodes[block.node].number)
        };
        // Else only the norm over all layers is infinite.
        let somewhere = backward.map(|node| node.number).or_else(in_block);
        somewhere.or(Some(self.graph.layers.len()))
    }
}
