//! What a network tells of its last step: each layer's metrics, and where
//! something stopped being finite.

use crate::base::Scalar;
use crate::base::squares::Squares;
use crate::nn::measure::{LayerMetrics, Moments};
use crate::nn::network::Network;
use crate::nn::params::LayerParams;

impl<T: Scalar> Network<T> {
    /// The metrics of layer `l` (from 1) at the last pass that observed, for
    /// the update made after it if one was made.
    pub fn metrics(&self, l: usize) -> LayerMetrics {
        let mut metrics = LayerMetrics::default();
        let norm = |v: usize| self.grad_squares(v).norm();
        let layer = &self.graph.layers[l - 1];
        metrics.activation_grad_norm = norm(layer.h);
        if let Some(z) = layer.z {
            metrics.delta_norm = norm(z);
        }
        if let Some(n) = layer.params {
            let params = &self.layer_params[self.params_of[n].expect("a linear map has weights")];
            let sums = &params.sums;
            metrics.weight_grad_norm = sums.weight_grad_squares.norm();
            let has_bias = params.trained.len() > params.weight_len();
            metrics.bias_grad_norm = has_bias.then(|| sums.other_grad_squares.norm());
            metrics.weight_norm = sums.weight_squares.norm();
            metrics.update_ratio = sums
                .update_squares
                .map(|update| update.norm_over(sums.weight_squares));
            let share = |zeros: u64| zeros as f64 / params.weight_len() as f64;
            metrics.zero_grad_fraction = sums.zero_grads.map(share);
        }
        if let Some(n) = layer.phi {
            self.observe_activation(n, &mut metrics);
        }
        metrics
    }

    /// Σ (∂L/∂value)² over the batch.
    fn grad_squares(&self, v: usize) -> Squares {
        self.chunks().map(|chunk| chunk.grad_squares[v]).sum()
    }

    fn observe_activation(&self, n: usize, metrics: &mut LayerMetrics) {
        let mut moments = Moments::default();
        let mut saturated = Some(0);
        let mut chunks = 0;
        let mut alive = 0;
        let mut width = 0;
        for chunk in self.chunks() {
            let sums = &chunk.activations[n];
            moments.join(&sums.values);
            saturated = saturated.zip(sums.saturated).map(|(a, b)| a + b);
            chunks += 1;
            alive = sums.alive_units;
            width = sums.alive.len();
        }
        if moments.count == 0.0 {
            return;
        }
        if chunks > 1 {
            alive = self.units_alive_somewhere(n, width);
        }
        metrics.activation_mean = Some(moments.mean);
        metrics.activation_std = Some(moments.std());
        metrics.saturated_fraction = saturated.map(|count| count as f64 / moments.count);
        metrics.dead_fraction = Some((width - alive) as f64 / width as f64);
    }

    /// Units of the activation node `n` that are alive in some chunk.
    fn units_alive_somewhere(&self, n: usize, width: usize) -> usize {
        /// Units at a time, so that no memory is needed.
        const BLOCK: usize = 64;
        let mut count = 0;
        for first in (0..width).step_by(BLOCK) {
            let units = first..width.min(first + BLOCK);
            let mut somewhere = [false; BLOCK];
            for chunk in self.chunks() {
                let alive = &chunk.activations[n].alive[units.clone()];
                somewhere.iter_mut().zip(alive).for_each(|(s, a)| *s |= a);
            }
            count += somewhere.iter().filter(|s| **s).count();
        }
        count
    }

    /// Σ of the squared gradients of all parameters.
    pub(super) fn param_grad_squares(&self) -> Squares {
        let layer_params = self.layer_params.iter();
        layer_params.map(|params| params.sums.grad_squares()).sum()
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
            self.shards
                .iter()
                .all(|shard| shard.value(&self.graph, v).iter().all(|x| x.is_finite()))
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
        let in_params = || {
            let finite = |b: &LayerParams<T>| b.sums.grad_squares().is_finite();
            self.layer_params
                .iter()
                .rev()
                .find(|params| !finite(params))
                .map(|params| nodes[params.node].number)
        };
        // Else only the norm over all layers is infinite.
        let somewhere = backward.map(|node| node.number).or_else(in_params);
        somewhere.or(Some(self.graph.layers.len()))
    }
}
