//! A network with its parameters, and one step of training it.

use ndarray::{Array2, Axis};

use crate::base::Scalar;
use crate::base::team::Team;
use crate::nn::architecture::Architecture;
use crate::nn::block::Block;
use crate::nn::grain::{Grain, grain_count, part};
use crate::nn::graph::Graph;
use crate::nn::layer::Mode;
use crate::nn::loss::{Loss, LossSums, Targets};
use crate::nn::measure::Moments;
use crate::nn::optim::{Moment, Stepper};
use crate::nn::pass::{Exchange, NodePieces, Pass, parameters_of};
use crate::nn::piece::{Piece, PieceTargets};
use crate::nn::times::{PhaseTimes, Stopwatch};

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

/// A network ready to train: layers, parameters and every buffer a step needs.
pub struct Network<T> {
    pub(super) graph: Graph<T>,
    loss: Loss,
    pub(super) blocks: Vec<Block<T>>,
    /// The block of each node that has one.
    pub(super) block_of: Vec<Option<usize>>,
    pub(super) pieces: Vec<Piece<T>>,
    exchange: Exchange,
    /// Updates made so far.
    step: u64,
    /// Rows of the largest batch.
    batch: usize,
}

impl<T: Scalar> Network<T> {
    /// Draws the parameters and claims all memory for batches of up to `batch`
    /// rows with class targets (`classes`) or numeric ones. The memory a
    /// network takes is [`Graph::bytes`].
    pub fn new(
        architecture: &Architecture,
        loss: Loss,
        batch: usize,
        classes: bool,
        stepper: &Stepper<T>,
    ) -> Self {
        let graph = architecture.graph(false);
        Self::from_graph(architecture, graph, loss, batch, classes, stepper)
    }

    /// As [`Network::new`], and the same network, but `team` draws the
    /// parameters: every layer has a stream of random numbers of its own.
    pub fn drawn_by(
        team: &Team,
        architecture: &Architecture,
        loss: Loss,
        batch: usize,
        classes: bool,
        stepper: &Stepper<T>,
    ) -> Self {
        let graph = architecture.graph(false);
        Self::build(
            architecture,
            graph,
            loss,
            (batch, classes),
            stepper,
            Some(team),
        )
    }

    /// As [`Network::new`] for a graph of one's own, e.g. one that computes
    /// ∂L/∂x too; `architecture` says how its parameters are drawn.
    pub fn from_graph(
        architecture: &Architecture,
        graph: Graph<T>,
        loss: Loss,
        batch: usize,
        classes: bool,
        stepper: &Stepper<T>,
    ) -> Self {
        Self::build(architecture, graph, loss, (batch, classes), stepper, None)
    }

    fn build(
        architecture: &Architecture,
        graph: Graph<T>,
        loss: Loss,
        (batch, classes): (usize, bool),
        stepper: &Stepper<T>,
        team: Option<&Team>,
    ) -> Self {
        let mut block_of = vec![None; graph.nodes.len()];
        let mut blocks = Vec::new();
        for (n, node) in graph.nodes.iter().enumerate() {
            let tensors = node.layer.tensors();
            if tensors.is_empty() {
                continue;
            }
            block_of[n] = Some(blocks.len());
            blocks.push(Block::new(n, tensors, stepper.states_per_param()));
        }
        let draw = |share: &mut [Block<T>]| draw(share, &graph, architecture);
        match team {
            Some(team) => team.shares(&mut blocks, draw),
            None => draw(&mut blocks),
        }
        let longest = graph
            .nodes
            .iter()
            .map(|node| {
                node.layer
                    .forward_tally_len()
                    .max(node.layer.backward_tally_len())
            })
            .max()
            .unwrap_or(0);
        let grains = grain_count(batch);
        // Divided for the team at once: claiming the buffers again takes as
        // long as drawing. But sums over pieces must not depend on the team.
        let parts = match team {
            Some(team) if !architecture.init.scheme().scales_to_data() => team.threads(),
            _ => 1,
        };
        let parts = parts.clamp(1, grains);
        Self {
            pieces: pieces(&graph, parts, batch, classes).collect(),
            graph,
            loss,
            blocks,
            block_of,
            batch,
            exchange: Exchange::new(grains, longest),
            step: 0,
        }
    }

    /// Cuts the batch into pieces for `threads` threads, of whole grains each.
    /// Which threads there are changes no result; a network that was never
    /// divided is one piece.
    pub fn divide(&mut self, threads: usize) {
        let grains = grain_count(self.batch);
        let parts = threads.clamp(1, grains);
        if parts == self.pieces.len() {
            return;
        }
        let classes = matches!(self.pieces[0].targets, PieceTargets::Classes(_));
        self.pieces.clear();
        self.pieces
            .extend(pieces(&self.graph, parts, self.batch, classes));
    }

