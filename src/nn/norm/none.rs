//! No normalisation.

use super::{Normalise, Over};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::{GraphBuilder, ValueId};
use crate::mean_field::NormKind;

member! {
    /// No normalisation.
    pub struct NoNorm {}
}

impl<T: Scalar> Normalise<T> for NoNorm {
    fn add(&self, _: &mut GraphBuilder<T>, _: usize, value: ValueId, _: Over) -> ValueId {
        value
    }

    fn theory(&self, _: usize) -> Option<NormKind> {
        Some(NormKind::None)
    }

    fn replaces_bias(&self) -> bool {
        false
    }
}
