//! How shards of a batch pass through a network side by side, exchanging what
//! one must know of the others.

use std::sync::{RwLock, RwLockWriteGuard};

use crate::base::Scalar;
use crate::base::prefetch::touch;
use crate::base::team::Barrier;
use crate::nn::graph::Graph;
use crate::nn::layer::{Mode, Parameters, entries};
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

    /// Where chunk `chunk` publishes its partials of `round`.
    fn slot(&self, round: usize, chunk: usize) -> RwLockWriteGuard<'_, Vec<f64>> {
        let slot = self.banks[round % 2][chunk].write();
        slot.unwrap_or_else(|e| e.into_inner())
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
pub const AHEAD: usize = 4;

/// Begins to fetch what graph and shards know of node `near`, and node `far` itself,
/// if there are such nodes.
pub fn look_ahead<T: Scalar>(graph: &Graph<T>, shards: &[Shard<T>], near: usize, far: usize) {
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
        if let Some(reduce) = layer.reduce() {
            let length = reduce.forward_len();
            for shard in &mut *share {
                for g in 0..shard.chunks.len() {
                    let mut slot = self.all_reduce.slot(*round, shard.first_chunk + g);
                    let input = shard.input_of(self.graph, n, g);
                    reduce.forward_partials(input, &mut slot[..length]);
                }
            }
            self.all_reduce.barrier.wait(self.ranks);
            for shard in &mut *share {
                self.all_reduce.read(*round, length, |g, partials| {
                    shard.gathered[g * length..][..length].copy_from_slice(partials);
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
        let node = &self.graph.nodes[n];
        let (layer, summed) = (&node.layer, node.saves.partials);
        let parameters = parameters_of(self.layer_params, self.params_of, n);
        let reduces = layer.reduce().is_some();
        for shard in &mut *share {
            shard.watch.start();
            shard.measure_gradient(self.graph, n);
            shard.watch.lap(Phase::Norms);
            if summed > 0 {
                for g in 0..shard.chunks.len() {
                    let chunk = shard.first_chunk + g;
                    let partials = shard.partials(self.graph, n, g);
                    if reduces {
                        let mut slot = self.all_reduce.slot(*round, chunk);
                        slot[..summed].copy_from_slice(partials);
                    }
                }
            }
            shard.watch.lap(layer.phase());
        }
        if reduces {
            self.all_reduce.barrier.wait(self.ranks);
            for shard in &mut *share {
                let sums = &mut shard.gathered[..summed];
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
            let reduced = if reduces { summed } else { 0 };
            shard.backward(self.graph, n, parameters, reduced);
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

/// What the gradient of the next parameters after node `n` is made of, in the first two
/// shards.
pub fn next_factors<'a, T: Scalar>(
    graph: &Graph<T>,
    shards: &'a [Shard<T>],
    n: usize,
) -> [&'a [T]; 4] {
    let later = &graph.nodes[n + 1..];
    let next = later.iter().find(|node| node.saves.grad_output);
    let mut factors = [&[][..]; 4];
    if let Some(next) = next {
        for (pair, shard) in factors.as_chunks_mut().0.iter_mut().zip(shards) {
            *pair = [
                entries(&shard.value(graph, next.inputs[0])),
                entries(&shard.gradient(graph, next.output)),
            ];
        }
    }
    factors
}