    /// Starts (or stops) measuring where the time goes; the figures start at 0.
    /// Measuring costs some time itself.
    pub fn measure_times(&mut self, on: bool) {
        let pieces = self.pieces.iter_mut().map(|piece| &mut piece.watch);
        let blocks = self.blocks.iter_mut().map(|block| &mut block.watch);
        pieces
            .chain(blocks)
            .for_each(|watch| *watch = Stopwatch::new(on));
    }

    /// Where the time has gone since [`Self::measure_times`].
    pub fn times(&self) -> PhaseTimes {
        let pieces = self.pieces.iter().map(|piece| &piece.watch);
        let blocks = self.blocks.iter().map(|block| &block.watch);
        pieces.chain(blocks).map(Stopwatch::times).sum()
    }

    /// The grains of the batch, in their order.
    pub(super) fn grains(&self) -> impl Iterator<Item = &Grain> {
        self.pieces.iter().flat_map(|piece| &piece.grains)
    }

    /// Number of layers, the output layer included.
    pub fn layers(&self) -> usize {
        self.graph.layers
    }

    /// Updates made so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The parameters, a block per layer that has any.
    pub fn blocks(&self) -> &[Block<T>] {
        &self.blocks
    }

    /// The parameters, to be changed.
    pub fn blocks_mut(&mut self) -> &mut [Block<T>] {
        &mut self.blocks
    }

    /// The layer (from 1) that a block belongs to.
    pub fn layer_of(&self, block: &Block<T>) -> usize {
        self.graph.nodes[block.node].unit
    }

    /// Takes the rows `rows` of a data set as the batch at hand. Their number
    /// may be smaller than the batch the network was made for.
    ///
    /// # Panics
    /// If there are more rows than that, or the widths or the kind of target
    /// differ from what the network was made for.
    pub fn load(&mut self, inputs: &Array2<T>, targets: &Targets<T>, rows: &[usize]) {
        let capacity = self.batch;
        assert!(
            rows.len() <= capacity,
            "{} rows exceed the batch of {capacity}",
            rows.len()
        );
        let width = inputs.ncols();
        assert_eq!(
            width, self.graph.values[0].width,
            "features of the data and of the network"
        );
        // A smaller batch fills the first pieces.
        let mut first = 0;
        for piece in &mut self.pieces {
            piece.place(first, rows.len());
            let here = piece.rows.count;
            let mine = &rows[first..first + here];
            for (slot, &row) in piece
                .input_mut(&self.graph)
                .chunks_exact_mut(width)
                .zip(mine)
            {
                slot.iter_mut()
                    .zip(inputs.index_axis(Axis(0), row))
                    .for_each(|(slot, x)| *slot = *x);
            }
            match (&mut piece.targets, targets) {
                (PieceTargets::Classes(slots), Targets::Classes(classes)) => {
                    slots
                        .iter_mut()
                        .zip(mine)
                        .for_each(|(slot, &row)| *slot = classes[row]);
                }
                (PieceTargets::Numbers(slots), Targets::Numbers(numbers)) => {
                    let outputs = numbers.ncols();
                    for (slot, &row) in slots.chunks_exact_mut(outputs).zip(mine) {
                        slot.iter_mut()
                            .zip(numbers.index_axis(Axis(0), row))
                            .for_each(|(s, y)| *s = *y);
                    }
                }
                _ => panic!("the network was made for another kind of target"),
            }
            first += here;
        }
    }

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
    /// is faster: a gradient is used while it is in the cache, and not kept.
    /// Makes no update if anything is not finite; where that shows in a
    /// parameter's gradient alone, the other layers' update has been made and
    /// what was observed of the activations is forgotten.
    pub fn train_step(
        &mut self,
        team: &Team,
        observe: bool,
        stepper: &Stepper<T>,
        moment: &Moment,
    ) -> StepFigures {
        self.forward_backward(team, observe);
        let loss = self.loss_sums().loss;
        if !loss.is_finite() || !self.backward_is_finite() {
            self.parameter_gradients(team, observe);
            return self.step_figures();
        }
        let (graph, pieces) = (&self.graph, &self.pieces);
        team.each(&mut self.blocks, |block| {
            let n = block.node;
            let layer = &*graph.nodes[n].layer;
            let of_node = NodePieces { graph, pieces, n };
            block.step(layer, &of_node, observe, (stepper, moment));
            layer.advance(&of_node, &mut block.running);
        });
        let figures = self.step_figures();
        if figures.diverged_at.is_none() {
            self.step += 1;
        } else {
            let grains = self.pieces.iter_mut().flat_map(|piece| &mut piece.grains);
            let sums = grains.flat_map(|grain| &mut grain.activations);
            sums.for_each(|sums| sums.values = Moments::default());
        }
        figures
    }

