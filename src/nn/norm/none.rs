//! No normalisation.

use super::Normalise;
use crate::base::Scalar;
use crate::base::family::member;
use crate::nn::graph::{GraphBuilder, ValueId};

member! {
    /// No normalisation.
    pub struct NoNorm {}
}

impl<T: Scalar> Normalise<T> for NoNorm {
    fn add(&self, _: &mut GraphBuilder<T>, _: usize, value: ValueId) -> ValueId {
        value
    }

    fn replaces_bias(&self) -> bool {
        false
    }
}
