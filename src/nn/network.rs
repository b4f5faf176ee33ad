//! A network with its parameters, and one step of training it.

use std::sync::RwLock;

use ndarray::{Array2, Axis};

use crate::base::Scalar;
use crate::base::rng::stream;
use crate::base::scalar::sum_of_squares;
use crate::base::team::{Barrier, Team};
use crate::nn::architecture::Architecture;
use crate::nn::graph::Graph;
use crate::nn::layer::{Mode, Parameters, PiecesOf, Role, Rows, TensorShape};
use crate::nn::loss::{Loss, LossSums, Targets};
use crate::nn::measure::{LayerFigures, Moments};
use crate::nn::optim::{Moment, Stepper};
use crate::nn::piece::{Piece, PieceTargets, piece_count};

/// The parameters of one layer with their gradients and optimizer state, each
/// in one flat buffer; the weight matrix, if there is one, comes first.
pub struct Block<T> {
    /// The node it belongs to.
    pub node: usize,
    /// Its tensors, trained ones first.
    pub tensors: Vec<TensorShape>,
    /// Trained tensors.
    pub trained: Vec<T>,
    /// Running averages.
    pub running: Vec<T>,
    /// ∂L/∂trained.
    pub gradient: Vec<T>,
    state: Vec<T>,
    sums: BlockSums,
}

/// Sums over a block of parameters; "weight" is its first tensor.
#[derive(Clone, Copy, Debug, Default)]
struct BlockSums {
    weight_grad_squares: f64,
    other_grad_squares: f64,
    zero_grads: Option<u64>,
    weight_squares: f64,
    update_squares: Option<f64>,
}

impl<T: Scalar> Block<T> {
    /// Length of the first tensor.
    fn weight_len(&self) -> usize {
        self.tensors[0].len()
    }

    fn parameters(&self) -> Parameters<'_, T> {
        Parameters {
            trained: &self.trained,
            running: &self.running,
        }
    }
}

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

/// Where pieces exchange tallies: two banks in turn, so that a piece may write
/// its next tally while others still read the last one.
struct Exchange {
    banks: [Vec<RwLock<Vec<f64>>>; 2],
    barrier: Barrier,
}

impl Exchange {
    fn new(pieces: usize, longest: usize) -> Self {
        let bank = || {
            (0..pieces)
                .map(|_| RwLock::new(vec![0.0; longest]))
                .collect()
        };
        Self {
            banks: [bank(), bank()],
            barrier: Barrier::default(),
        }
    }

    fn publish(&self, round: usize, piece: usize, tally: &[f64]) {
        let mut slot = self.banks[round % 2][piece]
            .write()
            .unwrap_or_else(|e| e.into_inner());
        slot[..tally.len()].copy_from_slice(tally);
    }

    /// Hands every piece's tally of `round` to `take`, in the pieces' order.
    fn read(&self, round: usize, length: usize, mut take: impl FnMut(usize, &[f64])) {
        for (p, slot) in self.banks[round % 2].iter().enumerate() {
            let slot = slot.read().unwrap_or_else(|e| e.into_inner());
            take(p, &slot[..length]);
        }
    }
}

/// A network ready to train: layers, parameters and every buffer a step needs.
pub struct Network<T> {
    graph: Graph<T>,
    loss: Loss,
    blocks: Vec<Block<T>>,
    /// The block of each node that has one.
    block_of: Vec<Option<usize>>,
    pieces: Vec<Piece<T>>,
    exchange: Exchange,
    /// Updates made so far.
    step: u64,
}

/// One piece's view of all pieces for node `n`, after the backward pass.
struct NodePieces<'a, T> {
    graph: &'a Graph<T>,
    pieces: &'a [Piece<T>],
    n: usize,
}

