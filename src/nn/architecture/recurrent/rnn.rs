//! The plain recurrent cell.

use super::{CellState, Moment, Unit};
use crate::base::Scalar;
use crate::base::family::member;
use crate::graph::GraphBuilder;
use crate::layer::activate::Activate;
use crate::layer::residual_add::{BranchScale, ResidualAdd};

member! {
    /// h = φ(W_ih·x + b_ih + W_hh·h' + b_hh), h' being the h before (torch.nn.RNN with any φ).
    pub struct Rnn {}
}

impl<T: Scalar> Unit<T> for Rnn {
    fn gates(&self, _forget_bias: f64) -> Vec<f64> {
        vec![0.0]
    }

    fn add(&self, graph: &mut GraphBuilder<T>, at: Moment) -> CellState {
        let sum = ResidualAdd {
            width: at.width,
            shortcut: 1.0,
            scale: BranchScale::Fixed(1.0),
        };
        let z = graph.add(at.number, sum, &[at.of_input, at.of_state]);
        let activate = Activate {
            width: at.width,
            activation: at.network.activation.clone(),
        };
        let h = graph.add(at.number, activate, &[z]);
        let phi = graph.last();
        let info = graph.info(at.number);
        (info.z, info.phi) = (vec![z], Some(phi));
        CellState { h, c: h }
    }
}
