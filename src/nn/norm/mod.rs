//! The choice of normalisation, a file for each.

mod batch;
mod none;
mod per_sample;
mod rms;

pub use batch::Batch;
pub use none::NoNorm;
pub use per_sample::PerSample;
pub use rms::Rms;

use crate::base::Scalar;
use crate::base::family::family;
use crate::graph::{GraphBuilder, ValueId};
use crate::mean_field::NormKind;

family! {
    /// Normalisation inside every hidden layer (eps 1e-5, weight 1 and bias 0 at the start).
    pub enum Norm {
        NoNorm = "none",
        Batch = "batch",
        PerSample = "layer",
        Rms = "rms",
    }
    /// The choice itself.
    fn choice<T> -> Normalise<T>;
}

/// What a norm that looks at each sample by itself runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The units of a row: every position by itself.
    Row,
    /// The units of all positions of a sample together.
    Sample,
}

impl Over {
    /// Rows that are normalised together, of a value with `positions` of them.
    fn rows(self, positions: usize) -> usize {
        match self {
            Self::Row => 1,
            Self::Sample => positions,
        }
    }
}

/// A choice of normalisation.
pub trait Normalise<T: Scalar> {
    /// Normalises `value` [batch·positions, width], as a part of the network's layer
    /// `layer`; returns the result.
    fn add(&self, graph: &mut GraphBuilder<T>, layer: usize, value: ValueId, over: Over)
    -> ValueId;

    /// What it divides by in batches of so many samples; `None` where there is no theory.
    fn theory(&self, _batch: usize) -> Option<NormKind> {
        None
    }

    /// Whether a bias before it has no effect or is made up for by its own.
    fn replaces_bias(&self) -> bool {
        true
    }

    /// Whether the rows of a batch act on each other, so that one row is too few.
    fn couples_rows(&self) -> bool {
        false
    }
}
