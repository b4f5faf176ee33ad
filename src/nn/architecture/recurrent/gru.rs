//! Gated recurrent units.

use super::{CellState, Moment, Unit};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::GraphBuilder;
use crate::layer::gru::{GruCandidate, GruGates, GruOutput};

member! {
    /// h = (1−t)⊙tanh(W·x + b + r⊙(U·h' + b')) + t⊙h' with gates r and t through σ (torch.nn.GRU). Cho et al. 2014, arXiv:1406.1078.
    pub struct Gru {}
}

impl<T: Scalar> Unit<T> for Gru {
    fn gates(&self, _forget_bias: f64) -> Vec<f64> {
        vec![0.0; 3]
    }

    fn own_activation(&self) -> Option<&'static str> {
        Some("a GRU has its own, σ in its gates and tanh in what it takes in")
    }

    fn add(&self, graph: &mut GraphBuilder<T>, at: Moment) -> CellState {
        let Moment {
            number,
            width,
            of_input: u,
            of_state: v,
            before,
            ..
        } = at;
        let s = graph.add(number, GruGates { width }, &[u, v]);
        let a = graph.add(number, GruCandidate { width }, &[s, u, v]);
        let h = graph.add(number, GruOutput { width }, &[s, a, before.h]);
        let phi = graph.last();
        let info = graph.info(number);
        (info.z, info.phi) = (vec![s, a], Some(phi));
        CellState { h, c: h }
    }
}
