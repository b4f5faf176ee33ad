//! How shards of a batch pass through a network side by side, exchanging what
//! one must know of the others.

use std::sync::RwLock;

use crate::base::Scalar;
use crate::base::prefetch::touch;
use crate::base::team::Barrier;
use crate::nn::graph::Graph;
use crate::nn::layer::{Mode, Parameters, ShardsOf};
use crate::nn::params::LayerParams;
use crate::nn::shard::Shard;
use crate::nn::times::Phase;

/// Where shards exchange partials: two banks in turn, so that a shard may write
/// its next partials while others still read the last one.
pub struct AllReduce {
    banks: [Vec<RwLock<Vec<f64>>>; 2],
    barrier: Barrier,
}

impl AllReduce {
    /// Room for partials of up to `longest` entries from each of `chunks` chunks.
    pub fn new(chunks: usize, longest: usize) -> Self {
        let bank = || {
            (0..chunks)
                .map(|_| RwLock::new(vec![0.0; longest]))
                .collect()
        };
        Self {
            banks: [bank(), bank()],
            barrier: Barrier::default(),
        }
    }

    fn publish(&self, round: usize, chunk: usize, partials: &[f64]) {
        let mut slot = self.banks[round % 2][chunk]
            .write()
            .unwrap_or_else(|e| e.into_inner());
        slot[..partials.len()].copy_from_slice(partials);
    }

    /// Hands every chunk's partials of `round` to `take`, in the chunks' order.
    fn read(&self, round: usize, length: usize, mut take: impl FnMut(usize, &[f64])) {
        for (g, slot) in self.banks[round % 2].iter().enumerate() {
            let slot = slot.read().unwrap_or_else(|e| e.into_inner());
            take(g, &slot[..length]);
        }
    }
}

/// How many nodes ahead [`look_ahead`] begins.
const AHEAD: usize = 4;

/// Begins to fetch what graph and shards know of node `near`, and node `far` itself,
/// if there are such nodes.
fn look_ahead<T: Scalar>(graph: &Graph<T>, shards: &[Shard<T>], near: usize, far: usize) {
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
        for shard in shards {
            shard.touch(graph, near);
        }
    }
}

/// What every share of a pass over the shards has in common.
pub struct Pass<'a, T> {
    /// The network.
    pub graph: &'a Graph<T>,
    /// Its parameters.
    pub layer_params: &'a [LayerParams<T>],
    /// Which of them each node has, if any.
    pub params_of: &'a [Option<usize>],
    /// Where partials are exchanged.
    pub all_reduce: &'a AllReduce,
    /// Number of shares that meet at the barrier.
    pub ranks: usize,
}

impl<T: Scalar> Pass<'_, T> {
    /// Node `n` forward over the shards of one share.
    pub fn forward(
        &self,
        share: &mut [Shard<T>],
        n: usize,
        mode: Mode,
        observe: bool,
        round: &mut usize,
    ) {
        self.look_ahead(share, n + AHEAD, n + 2 * AHEAD);
        let layer = &self.graph.nodes[n].layer;
        let mut gathered = 0;
        if layer.needs_all_reduce() {
            let length = layer.forward_partials_len();
            for shard in &mut *share {
                for g in 0..shard.chunks.len() {
                    let chunk = shard.first_chunk + g;
                    let partials = shard.forward_partials(self.graph, n, g);
                    self.all_reduce.publish(*round, chunk, partials);
                }
            }
            self.all_reduce.barrier.wait(self.ranks);
            for shard in &mut *share {
                let slots = shard.gathered_mut();
                self.all_reduce.read(*round, length, |g, partials| {
                    slots[g * length..(g + 1) * length].copy_from_slice(partials);
                    gathered = (g + 1) * length;
                });
            }
            *round += 1;
        }
        let parameters = parameters_of(self.layer_params, self.params_of, n);
        let next = self
            .products_params(n)
            .map(|b| self.weights_of_first_product(self.layer_params[b + 1..].iter()));
        for shard in share {
            shard.watch.start();
            if let Some(next) = next {
                shard.plan_forward(self.graph, n, next);
            }
            shard.forward(self.graph, n, mode, parameters, gathered, observe);
            shard.watch.lap(layer.phase());
        }
    }

    /// Node `n` backward over the shards of one share.
    pub fn backward(&self, share: &mut [Shard<T>], n: usize, round: &mut usize) {
        self.look_ahead(share, n.wrapping_sub(AHEAD), n.wrapping_sub(2 * AHEAD));
        let layer = &self.graph.nodes[n].layer;
        let parameters = parameters_of(self.layer_params, self.params_of, n);
        let couples = layer.needs_all_reduce();
        for shard in &mut *share {
            shard.watch.start();
            shard.measure_gradient(self.graph, n);
            shard.watch.lap(Phase::Norms);
            if layer.backward_partials_len() > 0 {
                for g in 0..shard.chunks.len() {
                    let chunk = shard.first_chunk + g;
                    let partials = shard.backward_partials(self.graph, n, g, parameters);
                    if couples {
                        self.all_reduce.publish(*round, chunk, partials);
                    }
                }
            }
            shard.watch.lap(layer.phase());
        }
        let mut summed = 0;
        if couples {
            summed = layer.backward_partials_len();
            self.all_reduce.barrier.wait(self.ranks);
            for shard in &mut *share {
                let sums = &mut shard.gathered_mut()[..summed];
                sums.fill(0.0);
                self.all_reduce.read(*round, summed, |_, partials| {
                    sums.iter_mut()
                        .zip(partials)
                        .for_each(|(sum, term)| *sum += term);
                });
            }
            *round += 1;
        }
        let next = self
            .products_params(n)
            .map(|b| self.weights_of_first_product(self.layer_params[..b].iter().rev()));
        for shard in share {
            shard.watch.start();
            if let Some(next) = next {
                shard.plan_backward(self.graph, n, next);
            }
            shard.backward(self.graph, n, parameters, summed);
            shard.watch.lap(layer.phase());
        }
    }

    /// [`look_ahead`] with the parameters of node `near`.
    fn look_ahead(&self, share: &[Shard<T>], near: usize, far: usize) {
        look_ahead(self.graph, share, near, far);
        if let Some(Some(b)) = self.params_of.get(near) {
            touch(&self.layer_params[*b]);
        }
    }

    /// The parameters of node `n` if it is a matrix product, which can fetch what
    /// comes next.
    fn products_params(&self, n: usize) -> Option<usize> {
        self.params_of[n].filter(|_| self.is_product(n))
    }

    fn is_product(&self, n: usize) -> bool {
        self.graph.nodes[n].layer.phase() == Phase::Products
    }

    /// The parameters of the first product among `layer_params`: those of a norm on
    /// the way to it are short.
    fn weights_of_first_product<'b>(
        &self,
        mut layer_params: impl Iterator<Item = &'b LayerParams<T>>,
    ) -> &'b [T] {
        let product = layer_params.find(|params| self.is_product(params.node));
        product.map_or(&[], |params| &params.trained)
    }
}

