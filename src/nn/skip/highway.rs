//! The highway's gated skip.

use super::{Join, Junction, Site, equal_widths};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, Origin, ValueId};
use crate::layer::Role;
use crate::layer::highway_gate::HighwayGate;
use crate::layer::linear::Linear;
use crate::mean_field::Joining;
use crate::order::Order;

member! {
    /// h ← t⊙u(h) + (1−t)⊙h with a learned gate t = σ(W_t h + b_t). Srivastava et al. 2015, arXiv:1505.00387.
    pub struct Highway {
        /// Start of the gate's bias b_t; negative carries h through.
        gate_bias: f64 = -2.0,
    }
}

impl<T: Scalar> Join<T> for Highway {
    fn check(&self, site: &Site) -> Option<Conflict> {
        equal_widths("highway", site).or_else(|| {
            let is_pre_activation = site.order == Order::NormActivationLinear;
            is_pre_activation.then(|| {
                Conflict::new(
                    &["network.skip", "network.order"],
                    "`network.skip` = highway does not go with the pre-activation order",
                    "defined for the default order only",
                    "use `order = \"linear-norm-activation\"`, or another skip",
                )
            })
        })
    }

    fn theory(&self) -> Option<Joining> {
        Some(Joining::Gate {
            bias: self.gate_bias,
        })
    }

    fn join(&self, graph: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        let width = graph.width(at.branch);
        let bias = Some(Role::Constant(self.gate_bias));
        let gate = Linear {
            names: ["gate.weight", "gate.bias"],
            ..Linear::new(width, width, bias)
        };
        // A stream of their own, so that a layer's weights do not depend on whether it
        // has a gate.
        let origin = Origin::layer(at.layer).with_purpose("init gate");
        let gate = graph.add_drawn(at.layer, origin, gate, &[at.main]);
        graph.add(at.layer, HighwayGate { width }, &[at.main, at.branch, gate])
    }
}
