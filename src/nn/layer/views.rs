//! What a layer is handed in a pass: matrices as views with their shapes, and their
//! place in the batch.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut1, ArrayViewMut2, aview1};

use super::{MAX_INPUTS, Saves};
use crate::base::{Scalar, simd};

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics, dropout drawn for this step.
    Training {
        /// Updates made so far.
        step: u64,
    },
    /// Running averages, no dropout.
    Evaluation,
    /// Running averages, dropout drawn for this pass: one of the networks that dropout
    /// stands for. Gal & Ghahramani 2016, arXiv:1506.02142.
    Sampled {
        /// Which of them.
        pass: u64,
    },
}

/// A layer's numbers that outlive a step.
#[derive(Clone, Copy)]
pub struct Parameters<'a, T> {
    /// Trained tensors, one after the other in the order of `tensors`; a weight
    /// matrix is [fan_in, fan_out], row after row.
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

impl Rows {
    /// Of a value with `positions` rows per sample, where these are samples.
    pub fn times(&self, positions: usize) -> Self {
        Self {
            first: self.first * positions,
            count: self.count * positions,
            batch: self.batch * positions,
        }
    }

    /// Which rows of `shard` these are.
    pub fn within(&self, shard: &Self) -> Range<usize> {
        let first = self.first - shard.first;
        first..first + self.count
    }
}

/// A forward pass over one shard of the batch. All matrices have its rows, one
/// after the other.
pub struct Forward<'a, T> {
    /// The shard's place in the batch.
    pub rows: Rows,
    /// Training or evaluation.
    pub mode: Mode,
    /// The layer's parameters.
    pub parameters: Parameters<'a, T>,
    /// The values read, each [rows, its width]; [rows, 0] beyond the last.
    pub inputs: [ArrayView2<'a, T>; MAX_INPUTS],
    /// The value to write, [rows, width].
    pub output: ArrayViewMut2<'a, T>,
    /// What is saved of every row, each [rows, its width in [`Saves::per_row`]].
    pub saved: [ArrayViewMut2<'a, T>; 2],
    /// What is saved of the shard as a whole, [`Saves::per_shard`] long.
    pub saved_once: &'a mut [T],
    /// Every chunk's forward partials, [chunks, [`super::Reduce::forward_len`]] row
    /// after row; empty in evaluation and without a [`super::Reduce`].
    pub gathered: &'a [f64],
}

/// A backward pass over one shard of the batch. All matrices have its rows, one
/// after the other.
pub struct Backward<'a, T> {
    /// The shard's place in the batch.
    pub rows: Rows,
    /// The layer's parameters.
    pub parameters: Parameters<'a, T>,
    /// The values read in the forward pass, each [rows, its width]; [rows, 0] where
    /// the layer does not save them ([`Saves::inputs`]) and beyond the last.
    pub inputs: [ArrayView2<'a, T>; MAX_INPUTS],
    /// The value written, [rows, width]; [rows, 0] unless the layer saves it.
    pub output: ArrayView2<'a, T>,
    /// As [`Forward::saved`] was left.
    pub saved: [ArrayView2<'a, T>; 2],
    /// As [`Forward::saved_once`] was left.
    pub saved_once: &'a [T],
    /// ∂L/∂output, [rows, width].
    pub grad_output: ArrayView2<'a, T>,
    /// The partials summed over all chunks of the batch, [`Saves::partials`] long;
    /// empty without a [`super::Reduce`].
    pub reduced: &'a [f64],
    /// Where ∂L/∂input goes, for every input.
    pub grad_inputs: [InputGradient<'a, T>; MAX_INPUTS],
}

/// One chunk of the batch on the way back, of which sums are taken over its rows.
/// All matrices have these rows, one after the other.
pub struct BackwardChunk<'a, T> {
    /// As [`Backward::inputs`].
    pub inputs: [ArrayView2<'a, T>; MAX_INPUTS],
    /// As [`Backward::saved`].
    pub saved: [ArrayView2<'a, T>; 2],
    /// ∂L/∂output, [rows, width].
    pub grad_output: ArrayView2<'a, T>,
}

/// The gradient of one input, to be written or, where another reader of the
/// same value has been before, added to.
pub struct InputGradient<'a, T> {
    /// ∂L/∂input, [rows, width of the input]; `None` if it is not asked for.
    pub values: Option<ArrayViewMut2<'a, T>>,
    /// Whether to add to it.
    pub accumulate: bool,
}

impl<T> Default for InputGradient<'_, T> {
    fn default() -> Self {
        Self {
            values: None,
            accumulate: false,
        }
    }
}

impl<T: Scalar> InputGradient<'_, T> {
    /// Writes or adds `values`, one per entry: an iterator over slices, so that
    /// the loop vectorises.
    #[inline(always)]
    pub fn write_or_add(self, values: impl Iterator<Item = T>) {
        if let Some(slots) = self.values {
            simd::write_or_add(entries_mut(slots), self.accumulate, values);
        }
    }
}

const CONTIGUOUS: &str = "the rows of a layer's matrix lie one after the other";
const FITTING: &str = "a buffer is as long as its matrix";

/// The entries of a matrix, row after row: what inner loops run over.
#[inline]
pub fn entries<'a, T>(matrix: &ArrayView2<'a, T>) -> &'a [T] {
    matrix.to_slice().expect(CONTIGUOUS)
}

