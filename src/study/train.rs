//! The training loop.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::data::Dataset;
pub use crate::log_steps::LogSteps;
use crate::nn::measure::{LayerSums, TensorRecord};
use crate::nn::network::Network;
use crate::nn::snapshot::Snapshot;
use crate::nn::times::PhaseTimes;
pub use crate::step_record::{AdversaryMetrics, StepRecord, StepResult, TestMetrics};
pub use crate::task::evaluate;
use crate::task::{Batch, Task, task};
pub use crate::training_plan::{AdversaryPlan, TrainingPlan, UpdatePlan};

/// Who watches a run: the recorder, the progress bar.
pub trait Callback {
    /// Called after every step.
    ///
    /// # Errors
    /// Whatever keeps the run from being recorded; it ends the run.
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem>;

    /// Called before every step, when all rows of earlier ones are known.
    ///
    /// # Errors
    /// As for [`Callback::on_step`].
    fn before_step(&mut self, _step: u64, _network: &dyn Snapshot) -> Result<(), Problem> {
        Ok(())
    }

    /// Called instead of the next step when the run is stopped.
    ///
    /// # Errors
    /// As for [`Callback::on_step`].
    fn on_stop(&mut self, _network: &dyn Snapshot) -> Result<(), Problem> {
        Ok(())
    }

    /// Called before a look at the test set, which may take long.
    ///
    /// # Errors
    /// As for [`Callback::on_step`].
    fn on_evaluation(&mut self) -> Result<(), Problem> {
        Ok(())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All steps were made.
    Completed,
    /// A loss or gradient norm was NaN or infinite.
    Diverged {
        /// The step.
        step: u64,
        /// The layer at which it began, from 1.
        layer: usize,
    },
    /// Asked to stop, after `steps` updates.
    Interrupted,
}

/// Layers whose sums are collected before a team could be called together.
const FEW: usize = 32;

/// A network in training: what lies around one step after another.
pub struct Trainer<'a, T> {
    task: Box<dyn Task<T> + 'a>,
    plan: &'a TrainingPlan<T>,
    team: &'a Team,
    layers: Vec<LayerSums>,
    tensors: Vec<TensorRecord>,
}

impl<'a, T: Scalar> Trainer<'a, T> {
    /// Gets ready to train `network` on `data`: divides it for the team, and scales its
    /// weights where the plan says so.
    pub fn new(
        network: &'a mut Network<T>,
        data: &'a Dataset<T>,
        plan: &'a TrainingPlan<T>,
        team: &'a Team,
    ) -> Self {
        let mut task = task(network, data, plan, team);
        let tensors = plan.log_tensors.then(|| task.measure_tensors());
        Self {
            tensors: tensors.unwrap_or_default(),
            layers: vec![LayerSums::default(); task.network().layers().len()],
            task,
            plan,
            team,
        }
    }

    /// The network whose layers are logged.
    pub fn network(&mut self) -> &mut Network<T> {
        self.task.network_mut()
    }

    /// Starts (or stops) measuring where the time of steps goes.
    pub fn measure_times(&mut self, on: bool) {
        self.task.measure_times(on);
    }

    /// Where the time has gone since.
    pub fn times(&self) -> PhaseTimes {
        self.task.times()
    }

    /// All that the next step depends on.
    pub fn snapshot(&mut self) -> &mut dyn Snapshot {
        &mut *self.task
    }

    /// What `step` trains on, as the networks get it.
    pub fn batch(&mut self, step: u64) -> Batch<T> {
        self.task.batch(step)
    }

    /// Step `step`: the gradients of its batch and, unless it is the plan's
    /// last step or something is not finite, the update. What only a logged
    /// step needs is measured if `is_logged`, or if something is not finite.
    pub fn advance(&mut self, step: u64, is_logged: bool) -> StepResult {
        self.task.advance(step, is_logged)
    }

    /// What there is to tell of the step just made.
    pub fn record(&mut self, result: &StepResult, test: Option<TestMetrics>) -> StepRecord<'_> {
        let task = &*self.task;
        if result.is_logged {
            let sums = |i: usize, slot: &mut _| *slot = task.sums(i + 1);
            if self.layers.len() <= FEW {
                let slots = self.layers.iter_mut().enumerate();
                slots.for_each(|(i, slot)| sums(i, slot));
            } else {
                self.team.each_numbered(&mut self.layers, sums);
            }
            task.tensor_sums(&mut self.tensors);
        }
        StepRecord {
            step: result.step,
            epoch: task.epoch(result.step),
            learning_rate: result.learning_rate,
            metrics: result.metrics,
            adversary: result.adversary,
            test,
            infos: task.network().layers(),
            layers: result.is_logged.then_some(&self.layers[..]),
            tensors: if result.is_logged { &self.tensors } else { &[] },
        }
    }

    /// Makes the plan's steps, telling `callback` of each; stops after the step at hand
    /// once `stop` is set.
    ///
    /// # Errors
    /// Those of `callback`.
    pub fn train(
        &mut self,
        stop: &AtomicBool,
        callback: &mut dyn Callback,
    ) -> Result<Ending, Problem> {
        let plan = self.plan;
        // From 0, or from where a checkpoint was written.
        for step in self.task.updates()..=plan.steps {
            if stop.load(Ordering::Relaxed) {
                callback.on_stop(&*self.task)?;
                return Ok(Ending::Interrupted);
            }
            callback.before_step(step, &*self.task)?;
            let is_last = step == plan.steps;
            // Before the batch: the test set sees the weights and running averages
            // that `step` updates have made.
            let test = if is_last || step.is_multiple_of(plan.evaluate_every) {
                callback.on_evaluation()?;
                self.task.evaluate()
            } else {
                None
            };
            let result = self.advance(step, is_last || plan.log.contains(step));
            callback.on_step(&self.record(&result, test))?;
            if let Some(layer) = result.diverged_at() {
                return Ok(Ending::Diverged { step, layer });
            }
        }
        Ok(Ending::Completed)
    }
}
