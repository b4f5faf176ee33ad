//! One step of training a network: forward, backward, gradients, update.

use crate::base::Scalar;
use crate::base::team::Team;
use crate::nn::layer::Mode;
use crate::nn::loss::LossSums;
use crate::nn::measure::Moments;
use crate::nn::network::Network;
use crate::nn::node_shards::NodeShards;
use crate::nn::optim::{Optimizer, StepInfo};
use crate::nn::params::LayerParams;
use crate::nn::pass::{AHEAD, Pass, look_ahead, next_factors, parameters_of};
use crate::nn::shard::ShardTargets;

/// A step's metrics over the whole network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepMetrics {
    /// Mean loss of the batch.
    pub loss: f64,
    /// Share of rows whose largest output is the target class; `None` for
    /// numeric targets.
    pub accuracy: Option<f64>,
    /// Norm of the gradient over all parameters, before clipping.
    pub grad_norm: f64,
    /// The first layer at which something is not finite, if any.
    pub diverged_at: Option<usize>,
}

impl<T: Scalar> Network<T> {
    /// Evaluation mode: loss and hits of the batch at hand.
    pub fn evaluate(&mut self, team: &Team) -> LossSums {
        let (graph, layer_params, params_of) = (&self.graph, &self.layer_params, &self.params_of);
        let criterion = self.loss.criterion::<T>();
        team.shares(&mut self.shards, |share| {
            for n in 0..graph.nodes.len() {
                let parameters = parameters_of(layer_params, params_of, n);
                for shard in &mut *share {
                    shard.forward(graph, n, Mode::Evaluation, parameters, 0, false);
                }
            }
            share
                .iter_mut()
                .for_each(|shard| shard.evaluate(graph, criterion));
        });
        self.loss_sums()
    }

    /// One training pass over the batch at hand: forward, backward, gradients
    /// of all parameters. `observe` asks for what only a logged step needs.
    /// Nothing that outlives the step changes.
    pub fn gradients(&mut self, team: &Team, observe: bool) -> StepMetrics {
        self.forward_backward(team, observe);
        self.parameter_gradients(team, observe);
        self.step_metrics()
    }

    /// [`Self::gradients`] and [`Self::update`] without clipping in one, which
    /// is faster: a parameter's gradient is used while it is in the cache, and
    /// not kept. Gives the same numbers, bit for bit.
    ///
    /// Nothing is updated if the loss or the gradient of a value is not finite.
    /// Where that shows in a parameter's gradient alone, the other layers have
    /// been updated by then ([`Self::is_partly_updated`]).
    pub fn train_step(
        &mut self,
        team: &Team,
        observe: bool,
        optimizer: &Optimizer<T>,
        info: &StepInfo,
    ) -> StepMetrics {
        self.forward_backward(team, observe);
        let is_finite = self.loss_sums().loss.is_finite() && self.backward_is_finite();
        self.step_parameters(team, observe, is_finite.then_some((optimizer, info)));
        let metrics = self.step_metrics();
        if metrics.diverged_at.is_none() {
            self.step += 1;
        } else if self.is_partly_updated() && !observe {
            // Too late to observe the activations at the old weights.
            let chunks = self.shards.iter_mut().flat_map(|shard| &mut shard.chunks);
            let sums = chunks.flat_map(|chunk| &mut chunk.activations);
            sums.for_each(|sums| sums.values = Moments::default());
        }
        metrics
    }

    /// The metrics of [`Self::gradients`], bit for bit, without keeping any
    /// parameter's gradient.
    pub fn gradient_metrics(&mut self, team: &Team, observe: bool) -> StepMetrics {
        self.forward_backward(team, observe);
        self.step_parameters(team, observe, None);
        self.step_metrics()
    }

    /// Every layer's gradient and, if `update` says how, its update.
    fn step_parameters(
        &mut self,
        team: &Team,
        observe: bool,
        update: Option<(&Optimizer<T>, &StepInfo)>,
    ) {
        let (graph, shards) = (&self.graph, &self.shards);
        team.each(&mut self.layer_params, |params| {
            let n = params.node;
            look_ahead(graph, shards, n + AHEAD, n + 2 * AHEAD);
            let next = next_factors(graph, shards, n);
            params.step(NodeShards { graph, shards, n }, next, observe, update);
        });
    }

    /// Changes the parameters by one step of the optimizer, the gradient
    /// scaled by `clip` first, and advances running averages.
    pub fn update(&mut self, team: &Team, optimizer: &Optimizer<T>, info: &StepInfo, clip: f64) {
        let (graph, shards) = (&self.graph, &self.shards);
        let clip = T::from_f64(clip);
        team.each(&mut self.layer_params, |params| {
            params.update(optimizer, info, clip);
            let n = params.node;
            NodeShards { graph, shards, n }.advance(&mut params.running);
        });
        self.step += 1;
    }

    /// Whether some layer has been updated since the last pass.
    pub fn is_partly_updated(&self) -> bool {
        let mut layer_params = self.layer_params.iter();
        layer_params.any(|params| params.sums.update_squares.is_some())
    }

    fn step_metrics(&self) -> StepMetrics {
        let sums = self.loss_sums();
        let classes = matches!(self.shards[0].targets, ShardTargets::Classes(_));
        let batch = self.shards[0].rows.batch as f64;
        StepMetrics {
            loss: sums.loss,
            accuracy: classes.then(|| sums.correct as f64 / batch),
            grad_norm: self.param_grad_squares().norm(),
            diverged_at: self.first_non_finite(sums.loss),
        }
    }

    fn loss_sums(&self) -> LossSums {
        // Chunk after chunk, however they are dealt out to shards.
        let chunks = self.chunks().filter(|chunk| chunk.rows.count > 0);
        chunks.map(|chunk| chunk.loss).sum()
    }

    fn forward_backward(&mut self, team: &Team, observe: bool) {
        let mode = Mode::Training { step: self.step };
        let criterion = self.loss.criterion::<T>();
        let context = Pass {
            graph: &self.graph,
            layer_params: &self.layer_params,
            params_of: &self.params_of,
            all_reduce: &self.all_reduce,
            ranks: team.share_count(self.shards.len()),
        };
        team.shares(&mut self.shards, |share| {
            let mut round = 0;
            for n in 0..context.graph.nodes.len() {
                context.forward(share, n, mode, observe, &mut round);
            }
            share
                .iter_mut()
                .for_each(|shard| shard.evaluate(context.graph, criterion));
            for n in (0..context.graph.nodes.len()).rev() {
                context.backward(share, n, &mut round);
            }
        });
    }

    fn parameter_gradients(&mut self, team: &Team, observe: bool) {
        let (graph, shards) = (&self.graph, &self.shards);
        team.each(&mut self.layer_params, |params| {
            let n = params.node;
            params.compute_gradient(NodeShards { graph, shards, n }, observe);
        });
    }

    /// ‖W_l‖ for a step after which no update is made, or not of all layers.
    pub fn measure_weights(&mut self) {
        self.layer_params
            .iter_mut()
            .for_each(LayerParams::measure_weight);
    }
}
