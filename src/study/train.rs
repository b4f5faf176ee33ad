//! The training loop.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::rng::stream;
use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::nn::graph::LayerInfo;
use crate::nn::loss::Targets;
use crate::nn::measure::{LayerSums, TensorRecord};
use crate::nn::network::Network;
use crate::nn::optim::{Optimizer, StepInfo};
use crate::nn::snapshot::Snapshot;
use crate::nn::train_step::{Step, StepMetrics, Update};
use crate::study::data::{Dataset, Split};
pub use crate::study::log_steps::LogSteps;
use crate::study::schedule::{LearningRate, Schedule};

use ndarray::Array2;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

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
}

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
    /// The test set at the same weights, if it was looked at.
    pub test: Option<TestMetrics>,
    /// What the graph says of the network's layers.
    pub infos: &'a [LayerInfo],
    /// The layers' sums, if the step is logged.
    pub layers: Option<&'a [LayerSums]>,
    /// The trained tensors, if the step is logged and they are measured.
    pub tensors: &'a [TensorRecord],
}

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

/// The order of samples: every epoch a new permutation of the training split,
/// cut into full batches; the remainder is dropped.
struct Batches {
    seed: u64,
    batch_size: usize,
    order: Vec<usize>,
    epoch: Option<u64>,
}

impl Batches {
    fn new(seed: u64, batch_size: usize, rows: usize) -> Self {
        Self {
            seed,
            batch_size,
            order: (0..rows).collect(),
            epoch: None,
        }
    }

    fn per_epoch(&self) -> u64 {
        (self.order.len() / self.batch_size) as u64
    }

    /// The rows of the batch of `step`.
    fn at(&mut self, step: u64) -> &[usize] {
        let epoch = step / self.per_epoch();
        if self.epoch != Some(epoch) {
            self.order
                .iter_mut()
                .enumerate()
                .for_each(|(i, row)| *row = i);
            self.order.shuffle(&mut stream(self.seed, "shuffle", epoch));
            self.epoch = Some(epoch);
        }
        let first = (step % self.per_epoch()) as usize * self.batch_size;
        &self.order[first..first + self.batch_size]
    }
}

/// Loss and accuracy of `split` in evaluation mode, in portions of at most
/// `portion` rows; `None` if it has no rows.
pub fn evaluate<T: Scalar>(
    network: &mut Network<T>,
    split: &Split<T>,
    portion: &[usize],
    batch_size: usize,
    team: &Team,
) -> Option<TestMetrics> {
    let rows = split.inputs.nrows();
    if rows == 0 {
        return None;
    }
    let (mut loss, mut correct) = (0.0, 0);
    for rows in portion.chunks(batch_size) {
        network.load(&split.inputs, &split.targets, rows);
        let sums = network.evaluate(team);
        loss += sums.loss * rows.len() as f64;
        correct += sums.correct;
    }
    let classes = matches!(split.targets, Targets::Classes(_));
    Some(TestMetrics {
        loss: loss / rows as f64,
        accuracy: classes.then(|| correct as f64 / split.targets.len() as f64),
    })
}

/// Layers whose sums are collected before a team could be called together.
const FEW: usize = 32;

/// A network in training: what lies around one step after another.
pub struct Trainer<'a, T> {
    network: &'a mut Network<T>,
    data: &'a Dataset<T>,
    plan: &'a TrainingPlan<T>,
    team: &'a Team,
    batches: Batches,
    learning_rate: &'a dyn LearningRate,
    layers: Vec<LayerSums>,
    tensors: Vec<TensorRecord>,
}

/// What came of one step.
#[derive(Clone, Copy, Debug)]
pub struct StepResult {
    step: u64,
    learning_rate: f64,
    metrics: StepMetrics,
    is_logged: bool,
}

