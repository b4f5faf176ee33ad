//! Networks that work on each other: parameters that one lends the other, a part of a
//! network run by itself, and a step over several batches.

use crate::base::Scalar;
use crate::base::team::Team;
use crate::graph::LayerInfo;
use crate::layer::Mode;
use crate::model::Model;
use crate::network::Network;
use crate::node_shards::NodeShards;
use crate::params::LayerParams;
use crate::pass::Pass;
use crate::train_step::StepMetrics;

impl<T: Scalar> Network<T> {
    /// From now on the parameters of layers after `layer` are another network's: gradients
    /// pass through, but theirs are not computed, and no update changes them.
    pub fn borrow_after(&mut self, layer: usize) {
        let nodes = &self.graph.nodes;
        let is_own = |params: &LayerParams<T>| nodes[params.node].number <= layer;
        self.own = self.layer_params.partition_point(is_own);
    }

    /// The parameters that are another network's.
    pub fn borrowed(&self) -> &[LayerParams<T>] {
        &self.layer_params[self.own..]
    }

    /// The parameters that are another network's, to be brought up to date.
    pub fn borrowed_mut(&mut self) -> &mut [LayerParams<T>] {
        &mut self.layer_params[self.own..]
    }

    /// Runs the batch at hand up to layer `layer` and writes what it hands on to `values`,
    /// row after row. Changes nothing that outlives the pass.
    pub fn run_to(&mut self, team: &Team, layer: usize, mode: Mode, values: &mut [T]) {
        self.run_on(team, [0, layer], mode, values);
    }

    /// The same from where the last run came to: layer `after`, 0 being the input.
    pub fn run_on(
        &mut self,
        team: &Team,
        [after, layer]: [usize; 2],
        mode: Mode,
        values: &mut [T],
    ) {
        let h = self.graph.layers[layer - 1].h;
        let pass = Pass {
            model: Model {
                graph: &self.graph,
                layer_params: &self.layer_params,
                params_of: &self.params_of,
            },
            all_reduce: &self.all_reduce,
            ranks: team.share_count(self.shards.len()),
        };
        let graph = pass.model.graph;
        // How many nodes have run once a layer has handed on.
        let count = |layer: &LayerInfo| {
            let last = graph.nodes.iter().position(|node| node.output == layer.h);
            last.map_or(0, |last| last + 1)
        };
        let end = count(&graph.layers[layer - 1]);
        let begin = after
            .checked_sub(1)
            .map_or(0, |at| count(&graph.layers[at]));
        team.shares(&mut self.shards, |share| {
            let mut round = 0;
            for n in begin..end {
                pass.forward(share, n, mode, false, &mut round);
            }
        });
        let shards = self.shards.iter();
        let handed_on = shards.flat_map(|shard| shard.value(&self.graph, h));
        let slots = values.iter_mut();
        slots
            .zip(handed_on)
            .for_each(|(slot, value)| *slot = *value);
    }

    /// The network's outputs for the batch of the last pass, row after row.
    pub fn last_outputs(&self) -> impl Iterator<Item = f64> + '_ {
        self.shards.iter().flat_map(|shard| {
            let values = shard.value(&self.graph, self.graph.output);
            values.into_iter().map(|value| (*value).to_f64())
        })
    }

    /// Holds the gradient of the batch at hand until [`Self::release`]: those of further
    /// batches are added to it. If `advances`, running averages go on over this batch.
    pub fn hold(&mut self, team: &Team, advances: bool) -> StepMetrics {
        self.forward_backward(team, false);
        self.keep_gradients(team, false);
        let metrics = self.step_metrics();
        if metrics.diverged_at.is_some() {
            return metrics;
        }
        let (graph, shards) = (&self.graph, &self.shards);
        team.each(&mut self.layer_params[..self.own], |params| {
            params.hold();
            if advances {
                let n = params.node;
                NodeShards { graph, shards, n }.advance(&mut params.running);
            }
        });
        metrics
    }

    /// Holds gradients no longer.
    pub fn release(&mut self) {
        self.layer_params.iter_mut().for_each(LayerParams::release);
    }
}
