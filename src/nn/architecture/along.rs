//! What the path is made of that decay is measured along.

use serde::{Deserialize, Serialize};

/// What the positions of the path are that decay is measured along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Along {
    /// Layers of depth.
    #[default]
    Layers,
    /// Positions of a sequence, one time step after the other.
    Time,
}

impl Along {
    /// One step of the way, in words.
    pub fn one(self) -> &'static str {
        match self {
            Self::Layers => "layer",
            Self::Time => "time step",
        }
    }
}
