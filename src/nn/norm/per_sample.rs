//! Layer norm.

use super::Normalise;
use crate::base::Scalar;
use crate::base::family::member;
use crate::nn::graph::{GraphBuilder, ValueId};
use crate::nn::layer::layer_norm::LayerNorm;
use crate::nn::mean_field::NormKind;

member! {
    /// Per sample over the units. Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    pub struct PerSample {}
}

impl<T: Scalar> Normalise<T> for PerSample {
    fn add(&self, graph: &mut GraphBuilder<T>, layer: usize, value: ValueId) -> ValueId {
        let width = graph.width(value);
        graph.add(layer, LayerNorm { width }, &[value])
    }

    fn theory(&self, _: usize) -> Option<NormKind> {
        Some(NormKind::Row)
    }
}
