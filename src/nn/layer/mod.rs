//! Layers: differentiable operations between the values of a network, each
//! with a hand-written forward and backward pass in a file of its own.
//!
//! A layer works on a *shard* of the batch, some of its rows, so that several
//! threads can run through the network side by side. What it needs to know of
//! the other rows (batch norm's statistics, the sum behind a bias gradient) it
//! says in *partials*: small vectors, one per chunk of the batch, that are combined in
//! the order of the chunks, whoever computed them.

pub mod activate;
pub mod batch_norm;
pub mod dropout;
pub mod highway_gate;
pub mod linear;
pub mod norm;
pub mod residual_add;
pub mod row_norm;
pub mod skip;

use crate::base::{Scalar, simd};
use crate::nn::measure::ActivationSums;
use crate::nn::times::Phase;

/// The most values a layer may read.
pub const MAX_INPUTS: usize = 3;

/// Into how many shards a batch may be cut.
pub const MAX_SHARDS: usize = 8;

/// What every norm adds to a variance before its root is taken.
pub const EPS: f64 = 1e-5;

/// What a parameter tensor is, which decides how it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// A weight matrix, drawn by the network's init. Stored [fan_in, fan_out].
    Weight,
    /// A bias, drawn by the network's init (most start it at 0).
    Bias,
    /// Starts at a constant whatever the init.
    Constant(f64),
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
}

impl TensorShape {
    /// A vector.
    pub fn vector(name: &'static str, length: usize, role: Role) -> Self {
        Self {
            name,
            shape: vec![length],
            role,
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

/// Training or evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics, dropout drawn for this step.
    Training {
        /// Updates made so far.
        step: u64,
    },
    /// Running averages, no dropout.
    Evaluation,
}

/// A layer's numbers that outlive a step.
#[derive(Clone, Copy)]
pub struct Parameters<'a, T> {
    /// Trained tensors, one after the other in the order of `tensors`.
    pub trained: &'a [T],
    /// Running averages, likewise.
    pub running: &'a [T],
}

/// Where a shard lies in its batch.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// First row of the shard.
    pub first: usize,
    /// Rows in the shard.
    pub count: usize,
    /// Rows in the batch.
    pub batch: usize,
}

/// A forward pass over one shard. Matrices are row-major [rows, width].
pub struct Forward<'a, T> {
    /// The shard's place in the batch.
    pub rows: Rows,
    /// Training or evaluation.
    pub mode: Mode,
    /// The layer's parameters.
    pub parameters: Parameters<'a, T>,
    /// The values read.
    pub inputs: [&'a [T]; MAX_INPUTS],
    /// The value to write.
    pub output: &'a mut [T],
    /// What the layer keeps for its backward pass.
    pub saved: &'a mut [T],
    /// Every chunk's forward partials, one after the other (empty unless the
    /// layer couples its rows).
    pub partials: &'a [f64],
}

/// A backward pass over one shard.
pub struct Backward<'a, T> {
    /// The shard's place in the batch.
    pub rows: Rows,
    /// The layer's parameters.
    pub parameters: Parameters<'a, T>,
    /// The values read in the forward pass, where the layer said it needs them.
    pub inputs: [&'a [T]; MAX_INPUTS],
    /// The value written, if the layer said it needs it.
    pub output: &'a [T],
    /// What the forward pass kept.
    pub saved: &'a [T],
    /// ∂L/∂output.
    pub grad_output: &'a [T],
    /// The backward partials summed over the chunks, in their order (empty
    /// unless the layer couples its rows).
    pub reduced: &'a [f64],
    /// Where ∂L/∂input goes.
    pub grad_inputs: [InputGradient<'a, T>; MAX_INPUTS],
}

/// The gradient of one input, to be written or, where another reader of the
/// same value has been before, added to.
#[derive(Default)]
pub struct InputGradient<'a, T> {
    /// The gradient's entries; empty if nobody asks for them.
    pub values: &'a mut [T],
    /// Whether to add to them.
    pub accumulate: bool,
}

impl<T: Scalar> InputGradient<'_, T> {
    /// Writes or adds `values`, one per entry: an iterator over slices, so that
    /// the loop vectorises.
    #[inline(always)]
    pub fn write_or_add(&mut self, values: impl Iterator<Item = T>) {
        simd::write_or_add(self.values, self.accumulate, values);
    }

    /// Whether anybody asks for it.
    pub fn is_wanted(&self) -> bool {
        !self.values.is_empty()
    }
}

