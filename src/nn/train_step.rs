//! One step of training a network: forward, backward, gradients, update.

use crate::base::Scalar;
use crate::base::team::Team;
use crate::nn::block::Block;
use crate::nn::layer::Mode;
use crate::nn::loss::LossSums;
use crate::nn::measure::Moments;
use crate::nn::network::Network;
use crate::nn::optim::{Moment, Stepper};
use crate::nn::pass::{NodePieces, Pass, parameters_of};
use crate::nn::piece::PieceTargets;

/// A step's figures over the whole network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepFigures {
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
        let (graph, blocks, block_of) = (&self.graph, &self.blocks, &self.block_of);
        let criterion = self.loss.criterion::<T>();
        team.shares(&mut self.pieces, |share| {
            for n in 0..graph.nodes.len() {
                let parameters = parameters_of(blocks, block_of, n);
                for piece in &mut *share {
                    piece.forward(graph, n, Mode::Evaluation, parameters, 0, false);
                }
            }
            share
                .iter_mut()
                .for_each(|piece| piece.evaluate(graph, criterion));
        });
        self.loss_sums()
    }

    /// One training pass over the batch at hand: forward, backward, gradients
    /// of all parameters. `observe` asks for what only a logged step needs.
    /// Nothing that outlives the step changes.
    pub fn gradients(&mut self, team: &Team, observe: bool) -> StepFigures {
        self.forward_backward(team, observe);
        self.parameter_gradients(team, observe);
        self.step_figures()
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
        stepper: &Stepper<T>,
        moment: &Moment,
    ) -> StepFigures {
        self.forward_backward(team, observe);
        let is_finite = self.loss_sums().loss.is_finite() && self.backward_is_finite();
        self.pass_blocks(team, observe, is_finite.then_some((stepper, moment)));
        let figures = self.step_figures();
        if figures.diverged_at.is_none() {
            self.step += 1;
        } else if self.is_partly_updated() && !observe {
            // Too late to observe the activations at the old weights.
            let grains = self.pieces.iter_mut().flat_map(|piece| &mut piece.grains);
            let sums = grains.flat_map(|grain| &mut grain.activations);
            sums.for_each(|sums| sums.values = Moments::default());
        }
        figures
    }

    /// The figures of [`Self::gradients`], bit for bit, without keeping any
    /// parameter's gradient.
    pub fn gradient_figures(&mut self, team: &Team, observe: bool) -> StepFigures {
        self.forward_backward(team, observe);
        self.pass_blocks(team, observe, None);
        self.step_figures()
    }

    /// Every block's gradient and, if `update` says how, its update.
    fn pass_blocks(&mut self, team: &Team, observe: bool, update: Option<(&Stepper<T>, &Moment)>) {
        let (graph, pieces) = (&self.graph, &self.pieces);
        team.each(&mut self.blocks, |block| {
            let n = block.node;
            let layer = &*graph.nodes[n].layer;
            let of_node = NodePieces { graph, pieces, n };
            let next = of_node.next_factors();
            of_node.look_ahead();
            block.step(layer, &of_node, next, observe, update);
        });
    }

    /// Changes the parameters by one step of the optimizer, the gradient
    /// scaled by `clip` first, and advances running averages.
    pub fn update(&mut self, team: &Team, stepper: &Stepper<T>, moment: &Moment, clip: f64) {
        let (graph, pieces) = (&self.graph, &self.pieces);
        let clip = T::of(clip);
        team.each(&mut self.blocks, |block| {
            block.update(stepper, moment, clip);
            let n = block.node;
            graph.nodes[n]
                .layer
                .advance(&NodePieces { graph, pieces, n }, &mut block.running);
        });
        self.step += 1;
    }

    /// Whether some layer has been updated since the last pass.
    pub fn is_partly_updated(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| block.sums.update_squares.is_some())
    }

    fn step_figures(&self) -> StepFigures {
        let sums = self.loss_sums();
        let classes = matches!(self.pieces[0].targets, PieceTargets::Classes(_));
        let batch = self.pieces[0].rows.batch as f64;
        StepFigures {
            loss: sums.loss,
            accuracy: classes.then(|| sums.correct as f64 / batch),
            grad_norm: self.param_grad_squares().norm(),
            diverged_at: self.first_non_finite(sums.loss),
        }
    }

    fn loss_sums(&self) -> LossSums {
        // Grain after grain, however they are dealt out to pieces.
        let grains = self.grains().filter(|grain| grain.rows.count > 0);
        grains.map(|grain| grain.loss).sum()
    }

    fn forward_backward(&mut self, team: &Team, observe: bool) {
        let mode = Mode::Training { step: self.step };
        let criterion = self.loss.criterion::<T>();
        let context = Pass {
            graph: &self.graph,
            blocks: &self.blocks,
            block_of: &self.block_of,
            exchange: &self.exchange,
            parties: team.share_count(self.pieces.len()),
        };
        team.shares(&mut self.pieces, |share| {
            let mut round = 0;
            for n in 0..context.graph.nodes.len() {
                context.forward(share, n, mode, observe, &mut round);
            }
            share
                .iter_mut()
                .for_each(|piece| piece.evaluate(context.graph, criterion));
            for n in (0..context.graph.nodes.len()).rev() {
                context.backward(share, n, &mut round);
            }
        });
    }

    fn parameter_gradients(&mut self, team: &Team, observe: bool) {
        let (graph, pieces) = (&self.graph, &self.pieces);
        team.each(&mut self.blocks, |block| {
            let n = block.node;
            let layer = &*graph.nodes[n].layer;
            block.compute_gradient(layer, &NodePieces { graph, pieces, n }, observe);
        });
    }

    /// ‖W_l‖ for a step after which no update is made, or not of all layers.
    pub fn measure_weights(&mut self) {
        self.blocks.iter_mut().for_each(Block::measure_weight);
    }
}
