//! The skip of deep post-norm transformers.

use super::{Join, Junction, Site};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};

member! {
    /// x ← norm(α·x + f(x)) with α = (2·depth)^¼, and the branch's values, output and feed-forward weights times (8·depth)^−¼ at the start; transformers with `norm_position = "post"` only. Wang et al. 2022, arXiv:2203.00555.
    pub struct Deepnorm {}
}

impl Deepnorm {
    /// α in a transformer of `depth` blocks.
    pub fn carry(depth: usize) -> f64 {
        (2.0 * depth as f64).powf(0.25)
    }

    /// The factor on the start of the weights it is about.
    pub fn gain(depth: usize) -> f64 {
        (8.0 * depth as f64).powf(-0.25)
    }
}

impl<T: Scalar> Join<T> for Deepnorm {
    fn check(&self, _site: &Site) -> Option<Conflict> {
        Some(Conflict::new(
            &["network.skip", "network.architecture"],
            "`network.skip` = deepnorm is defined for transformers only",
            "another skip here",
            "use `skip = \"identity\"` with `scale`, or `skip = \"rezero\"`",
        ))
    }

    fn join(&self, _: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        unreachable!("refused around layer {}", at.layer);
    }
}
