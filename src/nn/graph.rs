//! A network as a list of layers over numbered values, in the order of the
//! forward pass, and the memory that running it takes.

use std::ops::Range;

use crate::base::Scalar;
use crate::nn::init::Init;
use crate::nn::layer::positions::{JoinPositions, MAX_JOINED};
use crate::nn::layer::{Layer, MAX_INPUTS, Saves, TensorShape};

/// Index of a value.
pub type ValueId = usize;

/// Index of a node.
pub type NodeId = usize;

/// What flows between layers, a matrix [batch·positions, width]: the positions of a
/// sequence, or the pixels of an image, are rows, a sample's one after the other.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// Rows per sample.
    pub positions: usize,
    /// Width.
    pub width: usize,
    /// Whether the norm of ∂L/∂value is logged: it is some layer's z or h.
    pub is_logged: bool,
    /// Whether it keeps what it holds until the backward pass is done.
    pub is_kept: bool,
    /// The forward buffer that holds it.
    pub slot: usize,
    /// The gradient buffer that holds ∂L/∂value.
    pub grad_slot: Option<usize>,
}

impl Value {
    /// Numbers per sample.
    pub fn per_sample(&self) -> usize {
        self.positions * self.width
    }

    /// Its rows that belong to `samples`.
    pub fn rows(&self, samples: &Range<usize>) -> Range<usize> {
        samples.start * self.positions..samples.end * self.positions
    }
}

/// Index of the parameters of a node, or of several that share them.
pub type ParamsId = usize;

/// Parameters and who uses them.
#[derive(Clone, Debug)]
pub struct ParamsUse {
    /// What they are called and how they are drawn.
    pub origin: Origin,
    /// Their nodes in forward order: the gradient is the sum over them.
    pub nodes: Vec<NodeId>,
}

/// What parameters are called and where their random numbers come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What the names of their tensors begin with, e.g. `layers.3`.
    pub name: String,
    /// The purpose of the stream of random numbers that they are drawn from.
    pub purpose: &'static str,
    /// The stream's number.
    pub stream: usize,
    /// How they are drawn, if not by the network's init.
    pub init: Option<Init>,
}

impl Origin {
    /// Of the map of the network's layer `number`.
    pub fn layer(number: usize) -> Self {
        Self {
            name: format!("layers.{number}"),
            purpose: "init",
            stream: number,
            init: None,
        }
    }

    /// From the stream of `purpose`, so that other draws do not depend on these.
    pub fn with_purpose(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }
}

/// One layer in its place.
pub struct Node<T> {
    /// The layer.
    pub layer: Box<dyn Layer<T>>,
    /// The values it reads.
    pub inputs: Vec<ValueId>,
    /// The value it writes.
    pub output: ValueId,
    /// The network's layer l it belongs to, from 1.
    pub number: usize,
    /// Its parameters, if it has any.
    pub params: Option<ParamsId>,
    /// Whether its output is observed: it is some layer's φ.
    pub is_observed: bool,
    /// For every input, whether its gradient has been written by a later layer.
    pub accumulate: [bool; MAX_INPUTS],
    /// What the layer saves.
    pub saves: Saves,
    /// Where its partials lie among those of all layers.
    pub partials: Range<usize>,
}

/// What is logged of one layer l of the network: said where the layer is built,
/// and nowhere else.
#[derive(Clone, Debug)]
pub struct LayerInfo {
    /// Its name in reports, e.g. `hidden_3`: letters, digits, `_` and `.`.
    pub name: String,
    /// Its place on the path that decay is measured along, from 1; `None` off
    /// the path.
    pub position: Option<u32>,
    /// z_l, the output of its linear map; several values where it has several parts.
    pub z: Vec<ValueId>,
    /// h_l, what it hands on.
    pub h: ValueId,
    /// c_l, its cell state, if it has one.
    pub cell: Option<ValueId>,
    /// Its activation φ.
    pub phi: Option<NodeId>,
    /// Its linear maps, whose parameters the norms of weight and bias are about.
    pub params: Vec<NodeId>,
    /// Whether other layers share these maps, so that they are not its own to update.
    pub shares_params: bool,
}

