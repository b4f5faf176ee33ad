//! The order of a hidden layer's parts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The order of a hidden layer's parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Order {
    /// h = φ(norm(W h + b)), the usual order.
    #[default]
    #[serde(rename = "linear-norm-activation")]
    LinearNormActivation,
    /// h = W φ(norm(h)) + b, the pre-activation order of He et al. 2016, arXiv:1603.05027.
    #[serde(rename = "norm-activation-linear")]
    NormActivationLinear,
}
