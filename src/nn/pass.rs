//! How pieces of a batch pass through a network side by side, exchanging what
//! one must know of the others.

use std::sync::RwLock;

use crate::base::Scalar;
use crate::base::prefetch::touch;
use crate::base::team::Barrier;
use crate::nn::block::Block;
use crate::nn::graph::Graph;
use crate::nn::layer::{Mode, Parameters, PiecesOf};
use crate::nn::piece::Piece;
use crate::nn::times::Phase;

/// Where pieces exchange tallies: two banks in turn, so that a piece may write
/// its next tally while others still read the last one.
pub struct Exchange {
    banks: [Vec<RwLock<Vec<f64>>>; 2],
    barrier: Barrier,
}

impl Exchange {
    /// Room for tallies of up to `longest` entries from each of `grains` grains.
    pub fn new(grains: usize, longest: usize) -> Self {
        let bank = || {
            (0..grains)
                .map(|_| RwLock::new(vec![0.0; longest]))
                .collect()
        };
        Self {
            banks: [bank(), bank()],
            barrier: Barrier::default(),
        }
    }

    fn publish(&self, round: usize, grain: usize, tally: &[f64]) {
        let mut slot = self.banks[round % 2][grain]
            .write()
            .unwrap_or_else(|e| e.into_inner());
        slot[..tally.len()].copy_from_slice(tally);
    }

    /// Hands every grain's tally of `round` to `take`, in the grains' order.
    fn read(&self, round: usize, length: usize, mut take: impl FnMut(usize, &[f64])) {
        for (g, slot) in self.banks[round % 2].iter().enumerate() {
            let slot = slot.read().unwrap_or_else(|e| e.into_inner());
            take(g, &slot[..length]);
        }
    }
}

/// How many nodes ahead [`look_ahead`] begins.
const AHEAD: usize = 4;

/// Begins to fetch what graph and pieces know of node `near`, and node `far` itself,
/// if there are such nodes.
fn look_ahead<T: Scalar>(graph: &Graph<T>, pieces: &[Piece<T>], near: usize, far: usize) {
    if let Some(node) = graph.nodes.get(far) {
        touch(node);
    }
    // Node n writes value n + 1; the node itself need not be there yet. (Value 0 is
    // the input, before the first node.)
    if let Some(value) = graph.values.get(far.wrapping_add(1)) {
        touch(value);
    }
    if let Some(node) = graph.nodes.get(near) {
        touch(&*node.layer);
        touch(&node.inputs[..]);
        for piece in pieces {
            piece.touch(graph, near);
        }
    }
}

/// What every share of a pass over the pieces has in common.
pub struct Pass<'a, T> {
    /// The network.
    pub graph: &'a Graph<T>,
    /// Its parameters.
    pub blocks: &'a [Block<T>],
    /// The block of each node that has one.
    pub block_of: &'a [Option<usize>],
    /// Where tallies are exchanged.
    pub exchange: &'a Exchange,
    /// Number of shares that meet at the barrier.
    pub parties: usize,
}

