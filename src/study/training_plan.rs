//! What a training loop needs to know besides network and data.

use crate::log_steps::LogSteps;
use crate::nn::adversary::GanLoss;
use crate::nn::architecture::{NetworkSpec, Setting};
use crate::nn::optim::Optimizer;
use crate::schedule::Schedule;

/// How a network's parameters are changed.
pub struct UpdatePlan<T> {
    /// Makes the updates.
    pub optimizer: Optimizer<T>,
    /// Learning rate before the schedule.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Largest norm of a gradient over all parameters.
    pub clip_grad_norm: Option<f64>,
}

/// What makes training that of a generator: the network is the generator and, behind it,
/// the discriminator, which is trained as this says.
pub struct AdversaryPlan<T> {
    /// What the two minimise.
    pub loss: GanLoss,
    /// The discriminator.
    pub network: NetworkSpec,
    /// What it is built for.
    pub setting: Setting,
    /// Its updates before each of the generator's.
    pub steps: u64,
    /// How it is changed.
    pub update: UpdatePlan<T>,
    /// What its trained values are clamped to after each update.
    pub weight_clip: Option<f64>,
}

/// Everything the loop needs to know besides network and data.
pub struct TrainingPlan<T> {
    /// Makes the updates.
    pub optimizer: Optimizer<T>,
    /// Whether the weights are scaled on the first batch before step 0 (LSUV).
    pub scales_to_data: bool,
    /// Updates to make.
    pub steps: u64,
    /// Rows per batch.
    pub batch_size: usize,
    /// Learning rate before the schedule.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Largest norm of a gradient over all parameters.
    pub clip_grad_norm: Option<f64>,
    /// Steps between looks at the test set.
    pub evaluate_every: u64,
    /// Steps that are logged.
    pub log: LogSteps,
    /// Whether every trained tensor is measured by itself, not the layers alone.
    pub log_tensors: bool,
    /// Seed of the order of samples.
    pub seed: u64,
    /// The discriminator, where the network is a generator.
    pub adversary: Option<AdversaryPlan<T>>,
}
