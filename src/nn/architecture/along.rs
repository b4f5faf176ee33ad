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
    /// That of several paths side by side: layers, unless all are of time.
    pub fn of_all(paths: impl IntoIterator<Item = Self>) -> Self {
        let mut paths = paths.into_iter();
        let first = paths.next().unwrap_or_default();
        match paths.all(|own| own == first) {
            true => first,
            false => Self::Layers,
        }
    }

    /// A text that speaks of layers, or of time steps in their place.
    pub fn speak(self, of_layers: &str) -> String {
        match self {
            Self::Layers => of_layers.to_owned(),
            Self::Time => of_layers
                .replace("layer", "time step")
                .replace("Layer", "Time step"),
        }
    }

    /// A text that counts the layers of a log, or in their place its rows: the time steps of
    /// every stacked layer, and the output.
    pub fn count(self, layers: &str) -> String {
        match self {
            Self::Layers => layers.to_owned(),
            Self::Time => layers.replace("layer", "row"),
        }
    }

    /// The head of a narrow column of them.
    pub fn head(self) -> &'static str {
        match self {
            Self::Layers => "layer",
            Self::Time => "time",
        }
    }

    /// Where it ends, next to the output.
    pub fn last(self) -> &'static str {
        match self {
            Self::Layers => "last hidden layer",
            Self::Time => "last time step",
        }
    }

    /// One step of the way, in words.
    pub fn one(self) -> &'static str {
        match self {
            Self::Layers => "layer",
            Self::Time => "time step",
        }
    }
}