impl StepResult {
    /// The first layer at which something is not finite, if any.
    pub fn diverged_at(&self) -> Option<usize> {
        self.metrics.diverged_at
    }
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
        let train = &data.train;
        let mut batches = Batches::new(plan.seed, plan.batch_size, train.samples());
        if plan.scales_to_data {
            network.load(&train.inputs, &train.targets, batches.at(0));
            network.scale_to_data();
        }
        network.divide(team);
        let tensors = plan.log_tensors.then(|| network.measure_tensors());
        Self {
            tensors: tensors.unwrap_or_default(),
            batches,
            learning_rate: plan.schedule.learning_rate(),
            layers: vec![LayerSums::default(); network.layers().len()],
            network,
            data,
            plan,
            team,
        }
    }

    /// The network.
    pub fn network(&mut self) -> &mut Network<T> {
        self.network
    }

    /// The batch of `step` as the network gets it: inputs [rows, features] and the
    /// targets of its rows, one after the other where each has several.
    pub fn batch(&mut self, step: u64) -> (Array2<T>, Targets<T>) {
        let Split { inputs, targets } = self.data.train.samples_at(self.batches.at(step));
        (inputs, targets)
    }

    /// Loss and accuracy on the test set; `None` without one.
    fn evaluate(&mut self, test_rows: &[usize]) -> Option<TestMetrics> {
        let (test, batch_size) = (&self.data.test, self.plan.batch_size);
        evaluate(self.network, test, test_rows, batch_size, self.team)
    }

    /// Step `step`: the gradients of its batch and, unless it is the plan's
    /// last step or something is not finite, the update. What only a logged
    /// step needs is measured if `is_logged`, or if something is not finite.
    pub fn advance(&mut self, step: u64, is_logged: bool) -> StepResult {
        let (network, plan) = (&mut *self.network, self.plan);
        let train = &self.data.train;
        network.load(&train.inputs, &train.targets, self.batches.at(step));
        let learning_rate = self
            .learning_rate
            .rate(plan.learning_rate, step, plan.steps);
        let update = (step < plan.steps).then_some(Update {
            optimizer: &plan.optimizer,
            info: StepInfo {
                t: step + 1,
                learning_rate,
            },
        });
        let metrics = network.step(
            self.team,
            Step {
                observe: is_logged,
                clip: plan.clip_grad_norm,
                update,
                ..Step::default()
            },
        );
        StepResult {
            step,
            learning_rate,
            metrics,
            is_logged: is_logged || metrics.diverged_at.is_some(),
        }
    }

    /// What there is to tell of the step just made.
    pub fn record(&mut self, result: &StepResult, test: Option<TestMetrics>) -> StepRecord<'_> {
        if result.is_logged {
            let network = &*self.network;
            let sums = |i: usize, slot: &mut _| *slot = network.sums(i + 1);
            if self.layers.len() <= FEW {
                let slots = self.layers.iter_mut().enumerate();
                slots.for_each(|(i, slot)| sums(i, slot));
            } else {
                self.team.each_numbered(&mut self.layers, sums);
            }
            network.tensor_sums(&mut self.tensors);
        }
        StepRecord {
            step: result.step,
            epoch: result.step / self.batches.per_epoch(),
            learning_rate: result.learning_rate,
            metrics: result.metrics,
            test,
            infos: self.network.layers(),
            layers: result.is_logged.then_some(&self.layers[..]),
            tensors: if result.is_logged { &self.tensors } else { &[] },
        }
    }
}

impl<T: Scalar> Trainer<'_, T> {
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
        let test_rows: Vec<usize> = (0..self.data.test.samples()).collect();
        // From 0, or from where a checkpoint was written.
        for step in self.network.updates()..=plan.steps {
            if stop.load(Ordering::Relaxed) {
                callback.on_stop(self.network)?;
                return Ok(Ending::Interrupted);
            }
            callback.before_step(step, self.network)?;
            let is_last = step == plan.steps;
            // Before the batch: the test set sees the weights and running averages
            // that `step` updates have made.
            let test = if is_last || step.is_multiple_of(plan.evaluate_every) {
                callback.on_evaluation()?;
                self.evaluate(&test_rows)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_a_permutation_cut_into_full_batches() {
        let mut batches = Batches::new(3, 4, 11);
        let mut epoch = |e: u64| -> Vec<usize> {
            (2 * e..2 * e + 2)
                .flat_map(|s| batches.at(s).to_vec())
                .collect()
        };
        let (first, second) = (epoch(0), epoch(1));
        for rows in [&first, &second] {
            let mut sorted = (*rows).clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 8);
            assert!(sorted.iter().all(|&row| row < 11));
        }
        assert_ne!(first, second);
        assert_eq!(first, epoch(0));
    }
}