    /// Whether some layer has been updated since the last pass.
    pub fn is_partly_updated(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| block.sums.update_squares.is_some())
    }

    fn step_figures(&self) -> StepFigures {
        let sums = self.loss_sums();
        let grad_squares: f64 = self
            .blocks
            .iter()
            .map(|block| block.sums.grad_squares())
            .sum();
        let classes = matches!(self.pieces[0].targets, PieceTargets::Classes(_));
        let batch = self.pieces[0].rows.batch as f64;
        StepFigures {
            loss: sums.loss,
            accuracy: classes.then(|| sums.correct as f64 / batch),
            grad_norm: grad_squares.sqrt(),
            diverged_at: self.first_non_finite(sums.loss),
        }
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

    /// ∂L/∂x of the batch at hand, row-major, if the network was made to
    /// compute it.
    pub fn input_gradient(&self) -> Vec<T> {
        self.pieces
            .iter()
            .flat_map(|piece| piece.gradient(&self.graph, 0))
            .copied()
            .collect()
    }

    /// Scales every W_l until z_l has standard deviation 1 ± 0.01 over the
    /// batch at hand (Mishkin & Matas 2016, arXiv:1511.06422). A layer whose
    /// z_l does not vary is left as it is.
    pub fn scale_to_data(&mut self) {
        let mode = Mode::Training { step: 0 };
        for n in 0..self.graph.nodes.len() {
            // One rescaling is exact up to rounding and biases; the paper
            // allows ten.
            for _ in 0..10 {
                self.forward_node(n, mode, false, &mut 0);
                if !self.graph.nodes[n].is_main_map {
                    break;
                }
                let mut moments = Moments::default();
                for piece in &self.pieces {
                    let mut part = Moments::default();
                    part.add_all(piece.value(&self.graph, self.graph.nodes[n].output));
                    moments.join(&part);
                }
                let std = moments.std();
                if !(std.is_finite() && std > 0.0) || (std - 1.0).abs() <= 0.01 {
                    break;
                }
                let block = &mut self.blocks[self.block_of[n].expect("a linear map has weights")];
                let weight = block.weight_len();
                block.trained[..weight]
                    .iter_mut()
                    .for_each(|w| *w = T::of(w.wide() / std));
            }
        }
    }

    fn loss_sums(&self) -> LossSums {
        let mut total = LossSums::default();
        for grain in self.grains().filter(|grain| grain.rows.count > 0) {
            total.loss += grain.loss.loss;
            total.correct += grain.loss.correct;
        }
        total
    }

    fn forward_node(&mut self, n: usize, mode: Mode, observe: bool, round: &mut usize) {
        let context = Pass {
            graph: &self.graph,
            blocks: &self.blocks,
            block_of: &self.block_of,
            exchange: &self.exchange,
            parties: 1,
        };
        context.forward(&mut self.pieces, n, mode, observe, round);
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

    /// ‖W_l‖ for a step after which no update is made.
    pub fn measure_weights(&mut self) {
        self.blocks.iter_mut().for_each(Block::measure_weight);
    }
}

/// A batch of `batch` rows cut into `parts` pieces of whole grains.
fn pieces<T: Scalar>(
    graph: &Graph<T>,
    parts: usize,
    batch: usize,
    classes: bool,
) -> impl Iterator<Item = Piece<T>> {
    let grains = grain_count(batch);
    (0..parts).map(move |p| Piece::new(graph, part(p, parts, grains), batch, classes))
}

/// Draws the parameters of some blocks.
fn draw<T: Scalar>(blocks: &mut [Block<T>], graph: &Graph<T>, architecture: &Architecture) {
    // One for all of them: claiming it anew for each takes longer than drawing.
    let mut scratch = Vec::new();
    for block in blocks {
        let node = &graph.nodes[block.node];
        // Gates draw from streams of their own, so that a layer's weights do
        // not depend on whether it has a gate.
        let purpose = if node.is_main_map {
            "init"
        } else {
            "init gate"
        };
        block.draw(architecture, (purpose, node.unit), &mut scratch);
    }
}