impl LayerInfo {
    /// Of a layer of which nothing else is known yet.
    pub fn new(name: String, position: Option<u32>) -> Self {
        Self {
            name,
            position,
            z: Vec::new(),
            h: 0,
            cell: None,
            phi: None,
            params: Vec::new(),
            shares_params: false,
        }
    }
}

/// A network's layers and values.
pub struct Graph<T> {
    /// Layers in forward order.
    pub nodes: Vec<Node<T>>,
    /// Values; 0 is the input.
    pub values: Vec<Value>,
    /// Parameters, in the order of their first nodes.
    pub params: Vec<ParamsUse>,
    /// Numbers per sample in every forward buffer.
    pub slots: Vec<usize>,
    /// Numbers per sample in every gradient buffer.
    pub grad_slots: Vec<usize>,
    /// The value that the loss reads.
    pub output: ValueId,
    /// Layers 1, 2 …, as they are logged.
    pub layers: Vec<LayerInfo>,
}

/// Collects layers, then plans the buffers.
pub struct GraphBuilder<T> {
    nodes: Vec<Node<T>>,
    values: Vec<Value>,
    params: Vec<ParamsUse>,
    layers: Vec<LayerInfo>,
}

impl<T: Scalar> GraphBuilder<T> {
    /// A graph whose input has `positions` rows per sample and `width` columns; returns
    /// the input's id too.
    pub fn new(positions: usize, width: usize) -> (Self, ValueId) {
        (
            Self {
                nodes: Vec::new(),
                values: vec![Value {
                    positions,
                    width,
                    ..Value::default()
                }],
                params: Vec::new(),
                layers: Vec::new(),
            },
            0,
        )
    }

    /// Begins the network's next layer; returns its number, from 1.
    pub fn begin_layer(&mut self, name: String, position: Option<u32>) -> usize {
        self.layers.push(LayerInfo::new(name, position));
        self.layers.len()
    }

    /// What is logged of layer `number`, to be filled in.
    pub fn info(&mut self, number: usize) -> &mut LayerInfo {
        &mut self.layers[number - 1]
    }

    /// Appends `layer`, a part of the network's layer `number`, reading `inputs`,
    /// with parameters of its own, if it has any; returns its output.
    pub fn add(
        &mut self,
        number: usize,
        layer: impl Layer<T> + 'static,
        inputs: &[ValueId],
    ) -> ValueId {
        self.add_drawn(number, Origin::layer(number), layer, inputs)
    }

    /// As [`Self::add`], with parameters that are called and drawn otherwise.
    pub fn add_drawn(
        &mut self,
        number: usize,
        origin: Origin,
        layer: impl Layer<T> + 'static,
        inputs: &[ValueId],
    ) -> ValueId {
        let params = (!layer.tensors().is_empty()).then(|| {
            self.params.push(ParamsUse {
                origin,
                nodes: Vec::new(),
            });
            self.params.len() - 1
        });
        self.add_node(number, layer, inputs, params)
    }

    /// As [`Self::add`], but the layer uses the parameters of node `other`.
    ///
    /// # Panics
    /// If that has other tensors, or running averages, which are of one node.
    pub fn add_sharing(
        &mut self,
        number: usize,
        layer: impl Layer<T> + 'static,
        inputs: &[ValueId],
        other: NodeId,
    ) -> ValueId {
        let tensors = layer.tensors();
        assert_eq!(tensors, self.nodes[other].layer.tensors());
        assert!(tensors.iter().all(TensorShape::is_trained));
        let params = self.nodes[other].params;
        self.add_node(number, layer, inputs, params)
    }

