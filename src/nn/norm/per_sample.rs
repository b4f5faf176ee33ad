//! Layer norm.

use super::{Normalise, Over};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::layer_norm::LayerNorm;
use crate::mean_field::NormKind;

member! {
    /// Per sample over the units. Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    pub struct PerSample {}
}

impl<T: Scalar> Normalise<T> for PerSample {
    fn add(
        &self,
        graph: &mut GraphBuilder<T>,
        layer: usize,
        value: ValueId,
        over: Over,
    ) -> ValueId {
        let norm = LayerNorm {
            width: graph.width(value),
            rows: over.rows(graph.positions(value)),
        };
        graph.add(layer, norm, &[value])
    }

    fn theory(&self, _: usize) -> Option<NormKind> {
        Some(NormKind::Row)
    }
}
