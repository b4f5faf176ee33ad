//! Batch norm.

use super::{Normalise, Over};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::batch_norm::BatchNorm;
use crate::mean_field::NormKind;

member! {
    /// Per unit over the batch; running averages in evaluation. Ioffe & Szegedy 2015, arXiv:1502.03167.
    pub struct Batch {}
}

impl<T: Scalar> Normalise<T> for Batch {
    fn add(&self, graph: &mut GraphBuilder<T>, layer: usize, value: ValueId, _: Over) -> ValueId {
        let width = graph.width(value);
        graph.add(layer, BatchNorm { width }, &[value])
    }

    fn theory(&self, batch: usize) -> Option<NormKind> {
        Some(NormKind::Batch(batch))
    }

    fn couples_rows(&self) -> bool {
        true
    }
}