    fn add_node(
        &mut self,
        number: usize,
        layer: impl Layer<T> + 'static,
        inputs: &[ValueId],
        params: Option<ParamsId>,
    ) -> ValueId {
        if let Some(id) = params {
            self.params[id].nodes.push(self.nodes.len());
        }
        let output = self.values.len();
        let of_inputs: Vec<_> = inputs.iter().map(|&id| self.positions(id)).collect();
        let positions = layer.positions(&of_inputs);
        self.values.push(Value {
            positions,
            width: layer.width(),
            ..Value::default()
        });
        let saves = layer.saves();
        let first = self.nodes.last().map_or(0, |node| node.partials.end);
        self.nodes.push(Node {
            layer: Box::new(layer),
            inputs: inputs.to_vec(),
            output,
            number,
            params,
            is_observed: false,
            accumulate: [false; MAX_INPUTS],
            saves,
            partials: first..first + saves.partials,
        });
        output
    }

    /// The node added last.
    pub fn last(&self) -> NodeId {
        self.nodes.len() - 1
    }

    /// Width of a value.
    pub fn width(&self, id: ValueId) -> usize {
        self.values[id].width
    }

    /// Rows per sample of a value.
    pub fn positions(&self, id: ValueId) -> usize {
        self.values[id].positions
    }

    /// Sequences of equal width one after the other, as a part of layer `number`: one
    /// sequence, joined a few at a time.
    pub fn join_positions(&mut self, number: usize, mut parts: Vec<ValueId>) -> ValueId {
        while parts.len() > 1 {
            let joined = parts.chunks(MAX_JOINED).map(|few| match few {
                [one] => *one,
                _ => {
                    let join = JoinPositions {
                        width: self.width(few[0]),
                        parts: few.iter().map(|&id| self.positions(id)).collect(),
                    };
                    self.add(number, join, few)
                }
            });
            parts = joined.collect();
        }
        parts[0]
    }

    /// Plans the buffers: what a backward pass needs again is kept, everything
    /// else shares buffers as soon as it is no longer read.
    pub fn finish(mut self, output: ValueId, input_gradient: bool) -> Graph<T> {
        let nodes = self.nodes.len();
        let count = self.values.len();
        let mut kept = vec![false; count];
        let mut grad_kept = vec![false; count];
        let mut producer = vec![0; count];
        let mut last_reader = vec![0; count];
        // Only what depends on parameters, or on an input that is asked for.
        let mut is_differentiated = vec![input_gradient; count];
        kept[0] = true;
        kept[output] = true;
        grad_kept[0] = input_gradient;
        for (n, node) in self.nodes.iter().enumerate() {
            producer[node.output] = n;
            let depends = node.inputs.iter().any(|&input| is_differentiated[input]);
            is_differentiated[node.output] = node.params.is_some() || depends;
            kept[node.output] |= node.saves.output;
            grad_kept[node.output] = node.saves.grad_output;
            for &input in &node.inputs {
                kept[input] |= node.saves.inputs;
                last_reader[input] = n;
            }
        }
        last_reader[output] = nodes;
        // The gradient's life runs backwards: from the last reader to the producer.
        let forward: Vec<_> = (0..count).map(|v| (producer[v], last_reader[v])).collect();
        let backward: Vec<_> = (0..count)
            .map(|v| (nodes - last_reader[v], nodes - producer[v]))
            .collect();
        let (slot_of, slots) = self.share(&forward, &kept, |_| true);
        let (grad_slot_of, grad_slots) =
            self.share(&backward, &grad_kept, |v| is_differentiated[v]);
        let mut written = vec![false; count];
        written[output] = true;
        for node in self.nodes.iter_mut().rev() {
            for (slot, &input) in node.accumulate.iter_mut().zip(&node.inputs) {
                *slot = std::mem::replace(&mut written[input], true);
            }
        }
        for (v, value) in self.values.iter_mut().enumerate() {
            value.is_kept = kept[v];
            value.slot = slot_of[v];
            value.grad_slot = is_differentiated[v].then_some(grad_slot_of[v]);
        }
        for layer in &self.layers {
            for value in layer.z.iter().copied().chain([layer.h]).chain(layer.cell) {
                self.values[value].is_logged = true;
            }
            if let Some(phi) = layer.phi {
                self.nodes[phi].is_observed = true;
            }
        }
        Graph {
            nodes: self.nodes,
            values: self.values,
            params: self.params,
            slots,
            grad_slots,
            output,
            layers: self.layers,
        }
    }

