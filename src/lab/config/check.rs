//! `[[check]]`: what must hold of a run.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::json;

use crate::study::columns::{COORDINATES, gradient_columns, training_columns};

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

impl At {
    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Final => "final",
            Self::Every => "every",
        }
    }
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

/// The quantities that are no column of a CSV file: name and help text.
const OF_THE_RUN: [(&str, &str); 5] = [
    (
        "decay_decades_per_layer",
        "slope of log10(activation_grad_norm) over the layers; positive: vanishing",
    ),
    (
        "attenuation_decades",
        "log10 of the last hidden layer's activation_grad_norm over the first's",
    ),
    ("r2", "share of the decay that a straight line explains"),
    (
        "layers_left_out",
        "layers that the decay leaves out because their norm is 0 or not finite",
    ),
    (
        "diverged",
        "1 if a loss or a gradient norm became NaN or infinite, else 0",
    ),
];

/// The measured columns of `gradients.csv`: name and help text.
fn per_layer() -> impl Iterator<Item = (&'static str, &'static str)> {
    let columns = gradient_columns().iter();
    columns
        .map(|column| (column.name, column.doc))
        .filter(|(name, _)| !COORDINATES.contains(name))
}

/// The measured columns of `training.csv`: name and help text.
fn per_step() -> impl Iterator<Item = (&'static str, &'static str)> {
    let columns = training_columns().iter();
    columns
        .map(|column| (column.name, column.doc))
        .filter(|(name, _)| !COORDINATES.contains(name))
}

impl Quantity {
    /// Every quantity with its help text, in the order of `vgrad list`.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        OF_THE_RUN.into_iter().chain(per_layer()).chain(per_step())
    }

    /// The quantity of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut names = Self::all().map(|(name, _)| name);
        names.find(|own| *own == name).map(Self)
    }

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether it has one value per layer.
    pub fn is_per_layer(self) -> bool {
        per_layer().any(|(name, _)| name == self.0)
    }

    /// Whether it is a column of `training.csv`.
    pub fn is_per_step(self) -> bool {
        per_step().any(|(name, _)| name == self.0)
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
            .map(|(name, doc)| json!({ "type": "string", "const": name, "description": doc }))
            .collect();
        json_schema!({ "oneOf": one_of })
    }
}
