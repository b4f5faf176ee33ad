//! A graph in the making: layers one after the other, then its buffers.

use super::{Graph, LayerInfo, Node, NodeId, Origin, ParamsId, ParamsUse, Value, ValueId};
use crate::base::Scalar;
use crate::init::Init;
use crate::layer::positions::{JoinPositions, MAX_JOINED};
use crate::layer::{Layer, MAX_INPUTS, TensorShape};

/// Collects layers, then plans the buffers.
pub struct GraphBuilder<T> {
    nodes: Vec<Node<T>>,
    values: Vec<Value>,
    params: Vec<ParamsUse>,
    layers: Vec<LayerInfo>,
    part: Part,
}

/// What was there before the part at hand, which counts its layers from 1.
#[derive(Clone, Copy, Default)]
struct Part {
    layers: usize,
    params: usize,
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
                part: Part::default(),
            },
            0,
        )
    }

    /// Ends a part of the network that is a network of its own, drawn by `init`: its layers
    /// and tensors get `name` before theirs, and what follows counts its layers from 1 again.
    pub fn end_part(&mut self, name: &str, init: &Init) {
        let Part { layers, params } = self.part;
        for layer in &mut self.layers[layers..] {
            layer.name = match layer.name.strip_prefix("hidden") {
                Some(rest) => format!("{name}{rest}"),
                None => format!("{name}_{}", layer.name),
            };
            layer.position = layer.position.map(|place| place + layers as u32);
        }
        for params in &mut self.params[params..] {
            params.origin.name = format!("{name}.{}", params.origin.name);
            params.origin.stream += layers;
            params.origin.init.get_or_insert_with(|| init.clone());
        }
        self.part = Part {
            layers: self.layers.len(),
            params: self.params.len(),
        };
    }

    /// Begins the network's next layer; returns its number, from 1.
    pub fn begin_layer(&mut self, name: String, position: Option<u32>) -> usize {
        self.layers.push(LayerInfo::new(name, position));
        self.layers.len() - self.part.layers
    }

    /// What is logged of layer `number`, to be filled in.
    pub fn info(&mut self, number: usize) -> &mut LayerInfo {
        &mut self.layers[self.part.layers + number - 1]
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
            number: self.part.layers + number,
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
