//! What small differences between samples, and gradients, do in a deep network.

use serde::{Deserialize, Serialize};

/// χ₁ this close to 1 is critical: gradients then keep their size over hundreds of layers.
const CRITICAL: f64 = 1e-3;

/// What small differences between samples, and gradients, do in a deep network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// χ₁ < 1: they die out.
    Ordered,
    /// χ₁ = 1, to a thousandth.
    Critical,
    /// χ₁ > 1: they grow.
    Chaotic,
}

impl Phase {
    /// That of a χ₁.
    pub fn of(chi: f64) -> Self {
        if (chi - 1.0).abs() <= CRITICAL {
            Self::Critical
        } else if chi < 1.0 {
            Self::Ordered
        } else {
            Self::Chaotic
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Critical => "critical",
            Self::Chaotic => "chaotic",
        }
    }
}
