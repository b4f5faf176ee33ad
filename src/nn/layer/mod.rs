//! Layers: differentiable operations between the values of a network, each
//! with a hand-written forward and backward pass in a file of its own.
//!
//! A layer works on a *piece* of the batch, some of its rows, so that several
//! threads can run through the network side by side. What it needs to know of
//! the other rows (batch norm's statistics, the sum behind a bias gradient) it
//! says in *tallies*: small vectors, one per grain of the batch, that are combined in
//! the order of the grains, whoever computed them.

pub mod activate;
pub mod add;
pub mod batch_norm;
pub mod dropout;
pub mod linear;
pub mod mix;
pub mod norm;
pub mod row_norm;
pub mod skip;

use crate::base::{Scalar, simd};
use crate::nn::measure::ActivationSums;
use crate::nn::times::Phase;

/// The most values a layer may read.
pub const MAX_INPUTS: usize = 3;

/// Into how many pieces a batch may be cut.
pub const MAX_PIECES: usize = 8;

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

/// Where a piece lies in its batch.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// First row of the piece.
    pub first: usize,
    /// Rows in the piece.
    pub count: usize,
    /// Rows in the batch.
    pub batch: usize,
}

/// A forward pass over one piece. Matrices are row-major [rows, width].
pub struct Forward<'a, T> {
    /// The piece's place in the batch.
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
    /// Every grain's forward tally, one after the other (empty unless the
    /// layer couples its rows).
    pub tallies: &'a [f64],
}

/// A backward pass over one piece.
pub struct Backward<'a, T> {
    /// The piece's place in the batch.
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
    /// The backward tallies summed over the grains, in their order (empty
    /// unless the layer couples its rows).
    pub tally_sums: &'a [f64],
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
    pub fn put(&mut self, values: impl Iterator<Item = T>) {
        simd::put(self.values, self.accumulate, values);
    }

    /// Whether anybody asks for it.
    pub fn is_wanted(&self) -> bool {
        !self.values.is_empty()
    }
}

/// What all pieces hold for one layer after the backward pass.
pub trait PiecesOf<T> {
    /// Number of pieces.
    fn count(&self) -> usize;
    /// Rows of piece `p`.
    fn rows(&self, p: usize) -> usize;
    /// The layer's first input in piece `p`.
    fn input(&self, p: usize) -> &[T];
    /// ∂L/∂output in piece `p`.
    fn grad_output(&self, p: usize) -> &[T];
    /// ∂L/∂output in grain `g`.
    fn grad_output_of(&self, g: usize) -> &[T];
    /// What the layer saved in piece `p`.
    fn saved(&self, p: usize) -> &[T];
    /// Number of grains in all pieces.
    fn grains(&self) -> usize;
    /// The layer's backward tally in grain `g`.
    fn tally(&self, g: usize) -> &[f64];
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

    /// Values kept from forward to backward for a piece of `rows` rows. Where
    /// the layer has tallies or observes, `width` values per row come first,
    /// row after row, so that they can be handed out grain by grain.
    fn saved_len(&self, rows: usize) -> usize {
        let _ = rows;
        0
    }

    /// Whether the backward pass (or [`Self::gradient`]) reads the inputs.
    fn keeps_inputs(&self) -> bool {
        false
    }

    /// Whether the backward pass reads the output.
    fn keeps_output(&self) -> bool {
        false
    }

    /// Whether [`Self::gradient`] reads ∂L/∂output once all pieces are done.
    fn keeps_grad_output(&self) -> bool {
        false
    }

    /// Whether the rows of a batch act on each other in training, so that
    /// tallies must be exchanged in the middle of a pass.
    fn couples_rows(&self) -> bool {
        false
    }

    /// Length of the forward tally.
    fn forward_tally_len(&self) -> usize {
        0
    }

    /// Length of the backward tally.
    fn backward_tally_len(&self) -> usize {
        0
    }

    /// What the other grains need to know of this one for their forward pass.
    fn forward_tally(&self, rows: Rows, inputs: [&[T]; MAX_INPUTS], tally: &mut [f64]) {
        let _ = (rows, inputs, tally);
    }

    /// Computes the output.
    fn forward(&self, pass: Forward<T>);

    /// One grain's sums over rows: gradients of small parameters, and what
    /// other grains need to know for their backward pass. Runs before
    /// [`Self::backward`].
    fn backward_tally(&self, pass: &Backward<T>, tally: &mut [f64]) {
        let _ = (pass, tally);
    }

    /// Computes the gradients of the inputs.
    fn backward(&self, pass: Backward<T>);

    /// Computes the gradient of the trained tensors from all pieces. Unless
    /// said otherwise it is the sum of the backward tallies.
    fn gradient(&self, pieces: &dyn PiecesOf<T>, gradient: &mut [T]) {
        sum_tallies(pieces, gradient);
    }

    /// Advances the running averages after a step.
    fn advance(&self, pieces: &dyn PiecesOf<T>, running: &mut [T]) {
        let _ = (pieces, running);
    }

    /// Looks at one grain's output on the way forward: what an activation
    /// layer has to say of its values and slopes.
    fn observe(&self, rows: Rows, output: &[T], saved: &[T], sums: &mut ActivationSums) {
        let _ = (rows, output, saved, sums);
    }
}

/// gradient ← Σ over grains of their backward tallies, in the grains' order.
pub fn sum_tallies<T: Scalar>(pieces: &dyn PiecesOf<T>, gradient: &mut [T]) {
    sum_grains(pieces.grains(), gradient, |g, first, part| {
        part.copy_from_slice(&pieces.tally(g)[first..][..part.len()]);
    });
}

/// gradient ← Σ over grains, in their order, of what `fill` says of a grain's
/// entries: it gets the grain, the first entry and the place for some of them.
pub fn sum_grains<T: Scalar>(
    grains: usize,
    gradient: &mut [T],
    fill: impl Fn(usize, usize, &mut [f64]),
) {
    /// Entries at a time, so that their sums need no memory of their own.
    const BLOCK: usize = 128;
    for (b, slots) in gradient.chunks_mut(BLOCK).enumerate() {
        let (mut sums, mut part) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (sums, part) = (&mut sums[..slots.len()], &mut part[..slots.len()]);
        for g in 0..grains {
            fill(g, b * BLOCK, part);
            simd::put(sums, true, part.iter().copied());
        }
        simd::put(
            slots,
            false,
            sums.iter().map(
                #[inline(always)]
                |sum| T::of(*sum),
            ),
        );
    }
}
