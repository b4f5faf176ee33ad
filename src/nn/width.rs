//! Widths of the hidden layers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The width of the hidden layers: one for all, or a list with one per layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Width {
    /// Every hidden layer has this many units.
    All(#[schemars(range(min = 1))] usize),
    /// One width per hidden layer.
    PerLayer(#[schemars(inner(range(min = 1)))] Vec<usize>),
}

impl Width {
    /// Units of hidden layer `layer`, from 1.
    pub fn of(&self, layer: usize) -> usize {
        match self {
            Self::All(width) => *width,
            Self::PerLayer(widths) => widths[layer - 1],
        }
    }

    /// Units of the widest hidden layer.
    pub fn widest(&self) -> usize {
        match self {
            Self::All(width) => *width,
            Self::PerLayer(widths) => widths.iter().copied().max().unwrap_or(1),
        }
    }

    /// The first hidden layer, from 1, that is not as wide as layer 1.
    pub fn first_odd(&self) -> Option<usize> {
        let Self::PerLayer(widths) = self else {
            return None;
        };
        let odd = widths.iter().position(|width| *width != widths[0]);
        odd.map(|i| i + 1)
    }
}
