//! `[gan]`: makes `[network]` a generator, trained against a discriminator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::adversary::{GanLoss, Saturating};
use crate::nn::architecture::NetworkSpec;
use crate::nn::optim::OptimizerSpec;
use crate::study::schedule::Schedule;

/// What the discriminator's weights are clamped to where nothing else is said (Arjovsky et
/// al. 2017).
const WEIGHT_CLIP: f64 = 0.01;

/// `[gan]`: makes `[network]`, an MLP, the generator of samples such as `[data]` has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gan {
    /// What generator and discriminator minimise.
    #[serde(default = "saturating")]
    #[schemars(extend("default" = "saturating"))]
    pub loss: GanLoss,
    /// Entries of the noise that the generator reads, each from N(0, 1).
    #[serde(default = "eight")]
    #[schemars(range(min = 1))]
    pub noise: usize,
    /// Updates of the discriminator before each of the generator's.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub discriminator_steps: u64,
    /// Clamps every trained value of the discriminator to ± this after each of its updates; wasserstein only, there 0.01 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub weight_clip: Option<f64>,
    /// The discriminator: keys as in `[network]`; its one output is the logit.
    pub discriminator: NetworkSpec,
    /// How the discriminator is trained.
    #[serde(default, skip_serializing_if = "GanTrain::is_empty")]
    pub train: GanTrain,
}

/// `[gan.train]`: how the discriminator is trained; what is absent is as in `[train]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GanTrain {
    /// How a gradient becomes an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<OptimizerSpec>,
    /// The learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: Option<f64>,
    /// How the learning rate changes over the generator's steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Scales the gradient down to this norm where it is larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub clip_grad_norm: Option<f64>,
}

impl GanTrain {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Gan {
    /// Fills in the defaults that depend on other keys.
    pub fn fill_in(&mut self) {
        if self.loss.losses().clips_weights() {
            self.weight_clip.get_or_insert(WEIGHT_CLIP);
        }
    }
}

fn saturating() -> GanLoss {
    Saturating {}.into()
}
fn eight() -> usize {
    8
}
fn one() -> u64 {
    1
}
