//! The spec as it is written, section by section. The doc comments become the
//! hover texts of the JSON Schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::gan::Gan;
use super::remedy::Remedy;
use super::sizes::{BatchSize, CheckpointEvery, Every, Predictive};
use crate::nn::architecture::NetworkSpec;
use crate::nn::loss::{CrossEntropy, Loss};
use crate::nn::optim::{OptimizerSpec, Sgd};
use crate::study::data::Source;
use crate::study::record::Extras;
use crate::study::schedule::{Constant, Schedule};

/// A vgrad experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The experiment's name and its run folder's; by default the file's stem.
    /// Letters, digits, "-", "_", ".", not starting with a dot.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"))]
    pub name: String,
    /// Decides every random draw of the run.
    #[serde(default)]
    pub seed: u64,
    /// The precision the network is trained in; every norm is summed in f64.
    #[serde(default)]
    pub precision: Precision,
    /// The samples.
    pub data: Data,
    /// The network.
    pub network: NetworkSpec,
    /// How it is trained.
    pub train: Train,
    /// Makes the network a generator, trained against a discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gan: Option<Gan>,
    /// What is written while it trains.
    #[serde(default)]
    pub log: Log,
    /// Rules that `vgrad check` reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<Check>,
    /// Axes that `vgrad sweep` reads: a key of the spec (`"network.activation"`) and the
    /// values it takes. The grid is the product of the axes.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    #[schemars(schema_with = "super::sections::axes")]
    pub sweep: toml::Table,
    /// Cures of your own that `vgrad remedies` tries beside the built-in ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<Remedy>,
}

/// The schema of `[sweep]`: any key, with a list of values, a range or keys below it.
pub(super) fn axes(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "properties": {
            "zip": {
                "description": "Keys that go in step, each with a list of as many values.",
                "type": "array",
                "items": { "type": "object", "additionalProperties": {} },
            },
            "variant": {
                "description": "Named sets of changes: name, and set with keys and their values.",
                "type": "array",
                "items": { "type": "object", "additionalProperties": {} },
            },
        },
        "additionalProperties": {},
    })
}

/// The number type of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Double precision.
    F64,
}

/// `[data]`: the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Where the samples come from; files are relative to the spec.
    pub source: Source,
    /// Share of the samples kept for testing; 0 = no test set. Not with a test file.
    #[serde(default)]
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1, "default" = crate::study::data::TEST_FRACTION))]
    pub test_fraction: Option<f64>,
    /// Gives every feature mean 0 and standard deviation 1 over the training split; by default not for adding, copy and text.
    #[serde(default)]
    #[schemars(with = "bool", extend("default" = true))]
    pub standardize: Option<bool>,
    /// Gives numeric targets mean 0 and standard deviation 1 over the training split; losses are then in those units.
    // Not written at its default: a baseline of before the key existed still holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub standardize_target: bool,
    /// Cuts a sample's features, in their order, into a sequence of this many positions, each with an equal share of them; for architectures that read sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize", range(min = 1), extend("default" = 1))]
    pub positions: Option<usize>,
    /// `[channels, rows, columns]` of a sample's features, for architectures that read images; digits and IDX files of grey images know theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[usize; 3]", inner(range(min = 1)))]
    pub image: Option<[usize; 3]>,
}

impl Data {
    /// Whether the features are standardised.
    pub fn standardizes(&self) -> bool {
        let by_default = !self.source.as_dyn().is_encoded();
        self.standardize.unwrap_or(by_default)
    }

    /// Positions of a sample: as the spec says, or as its source has.
    pub fn positions(&self) -> usize {
        let own = self.source.as_dyn().positions();
        own.or(self.positions).unwrap_or(1)
    }
}