    /// Hands every wanted value a buffer. `lives` are (first, last) moments of
    /// use; a kept value has its buffer to itself. Returns each value's buffer
    /// and how many numbers per sample each buffer holds.
    fn share(
        &self,
        lives: &[(usize, usize)],
        kept: &[bool],
        wanted: impl Fn(ValueId) -> bool,
    ) -> (Vec<usize>, Vec<usize>) {
        let mut order: Vec<ValueId> = (0..lives.len()).filter(|&v| wanted(v)).collect();
        order.sort_by_key(|&v| lives[v]);
        let mut slot_of = vec![0; lives.len()];
        let mut widths = Vec::new();
        // Buffers in use with the last moment of their use; a few at any time.
        let mut busy: Vec<(usize, usize)> = Vec::new();
        let mut free: Vec<usize> = Vec::new();
        for v in order {
            let (first, last) = lives[v];
            let width = self.values[v].per_sample();
            busy.retain(|&(until, slot)| {
                if until < first {
                    free.push(slot);
                }
                until >= first
            });
            let reused = free
                .iter()
                .position(|&slot| widths[slot] == width)
                .filter(|_| !kept[v]);
            let slot = match reused {
                Some(place) => free.swap_remove(place),
                None => {
                    widths.push(width);
                    widths.len() - 1
                }
            };
            slot_of[v] = slot;
            if !kept[v] {
                busy.push((last, slot));
            }
        }
        (slot_of, widths)
    }
}

impl<T: Scalar> Graph<T> {
    /// Whether node `n` is the linear map of its layer.
    pub fn is_main_map(&self, n: NodeId) -> bool {
        self.layers[self.nodes[n].number - 1].params.contains(&n)
    }

    /// How many partials all layers have.
    pub fn partials_len(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.partials.end)
    }

    /// The most numbers that a layer tells of a chunk in the middle of a pass.
    pub fn longest_exchange(&self) -> usize {
        let lengths = self.nodes.iter().filter_map(|node| {
            let forward = node.layer.reduce()?.forward_len();
            Some(forward.max(node.saves.partials))
        });
        lengths.max().unwrap_or(0)
    }

    /// Every parameter tensor, those that nodes share once.
    pub fn tensors(&self) -> impl Iterator<Item = TensorShape> {
        let first = |params: &ParamsUse| self.nodes[params.nodes[0]].layer.tensors();
        self.params.iter().flat_map(first)
    }

    /// Bytes that parameters, `per_parameter` more values for each of them
    /// (optimizer state, a kept gradient) and batches of `batch` rows take; sums
    /// and what each thread keeps for itself, about a megabyte and a layer's
    /// gradient, come on top.
    pub fn bytes(&self, batch: usize, per_parameter: usize) -> f64 {
        let trained: usize = self
            .tensors()
            .filter(TensorShape::is_trained)
            .map(|tensor| tensor.len())
            .sum();
        let columns: usize = self.slots.iter().chain(&self.grad_slots).sum();
        let saved = |node: &Node<T>| node.saves.len(batch * self.values[node.output].positions);
        let saved: usize = self.nodes.iter().map(saved).sum();
        let values = trained as f64 * (1 + per_parameter) as f64
            + columns as f64 * batch as f64
            + saved as f64;
        values * size_of::<T>() as f64
    }
}
