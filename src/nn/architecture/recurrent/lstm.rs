//! Long short-term memory.

use super::{CellState, Moment, Unit};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::GraphBuilder;
use crate::layer::lstm::{LstmOutput, LstmState};
use crate::layer::residual_add::{BranchScale, ResidualAdd};

member! {
    /// c = f⊙c' + i⊙g, h = o⊙tanh(c), with gates i, f, o through σ and g through tanh (torch.nn.LSTM). Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735.
    pub struct Lstm {}
}

impl<T: Scalar> Unit<T> for Lstm {
    fn gates(&self, forget_bias: f64) -> Vec<f64> {
        vec![0.0, forget_bias, 0.0, 0.0]
    }

    fn own_activation(&self) -> Option<&'static str> {
        Some("an LSTM has its own, σ in its gates and tanh around its state")
    }

    fn add(&self, graph: &mut GraphBuilder<T>, at: Moment) -> CellState {
        let width = at.width;
        let sum = ResidualAdd {
            width: 4 * width,
            shortcut: 1.0,
            scale: BranchScale::Fixed(1.0),
        };
        let z = graph.add(at.number, sum, &[at.of_input, at.of_state]);
        let c = graph.add(at.number, LstmState { width }, &[z, at.before.c]);
        let h = graph.add(at.number, LstmOutput { width }, &[z, c]);
        let phi = graph.last();
        let info = graph.info(at.number);
        (info.z, info.cell, info.phi) = (vec![z], Some(c), Some(phi));
        CellState { h, c }
    }
}
