//! One step of training a network: forward, backward, gradients, update.

use crate::ahead;
use crate::base::Scalar;
use crate::base::compiled::compiled;
use crate::base::team::Team;
use crate::layer::Mode;
use crate::loss::LossSums;
use crate::model::Model;
use crate::moments::Moments;
use crate::network::Network;
use crate::node_shards::NodeShards;
use crate::optim::{Optimizer, StepInfo, clip_coefficient};
use crate::params::LayerParams;
use crate::pass::Pass;
use crate::shard::{Shard, ShardTargets};

/// What a step is to do with the batch at hand, besides computing all gradients.
#[derive(Clone, Copy)]
pub struct Step<'a, T> {
    /// Whether to measure what only a logged step needs. If something is not finite,
    /// it is measured in any case.
    pub observe: bool,
    /// Whether to keep the gradients ([`LayerParams::gradient`]).
    pub keep_gradients: bool,
    /// The largest norm of the gradient over all parameters: a longer one is scaled to
    /// it before the update.
    pub clip: Option<f64>,
    /// How to change the parameters, and advance running averages, if at all.
    pub update: Option<Update<'a, T>>,
}

/// An update of all parameters.
#[derive(Clone, Copy)]
pub struct Update<'a, T> {
    /// The optimizer.
    pub optimizer: &'a Optimizer<T>,
    /// Which step it is, and its learning rate.
    pub info: StepInfo,
}

impl<T> Default for Step<'_, T> {
    /// Nothing but the loss and the gradients' norms.
    fn default() -> Self {
        Self {
            observe: false,
            keep_gradients: false,
            clip: None,
            update: None,
        }
    }
}

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
    /// Whether that is beyond [`Step::clip`].
    pub clipped: bool,
    /// The first layer at which something is not finite, if any.
    pub diverged_at: Option<usize>,
}

impl<T: Scalar> Network<T> {
    /// Evaluation mode: loss and hits of the batch at hand.
    pub fn evaluate(&mut self, team: &Team) -> LossSums {
        type Evaluate<T> = fn(&mut Network<T>, &Team) -> LossSums;
        compiled!(Evaluate<T> = evaluate)(self, team)
    }

    /// The outputs for the batch at hand in `mode`, [rows, outputs], row-major; a row per
    /// position where the output has several.
    pub fn outputs(&mut self, team: &Team, mode: Mode) -> Vec<T> {
        type Outputs<T> = fn(&mut Network<T>, &Team, Mode) -> Vec<T>;
        compiled!(Outputs<T> = outputs)(self, team, mode)
    }

    fn forward(&mut self, team: &Team, mode: Mode) {
        let model = Model {
            graph: &self.graph,
            layer_params: &self.layer_params,
            params_of: &self.params_of,
        };
        team.shares(&mut self.shards, |share| {
            for n in 0..model.graph.nodes.len() {
                let parameters = model.parameters(n);
                for shard in &mut *share {
                    shard.forward(model.graph, n, mode, parameters, 0, false);
                }
            }
        });
    }

    /// A training step over the batch at hand: forward, backward, the gradients of all
    /// parameters and their update. The numbers do not depend on the team, nor on what
    /// else is asked for, bit for bit.
    ///
    /// If the loss or a gradient is not finite, it is no step: nothing that outlives
    /// it changes. But where that shows in the gradient of parameters alone, other
    /// layers may have been updated by then.
    pub fn step(&mut self, team: &Team, step: Step<T>) -> StepMetrics {
        type Make<T> = fn(&mut Network<T>, &Team, Step<T>) -> StepMetrics;
        compiled!(Make<T> = make)(self, team, step)
    }

    fn make_step(&mut self, team: &Team, step: Step<T>) -> StepMetrics {
        self.forward_backward(team, step.observe);
        // Without clipping, a layer is updated while its gradient is in the cache, and
        // no gradient need be kept.
        let in_two = step.keep_gradients || (step.clip.is_some() && step.update.is_some());
        if in_two {
            self.keep_gradients(team, step.observe);
        } else {
            let is_finite = self.loss_sums().loss.is_finite() && self.backward_is_finite();
            let update = step.update.filter(|_| is_finite);
            self.step_parameters(team, step.observe, update);
        }
        let mut metrics = self.step_metrics();
        let clip = step
            .clip
            .map_or(1.0, |limit| clip_coefficient(limit, metrics.grad_norm));
        metrics.clipped = clip < 1.0;
        let has_diverged = metrics.diverged_at.is_some();
        match step.update {
            Some(update) if !has_diverged => {
                if in_two {
                    self.update(team, update, clip);
                }
                self.updates += 1;
            }
            _ => {
                if has_diverged && !step.observe {
                    self.observe_late(team);
                }
                self.layer_params[..self.own]
                    .iter_mut()
                    .for_each(LayerParams::measure_weight);
            }
        }
        metrics
    }

