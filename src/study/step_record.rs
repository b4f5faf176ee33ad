//! What there is to tell of a step.

use serde::{Deserialize, Serialize};

use crate::nn::graph::LayerInfo;
use crate::nn::measure::{LayerSums, TensorRecord};
use crate::nn::train_step::StepMetrics;

/// Loss and accuracy on the test set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestMetrics {
    /// Mean loss.
    pub loss: f64,
    /// Share of hits; `None` for numeric targets.
    pub accuracy: Option<f64>,
}

/// What happened at one step.
#[derive(Debug)]
pub struct StepRecord<'a> {
    /// Updates made before it.
    pub step: u64,
    /// Passes over the training data finished before it.
    pub epoch: u64,
    /// The learning rate of its update.
    pub learning_rate: f64,
    /// Loss, accuracy and gradient of its batch.
    pub metrics: StepMetrics,
    /// What a generator's step tells besides.
    pub adversary: Option<AdversaryMetrics>,
    /// The test set at the same weights, if it was looked at.
    pub test: Option<TestMetrics>,
    /// What the graph says of the network's layers.
    pub infos: &'a [LayerInfo],
    /// The layers' sums, if the step is logged.
    pub layers: Option<&'a [LayerSums]>,
    /// The trained tensors, if the step is logged and they are measured.
    pub tensors: &'a [TensorRecord],
}

/// What a generator's step tells besides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdversaryMetrics {
    /// The discriminator's mean loss before its last update.
    pub discriminator_loss: f64,
    /// How real it called the real samples then, a mean.
    pub real_score: f64,
    /// How real it called those that were made.
    pub fake_score: f64,
    /// √B·‖∂L_G/∂D‖: the root mean square of the slopes of the generator's loss by the
    /// logits. It scales all layers alike.
    pub loss_slope: f64,
}

/// What came of one step.
#[derive(Clone, Copy, Debug)]
pub struct StepResult {
    /// Updates made before it.
    pub step: u64,
    /// The learning rate of its update.
    pub learning_rate: f64,
    /// Loss, accuracy and gradient of its batch.
    pub metrics: StepMetrics,
    /// What a generator's step tells besides.
    pub adversary: Option<AdversaryMetrics>,
    /// Whether what only a logged step needs was measured.
    pub is_logged: bool,
}

impl StepResult {
    /// The first layer at which something is not finite, if any.
    pub fn diverged_at(&self) -> Option<usize> {
        self.metrics.diverged_at
    }
}
