//! The identity skip.

use super::{Join, Junction, Site, equal_widths};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::residual_add::{BranchScale, ResidualAdd};
use crate::mean_field::Joining;

member! {
    /// h ← shortcut·h + scale·u(h), u being `every` consecutive layers. He et al. 2016, arXiv:1512.03385.
    pub struct Identity {
        /// Layers per skip; depth − 1 must divide by it.
        #[schemars(range(min = 1))]
        every: usize = 1,
        /// Factor on the branch; 1/√depth keeps the total growth bounded.
        scale: f64 = 1.0,
        /// Factor λ on the main path, which passes a gradient on λ times as large.
        shortcut: f64 = 1.0,
    }
}

impl<T: Scalar> Join<T> for Identity {
    fn layers_per_skip(&self) -> usize {
        self.every
    }

    fn check(&self, site: &Site) -> Option<Conflict> {
        equal_widths("identity", site).or_else(|| {
            let (every, branches) = (self.every, site.depth - 1);
            let fits = branches.is_multiple_of(every);
            (!fits).then(|| Conflict::new(
                &["network.skip.identity.every", "network.depth"],
                format!("`network.skip.identity.every` = {every} does not divide `network.depth` − 1 = {branches}"),
                "expected a divisor of depth − 1",
                "layer 1 has no skip, the others come in groups of `every`: change `every` or `depth`",
            ))
        })
    }

    fn theory(&self) -> Option<Joining> {
        Some(Joining::Sum {
            carry: self.shortcut,
            scale: self.scale,
        })
    }

    fn join(&self, graph: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        let sum = ResidualAdd {
            width: graph.width(at.branch),
            shortcut: self.shortcut,
            scale: BranchScale::Fixed(self.scale),
        };
        graph.add(at.layer, sum, &[at.main, at.branch])
    }
}
