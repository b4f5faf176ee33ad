//! A network as a list of layers over numbered values, in the order of the
//! forward pass, and the memory that running it takes.

mod builder;

pub use builder::GraphBuilder;

use std::ops::Range;

use crate::base::Scalar;
use crate::init::Init;
use crate::layer::{Layer, MAX_INPUTS, Saves, TensorShape};

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
