//! One shard of a batch on its way through the network: its buffers and the
//! forward and backward pass of one layer over them. A shard is some whole
//! chunks, as many as one thread works on.

use std::ops::Range;

use crate::base::Scalar;
use crate::base::prefetch::{plan, touch};
use crate::base::squares::sum_of_squares;
use crate::nn::chunk::{Chunk, chunk_count, part};
use crate::nn::graph::{Graph, Node};
use crate::nn::layer::{Backward, Forward, InputGradient, MAX_INPUTS, Mode, Parameters, Rows};
use crate::nn::loss::{Criterion, TargetRows, evaluate};
use crate::nn::times::Stopwatch;

/// The targets of a shard's rows.
#[derive(Clone, Debug)]
pub enum ShardTargets<T> {
    /// Class indices.
    Classes(Vec<u32>),
    /// Row-major numbers [rows, outputs].
    Numbers(Vec<T>),
}

/// Some chunks of a batch, with a buffer for every value.
pub struct Shard<T> {
    /// Its chunks.
    pub chunks: Vec<Chunk>,
    /// Its first chunk's place among all chunks.
    pub first_chunk: usize,
    /// Its place in the batch at hand.
    pub rows: Rows,
    /// Targets of its rows.
    pub targets: ShardTargets<T>,
    /// Where its time goes.
    pub watch: Stopwatch,
    /// All chunks' partials for the node at hand.
    gathered: Vec<f64>,
    forward_partials: Vec<f64>,
    slots: Vec<Vec<T>>,
    grad_slots: Vec<Vec<T>>,
    saved: Vec<Vec<T>>,
    loss_rows: Vec<f64>,
}

fn claim<T: Scalar>(length: usize) -> Vec<T> {
    vec![T::zero(); length]
}

impl<T: Scalar> Shard<T> {
    /// Claims the buffers of the chunks `mine` of a batch of `batch` rows.
    pub fn new(graph: &Graph<T>, mine: Range<usize>, batch: usize, classes: bool) -> Self {
        let all_chunks = chunk_count(batch);
        let first_chunk = mine.start;
        let chunks: Vec<_> = mine
            .map(|g| Chunk::new(graph, part(g, all_chunks, batch).len()))
            .collect();
        let capacity = chunks.iter().map(|chunk| chunk.capacity).sum::<usize>();
        let nodes = &graph.nodes;
        let outputs = graph.values[graph.output].width;
        let longest = |length: fn(&Node<T>) -> usize| nodes.iter().map(length).max().unwrap_or(0);
        let forward_partials = longest(|node| node.layer.forward_partials_len());
        let backward_partials = longest(|node| node.layer.backward_partials_len());
        Self {
            chunks,
            first_chunk,
            rows: Rows {
                first: 0,
                count: 0,
                batch: 0,
            },
            targets: if classes {
                ShardTargets::Classes(vec![0; capacity])
            } else {
                ShardTargets::Numbers(claim(capacity * outputs))
            },
            watch: Stopwatch::default(),
            gathered: vec![0.0; all_chunks * forward_partials.max(backward_partials)],
            forward_partials: vec![0.0; forward_partials],
            slots: graph
                .slots
                .iter()
                .map(|width| claim(width * capacity))
                .collect(),
            grad_slots: graph
                .grad_slots
                .iter()
                .map(|width| claim(width * capacity))
                .collect(),
            saved: nodes
                .iter()
                .map(|node| claim(node.layer.saved_len(capacity)))
                .collect(),
            loss_rows: vec![0.0; 2 * outputs],
        }
    }

    /// Takes the place `first` … in a batch of `batch` rows, of which the
    /// chunks before have filled what they have room for.
    pub fn place(&mut self, first: usize, batch: usize) {
        let mut next = first;
        for chunk in &mut self.chunks {
            let count = chunk.capacity.min(batch - next);
            chunk.rows = Rows {
                first: next,
                count,
                batch,
            };
            next += count;
        }
        self.rows = Rows {
            first,
            count: next - first,
            batch,
        };
    }

    /// The rows of chunk `g` within this shard.
    fn rows_of(&self, g: usize) -> Range<usize> {
        let rows = self.chunks[g].rows;
        let first = rows.first - self.rows.first;
        first..first + rows.count
    }

    /// The rows of a value.
    pub fn value(&self, graph: &Graph<T>, id: usize) -> &[T] {
        let value = &graph.values[id];
        &self.slots[value.slot][..value.width * self.rows.count]
    }

    /// The rows of the input, to be filled.
    pub fn input_mut(&mut self, graph: &Graph<T>) -> &mut [T] {
        let value = &graph.values[0];
        &mut self.slots[value.slot][..value.width * self.rows.count]
    }

