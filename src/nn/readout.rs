//! What the output layer reads of a sequence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the output layer reads of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// Its last position.
    Last,
    /// The mean over its positions.
    Mean,
    /// Every position by itself: there are as many targets.
    Every,
}
