//! From which depth on a gradient is too small for a number format.

use serde::{Deserialize, Serialize};

/// The least depth at which a typical entry of ∂L/∂h_1 is below the smallest positive
/// number; `None` where gradients do not shrink for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderflowDepth {
    /// Single precision.
    pub f32: Option<u64>,
    /// bfloat16.
    pub bf16: Option<u64>,
    /// Half precision.
    pub fp16: Option<u64>,
}