/// The parameters of node `n`.
pub fn parameters_of<'a, T: Scalar>(
    layer_params: &'a [LayerParams<T>],
    params_of: &[Option<usize>],
    n: usize,
) -> Parameters<'a, T> {
    params_of[n].map_or(
        Parameters {
            trained: &[],
            running: &[],
        },
        |b| layer_params[b].parameters(),
    )
}

/// All shards seen by node `n`, after the backward pass.
pub struct NodeShards<'a, T> {
    /// The network.
    pub graph: &'a Graph<T>,
    /// The shards, in their order.
    pub shards: &'a [Shard<T>],
    /// The node.
    pub n: usize,
}

impl<T: Scalar> NodeShards<'_, T> {
    /// The shard that has chunk `g`.
    fn shard_of(&self, g: usize) -> &Shard<T> {
        let shard = self.shards.iter().rfind(|shard| shard.first_chunk <= g);
        shard.expect("the first shard has the first chunk")
    }

    /// Begins to fetch what is known of nodes that are soon to come.
    pub fn look_ahead(&self) {
        look_ahead(self.graph, self.shards, self.n + AHEAD, self.n + 2 * AHEAD);
    }

    /// What the gradient of the next parameters is made of, in the first two
    /// shards.
    pub fn next_factors(&self) -> [&[T]; 4] {
        let later = &self.graph.nodes[self.n + 1..];
        let next = later.iter().find(|node| node.layer.saves_grad_output());
        let mut factors = [&[][..]; 4];
        if let Some(next) = next {
            for (pair, shard) in factors.as_chunks_mut().0.iter_mut().zip(self.shards) {
                *pair = [
                    shard.value(self.graph, next.inputs[0]),
                    shard.gradient(self.graph, next.output),
                ];
            }
        }
        factors
    }
}

impl<T: Scalar> ShardsOf<T> for NodeShards<'_, T> {
    fn count(&self) -> usize {
        self.shards.len()
    }
    fn rows(&self, p: usize) -> usize {
        self.shards[p].rows.count
    }
    fn input(&self, p: usize) -> &[T] {
        self.shards[p].value(self.graph, self.graph.nodes[self.n].inputs[0])
    }
    fn grad_output(&self, p: usize) -> &[T] {
        self.shards[p].gradient(self.graph, self.graph.nodes[self.n].output)
    }
    fn saved(&self, p: usize) -> &[T] {
        self.shards[p].saved(self.n)
    }
    fn chunks(&self) -> usize {
        self.shards.iter().map(|shard| shard.chunks.len()).sum()
    }
    fn grad_output_of(&self, g: usize) -> &[T] {
        let shard = self.shard_of(g);
        shard.gradient_of(
            self.graph,
            self.graph.nodes[self.n].output,
            g - shard.first_chunk,
        )
    }
    fn partials(&self, g: usize) -> &[f64] {
        let shard = self.shard_of(g);
        &shard.chunks[g - shard.first_chunk].partials[self.n]
    }
}
