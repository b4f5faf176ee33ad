//! One shard of a batch on its way through the network: its buffers and the
//! forward and backward pass of one layer over them. A shard is some whole
//! chunks, as many as one thread works on.

use std::mem::take;
use std::ops::Range;

use ndarray::ArrayView2;

use crate::base::Scalar;
use crate::base::prefetch::touch;
use crate::base::squares::sum_of_squares;
use crate::chunk::{Chunk, chunk_count, part};
use crate::graph::{Graph, Node};
use crate::layer::{
    Backward, BackwardChunk, Forward, InputGradient, MAX_INPUTS, Mode, Observed, Parameters, Rows,
    matrix, matrix_mut, some_rows,
};
use crate::loss::{Criterion, TargetRows, evaluate};
use crate::times::Stopwatch;

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
    /// What all chunks of the batch told in the middle of a pass of the node at hand.
    pub gathered: Vec<f64>,
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
        let output = &graph.values[graph.output];
        let (outputs, targets) = (output.width, capacity * output.positions);
        Self {
            chunks,
            first_chunk,
            rows: Rows {
                first: 0,
                count: 0,
                batch: 0,
            },
            targets: if classes {
                ShardTargets::Classes(vec![0; targets])
            } else {
                ShardTargets::Numbers(claim(targets * outputs))
            },
            watch: Stopwatch::default(),
            gathered: vec![0.0; all_chunks * graph.longest_exchange()],
            slots: graph
                .slots
                .iter()
                .map(|length| claim(length * capacity))
                .collect(),
            grad_slots: graph
                .grad_slots
                .iter()
                .map(|length| claim(length * capacity))
                .collect(),
            saved: graph
                .nodes
                .iter()
                .map(|node| {
                    let rows = capacity * graph.values[node.output].positions;
                    claim(node.saves.len(rows))
                })
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

    /// A value, [rows, width].
    pub fn value(&self, graph: &Graph<T>, id: usize) -> ArrayView2<'_, T> {
        value(graph, id, &self.slots, 0..self.rows.count)
    }

    /// The rows of the input, to be filled.
    pub fn input_mut(&mut self, graph: &Graph<T>) -> &mut [T] {
        let value = &graph.values[0];
        &mut self.slots[value.slot][..value.per_sample() * self.rows.count]
    }

    /// ∂L/∂value, [rows, width]; [rows, 0] if it is not computed.
    pub fn gradient(&self, graph: &Graph<T>, id: usize) -> ArrayView2<'_, T> {
        self.gradient_rows(graph, id, 0..self.rows.count)
    }

    /// The rows of some samples, by their places in the shard.
    fn gradient_rows(&self, graph: &Graph<T>, id: usize, rows: Range<usize>) -> ArrayView2<'_, T> {
        let value = &graph.values[id];
        match value.grad_slot {
            Some(slot) => some_rows(&self.grad_slots[slot], value.rows(&rows), value.width),
            None => matrix(&[], value.rows(&rows).len(), 0),
        }
    }

    /// The buffer of what node `n` saves.
    pub fn saved(&self, n: usize) -> &[T] {
        &self.saved[n]
    }

    /// What node `n` saved once for all rows.
    pub fn saved_once(&self, graph: &Graph<T>, n: usize) -> &[T] {
        let node = &graph.nodes[n];
        let rows = self.rows.count * graph.values[node.output].positions;
        let (_, once) = node.saves.split(&self.saved[n], rows);
        once
    }

    /// The rows of chunk `g` of node `n`'s first input.
    pub fn input_of(&self, graph: &Graph<T>, n: usize, g: usize) -> ArrayView2<'_, T> {
        let rows = self.chunks[g].rows.within(&self.rows);
        value(graph, graph.nodes[n].inputs[0], &self.slots, rows)
    }

    /// Some rows of what `node` reads, if it saves it.
    fn saved_inputs(
        &self,
        graph: &Graph<T>,
        node: &Node<T>,
        rows: Range<usize>,
    ) -> [ArrayView2<'_, T>; MAX_INPUTS] {
        if node.saves.inputs {
            inputs(graph, node, &self.slots, rows)
        } else {
            [matrix(&[], rows.len(), 0); MAX_INPUTS]
        }
    }

    /// Begins to fetch where the buffers of node `n` are, and its sums.
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

    /// Node `n` forward; the first `gathered` gathered numbers are valid.
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
        let (samples, rows) = (self.rows.count, self.rows.count * value.positions);
        let mut output = take(&mut self.slots[value.slot]);
        let (saved, saved_once) = node.saves.split_mut(&mut self.saved[n], rows);
        node.layer.forward(Forward {
            rows: self.rows.times(value.positions),
            mode,
            parameters,
            inputs: inputs(graph, node, &self.slots, 0..samples),
            output: matrix_mut(&mut output, rows, value.width),
            saved,
            saved_once,
            gathered: &self.gathered[..gathered],
        });
        if observe && node.is_observed {
            for chunk in &mut self.chunks {
                let samples = chunk.rows.within(&self.rows);
                let mine = value.rows(&samples);
                let pass = Observed {
                    inputs: inputs(graph, node, &self.slots, samples),
                    output: some_rows(&output, mine.clone(), value.width),
                    saved: node.saves.rows(&self.saved[n], rows, mine),
                };
                node.layer.observe(pass, &mut chunk.activations[n]);
            }
        }
        self.slots[value.slot] = output;
    }

    /// Loss, hits and ∂L/∂output.
    pub fn evaluate(&mut self, graph: &Graph<T>, criterion: &dyn Criterion<T>) {
        let output = &graph.values[graph.output];
        let Some(slot) = output.grad_slot else { return };
        let (values, gradient) = (&self.slots[output.slot], &mut self.grad_slots[slot]);
        for chunk in &mut self.chunks {
            let rows = output.rows(&chunk.rows.within(&self.rows));
            let cells = rows.start * output.width..rows.end * output.width;
            let targets = match &self.targets {
                ShardTargets::Classes(classes) => TargetRows::Classes(&classes[rows]),
                ShardTargets::Numbers(numbers) => TargetRows::Numbers(&numbers[cells.clone()]),
            };
            chunk.loss = evaluate(
                criterion,
                &values[cells.clone()],
                targets,
                self.rows.batch * output.positions,
                &mut self.loss_rows,
                &mut gradient[cells],
            );
        }
    }

    /// Σ (∂L/∂value)² of node `n`'s output, if it is logged. The gradient is
    /// whole by now and still in the cache.
    pub fn measure_gradient(&mut self, graph: &Graph<T>, n: usize) {
        let id = graph.nodes[n].output;
        let value = &graph.values[id];
        let Some(slot) = value.grad_slot.filter(|_| value.is_logged) else {
            return;
        };
        for chunk in &mut self.chunks {
            let rows = value.rows(&chunk.rows.within(&self.rows));
            let cells = rows.start * value.width..rows.end * value.width;
            chunk.grad_squares[id] = sum_of_squares(&self.grad_slots[slot][cells]);
        }
    }

    /// The partials of node `n`, which has some, over chunk `g`.
    pub fn partials(&mut self, graph: &Graph<T>, n: usize, g: usize) -> &[f64] {
        let node = &graph.nodes[n];
        let rows = self.chunks[g].rows.within(&self.rows);
        let mut all = take(&mut self.chunks[g].partials);
        let output = &graph.values[node.output];
        let chunk = BackwardChunk {
            inputs: self.saved_inputs(graph, node, rows.clone()),
            saved: node.saves.rows(
                &self.saved[n],
                self.rows.count * output.positions,
                output.rows(&rows),
            ),
            grad_output: self.gradient_rows(graph, node.output, rows),
        };
        node.layer.partials(chunk, &mut all[node.partials.clone()]);
        self.chunks[g].partials = all;
        &self.chunks[g].partials[node.partials.clone()]
    }

    /// Node `n` backward; the first `summed` gathered numbers are the sums of the
    /// chunks' partials.
    pub fn backward(
        &mut self,
        graph: &Graph<T>,
        n: usize,
        parameters: Parameters<T>,
        summed: usize,
    ) {
        let node = &graph.nodes[n];
        let output = &graph.values[node.output];
        let (samples, rows) = (self.rows.count, self.rows.count * output.positions);
        let mut buffers: [Vec<T>; MAX_INPUTS] = Default::default();
        let mut grad_inputs: [InputGradient<T>; MAX_INPUTS] = Default::default();
        let slots = buffers.iter_mut().zip(&mut grad_inputs);
        for (k, ((buffer, grad), &id)) in slots.zip(&node.inputs).enumerate() {
            let value = &graph.values[id];
            if let Some(slot) = value.grad_slot {
                *buffer = take(&mut self.grad_slots[slot]);
                let rows = samples * value.positions;
                grad.values = Some(matrix_mut(buffer, rows, value.width));
                grad.accumulate = node.accumulate[k];
            }
        }
        let (saved, saved_once) = node.saves.split(&self.saved[n], rows);
        node.layer.backward(Backward {
            rows: self.rows.times(output.positions),
            parameters,
            inputs: self.saved_inputs(graph, node, 0..samples),
            output: if node.saves.output {
                self.value(graph, node.output)
            } else {
                matrix(&[], rows, 0)
            },
            saved,
            saved_once,
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

/// The rows of some samples of a value that lies in `slots`, [rows, width].
fn value<'a, T>(
    graph: &Graph<T>,
    id: usize,
    slots: &'a [Vec<T>],
    rows: Range<usize>,
) -> ArrayView2<'a, T> {
    let value = &graph.values[id];
    some_rows(&slots[value.slot], value.rows(&rows), value.width)
}

/// What `node` reads of some samples; [rows, 0] beyond the last.
fn inputs<'a, T>(
    graph: &Graph<T>,
    node: &Node<T>,
    slots: &'a [Vec<T>],
    rows: Range<usize>,
) -> [ArrayView2<'a, T>; MAX_INPUTS] {
    let mut inputs = [matrix(&[], rows.len(), 0); MAX_INPUTS];
    for (input, &id) in inputs.iter_mut().zip(&node.inputs) {
        *input = value(graph, id, slots, rows.clone());
    }
    inputs
}