impl<T: Scalar> Pass<'_, T> {
    /// Node `n` forward over the pieces of one share.
    pub fn forward(
        &self,
        share: &mut [Piece<T>],
        n: usize,
        mode: Mode,
        observe: bool,
        round: &mut usize,
    ) {
        self.look_ahead(share, n + AHEAD, n + 2 * AHEAD);
        let layer = &self.graph.nodes[n].layer;
        let mut gathered = 0;
        if layer.couples_rows() {
            let length = layer.forward_tally_len();
            for piece in &mut *share {
                for g in 0..piece.grains.len() {
                    let grain = piece.first_grain + g;
                    let tally = piece.forward_tally(self.graph, n, g);
                    self.exchange.publish(*round, grain, tally);
                }
            }
            self.exchange.barrier.wait(self.parties);
            for piece in &mut *share {
                let slots = piece.gathered_mut();
                self.exchange.read(*round, length, |g, tally| {
                    slots[g * length..(g + 1) * length].copy_from_slice(tally);
                    gathered = (g + 1) * length;
                });
            }
            *round += 1;
        }
        let parameters = parameters_of(self.blocks, self.block_of, n);
        let next = self
            .products_block(n)
            .map(|b| self.weights_of_first_product(self.blocks[b + 1..].iter()));
        for piece in share {
            piece.watch.start();
            if let Some(next) = next {
                piece.plan_forward(self.graph, n, next);
            }
            piece.forward(self.graph, n, mode, parameters, gathered, observe);
            piece.watch.lap(layer.phase());
        }
    }

    /// Node `n` backward over the pieces of one share.
    pub fn backward(&self, share: &mut [Piece<T>], n: usize, round: &mut usize) {
        self.look_ahead(share, n.wrapping_sub(AHEAD), n.wrapping_sub(2 * AHEAD));
        let layer = &self.graph.nodes[n].layer;
        let parameters = parameters_of(self.blocks, self.block_of, n);
        let couples = layer.couples_rows();
        for piece in &mut *share {
            piece.watch.start();
            piece.measure_gradient(self.graph, n);
            piece.watch.lap(Phase::Norms);
            if layer.backward_tally_len() > 0 {
                for g in 0..piece.grains.len() {
                    let grain = piece.first_grain + g;
                    let tally = piece.backward_tally(self.graph, n, g, parameters);
                    if couples {
                        self.exchange.publish(*round, grain, tally);
                    }
                }
            }
            piece.watch.lap(layer.phase());
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
        let next = self
            .products_block(n)
            .map(|b| self.weights_of_first_product(self.blocks[..b].iter().rev()));
        for piece in share {
            piece.watch.start();
            if let Some(next) = next {
                piece.plan_backward(self.graph, n, next);
            }
            piece.backward(self.graph, n, parameters, summed);
            piece.watch.lap(layer.phase());
        }
    }

    /// [`look_ahead`] with the parameters of node `near`.
    fn look_ahead(&self, share: &[Piece<T>], near: usize, far: usize) {
        look_ahead(self.graph, share, near, far);
        if let Some(Some(b)) = self.block_of.get(near) {
            touch(&self.blocks[*b]);
        }
    }

    /// The block of node `n` if it is a matrix product, which can fetch what
    /// comes next.
    fn products_block(&self, n: usize) -> Option<usize> {
        self.block_of[n].filter(|_| self.is_product(n))
    }

    fn is_product(&self, n: usize) -> bool {
        self.graph.nodes[n].layer.phase() == Phase::Products
    }

    /// The parameters of the first product among `blocks`: those of a norm on
    /// the way to it are short.
    fn weights_of_first_product<'b>(
        &self,
        mut blocks: impl Iterator<Item = &'b Block<T>>,
    ) -> &'b [T] {
        let product = blocks.find(|block| self.is_product(block.node));
        product.map_or(&[], |block| &block.trained)
    }
}

/// The parameters of node `n`.
pub fn parameters_of<'a, T: Scalar>(
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

/// All pieces seen by node `n`, after the backward pass.
pub struct NodePieces<'a, T> {
    /// The network.
    pub graph: &'a Graph<T>,
    /// The pieces, in their order.
    pub pieces: &'a [Piece<T>],
    /// The node.
    pub n: usize,
}

impl<T: Scalar> NodePieces<'_, T> {
    /// The piece that has grain `g`.
    fn piece_of(&self, g: usize) -> &Piece<T> {
        let piece = self.pieces.iter().rfind(|piece| piece.first_grain <= g);
        piece.expect("the first piece has the first grain")
    }

    /// Begins to fetch what is known of nodes that are soon to come.
    pub fn look_ahead(&self) {
        look_ahead(self.graph, self.pieces, self.n + AHEAD, self.n + 2 * AHEAD);
    }

    /// What the gradient of the next parameters is made of, in the first two
    /// pieces.
    pub fn next_factors(&self) -> [&[T]; 4] {
        let later = &self.graph.nodes[self.n + 1..];
        let next = later.iter().find(|node| node.layer.keeps_grad_output());
        let mut factors = [&[][..]; 4];
        if let Some(next) = next {
            for (pair, piece) in factors.as_chunks_mut().0.iter_mut().zip(self.pieces) {
                *pair = [
                    piece.value(self.graph, next.inputs[0]),
                    piece.gradient(self.graph, next.output),
                ];
            }
        }
        factors
    }
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
    fn grains(&self) -> usize {
        self.pieces.iter().map(|piece| piece.grains.len()).sum()
    }
    fn grad_output_of(&self, g: usize) -> &[T] {
        let piece = self.piece_of(g);
        piece.gradient_of(
            self.graph,
            self.graph.nodes[self.n].output,
            g - piece.first_grain,
        )
    }
    fn tally(&self, g: usize) -> &[f64] {
        let piece = self.piece_of(g);
        &piece.grains[g - piece.first_grain].tallies[self.n]
    }
}