/// What all shards hold for one layer after the backward pass.
pub trait ShardsOf<T> {
    /// Number of shards.
    fn count(&self) -> usize;
    /// Rows of shard `p`.
    fn rows(&self, p: usize) -> usize;
    /// The layer's first input in shard `p`.
    fn input(&self, p: usize) -> &[T];
    /// ∂L/∂output in shard `p`.
    fn grad_output(&self, p: usize) -> &[T];
    /// ∂L/∂output in chunk `g`.
    fn grad_output_of(&self, g: usize) -> &[T];
    /// What the layer saved in shard `p`.
    fn saved(&self, p: usize) -> &[T];
    /// Number of chunks in all shards.
    fn chunks(&self) -> usize;
    /// The layer's backward partials in chunk `g`.
    fn partials(&self, g: usize) -> &[f64];
}

/// A differentiable operation. Every buffer it is handed was claimed before
/// the first step; it allocates nothing.
pub trait Layer<T: Scalar>: Send + Sync {
    /// Width of the output.
    fn width(&self) -> usize;

    /// Its parameter tensors: trained ones first, then running averages.
    fn tensors(&self) -> Vec<TensorShape> {
        Vec::new()
    }

    /// What kind of work its passes are.
    fn phase(&self) -> Phase {
        Phase::Other
    }

    /// Values kept from forward to backward for a shard of `rows` rows. Where
    /// the layer has partials or observes, `width` values per row come first,
    /// row after row, so that they can be handed out chunk by chunk.
    fn saved_len(&self, rows: usize) -> usize {
        let _ = rows;
        0
    }

    /// Whether the backward pass (or [`Self::gradient`]) reads the inputs.
    fn saves_inputs(&self) -> bool {
        false
    }

    /// Whether the backward pass reads the output.
    fn saves_output(&self) -> bool {
        false
    }

    /// Whether [`Self::gradient`] reads ∂L/∂output once all shards are done.
    fn saves_grad_output(&self) -> bool {
        false
    }

    /// Whether the rows of a batch act on each other in training, so that
    /// partials must be exchanged in the middle of a pass.
    fn needs_all_reduce(&self) -> bool {
        false
    }

    /// Length of the forward partials.
    fn forward_partials_len(&self) -> usize {
        0
    }

    /// Length of the backward partials.
    fn backward_partials_len(&self) -> usize {
        0
    }

    /// What the other chunks need to know of this one for their forward pass.
    fn forward_partials(&self, rows: Rows, inputs: [&[T]; MAX_INPUTS], partials: &mut [f64]) {
        let _ = (rows, inputs, partials);
    }

    /// Computes the output.
    fn forward(&self, pass: Forward<T>);

    /// One chunk's sums over rows: gradients of small parameters, and what
    /// other chunks need to know for their backward pass. Runs before
    /// [`Self::backward`].
    fn backward_partials(&self, pass: &Backward<T>, partials: &mut [f64]) {
        let _ = (pass, partials);
    }

    /// Computes the gradients of the inputs.
    fn backward(&self, pass: Backward<T>);

    /// Computes the gradient of the trained tensors from all shards. Unless
    /// said otherwise it is the sum of the backward partials.
    fn gradient(&self, shards: &dyn ShardsOf<T>, gradient: &mut [T]) {
        sum_partials(shards, gradient);
    }

    /// Advances the running averages after a step.
    fn advance(&self, shards: &dyn ShardsOf<T>, running: &mut [T]) {
        let _ = (shards, running);
    }

    /// Looks at one chunk's output on the way forward: what an activation
    /// layer has to say of its values and slopes.
    fn observe(&self, rows: Rows, output: &[T], saved: &[T], sums: &mut ActivationSums) {
        let _ = (rows, output, saved, sums);
    }
}

/// gradient ← Σ over chunks of their backward partials, in the chunks' order.
pub fn sum_partials<T: Scalar>(shards: &dyn ShardsOf<T>, gradient: &mut [T]) {
    sum_chunks(shards.chunks(), gradient, |g, first, part| {
        part.copy_from_slice(&shards.partials(g)[first..][..part.len()]);
    });
}

/// gradient ← Σ over chunks, in their order, of what `fill` says of a chunk's
/// entries: it gets the chunk, the first entry and the place for some of them.
pub fn sum_chunks<T: Scalar>(
    chunks: usize,
    gradient: &mut [T],
    fill: impl Fn(usize, usize, &mut [f64]),
) {
    /// Entries at a time, so that their sums need no memory of their own.
    const BLOCK: usize = 128;
    for (b, slots) in gradient.chunks_mut(BLOCK).enumerate() {
        let (mut sums, mut part) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (sums, part) = (&mut sums[..slots.len()], &mut part[..slots.len()]);
        for g in 0..chunks {
            fill(g, b * BLOCK, part);
            simd::write_or_add(sums, true, part.iter().copied());
        }
        simd::write_or_add(
            slots,
            false,
            sums.iter().map(
                #[inline(always)]
                |sum| T::from_f64(*sum),
            ),
        );
    }
}
