//! What a network is trained for: how a step is made of its batches. The loop knows
//! nothing else of it.

mod adversarial;
mod energy_distance;
mod generator_test;
mod supervised;

pub use supervised::evaluate;

use ndarray::Array2;

use crate::base::Scalar;
use crate::base::compiled::compiled;
use crate::base::team::Team;
use crate::data::Dataset;
use crate::nn::loss::Targets;
use crate::nn::measure::{LayerSums, TensorRecord};
use crate::nn::network::Network;
use crate::nn::snapshot::Snapshot;
use crate::nn::times::PhaseTimes;
use crate::step_record::{StepResult, TestMetrics};
use crate::training_plan::TrainingPlan;

use adversarial::Adversarial;
use supervised::Supervised;

/// Networks in training; as a [`Snapshot`] all that the next step depends on.
pub trait Task<T: Scalar>: Snapshot + Sync {
    /// The network whose layers are logged.
    fn network(&self) -> &Network<T>;

    /// The network whose layers are logged, to be changed.
    fn network_mut(&mut self) -> &mut Network<T>;

    /// Passes over the training data finished before `step`.
    fn epoch(&self, step: u64) -> u64;

    /// What `step` trains on.
    fn batch(&mut self, step: u64) -> Batch<T>;

    /// Step `step`: the gradients of its batch and, unless it is the plan's last step or
    /// something is not finite, the update. What only a logged step needs is measured if
    /// `is_logged`, or if something is not finite.
    fn advance(&mut self, step: u64, is_logged: bool) -> StepResult;

    /// Loss and accuracy on the test set; `None` without one.
    fn evaluate(&mut self) -> Option<TestMetrics>;

    /// From now on every trained tensor is measured by itself; gives back the tensors,
    /// layer after layer.
    fn measure_tensors(&mut self) -> Vec<TensorRecord> {
        self.network_mut().measure_tensors()
    }

    /// Starts (or stops) measuring where the time goes.
    fn measure_times(&mut self, on: bool) {
        self.network_mut().measure_times(on);
    }

    /// Where the time has gone since.
    fn times(&self) -> PhaseTimes {
        self.network().times()
    }

    /// The sums of layer `l`, from 1, at the last step.
    fn sums(&self, l: usize) -> LayerSums {
        self.network().sums(l)
    }

    /// The sums of these tensors, all that [`Self::measure_tensors`] gave, at the last step.
    fn tensor_sums(&self, records: &mut [TensorRecord]) {
        self.network().tensor_sums(records);
    }
}

/// What a step trains on, as the networks get it.
pub enum Batch<T> {
    /// Samples, [rows, features], and the targets of each, one after the other where it
    /// has several.
    Samples(Array2<T>, Targets<T>),
    /// Matrices of a row per sample, by name.
    Named(Vec<(String, Array2<T>)>),
}

/// What `plan` is about: training `network` on `data`.
pub fn task<'a, T: Scalar>(
    network: &'a mut Network<T>,
    data: &'a Dataset<T>,
    plan: &'a TrainingPlan<T>,
    team: &'a Team,
) -> Box<dyn Task<T> + 'a> {
    type Of<T> = for<'a> fn(
        &'a mut Network<T>,
        &'a Dataset<T>,
        &'a TrainingPlan<T>,
        &'a Team,
    ) -> Box<dyn Task<T> + 'a>;
    compiled!(Of<T> = of_plan)(network, data, plan, team)
}

fn of_plan<'a, T: Scalar>(
    network: &'a mut Network<T>,
    data: &'a Dataset<T>,
    plan: &'a TrainingPlan<T>,
    team: &'a Team,
) -> Box<dyn Task<T> + 'a> {
    match &plan.adversary {
        None => Box::new(Supervised::new(network, data, plan, team)),
        Some(adversary) => Box::new(Adversarial::new(network, data, plan, team, adversary)),
    }
}
