//! A network: its layers, its parameters and every buffer a step needs.

use ndarray::{Array2, Axis};

use crate::base::Scalar;
use crate::base::team::Team;
use crate::nn::architecture::Architecture;
use crate::nn::block::Block;
use crate::nn::grain::{Grain, grain_count, part};
use crate::nn::graph::{Graph, LayerInfo};
use crate::nn::layer::Mode;
use crate::nn::loss::{Loss, Targets};
use crate::nn::measure::Moments;
use crate::nn::pass::{Exchange, Pass};
use crate::nn::piece::{Piece, PieceTargets};
use crate::nn::times::{PhaseTimes, Stopwatch};

/// A network ready to train: layers, parameters and every buffer a step needs.
pub struct Network<T> {
    pub(super) graph: Graph<T>,
    pub(super) loss: Loss,
    pub(super) blocks: Vec<Block<T>>,
    /// The block of each node that has one.
    pub(super) block_of: Vec<Option<usize>>,
    pub(super) pieces: Vec<Piece<T>>,
    pub(super) exchange: Exchange,
    /// Updates made so far.
    pub(super) step: u64,
    /// Rows of the largest batch.
    batch: usize,
}

impl<T: Scalar> Network<T> {
    /// Draws the parameters and claims all memory for batches of up to `batch`
    /// rows with class targets (`classes`) or numeric ones, but for the
    /// optimizer's state and gradients to be kept ([`Self::gradients`]), which are
    /// claimed when they are first needed. The memory a network takes is
    /// [`Graph::bytes`].
    pub fn new(architecture: &Architecture, loss: Loss, batch: usize, classes: bool) -> Self {
        let graph = architecture.graph(false);
        Self::from_graph(architecture, graph, loss, batch, classes)
    }

    /// As [`Network::new`], and the same network, but `team` draws the
    /// parameters: every layer has a stream of random numbers of its own. Most of
    /// the time before the first step goes into memory being claimed, which the
    /// team's threads do side by side as well.
    pub fn drawn_by(
        team: &Team,
        architecture: &Architecture,
        loss: Loss,
        batch: usize,
        classes: bool,
    ) -> Self {
        let graph = architecture.graph(false);
        Self::build(architecture, graph, loss, (batch, classes), Some(team))
    }

    /// As [`Network::new`] for a graph of one's own, e.g. one that computes
    /// ∂L/∂x too; `architecture` says how its parameters are drawn.
    pub fn from_graph(
        architecture: &Architecture,
        graph: Graph<T>,
        loss: Loss,
        batch: usize,
        classes: bool,
    ) -> Self {
        Self::build(architecture, graph, loss, (batch, classes), None)
    }

    fn build(
        architecture: &Architecture,
        graph: Graph<T>,
        loss: Loss,
        (batch, classes): (usize, bool),
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
            blocks.push(Block::new(n, tensors));
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
        let mut pieces: Vec<_> = (0..parts).map(|p| (p, None)).collect();
        let claim = |share: &mut [(usize, Option<Piece<T>>)]| {
            for (p, slot) in share {
                *slot = Some(piece(&graph, (*p, parts), batch, classes));
            }
        };
        match team {
            Some(team) => team.shares(&mut pieces, claim),
            None => claim(&mut pieces),
        }
        Self {
            pieces: pieces.into_iter().filter_map(|(_, piece)| piece).collect(),
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
            .extend((0..parts).map(|p| piece(&self.graph, (p, parts), self.batch, classes)));
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

    /// The layers as they are logged, from layer 1 to the output.
    pub fn layers(&self) -> &[LayerInfo] {
        &self.graph.layers
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
        self.graph.nodes[block.node].number
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
    ///
    /// # Panics
    /// If the network was divided before: its moments are those of one piece.
    pub fn scale_to_data(&mut self) {
        assert_eq!(self.pieces.len(), 1, "to be scaled before it is divided");
        let mode = Mode::Training { step: 0 };
        for n in 0..self.graph.nodes.len() {
            // One rescaling is exact up to rounding and biases; the paper
            // allows ten.
            for _ in 0..10 {
                self.forward_node(n, mode, false, &mut 0);
                if !self.graph.is_main_map(n) {
                    break;
                }
                let mut moments = Moments::default();
                for piece in &self.pieces {
                    let values = piece.value(&self.graph, self.graph.nodes[n].output);
                    moments.join(&Moments::of(values));
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
}

/// Piece `p` of a batch of `batch` rows cut into `parts` pieces of whole grains.
fn piece<T: Scalar>(
    graph: &Graph<T>,
    (p, parts): (usize, usize),
    batch: usize,
    classes: bool,
) -> Piece<T> {
    Piece::new(graph, part(p, parts, grain_count(batch)), batch, classes)
}

/// Draws the parameters of some blocks.
fn draw<T: Scalar>(blocks: &mut [Block<T>], graph: &Graph<T>, architecture: &Architecture) {
    // One for all of them: claiming it anew for each takes longer than drawing.
    let mut scratch = Vec::new();
    for block in blocks {
        let node = &graph.nodes[block.node];
        // Gates draw from streams of their own, so that a layer's weights do
        // not depend on whether it has a gate.
        let purpose = if graph.is_main_map(block.node) {
            "init"
        } else {
            "init gate"
        };
        block.draw(architecture, (purpose, node.number), &mut scratch);
    }
}