    /// Measures what only a logged step needs, after a step that has turned out not to
    /// be finite.
    fn observe_late(&mut self, team: &Team) {
        let mut params = self.layer_params.iter();
        if params.any(|params| params.sums.update_squares.is_some()) {
            // Too late to observe the activations at the old weights.
            let chunks = self.shards.iter_mut().flat_map(|shard| &mut shard.chunks);
            let sums = chunks.flat_map(|chunk| &mut chunk.activations);
            sums.for_each(|sums| sums.values = Moments::default());
        } else {
            self.forward_backward(team, true);
            self.step_parameters(team, true, None);
        }
    }

    pub(super) fn forward_backward(&mut self, team: &Team, observe: bool) {
        let mode = Mode::Training { step: self.updates };
        let criterion = self.objective.criterion::<T>();
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
        team.shares(&mut self.shards, |share| {
            let mut round = 0;
            for n in 0..graph.nodes.len() {
                pass.forward(share, n, mode, observe, &mut round);
            }
            share
                .iter_mut()
                .for_each(|shard| shard.evaluate(graph, criterion));
            for n in (0..graph.nodes.len()).rev() {
                pass.backward(share, n, &mut round);
            }
        });
    }

    /// Every layer's gradient, which is kept.
    pub(super) fn keep_gradients(&mut self, team: &Team, observe: bool) {
        let (graph, shards) = (&self.graph, &self.shards);
        team.each(&mut self.layer_params[..self.own], |params| {
            let n = params.node;
            params.compute_gradient(NodeShards { graph, shards, n }, observe);
        });
    }

    /// Every layer's gradient, which is not kept, and, if `update` says how, its update.
    fn step_parameters(&mut self, team: &Team, observe: bool, update: Option<Update<T>>) {
        let (graph, shards) = (&self.graph, &self.shards);
        team.each(&mut self.layer_params[..self.own], |params| {
            let n = params.node;
            let of_node = NodeShards { graph, shards, n };
            ahead::before_gradient(of_node, params);
            let update = update
                .as_ref()
                .map(|update| (update.optimizer, &update.info));
            params.step(of_node, observe, update);
        });
    }

    /// Changes the parameters along the gradients that were kept, scaled by `clip`
    /// first, and advances running averages.
    fn update(&mut self, team: &Team, update: Update<T>, clip: f64) {
        let (graph, shards) = (&self.graph, &self.shards);
        let clip = T::from_f64(clip);
        team.each(&mut self.layer_params[..self.own], |params| {
            params.update(update.optimizer, &update.info, clip);
            let n = params.node;
            NodeShards { graph, shards, n }.advance(&mut params.running);
        });
    }

    pub(super) fn step_metrics(&self) -> StepMetrics {
        let sums = self.loss_sums();
        let classes = matches!(self.shards[0].targets, ShardTargets::Classes(_));
        let targets_each = self.graph.values[self.graph.output].positions;
        let targets = (self.shards[0].rows.batch * targets_each) as f64;
        StepMetrics {
            loss: sums.loss,
            accuracy: classes.then(|| sums.correct as f64 / targets),
            grad_norm: self.param_grad_squares().norm(),
            clipped: false,
            diverged_at: self.first_non_finite(sums.loss),
        }
    }

    fn loss_sums(&self) -> LossSums {
        // Chunk after chunk, however they are dealt out to shards.
        let chunks = self.chunks().filter(|chunk| chunk.rows.count > 0);
        chunks.map(|chunk| chunk.loss).sum()
    }
}

fn make<T: Scalar>(network: &mut Network<T>, team: &Team, step: Step<T>) -> StepMetrics {
    network.make_step(team, step)
}

fn evaluate<T: Scalar>(network: &mut Network<T>, team: &Team) -> LossSums {
    network.forward(team, Mode::Evaluation);
    let (graph, criterion) = (&network.graph, network.objective.criterion::<T>());
    team.shares(&mut network.shards, |share| {
        share
            .iter_mut()
            .for_each(|shard| shard.evaluate(graph, criterion));
    });
    network.loss_sums()
}

fn outputs<T: Scalar>(network: &mut Network<T>, team: &Team, mode: Mode) -> Vec<T> {
    network.forward(team, mode);
    let output = network.graph.output;
    let of_shard = |shard: &Shard<T>| shard.value(&network.graph, output).to_owned();
    network.shards.iter().flat_map(of_shard).collect()
}
