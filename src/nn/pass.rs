//! How shards of a batch pass through a network side by side, exchanging what
//! one must know of the others.

use std::sync::{RwLock, RwLockWriteGuard};

use crate::ahead;
use crate::base::Scalar;
use crate::base::team::Barrier;
use crate::layer::Mode;
use crate::model::Model;
use crate::shard::Shard;
use crate::times::Phase;

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

/// What every share of a pass over the shards has in common.
pub struct Pass<'a, T> {
    /// Layers and parameters.
    pub model: Model<'a, T>,
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
        let graph = self.model.graph;
        let layer = &graph.nodes[n].layer;
        let mut gathered = 0;
        if let Some(reduce) = layer.reduce() {
            let length = reduce.forward_len();
            for shard in &mut *share {
                for g in 0..shard.chunks.len() {
                    let mut slot = self.all_reduce.slot(*round, shard.first_chunk + g);
                    let input = shard.input_of(graph, n, g);
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
        let parameters = self.model.parameters(n);
        for shard in share {
            shard.watch.start();
            ahead::before_forward(self.model, shard, n);
            shard.forward(graph, n, mode, parameters, gathered, observe);
            shard.watch.lap(layer.phase());
        }
    }

    /// Node `n` backward over the shards of one share.
    pub fn backward(&self, share: &mut [Shard<T>], n: usize, round: &mut usize) {
        let graph = self.model.graph;
        let node = &graph.nodes[n];
        let (layer, summed) = (&node.layer, node.saves.partials);
        let reduces = layer.reduce().is_some();
        for shard in &mut *share {
            shard.watch.start();
            shard.measure_gradient(graph, n);
            shard.watch.lap(Phase::Norms);
            if summed > 0 {
                for g in 0..shard.chunks.len() {
                    let chunk = shard.first_chunk + g;
                    let partials = shard.partials(graph, n, g);
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
        let parameters = self.model.parameters(n);
        let reduced = if reduces { summed } else { 0 };
        for shard in share {
            shard.watch.start();
            ahead::before_backward(self.model, shard, n);
            shard.backward(graph, n, parameters, reduced);
            shard.watch.lap(layer.phase());
        }
    }
}
