//! A network: its layers, its parameters and every buffer a step needs.

use std::ops::Range;

use ndarray::{Array2, Axis};

use crate::base::Scalar;
use crate::base::compiled::compiled;
use crate::base::team::Team;
use crate::chunk::{Chunk, chunk_count, part};
use crate::graph::{Graph, LayerInfo};
use crate::layer::{Mode, entries};
use crate::loss::Targets;
use crate::model::Model;
use crate::moments::Moments;
use crate::objective::Objective;
use crate::params::{Draw, LayerParams};
use crate::pass::{AllReduce, Pass};
use crate::shard::{Shard, ShardTargets};
use crate::times::{PhaseTimes, Stopwatch};

/// A network ready to train: layers, parameters and every buffer a step needs.
pub struct Network<T> {
    pub(super) graph: Graph<T>,
    pub(super) objective: Objective,
    pub(super) layer_params: Vec<LayerParams<T>>,
    /// How many of them, from the first on, are its own to update: all, unless
    /// [`Self::borrow_after`] says otherwise.
    pub(super) own: usize,
    /// Which of them each node has, if any.
    pub(super) params_of: Vec<Option<usize>>,
    pub(super) shards: Vec<Shard<T>>,
    pub(super) all_reduce: AllReduce,
    /// Updates made so far.
    pub(super) updates: u64,
    capacity: Capacity,
}

/// The batches that a network is made for.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Rows of the largest.
    pub rows: usize,
    /// Whether the targets are classes; else numbers.
    pub classes: bool,
}

impl Capacity {
    /// Chunks of the largest batch.
    fn chunks(self) -> usize {
        chunk_count(self.rows)
    }
}

impl<T: Scalar> Network<T> {
    /// A network of these layers, its parameters drawn as `draw` says, for
    /// batches of up to `capacity`. The memory it takes is [`Graph::bytes`]: the
    /// batch's buffers are claimed by [`Self::divide`], else by the first
    /// [`Self::load`]; the optimizer's state and gradients to be kept
    /// ([`Self::step`]) when they are first needed.
    pub fn new(
        graph: Graph<T>,
        draw: &Draw,
        objective: impl Into<Objective>,
        capacity: Capacity,
    ) -> Self {
        type New<T> = fn(Graph<T>, &Draw, Objective, Capacity) -> Network<T>;
        compiled!(New<T> = network)(graph, draw, objective.into(), capacity)
    }

    /// Cuts the batch into shards for the team's threads, of whole chunks each,
    /// which claim their buffers side by side. Which threads there are changes
    /// no result; a network that was never divided is one shard.
    pub fn divide(&mut self, team: &Team) {
        let parts = team.threads().clamp(1, self.capacity.chunks());
        if parts == self.shards.len() {
            return;
        }
        self.shards.clear();
        let (graph, capacity) = (&self.graph, self.capacity);
        let mut shards: Vec<_> = (0..parts).map(|p| (p, None)).collect();
        team.shares(&mut shards, |share| {
            for (p, slot) in share {
                *slot = Some(shard(graph, part(*p, parts, capacity.chunks()), capacity));
            }
        });
        let claimed = shards.into_iter().filter_map(|(_, shard)| shard);
        self.shards.extend(claimed);
    }

    /// Starts (or stops) measuring where the time goes; the metrics start at 0.
    /// Measuring costs some time itself.
    pub fn measure_times(&mut self, on: bool) {
        let shards = self.shards.iter_mut().map(|shard| &mut shard.watch);
        let layer_params = self.layer_params.iter_mut().map(|params| &mut params.watch);
        shards
            .chain(layer_params)
            .for_each(|watch| *watch = Stopwatch::new(on));
    }

    /// Where the time has gone since [`Self::measure_times`].
    pub fn times(&self) -> PhaseTimes {
        let shards = self.shards.iter().map(|shard| &shard.watch);
        let layer_params = self.layer_params.iter().map(|params| &params.watch);
        shards.chain(layer_params).map(Stopwatch::times).sum()
    }