impl<T: Scalar> PiecesOf<T> for NodePieces<'_, T> {
    fn count(&self) -> usize {
        self.pieces.len()
    }
    fn rows(&self, p: usize) -> usize {
        self.pieces[p].rows.count
    }
    fn input(&self, p: usize) -> &[T] {
        self.pieces[p].value(self.graph, self.graph.nodes[self.n].inputs[0])
    }
    fn grad_output(&self, p: usize) -> &[T] {
        self.pieces[p].gradient(self.graph, self.graph.nodes[self.n].output)
    }
    fn saved(&self, p: usize) -> &[T] {
        self.pieces[p].saved(self.n)
    }
    fn tally(&self, p: usize) -> &[f64] {
        &self.pieces[p].tallies[self.n]
    }
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
        Self::from_graph(
            architecture,
            architecture.graph(false),
            loss,
            batch,
            classes,
            stepper,
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
        let mut block_of = vec![None; graph.nodes.len()];
        let mut blocks = Vec::new();
        for (n, node) in graph.nodes.iter().enumerate() {
            let tensors = node.layer.tensors();
            if tensors.is_empty() {
                continue;
            }
            let length = |trained: bool| {
                tensors
                    .iter()
                    .filter(|t| t.is_trained() == trained)
                    .map(TensorShape::len)
                    .sum::<usize>()
            };
            let (trained, running) = (length(true), length(false));
            block_of[n] = Some(blocks.len());
            let mut block = Block {
                node: n,
                tensors,
                trained: vec![T::zero(); trained],
                running: vec![T::zero(); running],
                gradient: vec![T::zero(); trained],
                state: vec![T::zero(); trained * stepper.states_per_param()],
                sums: BlockSums::default(),
            };
            // Gates draw from streams of their own, so that a layer's weights
            // do not depend on whether it has a gate.
            let purpose = if node.is_main_map {
                "init"
            } else {
                "init gate"
            };
            draw(&mut block, architecture, purpose, node.unit);
            blocks.push(block);
        }
        let count = piece_count(batch);
        let pieces = (0..count)
            .map(|p| Piece::new(&graph, p, count, piece_rows(p, count, batch).1, classes))
            .collect();
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
        Self {
            graph,
            loss,
            blocks,
            block_of,
            pieces,
            exchange: Exchange::new(count, longest),
            step: 0,
        }
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
        let count = self.pieces.len();
        let capacity: usize = self.pieces.iter().map(|piece| piece.capacity).sum();
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
            let (_, room) = piece_rows(piece.index, count, capacity);
            let here = room.min(rows.len() - first);
            piece.rows = Rows {
                first,
                count: here,
                batch: rows.len(),
            };
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
        let sums = self.loss_sums();
        let grad_squares: f64 = self
            .blocks
            .iter()
            .map(|block| block.sums.weight_grad_squares + block.sums.other_grad_squares)
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
            let states = stepper.states_per_param();
            let weight = block.weight_len();
            let (weights, others) = block.trained.split_at_mut(weight);
            let (weight_grads, other_grads) = block.gradient.split_at(weight);
            let (weight_state, other_state) = block.state.split_at_mut(weight * states);
            let squares = stepper.step(moment, clip, weights, weight_grads, weight_state);
            stepper.step(moment, clip, others, other_grads, other_state);
            block.sums.weight_squares = squares.params;
            block.sums.update_squares = Some(squares.update);
            let n = block.node;
            graph.nodes[n]
                .layer
                .advance(&NodePieces { graph, pieces, n }, &mut block.running);
        });
        self.step += 1;
    }

    /// The figures of layer `l` (from 1) at the last pass that observed, for
    /// the update made after it if one was made.
    pub fn figures(&self, l: usize) -> LayerFigures {
        let mut figures = LayerFigures::default();
        let squares = |v: usize| {
            self.pieces
                .iter()
                .map(|piece| piece.grad_squares[v])
                .sum::<f64>()
        };
        for (n, node) in self.unit_nodes(l) {
            if node.is_main_map {
                let block = &self.blocks[self.block_of[n].expect("a linear map has weights")];
                let sums = &block.sums;
                figures.delta_norm = squares(node.output).sqrt();
                figures.weight_grad_norm = sums.weight_grad_squares.sqrt();
                let has_bias = block.trained.len() > block.weight_len();
                figures.bias_grad_norm = has_bias.then(|| sums.other_grad_squares.sqrt());
                figures.weight_norm = sums.weight_squares.sqrt();
                figures.update_ratio = sums
                    .update_squares
                    .map(|update| (update / sums.weight_squares).sqrt());
                figures.zero_grad_fraction =
                    sums.zero_grads.unwrap_or(0) as f64 / block.weight_len() as f64;
            }
            if self.graph.values[node.output].handed_on_by == Some(l) {
                figures.activation_grad_norm = squares(node.output).sqrt();
            }
            if node.is_activation {
                self.observe_activation(n, &mut figures);
            }
        }
        figures
    }

    fn observe_activation(&self, n: usize, figures: &mut LayerFigures) {
        let mut moments = Moments::default();
        let mut saturated = Some(0);
        for piece in &self.pieces {
            let sums = &piece.activations[n];
            moments.join(&sums.values);
            saturated = saturated.zip(sums.saturated).map(|(a, b)| a + b);
        }
        let width = self.graph.nodes[n].layer.width();
        let alive_somewhere = |unit: &usize| {
            self.pieces
                .iter()
                .any(|piece| piece.activations[n].alive[*unit])
        };
        let alive = (0..width).filter(alive_somewhere).count();
        figures.activation_mean = Some(moments.mean);
        figures.activation_std = Some(moments.std());
        figures.saturated_fraction = saturated.map(|count| count as f64 / moments.count);
        figures.dead_fraction = Some((width - alive) as f64 / width as f64);
    }

    /// The nodes of layer `l`.
    fn unit_nodes(&self, l: usize) -> impl Iterator<Item = (usize, &crate::nn::graph::Node<T>)> {
        let nodes = &self.graph.nodes;
        // In pre-activation order a layer's parts are not one stretch, but
        // nodes never lie further back than the layer before.
        let first = nodes.partition_point(|node| node.unit + 1 < l.max(1));
        nodes[first..]
            .iter()
            .enumerate()
            .map(move |(i, node)| (first + i, node))
            .take_while(move |(_, node)| node.unit <= l + 1)
            .filter(move |(_, node)| node.unit == l)
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
        for piece in self.pieces.iter().filter(|piece| piece.rows.count > 0) {
            total.loss += piece.loss.loss;
            total.correct += piece.loss.correct;
        }
        total
    }

    fn forward_node(&mut self, n: usize, mode: Mode, observe: bool, round: &mut usize) {
        let context = PassContext {
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
        let context = PassContext {
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
            graph.nodes[n]
                .layer
                .gradient(&NodePieces { graph, pieces, n }, &mut block.gradient);
            let (weight, others) = block.gradient.split_at(block.weight_len());
            block.sums.weight_grad_squares = sum_of_squares(weight);
            block.sums.other_grad_squares = sum_of_squares(others);
            block.sums.update_squares = None;
            block.sums.zero_grads =
                observe.then(|| weight.iter().map(|g| u64::from(*g == T::zero())).sum());
        });
    }

    /// ‖W_l‖ for a step after which no update is made.
    pub fn measure_weights(&mut self) {
        for block in &mut self.blocks {
            let weight = block.weight_len();
            block.sums.weight_squares = sum_of_squares(&block.trained[..weight]);
        }
    }

    /// Where something first stopped being finite: on the way forward, else in
    /// the loss, else on the way back. `None` if all is finite.
    fn first_non_finite(&self, loss: f64) -> Option<usize> {
        let squares_are_finite = |v: usize| {
            self.pieces
                .iter()
                .all(|piece| piece.grad_squares[v].is_finite())
        };
        let blocks_are_finite = self.blocks.iter().all(|block| {
            (block.sums.weight_grad_squares + block.sums.other_grad_squares).is_finite()
        });
        let nodes = &self.graph.nodes;
        if loss.is_finite()
            && blocks_are_finite
            && nodes.iter().all(|node| squares_are_finite(node.output))
        {
            return None;
        }
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
            return Some(node.unit);
        }
        if !loss.is_finite() {
            return Some(self.graph.layers);
        }
        let backward = nodes
            .iter()
            .rev()
            .find(|node| !squares_are_finite(node.output));
        let in_block = || {
            let finite =
                |b: &Block<T>| (b.sums.weight_grad_squares + b.sums.other_grad_squares).is_finite();
            self.blocks
                .iter()
                .rev()
                .find(|block| !finite(block))
                .map(|block| nodes[block.node].unit)
        };
        backward.map(|node| node.unit).or_else(in_block)
    }
}

