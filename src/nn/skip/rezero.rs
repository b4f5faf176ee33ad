//! The ReZero skip.

use super::{Join, Junction, Site, equal_widths};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::residual_add::{BranchScale, ResidualAdd};
use crate::mean_field::Joining;

member! {
    /// h ← h + s·u(h) with a learned s that starts at 0: the identity at first. Bachlechner et al. 2021, arXiv:2003.04887.
    pub struct Rezero {}
}

impl<T: Scalar> Join<T> for Rezero {
    fn check(&self, site: &Site) -> Option<Conflict> {
        equal_widths("rezero", site)
    }

    fn theory(&self) -> Option<Joining> {
        Some(Joining::Sum {
            carry: 1.0,
            scale: 0.0,
        })
    }

    fn join(&self, graph: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        let sum = ResidualAdd {
            width: graph.width(at.branch),
            shortcut: 1.0,
            scale: BranchScale::Learned,
        };
        graph.add(at.layer, sum, &[at.main, at.branch])
    }
}
