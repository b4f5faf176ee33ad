//! `[[check]]`: what must hold of a run.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::json;

use crate::study::columns::{Help, gradient_help, training_help};

/// One rule: a quantity of the run must lie between `min` and `max`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What is measured; `vgrad list quantities` explains each.
    pub quantity: Quantity,
    /// When it is measured.
    #[serde(default)]
    pub at: At,
    /// The smallest value that passes.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest value that passes.
    #[serde(default)]
    pub max: Option<f64>,
    /// The first and the last layer the rule looks at; all layers without it.
    #[serde(default)]
    #[schemars(inner(range(min = 1)))]
    pub layers: Option<[usize; 2]>,
}

/// The steps a rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum At {
    /// Step 0.
    #[default]
    Initial,
    /// The last step.
    Final,
    /// Every logged step.
    Every,
}

/// A quantity a rule can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Quantity(&'static str);

/// The quantities that are no column of a CSV file.
const OF_THE_RUN: &[Help] = &[
    Help {
        name: "decay_decades_per_layer",
        doc: "slope of log10(activation_grad_norm) over the layers; positive: vanishing",
    },
    Help {
        name: "attenuation_decades",
        doc: "log10 of the last hidden layer's activation_grad_norm over the first's",
    },
    Help {
        name: "r2",
        doc: "share of the decay that a straight line explains",
    },
    Help {
        name: "diverged",
        doc: "1 if a loss or a gradient norm became NaN or infinite, else 0",
    },
];

/// The columns that say which row it is, not what was measured.
const COORDINATES: [&str; 4] = ["step", "epoch", "layer", "name"];

impl Quantity {
    /// Every quantity with its line of help, in the order of `vgrad list`.
    pub fn all() -> impl Iterator<Item = Help> {
        let columns = gradient_help().chain(training_help());
        OF_THE_RUN
            .iter()
            .copied()
            .chain(columns.filter(|column| !COORDINATES.contains(&column.name)))
    }

    /// The quantity of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all()
            .find(|quantity| quantity.name == name)
            .map(|quantity| Self(quantity.name))
    }

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether it has one value per layer.
    pub fn is_per_layer(self) -> bool {
        gradient_help().any(|column| column.name == self.0)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| de::Error::custom(format!("`{name}` is not a quantity")))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one_of: Vec<_> = Self::all()
            .map(|quantity| {
                json!({ "type": "string", "const": quantity.name, "description": quantity.doc })
            })
            .collect();
        json_schema!({ "oneOf": one_of })
    }
}