/// `[train]`: how the network is trained. One of `epochs` and `steps` is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Passes over the training split; not together with `steps`.
    #[serde(default)]
    pub epochs: Option<u64>,
    /// Updates; not together with `epochs`. 0 measures the initialisation only.
    #[serde(default)]
    pub steps: Option<u64>,
    /// Samples per step, or "full": the whole training split.
    #[serde(default = "batch_of_128")]
    pub batch_size: BatchSize,
    /// How a gradient becomes an update.
    #[serde(default = "sgd")]
    #[schemars(extend("default" = "sgd"))]
    pub optimizer: OptimizerSpec,
    /// The learning rate.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// How the learning rate changes over the steps.
    #[serde(default = "constant")]
    pub schedule: Schedule,
    /// What training minimises.
    #[serde(default = "cross_entropy")]
    pub loss: Loss,
    /// Scales the gradient down to this norm where it is larger; absent = no clipping.
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub clip_grad_norm: Option<f64>,
    /// Judges the trained network's probabilities on the test set: "softmax", or `{ mc_dropout = 30 }` passes with dropout at work.
    // Not written by default: what goes by a spec's text from before the key existed holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Predictive")]
    pub predictive: Option<Predictive>,
}

/// `[log]`: what is written while the network trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Steps between two logged ones, or "log" for log-spaced steps.
    #[serde(default = "every_step")]
    pub every: Every,
    /// Steps between looks at the test set; absent = one epoch, but at least 10 steps.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub evaluate_every: Option<u64>,
    /// Writes weights/initial.safetensors and weights/final.safetensors.
    #[serde(default)]
    pub save_weights: bool,
    /// Writes parameters.csv: a row per logged step and trained tensor.
    // Not written at their default: what goes by a spec's text (a sweep's cell, a
    // checkpoint) from before the key existed still holds. So are the next two.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parameters: bool,
    /// Writes events.out.tfevents.vgrad, which TensorBoard opens: a scalar per logged step, layer and column.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tensorboard: bool,
    /// Writes batch.safetensors: the inputs and targets that step 0 uses, as the network gets them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub save_batch: bool,
    /// Steps between two checkpoints, or a time such as "30s", "5m", "1h".
    #[serde(default)]
    pub checkpoint_every: Option<CheckpointEvery>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            every: every_step(),
            evaluate_every: None,
            save_weights: false,
            parameters: false,
            tensorboard: false,
            save_batch: false,
            checkpoint_every: None,
        }
    }
}

impl Spec {
    /// What is written step by step besides what every run writes.
    pub fn extras(&self) -> Extras {
        Extras {
            parameters: self.log.parameters,
            tensorboard: self.log.tensorboard,
            adversary: self.gan.is_some(),
            psnr: self.has_psnr(),
        }
    }

    /// Whether the test loss is that of colours from 0 to 1, of which a PSNR tells.
    pub fn has_psnr(&self) -> bool {
        let Data {
            source,
            standardize_target,
            ..
        } = &self.data;
        let is_of_colours = source.is_rays() || source.is_picture() && !standardize_target;
        is_of_colours && self.gan.is_none()
    }

    /// How the discriminator of `gan`, which is this spec's, is trained: its keys in place of
    /// those of `[train]`.
    pub fn discriminator_train(&self, gan: &Gan) -> Train {
        let (train, own) = (&self.train, gan.train.clone());
        Train {
            optimizer: own.optimizer.unwrap_or_else(|| train.optimizer.clone()),
            learning_rate: own.learning_rate.unwrap_or(train.learning_rate),
            schedule: own.schedule.unwrap_or_else(|| train.schedule.clone()),
            clip_grad_norm: own.clip_grad_norm.or(train.clip_grad_norm),
            ..train.clone()
        }
    }

    /// Number of layers that are logged.
    pub fn layers(&self) -> usize {
        let own = self.network.layers(self.data.positions());
        let behind = self.gan.as_ref().map(|gan| gan.discriminator.layers(1));
        own.saturating_add(behind.unwrap_or(0))
    }
}

fn batch_of_128() -> BatchSize {
    BatchSize::Samples(128)
}
fn sgd() -> OptimizerSpec {
    Sgd::default().into()
}
fn constant() -> Schedule {
    Constant {}.into()
}
fn cross_entropy() -> Loss {
    CrossEntropy {}.into()
}
fn every_step() -> Every {
    Every::Steps(1)
}
