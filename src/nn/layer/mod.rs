//! Layers: differentiable operations between the values of a network, each
//! with a hand-written forward and backward pass in a file of its own.
//!
//! A layer works on a *shard* of the batch, some of its samples, so that several
//! threads can run through the network side by side. A sample is a row of a matrix, or
//! as many rows one after the other as the value has positions. Sums over all rows (a bias'
//! gradient, batch norm's statistics) are made of *partials*: small vectors, one per
//! chunk of the batch, that are combined in the order of the chunks, whoever
//! computed them.

pub mod activate;
pub mod attention;
pub mod batch_norm;
pub mod columns;
pub mod dropout;
pub mod fourier_features;
mod gates;
pub mod gru;
pub mod highway_gate;
pub mod join_columns;
pub mod layer_norm;
pub mod linear;
pub mod lstm;
pub mod pixels;
pub mod position_encoding;
pub mod positions;
pub mod render;
pub mod residual_add;
pub mod rms_norm;
pub mod unfold;
mod views;

use ndarray::ArrayView2;

use crate::base::Scalar;
use crate::fans::Fans;
use crate::measure::ActivationSums;
use crate::times::Phase;

pub use views::{
    Backward, BackwardChunk, Forward, InputGradient, Mode, Parameters, Rows, entries, entries_mut,
    matrix, matrix_mut, some_rows,
};

/// The most values a layer may read.
pub const MAX_INPUTS: usize = 3;

/// Into how many shards a batch may be cut.
pub const MAX_SHARDS: usize = 8;

/// What every norm adds to a variance before its root is taken.
pub const EPS: f64 = 1e-5;

/// What a parameter tensor is, which decides how it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// A weight matrix [read, written], drawn by the network's init from the fans
    /// stated.
    Weight(Fans),
    /// A bias, drawn by the network's init (most start it at 0).
    Bias,
    /// Starts at a constant whatever the init.
    Constant(f64),
    /// Normal with this standard deviation whatever the init.
    Normal(f64),
    /// Not trained: a running average, with its start.
    Running(f64),
}

/// One parameter tensor of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorShape {
    /// Its name within the layer, e.g. `weight`, `norm.bias`, `skip.scale`.
    pub name: &'static str,
    /// [fan_in, fan_out] for a weight matrix, otherwise its length alone.
    pub shape: Vec<usize>,
    /// How it starts.
    pub role: Role,
    /// Its blocks of columns, each of which starts by itself, with a number for each: a
    /// factor on drawn weights, an addend to drawn biases. Empty: one block, as drawn.
    pub blocks: Vec<f64>,
    /// The blocks' names where each is told of by itself.
    pub parts: &'static [&'static str],
}

impl TensorShape {
    /// A weight matrix [read, written].
    pub fn matrix(name: &'static str, shape: [usize; 2], fans: Fans) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
            role: Role::Weight(fans),
            blocks: Vec::new(),
            parts: &[],
        }
    }

    /// A vector.
    pub fn vector(name: &'static str, length: usize, role: Role) -> Self {
        Self {
            name,
            shape: vec![length],
            role,
            blocks: Vec::new(),
            parts: &[],
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an optimizer changes it.
    pub fn is_trained(&self) -> bool {
        !matches!(self.role, Role::Running(_))
    }
}

/// What a layer needs again on the way back, and how much memory it asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saves {
    /// Whether the inputs are read again after the forward pass.
    pub inputs: bool,
    /// Whether [`Layer::backward`] reads the output.
    pub output: bool,
    /// Whether [`Layer::weight_gradient`] reads ∂L/∂output, when all layers have
    /// been passed.
    pub grad_output: bool,
    /// Widths of up to two matrices [rows, width] that [`Layer::forward`] saves.
    pub per_row: [usize; 2],
    /// Values that it saves once for all rows of a shard.
    pub per_shard: usize,
    /// Sums over the rows of a chunk: how many [`Layer::partials`] gives.
    pub partials: usize,
}

/// One chunk of a forward pass, to be looked at.
pub struct Observed<'a, T> {
    /// The values read, each [rows, its width]; [rows, 0] beyond the last.
    pub inputs: [ArrayView2<'a, T>; MAX_INPUTS],
    /// The output [rows, width].
    pub output: ArrayView2<'a, T>,
    /// What was saved of its rows ([`Saves::per_row`]).
    pub saved: [ArrayView2<'a, T>; 2],
}

/// A differentiable operation. Every buffer it is handed was claimed before
/// the first step; it allocates nothing.
///
/// A training step calls, layer after layer:
/// 1. forward: [`Reduce::forward_partials`] for every chunk of the batch,
///    [`Self::forward`] for every shard and, if the step is logged,
///    [`Self::observe`] for every chunk;
/// 2. backward, from the last layer to the first: [`Self::partials`] for every
///    chunk, [`Self::backward`] for every shard;
/// 3. [`Self::weight_gradient`], then after the update [`Reduce::advance`].
///
/// Evaluation calls [`Self::forward`] alone.
pub trait Layer<T: Scalar>: Send + Sync {
    /// Width of the output.
    fn width(&self) -> usize;

    /// Rows per sample of the output, where those of the inputs are `inputs`.
    fn positions(&self, inputs: &[usize]) -> usize {
        inputs[0]
    }

    /// Its parameter tensors: a weight matrix [fan_in, fan_out] first, if there is
    /// one, then vectors, then running averages.
    fn tensors(&self) -> Vec<TensorShape> {
        Vec::new()
    }

    /// What kind of work its passes are.
    fn phase(&self) -> Phase {
        Phase::Other
    }

    /// What it saves from the forward to the backward pass.
    fn saves(&self) -> Saves {
        Saves::default()
    }

    /// Computes the output.
    fn forward(&self, pass: Forward<T>);

    /// Looks at one chunk after its forward pass: what an activation has to say of its
    /// values and slopes.
    fn observe(&self, pass: Observed<T>, sums: &mut ActivationSums) {
        let _ = (pass, sums);
    }

    /// One chunk's sums over its rows, [`Saves::partials`] of them: the gradients of
    /// the trained vectors. Over all chunks, in their order, they are summed.
    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let _ = (chunk, partials);
    }

    /// Computes the gradients of the inputs.
    fn backward(&self, pass: Backward<T>);

    /// Computes ∂L/∂W [fan_in, fan_out] of the weight matrix, row after row, from the
    /// first input [rows, its width] and ∂L/∂output [rows, width] of every shard.
    fn weight_gradient(&self, shards: &[[ArrayView2<T>; 2]], gradient: &mut [T]) {
        let _ = (shards, gradient);
    }

    /// How the rows of a batch act on each other in training, if they do.
    fn reduce(&self) -> Option<&dyn Reduce<T>> {
        None
    }
}

/// A layer whose rows act on each other in training: in the middle of a pass it
/// needs to know of all chunks of the batch. On the way back that is the sum of
/// their [`Layer::partials`].
pub trait Reduce<T> {
    /// How many numbers [`Self::forward_partials`] gives.
    fn forward_len(&self) -> usize;

    /// What the other chunks need to know of this one, whose rows of the first
    /// input are `input` [rows, width].
    fn forward_partials(&self, input: ArrayView2<T>, partials: &mut [f64]);

    /// Advances the running averages after a step over a batch of `rows` rows, of
    /// which a shard saved `saved_once` ([`Saves::per_shard`]).
    fn advance(&self, rows: usize, saved_once: &[T], running: &mut [T]);
}