    /// The chunks of the batch, in their order.
    pub(super) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.shards.iter().flat_map(|shard| &shard.chunks)
    }

    /// The layers as they are logged, from layer 1 to the output.
    pub fn layers(&self) -> &[LayerInfo] {
        &self.graph.layers
    }

    /// Numbers in a sample.
    pub fn inputs(&self) -> usize {
        self.graph.values[0].per_sample()
    }

    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The parameters, one for each layer that has any.
    pub fn layer_params(&self) -> &[LayerParams<T>] {
        &self.layer_params
    }

    /// The parameters, to be changed.
    pub fn layer_params_mut(&mut self) -> &mut [LayerParams<T>] {
        &mut self.layer_params
    }

    /// Takes the samples `rows` of a data set as the batch at hand: a row of `inputs`
    /// each, its positions side by side, and as many targets as the output has positions.
    /// Their number may be smaller than the batch the network was made for.
    ///
    /// # Panics
    /// If there are more rows than that, or the widths or the kind of target
    /// differ from what the network was made for.
    pub fn load(&mut self, inputs: &Array2<T>, targets: &Targets<T>, rows: &[usize]) {
        type Load<T> = fn(&mut Network<T>, &Array2<T>, &Targets<T>, &[usize]);
        compiled!(Load<T> = load)(self, inputs, targets, rows);
    }

    fn load_rows(&mut self, inputs: &Array2<T>, targets: &Targets<T>, rows: &[usize]) {
        let capacity = self.capacity;
        assert!(
            rows.len() <= capacity.rows,
            "{} rows exceed the batch of {}",
            rows.len(),
            capacity.rows
        );
        if self.shards.is_empty() {
            let all = 0..capacity.chunks();
            self.shards.push(shard(&self.graph, all, capacity));
        }
        let width = inputs.ncols();
        assert_eq!(
            width,
            self.graph.values[0].per_sample(),
            "features of the data and of the network"
        );
        let targets_each = self.graph.values[self.graph.output].positions;
        // A smaller batch fills the first shards.
        let mut first = 0;
        for shard in &mut self.shards {
            shard.place(first, rows.len());
            let here = shard.rows.count;
            let mine = &rows[first..first + here];
            for (slot, &row) in shard
                .input_mut(&self.graph)
                .chunks_exact_mut(width)
                .zip(mine)
            {
                slot.iter_mut()
                    .zip(inputs.index_axis(Axis(0), row))
                    .for_each(|(slot, x)| *slot = *x);
            }
            match (&mut shard.targets, targets) {
                (ShardTargets::Classes(slots), Targets::Classes(classes)) => {
                    for (slots, &row) in slots.chunks_exact_mut(targets_each).zip(mine) {
                        let first = row * targets_each;
                        slots.copy_from_slice(&classes[first..first + targets_each]);
                    }
                }
                (ShardTargets::Numbers(slots), Targets::Numbers(numbers)) => {
                    let outputs = numbers.ncols();
                    let targets = mine
                        .iter()
                        .flat_map(|&row| row * targets_each..(row + 1) * targets_each);
                    for (slot, row) in slots.chunks_exact_mut(outputs).zip(targets) {
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
        self.shards
            .iter()
            .flat_map(|shard| shard.gradient(&self.graph, 0))
            .copied()
            .collect()
    }

    /// Scales every W_l until z_l has standard deviation 1 ± 0.01 over the
    /// batch at hand (Mishkin & Matas 2016, arXiv:1511.06422). A layer whose
    /// z_l does not vary is left as it is.
    ///
    /// # Panics
    /// If the network was divided before: its moments are those of one shard.
    pub fn scale_to_data(&mut self) {
        assert_eq!(self.shards.len(), 1, "to be scaled before it is divided");
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
                for shard in &self.shards {
                    let values = shard.value(&self.graph, self.graph.nodes[n].output);
                    moments.join(&Moments::of(entries(&values)));
                }
                let std = moments.std();
                if !(std.is_finite() && std > 0.0) || (std - 1.0).abs() <= 0.01 {
                    break;
                }
                let params =
                    &mut self.layer_params[self.params_of[n].expect("a linear map has weights")];
                let weight = params.weight_len();
                params.trained[..weight]
                    .iter_mut()
                    .for_each(|w| *w = T::from_f64((*w).to_f64() / std));
            }
        }
    }

    fn forward_node(&mut self, n: usize, mode: Mode, observe: bool, round: &mut usize) {
        let pass = Pass {
            model: Model {
                graph: &self.graph,
                layer_params: &self.layer_params,
                params_of: &self.params_of,
            },
            all_reduce: &self.all_reduce,
            ranks: 1,
        };
        pass.forward(&mut self.shards, n, mode, observe, round);
    }
}

fn network<T: Scalar>(
    graph: Graph<T>,
    draw: &Draw,
    objective: Objective,
    capacity: Capacity,
) -> Network<T> {
    let params_of = graph.nodes.iter().map(|node| node.params).collect();
    let params = graph.params.iter();
    let mut layer_params: Vec<_> = params
        .map(|params| LayerParams::new(params, graph.nodes[params.nodes[0]].layer.tensors()))
        .collect();
    draw_all(&mut layer_params, draw);
    Network {
        all_reduce: AllReduce::new(capacity.chunks(), graph.longest_exchange()),
        shards: Vec::new(),
        graph,
        objective,
        own: layer_params.len(),
        layer_params,
        params_of,
        capacity,
        updates: 0,
    }
}

fn load<T: Scalar>(
    network: &mut Network<T>,
    inputs: &Array2<T>,
    targets: &Targets<T>,
    rows: &[usize],
) {
    network.load_rows(inputs, targets, rows);
}

/// The chunks `mine` of a batch.
fn shard<T: Scalar>(graph: &Graph<T>, mine: Range<usize>, capacity: Capacity) -> Shard<T> {
    Shard::new(graph, mine, capacity.rows, capacity.classes)
}

/// Draws all parameters: every layer has a stream of random numbers of its own.
/// Most of the time goes into memory being claimed, which the team's threads do
/// side by side as well.
fn draw_all<T: Scalar>(layer_params: &mut [LayerParams<T>], draw: &Draw) {
    draw.team.shares(layer_params, |share| {
        // One for all of them: claiming it anew for each takes longer than drawing.
        let mut scratch = Vec::new();
        for params in share {
            params.draw(draw, &mut scratch);
        }
    });
}
