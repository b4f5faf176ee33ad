//! `[[check]]`: what must hold of a run.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::study::columns::{
    Unit, adversary_columns, gradient_columns, training_columns, view_columns,
};

/// One rule: a quantity of the run must lie between `min` and `max`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What is measured; `vgrad list quantities` explains each.
    pub quantity: Quantity,
    /// When it is measured.
    #[serde(default)]
    pub at: CheckedSteps,
    /// The smallest value that passes.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest value that passes.
    #[serde(default)]
    pub max: Option<f64>,
    /// The first and the last layer the rule looks at, `{ from = 1, to = 20 }` or
    /// `[1, 20]`; all layers without it.
    #[serde(default)]
    pub layers: Option<LayerRange>,
}

/// Layers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LayerRange {
    /// `[1, 20]`.
    Pair(#[schemars(inner(range(min = 1)))] [usize; 2]),
    /// `{ from = 1, to = 20 }`.
    Ends(LayerEnds),
}

/// The first and the last of a range of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerEnds {
    /// The first layer.
    #[schemars(range(min = 1))]
    pub from: usize,
    /// The last layer.
    #[schemars(range(min = 1))]
    pub to: usize,
}

impl LayerRange {
    /// The first and the last layer.
    pub fn ends(self) -> [usize; 2] {
        match self {
            Self::Pair(pair) => pair,
            Self::Ends(LayerEnds { from, to }) => [from, to],
        }
    }
}

impl CheckedSteps {
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
pub enum CheckedSteps {
    /// Step 0.
    #[default]
    Initial,
    /// The last step.
    Final,
    /// Every logged step.
    Every,
}

/// A quantity a rule can name. A rule about a log that another program wrote may
/// name any of its columns: one of its layers is held layer by layer, another step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(String);

/// The quantities that are no column of a CSV file: name and help text.
const OF_THE_RUN: [(&str, &str); 5] = [
    (
        "decay_decades_per_layer",
        "slope of log10(activation_grad_norm) over the layers (recurrent: over the time steps); positive: vanishing",
    ),
    (
        "attenuation_decades",
        "log10 of the last hidden layer's activation_grad_norm over the first's (recurrent: the last time step's over the first's)",
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

/// What the probabilities on the test set are worth, which the trained network alone is
/// asked: name and help text.
const OF_PROBABILITIES: [(&str, &str); 3] = [
    (
        "calibration_error",
        "mean distance of accuracy from confidence on the test set, by train.predictive; at the final step, of several seeds each network's own",
    ),
    (
        "predictive_entropy",
        "mean entropy in nats of the probabilities on the test set, by train.predictive; at the final step, of several seeds each network's own",
    ),
    (
        "errors_in_most_uncertain_tenth",
        "share of the test errors among the tenth of the samples with the largest entropy, by train.predictive; at the final step, of several seeds each network's own",
    ),
];

/// What the mean probabilities of several seeds are worth: name and help text.
const OF_ENSEMBLES: [(&str, &str); 3] = [
    (
        "ensemble_calibration_error",
        "calibration_error of the mean probabilities of several seeds that were run with --predictive; at the final step",
    ),
    (
        "ensemble_predictive_entropy",
        "predictive_entropy of the mean probabilities of several seeds that were run with --predictive; at the final step",
    ),
    (
        "ensemble_errors_in_most_uncertain_tenth",
        "errors_in_most_uncertain_tenth by the mean probabilities of several seeds that were run with --predictive; at the final step",
    ),
];

/// What has no column: name and help text.
fn per_run() -> impl Iterator<Item = (&'static str, &'static str)> {
    OF_THE_RUN
        .into_iter()
        .chain(OF_PROBABILITIES)
        .chain(OF_ENSEMBLES)
}

/// The measured columns of `gradients.csv`: name and help text.
fn per_layer() -> impl Iterator<Item = (&'static str, &'static str)> {
    let columns = gradient_columns().iter();
    columns
        .filter(|column| column.unit != Unit::Coordinate)
        .map(|column| (column.name, column.doc))
}

/// The measured columns of `training.csv`: name and help text.
fn per_step() -> impl Iterator<Item = (&'static str, &'static str)> {
    let columns = training_columns().iter();
    let columns = columns.chain(adversary_columns()).chain(view_columns());
    columns
        .filter(|column| column.unit != Unit::Coordinate)
        .map(|column| (column.name, column.doc))
}

impl Quantity {
    /// Every quantity with its help text, in the order of `vgrad list`.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        per_run().chain(per_layer()).chain(per_step())
    }

    /// Its name in a spec.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it has one value per layer; so has what only a foreign log knows.
    pub fn is_per_layer(&self) -> bool {
        !self.is_per_step() && !per_run().any(|(name, _)| name == self.0)
    }

    /// Whether it says what probabilities on the test set are worth, of which only the end of a
    /// run tells.
    pub fn is_of_probabilities(&self) -> bool {
        Self::is_of_one_network(&self.0) || self.of_ensemble().is_some()
    }

    /// Whether the quantity called `name` says what the probabilities of one network are worth.
    pub fn is_of_one_network(name: &str) -> bool {
        OF_PROBABILITIES.iter().any(|(own, _)| *own == name)
    }

    /// Of one about the ensemble of several seeds: the quantity of a network that it is of their
    /// mean probabilities.
    pub fn of_ensemble(&self) -> Option<&str> {
        let is_one = OF_ENSEMBLES.iter().any(|(name, _)| *name == self.0);
        self.0.strip_prefix("ensemble_").filter(|_| is_one)
    }

    /// Whether it is a column of `training.csv`.
    pub fn is_per_step(&self) -> bool {
        per_step().any(|(name, _)| name == self.0)
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