    /// The rows of ∂L/∂value; empty if it is not computed.
    pub fn gradient(&self, graph: &Graph<T>, id: usize) -> &[T] {
        let value = &graph.values[id];
        value.grad_slot.map_or(&[], |slot| {
            &self.grad_slots[slot][..value.width * self.rows.count]
        })
    }

    /// Its rows of chunk `g`.
    pub fn gradient_of(&self, graph: &Graph<T>, id: usize, g: usize) -> &[T] {
        let (rows, width) = (self.rows_of(g), graph.values[id].width);
        &self.gradient(graph, id)[rows.start * width..rows.end * width]
    }

    /// What node `n` saved.
    pub fn saved(&self, n: usize) -> &[T] {
        &self.saved[n]
    }

    fn inputs<'a>(&'a self, graph: &Graph<T>, node: &Node<T>) -> [&'a [T]; MAX_INPUTS] {
        let mut inputs: [&[T]; MAX_INPUTS] = [&[]; MAX_INPUTS];
        for (slot, &id) in inputs.iter_mut().zip(&node.inputs) {
            *slot = self.value(graph, id);
        }
        inputs
    }

    /// The inputs' rows of chunk `g`.
    fn inputs_of<'a>(
        &'a self,
        graph: &Graph<T>,
        node: &Node<T>,
        g: usize,
    ) -> [&'a [T]; MAX_INPUTS] {
        let rows = self.rows_of(g);
        let mut inputs = self.inputs(graph, node);
        for (slot, &id) in inputs.iter_mut().zip(&node.inputs) {
            let width = graph.values[id].width;
            *slot = &slot[rows.start * width..rows.end * width];
        }
        inputs
    }

    /// Node `n`'s forward partials over chunk `g`.
    pub fn forward_partials(&mut self, graph: &Graph<T>, n: usize, g: usize) -> &[f64] {
        let node = &graph.nodes[n];
        let mut partials = std::mem::take(&mut self.forward_partials);
        let length = node.layer.forward_partials_len();
        let inputs = self.inputs_of(graph, node, g);
        node.layer
            .forward_partials(self.chunks[g].rows, inputs, &mut partials[..length]);
        self.forward_partials = partials;
        &self.forward_partials[..length]
    }

    /// The buffer in which the partials of all chunks are gathered.
    pub fn gathered_mut(&mut self) -> &mut [f64] {
        &mut self.gathered
    }

    /// Begins to fetch what is known of node `n`.
    pub fn touch(&self, graph: &Graph<T>, n: usize) {
        let node = &graph.nodes[n];
        let value = &graph.values[node.output];
        touch(&self.saved[n]);
        touch(&self.slots[value.slot]);
        if let Some(slot) = value.grad_slot {
            touch(&self.grad_slots[slot]);
        }
        for chunk in &self.chunks {
            touch(&chunk.grad_squares[node.output]);
            if node.is_observed {
                touch(&chunk.activations[n]);
            }
        }
    }

    /// Node `n`, a product, shall fetch these parameters on its way forward, and
    /// what the next node writes.
    pub fn plan_forward(&self, graph: &Graph<T>, n: usize, parameters: &[T]) {
        if let Some(next) = graph.nodes.get(n + 1) {
            let output = &self.slots[graph.values[next.output].slot];
            plan([parameters, output, &self.saved[n + 1]]);
        }
    }

    /// The same on the way back, with what the node before it reads and writes.
    pub fn plan_backward(&self, graph: &Graph<T>, n: usize, parameters: &[T]) {
        if let Some(next) = graph.nodes[..n].last() {
            let slot = graph.values[next.inputs[0]].grad_slot;
            let gradient = slot.map_or(&[][..], |slot| &self.grad_slots[slot]);
            // What the layer before saved, or its output if it needs that instead.
            let kept = if next.layer.saves_output() {
                &self.slots[graph.values[next.output].slot]
            } else {
                &self.saved[n - 1]
            };
            plan([parameters, kept, gradient]);
        }
    }

    /// Node `n` forward; `gathered` values of the gathered partials are valid.
    pub fn forward(
        &mut self,
        graph: &Graph<T>,
        n: usize,
        mode: Mode,
        parameters: Parameters<T>,
        gathered: usize,
        observe: bool,
    ) {
        let node = &graph.nodes[n];
        let value = &graph.values[node.output];
        let length = value.width * self.rows.count;
        let mut output = std::mem::take(&mut self.slots[value.slot]);
        let mut saved = std::mem::take(&mut self.saved[n]);
        node.layer.forward(Forward {
            rows: self.rows,
            mode,
            parameters,
            inputs: self.inputs(graph, node),
            output: &mut output[..length],
            saved: &mut saved,
            partials: &self.gathered[..gathered],
        });
        if observe && node.is_observed {
            for g in 0..self.chunks.len() {
                let rows = self.rows_of(g);
                let chunk = &mut self.chunks[g];
                let (first, last) = (rows.start * value.width, rows.end * value.width);
                node.layer.observe(
                    chunk.rows,
                    &output[first..last],
                    saved.get(first..).unwrap_or(&[]),
                    &mut chunk.activations[n],
                );
            }
        }
        self.slots[value.slot] = output;
        self.saved[n] = saved;
    }

    /// Loss, hits and ∂L/∂output.
    pub fn evaluate(&mut self, graph: &Graph<T>, criterion: &dyn Criterion<T>) {
        let output = &graph.values[graph.output];
        let Some(slot) = output.grad_slot else { return };
        let mut gradient = std::mem::take(&mut self.grad_slots[slot]);
        for g in 0..self.chunks.len() {
            let rows = self.rows_of(g);
            let cells = rows.start * output.width..rows.end * output.width;
            let targets = match &self.targets {
                ShardTargets::Classes(classes) => TargetRows::Classes(&classes[rows]),
                ShardTargets::Numbers(numbers) => TargetRows::Numbers(&numbers[cells.clone()]),
            };
            self.chunks[g].loss = evaluate(
                criterion,
                &self.slots[output.slot][cells.clone()],
                targets,
                self.rows.batch,
                &mut self.loss_rows,
                &mut gradient[cells],
            );
        }
        self.grad_slots[slot] = gradient;
    }

    /// Σ (∂L/∂value)² of node `n`'s output, if it is logged. The gradient is
    /// whole by now and still in the cache.
    pub fn measure_gradient(&mut self, graph: &Graph<T>, n: usize) {
        let id = graph.nodes[n].output;
        let value = &graph.values[id];
        if !value.is_logged {
            return;
        }
        for g in 0..self.chunks.len() {
            self.chunks[g].grad_squares[id] = sum_of_squares(self.gradient_of(graph, id, g));
        }
    }

    /// The backward partials of node `n`, which has one, over chunk `g`.
    pub fn backward_partials(
        &mut self,
        graph: &Graph<T>,
        n: usize,
        g: usize,
        parameters: Parameters<T>,
    ) -> &[f64] {
        let node = &graph.nodes[n];
        let width = graph.values[node.output].width;
        let mut partials = std::mem::take(&mut self.chunks[g].partials[n]);
        let rows = self.rows_of(g);
        let pass = Backward {
            rows: self.chunks[g].rows,
            parameters,
            inputs: self.inputs_of(graph, node, g),
            output: &self.value(graph, node.output)[rows.start * width..rows.end * width],
            saved: self.saved[n].get(rows.start * width..).unwrap_or(&[]),
            grad_output: self.gradient_of(graph, node.output, g),
            reduced: &[],
            grad_inputs: Default::default(),
        };
        node.layer.backward_partials(&pass, &mut partials);
        self.chunks[g].partials[n] = partials;
        &self.chunks[g].partials[n]
    }

    /// Node `n` backward; the first `summed` gathered values are the sums of
    /// the chunks' partials.
    pub fn backward(
        &mut self,
        graph: &Graph<T>,
        n: usize,
        parameters: Parameters<T>,
        summed: usize,
    ) {
        let node = &graph.nodes[n];
        let mut buffers: [Vec<T>; MAX_INPUTS] = Default::default();
        for (buffer, &id) in buffers.iter_mut().zip(&node.inputs) {
            if let Some(slot) = graph.values[id].grad_slot {
                *buffer = std::mem::take(&mut self.grad_slots[slot]);
            }
        }
        let mut grad_inputs: [InputGradient<T>; MAX_INPUTS] = Default::default();
        for (k, buffer) in buffers.iter_mut().enumerate().take(node.inputs.len()) {
            let length = graph.values[node.inputs[k]].width * self.rows.count;
            let length = length.min(buffer.len());
            grad_inputs[k] = InputGradient {
                values: &mut buffer[..length],
                accumulate: node.accumulate[k],
            };
        }
        node.layer.backward(Backward {
            rows: self.rows,
            parameters,
            inputs: self.inputs(graph, node),
            output: self.value(graph, node.output),
            saved: &self.saved[n],
            grad_output: self.gradient(graph, node.output),
            reduced: &self.gathered[..summed],
            grad_inputs,
        });
        for (buffer, &id) in buffers.into_iter().zip(&node.inputs) {
            if let Some(slot) = graph.values[id].grad_slot {
                self.grad_slots[slot] = buffer;
            }
        }
    }
}
