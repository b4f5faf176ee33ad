//! What theory expects of a network at its start, as `vgrad predict` and a run's summary
//! tell it.

mod forecast;
mod phase;
mod underflow_depth;

use serde::{Deserialize, Serialize};

pub use forecast::{Forecast, Unpredictable};
pub use phase::Phase;
pub use underflow_depth::UnderflowDepth;

use crate::lab::decay::Verdict;
use crate::lab::json::Real;

/// What theory expects at step 0; in JSON, what does not apply is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The spec's name.
    pub name: String,
    /// Every hidden layer.
    pub layers: Vec<LayerPrediction>,
    /// q*: the fixed point of q that the network's own q_1 leads to, from 0 to "inf".
    pub q_star: Option<Real>,
    /// χ(q*).
    pub chi_1: Option<Real>,
    /// By χ₁.
    pub phase: Option<Phase>,
    /// Whether q approaches q* more slowly than geometrically.
    pub q_is_slow: Option<bool>,
    /// ξ = 1/|ln χ₁|: layers per factor e of the squared gradient.
    pub xi: Option<Real>,
    /// c*: the correlation that two different samples end at.
    pub c_star: Option<Real>,
    /// ξ_c = 1/|ln χ_c|: layers per factor e of a deviation from c*.
    pub xi_c: Option<Real>,
    /// Least-squares slope of log10 ‖∂L/∂h_l‖ over the layers of the path.
    pub decay_decades_per_layer: Option<Real>,
    /// log10 of ‖∂L/∂h‖ at the path's last layer over that at its first.
    pub attenuation_decades: Real,
    /// Two standard deviations of one draw about its mean, at this width; null where one map is
    /// used at every time step: what it is off by adds up along them, and nobody has worked out
    /// how far single draws lie.
    pub attenuation_interval: Option<[Real; 2]>,
    /// Whether q runs away from its expectation, or the part of a gradient along drifting
    /// activations outgrows the rest, so that single draws may lie far outside the interval.
    pub finite_width_dominates: bool,
    /// What that attenuation is called.
    pub verdict: Verdict,
    /// From which depth on gradients are too small for a number format.
    pub underflow_depth: UnderflowDepth,
    /// The mean square of the data as the network gets it.
    pub input_square: Real,
    /// What each key of `[network]` does in the last hidden layer.
    #[serde(skip)]
    pub contributions: Vec<Contribution>,
}

/// What theory expects of one hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerPrediction {
    /// Its number, from 1.
    pub layer: usize,
    /// Second moment of φ's input.
    pub q: Real,
    /// χ(q): the factor on the squared gradient across the layer, or across the block that
    /// a skip spans; null inside a block.
    pub chi: Option<Real>,
    /// −½ log10 χ: positive where gradients shrink.
    pub decades: Option<Real>,
    /// log10 of ‖∂L/∂h‖ at the path's last layer over that here; null off the path that decay
    /// is measured along.
    #[serde(default)]
    pub attenuation_decades: Option<Real>,
}

/// What a key of `[network]` does in the last hidden layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The key, without its section.
    pub key: &'static str,
    /// Factor on the second moment of the activations, where it has one.
    pub forward: Option<f64>,
    /// Factor on the squared gradient, where it has one.
    pub backward: Option<f64>,
}
