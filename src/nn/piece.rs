//! One piece of a batch on its way through the network: its buffers and the
//! forward and backward pass of one layer over them.

use crate::base::Scalar;
use crate::base::scalar::sum_of_squares;
use crate::nn::graph::{Graph, Node};
use crate::nn::layer::{Backward, Forward, InputGradient, MAX_INPUTS, Mode, Parameters, Rows};
use crate::nn::loss::{Criterion, LossSums, TargetRows, evaluate};
use crate::nn::measure::ActivationSums;

/// Into how many pieces a batch of `rows` rows is cut: by its size alone, so
/// that results do not depend on the number of threads.
pub fn piece_count(rows: usize) -> usize {
    match rows {
        0..48 => 1,
        48..256 => 2,
        256..1024 => 4,
        _ => 8,
    }
}

/// The targets of a piece's rows.
#[derive(Clone, Debug)]
pub enum PieceTargets<T> {
    /// Class indices.
    Classes(Vec<u32>),
    /// Row-major numbers [rows, outputs].
    Numbers(Vec<T>),
}

/// Some rows of a batch, with a buffer for every value.
pub struct Piece<T> {
    /// Its place among the pieces.
    pub index: usize,
    /// Rows it has room for.
    pub capacity: usize,
    /// Its place in the batch at hand.
    pub rows: Rows,
    /// Targets of its rows.
    pub targets: PieceTargets<T>,
    /// Loss and hits of the last pass.
    pub loss: LossSums,
    /// Σ (∂L/∂value)² per value; only of those that are logged.
    pub grad_squares: Vec<f64>,
    /// What each node's activation had to say, if asked.
    pub activations: Vec<ActivationSums>,
    /// Each node's backward tally.
    pub tallies: Vec<Vec<f64>>,
    /// All pieces' tallies for the node at hand.
    gathered: Vec<f64>,
    forward_tally: Vec<f64>,
    slots: Vec<Vec<T>>,
    grad_slots: Vec<Vec<T>>,
    saved: Vec<Vec<T>>,
    loss_rows: Vec<f64>,
}

fn claim<T: Scalar>(length: usize) -> Vec<T> {
    vec![T::zero(); length]
}

impl<T: Scalar> Piece<T> {
    /// Claims the buffers of piece `index` of `pieces` for up to `capacity` rows.
    pub fn new(
        graph: &Graph<T>,
        index: usize,
        pieces: usize,
        capacity: usize,
        classes: bool,
    ) -> Self {
        let nodes = &graph.nodes;
        let outputs = graph.values[graph.output].width;
        let longest = |length: fn(&Node<T>) -> usize| nodes.iter().map(length).max().unwrap_or(0);
        let forward_tally = longest(|node| node.layer.forward_tally_len());
        let backward_tally = longest(|node| node.layer.backward_tally_len());
        let activation = |node: &Node<T>| ActivationSums {
            alive: vec![
                false;
                if node.is_activation {
                    node.layer.width()
                } else {
                    0
                }
            ],
            ..ActivationSums::default()
        };
        Self {
            index,
            capacity,
            rows: Rows {
                first: 0,
                count: 0,
                batch: 0,
            },
            targets: if classes {
                PieceTargets::Classes(vec![0; capacity])
            } else {
                PieceTargets::Numbers(claim(capacity * outputs))
            },
            loss: LossSums::default(),
            grad_squares: vec![0.0; graph.values.len()],
            activations: nodes.iter().map(activation).collect(),
            tallies: nodes
                .iter()
                .map(|node| vec![0.0; node.layer.backward_tally_len()])
                .collect(),
            gathered: vec![0.0; pieces * forward_tally.max(backward_tally)],
            forward_tally: vec![0.0; forward_tally],
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

    /// Node `n`'s forward tally over this piece.
    pub fn forward_tally(&mut self, graph: &Graph<T>, n: usize) -> &[f64] {
        let node = &graph.nodes[n];
        let mut tally = std::mem::take(&mut self.forward_tally);
        let length = node.layer.forward_tally_len();
        node.layer
            .forward_tally(self.rows, self.inputs(graph, node), &mut tally[..length]);
        self.forward_tally = tally;
        &self.forward_tally[..length]
    }

    /// The buffer in which the tallies of all pieces are gathered.
    pub fn gathered_mut(&mut self) -> &mut [f64] {
        &mut self.gathered
    }

    /// Node `n` forward; `gathered` values of the gathered tallies are valid.
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
            tallies: &self.gathered[..gathered],
        });
        if observe && node.is_activation {
            node.layer.observe(
                self.rows,
                &output[..length],
                &saved,
                &mut self.activations[n],
            );
        }
        self.slots[value.slot] = output;
        self.saved[n] = saved;
    }

    /// Loss, hits and ∂L/∂output.
    pub fn evaluate(&mut self, graph: &Graph<T>, criterion: &dyn Criterion<T>) {
        let output = &graph.values[graph.output];
        let length = output.width * self.rows.count;
        let Some(slot) = output.grad_slot else { return };
        let mut gradient = std::mem::take(&mut self.grad_slots[slot]);
        let targets = match &self.targets {
            PieceTargets::Classes(classes) => TargetRows::Classes(&classes[..self.rows.count]),
            PieceTargets::Numbers(numbers) => TargetRows::Numbers(&numbers[..length]),
        };
        self.loss = evaluate(
            criterion,
            &self.slots[output.slot][..length],
            targets,
            self.rows.batch,
            &mut self.loss_rows,
            &mut gradient[..length],
        );
        self.grad_slots[slot] = gradient;
    }

    /// Node `n`'s backward tally over this piece. ∂L/∂(its output) is whole by
    /// now, so its norm is taken here, while it is in the cache.
    pub fn backward_tally(
        &mut self,
        graph: &Graph<T>,
        n: usize,
        parameters: Parameters<T>,
    ) -> &[f64] {
        let node = &graph.nodes[n];
        let value = &graph.values[node.output];
        if value.pre_activation_of.is_some() || value.handed_on_by.is_some() {
            self.grad_squares[node.output] = sum_of_squares(self.gradient(graph, node.output));
        }
        let mut tally = std::mem::take(&mut self.tallies[n]);
        let pass = Backward {
            rows: self.rows,
            parameters,
            inputs: self.inputs(graph, node),
            saved: &self.saved[n],
            grad_output: self.gradient(graph, node.output),
            tally_sums: &[],
            grad_inputs: Default::default(),
        };
        node.layer.backward_tally(&pass, &mut tally);
        self.tallies[n] = tally;
        &self.tallies[n]
    }

    /// Node `n` backward; the first `summed` gathered values are the sums of
    /// the pieces' tallies.
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
            saved: &self.saved[n],
            grad_output: self.gradient(graph, node.output),
            tally_sums: &self.gathered[..summed],
            grad_inputs,
        });
        for (buffer, &id) in buffers.into_iter().zip(&node.inputs) {
            if let Some(slot) = graph.values[id].grad_slot {
                self.grad_slots[slot] = buffer;
            }
        }
    }
}
