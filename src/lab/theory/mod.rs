//! What mean-field theory expects of a network at its start, without training it.
//!
//! A gradient meets W_l, φ' and perhaps a norm, dropout and a skip on its way from
//! ∂L/∂h_l to ∂L/∂h_{l−1}; theory follows the second moment of the activations forward
//! and the expected factor on ‖∂L/∂h‖² backward (Poole et al. 2016, arXiv:1606.05340;
//! Schoenholz et al. 2017, arXiv:1611.01232; batch norm: Yang et al. 2019,
//! arXiv:1902.08129). It holds for wide layers and independent weights.

mod contributions;
mod convolution;
mod input;
mod log_spread;
mod predict;
mod repeated;
mod skip;
mod through_time;
mod underflow;
mod walk;

pub use predict::{predict, predict_loaded};
pub use repeated::Repeated;
pub use walk::Propagation;
