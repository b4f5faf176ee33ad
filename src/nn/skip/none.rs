//! No skip connection.

use super::{Join, Junction, Site};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};
use crate::mean_field::Joining;

member! {
    /// No skip connection: a plain chain of layers.
    pub struct NoSkip {}
}

impl<T: Scalar> Join<T> for NoSkip {
    fn check(&self, _: &Site) -> Option<Conflict> {
        None
    }

    fn theory(&self) -> Option<Joining> {
        Some(Joining::BRANCH)
    }

    fn join(&self, _: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        at.branch
    }
}