/// What every share of a pass over the pieces has in common.
struct PassContext<'a, T> {
    graph: &'a Graph<T>,
    blocks: &'a [Block<T>],
    block_of: &'a [Option<usize>],
    exchange: &'a Exchange,
    /// Number of shares that meet at the barrier.
    parties: usize,
}

impl<T: Scalar> PassContext<'_, T> {
    /// Node `n` forward over the pieces of one share.
    fn forward(
        &self,
        share: &mut [Piece<T>],
        n: usize,
        mode: Mode,
        observe: bool,
        round: &mut usize,
    ) {
        let layer = &self.graph.nodes[n].layer;
        let mut gathered = 0;
        if layer.couples_rows() {
            let length = layer.forward_tally_len();
            for piece in &mut *share {
                let index = piece.index;
                self.exchange
                    .publish(*round, index, piece.forward_tally(self.graph, n));
            }
            self.exchange.barrier.wait(self.parties);
            for piece in &mut *share {
                let slots = piece.gathered_mut();
                self.exchange.read(*round, length, |p, tally| {
                    slots[p * length..(p + 1) * length].copy_from_slice(tally);
                    gathered = (p + 1) * length;
                });
            }
            *round += 1;
        }
        let parameters = parameters_of(self.blocks, self.block_of, n);
        for piece in share {
            piece.forward(self.graph, n, mode, parameters, gathered, observe);
        }
    }

    /// Node `n` backward over the pieces of one share.
    fn backward(&self, share: &mut [Piece<T>], n: usize, round: &mut usize) {
        let layer = &self.graph.nodes[n].layer;
        let parameters = parameters_of(self.blocks, self.block_of, n);
        let couples = layer.couples_rows();
        for piece in &mut *share {
            let index = piece.index;
            let tally = piece.backward_tally(self.graph, n, parameters);
            if couples {
                self.exchange.publish(*round, index, tally);
            }
        }
        let mut summed = 0;
        if couples {
            summed = layer.backward_tally_len();
            self.exchange.barrier.wait(self.parties);
            for piece in &mut *share {
                let sums = &mut piece.gathered_mut()[..summed];
                sums.fill(0.0);
                self.exchange.read(*round, summed, |_, tally| {
                    sums.iter_mut()
                        .zip(tally)
                        .for_each(|(sum, term)| *sum += term);
                });
            }
            *round += 1;
        }
        for piece in share {
            piece.backward(self.graph, n, parameters, summed);
        }
    }
}

