//! Training against targets: a step is one batch.

use crate::base::Scalar;
use crate::base::compiled::compiled;
use crate::base::team::Team;
use crate::batches::Batches;
use crate::data::{Dataset, Split};
use crate::nn::loss::Targets;
use crate::nn::network::Network;
use crate::nn::optim::StepInfo;
use crate::nn::snapshot::Snapshot;
use crate::nn::train_step::{Step, Update};
use crate::schedule::LearningRate;
use crate::step_record::{StepResult, TestMetrics};
use crate::training_plan::TrainingPlan;

use super::{Batch, Task};

/// A network that learns targets.
pub struct Supervised<'a, T> {
    network: &'a mut Network<T>,
    data: &'a Dataset<T>,
    plan: &'a TrainingPlan<T>,
    team: &'a Team,
    batches: Batches,
    learning_rate: &'a dyn LearningRate,
    /// Numbers of the test set's rows.
    test_rows: Vec<usize>,
}

impl<'a, T: Scalar> Supervised<'a, T> {
    /// Divides `network` for the team, and scales its weights where the plan says so.
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
        Self {
            learning_rate: plan.schedule.learning_rate(),
            test_rows: (0..data.test.samples()).collect(),
            network,
            data,
            plan,
            team,
            batches,
        }
    }
}

impl<T: Scalar> Task<T> for Supervised<'_, T> {
    fn network(&self) -> &Network<T> {
        self.network
    }

    fn network_mut(&mut self) -> &mut Network<T> {
        self.network
    }

    fn epoch(&self, step: u64) -> u64 {
        step / self.batches.per_epoch()
    }

    fn batch(&mut self, step: u64) -> Batch<T> {
        let Split { inputs, targets } = self.data.train.samples_at(self.batches.at(step));
        Batch::Samples(inputs, targets)
    }

    fn advance(&mut self, step: u64, is_logged: bool) -> StepResult {
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
            adversary: None,
            is_logged: is_logged || metrics.diverged_at.is_some(),
        }
    }

    fn evaluate(&mut self) -> Option<TestMetrics> {
        let (test, batch_size) = (&self.data.test, self.plan.batch_size);
        evaluate(self.network, test, &self.test_rows, batch_size, self.team)
    }
}

impl<T: Scalar> Snapshot for Supervised<'_, T> {
    fn updates(&self) -> u64 {
        self.network.updates()
    }

    fn buffers(&self) -> Vec<(String, Vec<u8>)> {
        self.network.buffers()
    }

    fn restore(
        &mut self,
        updates: u64,
        buffer: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), String> {
        self.network.restore(updates, buffer)
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
    type Evaluate<T> =
        fn(&mut Network<T>, &Split<T>, &[usize], usize, &Team) -> Option<TestMetrics>;
    compiled!(Evaluate<T> = evaluate_here)(network, split, portion, batch_size, team)
}

fn evaluate_here<T: Scalar>(
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
