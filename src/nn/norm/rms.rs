//! RMS norm.

use super::{Normalise, Over};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::rms_norm::RmsNorm;
use crate::mean_field::NormKind;

member! {
    /// Per sample, divided by the root mean square; no mean, no bias. Zhang & Sennrich 2019, arXiv:1910.07467.
    pub struct Rms {}
}

impl<T: Scalar> Normalise<T> for Rms {
    fn add(
        &self,
        graph: &mut GraphBuilder<T>,
        layer: usize,
        value: ValueId,
        over: Over,
    ) -> ValueId {
        let norm = RmsNorm {
            width: graph.width(value),
            rows: over.rows(graph.positions(value)),
        };
        graph.add(layer, norm, &[value])
    }

    fn theory(&self, _: usize) -> Option<NormKind> {
        Some(NormKind::Row)
    }
}