fn parameters_of<'a, T: Scalar>(
    blocks: &'a [Block<T>],
    block_of: &[Option<usize>],
    n: usize,
) -> Parameters<'a, T> {
    block_of[n].map_or(
        Parameters {
            trained: &[],
            running: &[],
        },
        |b| blocks[b].parameters(),
    )
}

/// First row and number of rows of piece `p` of `count` in a batch of `rows`.
fn piece_rows(p: usize, count: usize, rows: usize) -> (usize, usize) {
    let first = |p: usize| p * rows / count;
    (first(p), first(p + 1) - first(p))
}

/// Gives a block's tensors their start.
fn draw<T: Scalar>(block: &mut Block<T>, architecture: &Architecture, purpose: &str, layer: usize) {
    let drawn_bias = block.tensors.iter().any(|tensor| tensor.role == Role::Bias);
    let (mut trained, mut running) = (0, 0);
    for tensor in &block.tensors {
        let range = |start: &mut usize| {
            let range = *start..*start + tensor.len();
            *start = range.end;
            range
        };
        match tensor.role {
            Role::Weight => {
                let slots = &mut block.trained[range(&mut trained)];
                let mut weight = Array2::<f64>::zeros((tensor.shape[0], tensor.shape[1]));
                let mut bias = vec![0.0; if drawn_bias { tensor.shape[1] } else { 0 }];
                let mut random = stream(architecture.seed, purpose, layer as u64);
                architecture
                    .init
                    .scheme()
                    .fill(&mut random, weight.view_mut(), &mut bias);
                slots
                    .iter_mut()
                    .zip(&weight)
                    .for_each(|(slot, w)| *slot = T::of(*w));
                let biases = &mut block.trained[trained..trained + bias.len()];
                biases
                    .iter_mut()
                    .zip(&bias)
                    .for_each(|(slot, b)| *slot = T::of(*b));
            }
            // Drawn along with the weight before it.
            Role::Bias => trained += tensor.len(),
            Role::Constant(start) => block.trained[range(&mut trained)].fill(T::of(start)),
            Role::Running(start) => block.running[range(&mut running)].fill(T::of(start)),
        }
    }
}