/// [`entries`], to be written.
#[inline]
pub fn entries_mut<'a, T>(matrix: ArrayViewMut2<'a, T>) -> &'a mut [T] {
    matrix.into_slice().expect(CONTIGUOUS)
}

/// The first entries of a buffer as a matrix [rows, width]. (A step makes some ten
/// thousand of them; by `ArrayView2::from_shape` one takes ten times as long.)
#[inline]
pub fn matrix<T>(buffer: &[T], rows: usize, width: usize) -> ArrayView2<'_, T> {
    let entries = aview1(&buffer[..rows * width]);
    let matrix = entries.into_shape_with_order((rows, width));
    matrix.expect(FITTING)
}

/// [`matrix`], to be written.
#[inline]
pub fn matrix_mut<T>(buffer: &mut [T], rows: usize, width: usize) -> ArrayViewMut2<'_, T> {
    let entries = ArrayViewMut1::from(&mut buffer[..rows * width]);
    let matrix = entries.into_shape_with_order((rows, width));
    matrix.expect(FITTING)
}

/// Some rows of the matrix that a buffer begins with.
#[inline]
pub fn some_rows<T>(buffer: &[T], rows: Range<usize>, width: usize) -> ArrayView2<'_, T> {
    matrix(&buffer[rows.start * width..], rows.len(), width)
}

impl Saves {
    /// How many values are saved of a shard of `rows` rows.
    pub fn len(&self, rows: usize) -> usize {
        rows * (self.per_row[0] + self.per_row[1]) + self.per_shard
    }

    /// [`Backward::saved`] and [`Backward::saved_once`] of a buffer.
    ///
    /// # Panics
    /// If it is too short.
    #[inline]
    pub fn split<'a, T>(&self, buffer: &'a [T], rows: usize) -> ([ArrayView2<'a, T>; 2], &'a [T]) {
        let saved = self.rows(buffer, rows, 0..rows);
        let once = &buffer[self.len(rows) - self.per_shard..];
        (saved, &once[..self.per_shard])
    }

    /// [`BackwardChunk::saved`] of the buffer of a shard of `all` rows: some of them.
    #[inline]
    pub fn rows<'a, T>(
        &self,
        buffer: &'a [T],
        all: usize,
        rows: Range<usize>,
    ) -> [ArrayView2<'a, T>; 2] {
        let [first, second] = self.per_row;
        let (a, b) = buffer.split_at(all * first);
        [
            some_rows(a, rows.clone(), first),
            some_rows(b, rows, second),
        ]
    }

    /// [`Self::split`], to be written.
    #[inline]
    pub fn split_mut<'a, T>(
        &self,
        buffer: &'a mut [T],
        rows: usize,
    ) -> ([ArrayViewMut2<'a, T>; 2], &'a mut [T]) {
        let [first, second] = self.per_row;
        let (a, rest) = buffer.split_at_mut(rows * first);
        let (b, once) = rest.split_at_mut(rows * second);
        let saved = [matrix_mut(a, rows, first), matrix_mut(b, rows, second)];
        (saved, &mut once[..self.per_shard])
    }
}
