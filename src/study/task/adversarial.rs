//! Training a generator against a discriminator: a step is some updates of the
//! discriminator, then one of the generator.

use ndarray::Array2;

use crate::base::Scalar;
use crate::base::team::Team;
use crate::batches::Batches;
use crate::data::Dataset;
use crate::nn::adversary::{Adversaries, DiscriminatorSide};
use crate::nn::architecture::GENERATOR;
use crate::nn::layer::Mode;
use crate::nn::loss::Targets;
use crate::nn::measure::{LayerSums, TensorRecord};
use crate::nn::network::{Capacity, Network};
use crate::nn::optim::StepInfo;
use crate::nn::params::Draw;
use crate::nn::snapshot::Snapshot;
use crate::nn::times::PhaseTimes;
use crate::nn::train_step::{Step, StepMetrics, Update};
use crate::schedule::LearningRate;
use crate::step_record::{AdversaryMetrics, StepResult, TestMetrics};
use crate::training_plan::{AdversaryPlan, TrainingPlan};

use super::generator_test::{GeneratorTest, fill};
use super::{Batch, Task};

/// A generator and a discriminator in training.
///
/// The discriminator's parameters are updated in a network of its own. The composed network,
/// whose layers are logged, borrows them: the generator's gradient passes through it.
pub struct Adversarial<'a, T> {
    composed: &'a mut Network<T>,
    discriminator: Network<T>,
    /// The generator's layers.
    layers: usize,
    data: &'a Dataset<T>,
    plan: &'a TrainingPlan<T>,
    adversary: &'a AdversaryPlan<T>,
    team: &'a Team,
    batches: Batches,
    learning_rate: &'a dyn LearningRate,
    discriminator_rate: &'a dyn LearningRate,
    /// 0, 1, … for all rows of a batch.
    rows: Vec<usize>,
    noise: Array2<T>,
    /// What the generator made of it.
    made: Array2<T>,
    /// The target of every sample that is real, and of every one that was made.
    real: Targets<T>,
    fake: Targets<T>,
    test: GeneratorTest<T>,
}

/// What the discriminator's last update tells of it, before it.
struct Judged {
    metrics: StepMetrics,
    loss: f64,
    real_score: f64,
    fake_score: f64,
}

impl<'a, T: Scalar> Adversarial<'a, T> {
    /// Divides `composed`, generator and discriminator as one network, for the team.
    pub fn new(
        composed: &'a mut Network<T>,
        data: &'a Dataset<T>,
        plan: &'a TrainingPlan<T>,
        team: &'a Team,
        adversary: &'a AdversaryPlan<T>,
    ) -> Self {
        let is_made = |name: &str| name.starts_with(GENERATOR);
        let made = composed
            .layers()
            .iter()
            .filter(|layer| is_made(&layer.name));
        let layers = made.count();
        let rows = plan.batch_size;
        let draw = Draw {
            init: &adversary.network.scheme(),
            seed: plan.seed,
            team,
        };
        let capacity = Capacity {
            rows,
            classes: false,
        };
        let graph = adversary.network.graph(&adversary.setting, false);
        let side = DiscriminatorSide(adversary.loss.clone());
        let mut discriminator = Network::new(graph, &draw, side, capacity);
        composed.borrow_after(layers);
        let own = discriminator.layer_params_mut().iter_mut();
        own.zip(composed.borrowed()).for_each(|(own, lent)| {
            own.trained.copy_from_slice(&lent.trained);
            own.running.copy_from_slice(&lent.running);
        });
        composed.divide(team);
        discriminator.divide(team);
        let (samples, tests) = (data.train.samples(), data.test.samples());
        let noise = composed.inputs();
        let of_all = |target: f64| {
            let target = T::from_f64(target);
            Targets::Numbers(Array2::from_elem((samples.max(tests), 1), target))
        };
        Self {
            composed,
            discriminator,
            layers,
            data,
            plan,
            adversary,
            team,
            batches: Batches::new(plan.seed, rows, samples),
            learning_rate: plan.schedule.learning_rate(),
            discriminator_rate: adversary.update.schedule.learning_rate(),
            rows: (0..samples.max(tests)).collect(),
            noise: Array2::zeros((rows, noise)),
            made: Array2::zeros((rows, data.features())),
            real: of_all(1.0),
            fake: of_all(0.0),
            test: GeneratorTest::new(plan.seed, &data.test.inputs, noise),
        }
    }

    /// The number of the discriminator's `k`-th update, from 0, in step `step`.
    fn number(&self, step: u64, k: u64) -> u64 {
        step * self.adversary.steps + k
    }

    /// Draws the noise of the `k`-th update in step `step`, from 0; the generator's is the
    /// last.
    fn draw(&mut self, step: u64, k: u64) {
        let number = step * (self.adversary.steps + 1) + k;
        fill(&mut self.noise, self.plan.seed, "noise", number);
    }

    /// The discriminator's `k`-th update in step `step`, or, where none `is_update`d, its
    /// gradients alone.
    fn judge(&mut self, [step, k]: [u64; 2], observe: bool, is_updated: bool) -> Judged {
        let number = self.number(step, k);
        let (plan, side) = (self.plan, &self.adversary.update);
        self.draw(step, k);
        let batch = &self.rows[..plan.batch_size];
        self.composed.load(&self.noise, &self.fake, batch);
        let mode = Mode::Training { step };
        let made = self.made.as_slice_mut().expect("row after row");
        self.composed.run_to(self.team, self.layers, mode, made);

        let losses = self.adversary.loss.losses();
        let real = self.batches.at(number);
        let inputs = &self.data.train.inputs;
        let discriminator = &mut self.discriminator;
        discriminator.load(inputs, &self.real, real);
        let of_real = discriminator.hold(self.team, is_updated);
        let real_score = mean_score(discriminator, losses);
        discriminator.load(&self.made, &self.fake, batch);
        let rate = self.discriminator_rate;
        let update = Update {
            optimizer: &side.optimizer,
            info: StepInfo {
                t: number + 1,
                learning_rate: rate.rate(side.learning_rate, step, plan.steps),
            },
        };
        let is_finite = of_real.diverged_at.is_none();
        let of_made = discriminator.step(
            self.team,
            Step {
                observe,
                clip: side.clip_grad_norm,
                update: Some(update).filter(|_| is_updated && is_finite),
                ..Step::default()
            },
        );
        let fake_score = mean_score(discriminator, losses);
        discriminator.release();
        let metrics = StepMetrics {
            diverged_at: of_real.diverged_at.or(of_made.diverged_at),
            ..of_made
        };
        if is_updated && metrics.diverged_at.is_none() {
            self.hand_over();
        }
        Judged {
            loss: of_real.loss + of_made.loss,
            metrics,
            real_score,
            fake_score,
        }
    }

    /// After an update of the discriminator: clips its weights, where they are, and lends
    /// them anew.
    fn hand_over(&mut self) {
        let own = self.discriminator.layer_params_mut().iter_mut();
        for (own, lent) in own.zip(self.composed.borrowed_mut()) {
            if let Some(limit) = self.adversary.weight_clip {
                own.clamp(limit, &mut lent.trained);
            }
            lent.trained.copy_from_slice(&own.trained);
            lent.running.copy_from_slice(&own.running);
        }
    }
}

/// The mean score of the batch of the last pass.
fn mean_score<T: Scalar>(discriminator: &Network<T>, losses: &dyn Adversaries) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for logit in discriminator.last_outputs() {
        sum += losses.score(logit);
        count += 1;
    }
    sum / f64::from(count)
}

impl<T: Scalar> Task<T> for Adversarial<'_, T> {
    fn network(&self) -> &Network<T> {
        self.composed
    }

    fn network_mut(&mut self) -> &mut Network<T> {
        self.composed
    }

    fn epoch(&self, step: u64) -> u64 {
        self.number(step, 0) / self.batches.per_epoch()
    }

    fn batch(&mut self, step: u64) -> Batch<T> {
        let mut named = Vec::new();
        for k in 0..self.adversary.steps {
            let batch = self.batches.at(self.number(step, k));
            let real = self.data.train.samples_at(batch).inputs;
            named.push((format!("discriminator.{}.inputs", k + 1), real));
            self.draw(step, k);
            let noise = self.noise.clone();
            named.push((format!("discriminator.{}.noise", k + 1), noise));
        }
        self.draw(step, self.adversary.steps);
        named.push(("noise".to_owned(), self.noise.clone()));
        named.push(("test_noise".to_owned(), self.test.noise.clone()));
        Batch::Named(named)
    }

    fn advance(&mut self, step: u64, is_logged: bool) -> StepResult {
        let plan = self.plan;
        let is_updated = step < plan.steps;
        let last = self.adversary.steps - 1;
        // Where nothing is updated, those before the last leave no trace.
        let mut k = if is_updated { 0 } else { last };
        let judged = loop {
            let observe = is_logged && k == last;
            let judged = self.judge([step, k], observe, is_updated);
            if k == last || judged.metrics.diverged_at.is_some() {
                break judged;
            }
            k += 1;
        };
        let lost = judged.metrics.diverged_at;
        self.draw(step, last + 1);
        let batch = &self.rows[..plan.batch_size];
        self.composed.load(&self.noise, &self.fake, batch);
        let learning_rate = self
            .learning_rate
            .rate(plan.learning_rate, step, plan.steps);
        let update = Update {
            optimizer: &plan.optimizer,
            info: StepInfo {
                t: step + 1,
                learning_rate,
            },
        };
        let mut metrics = self.composed.step(
            self.team,
            Step {
                observe: is_logged || lost.is_some(),
                clip: plan.clip_grad_norm,
                update: Some(update).filter(|_| is_updated && lost.is_none()),
                ..Step::default()
            },
        );
        let logit = self.composed.sums(self.composed.layers().len());
        let lost = lost.map(|layer| self.layers + layer);
        metrics.diverged_at = lost.or(metrics.diverged_at);
        StepResult {
            step,
            learning_rate,
            metrics,
            adversary: Some(AdversaryMetrics {
                discriminator_loss: judged.loss,
                real_score: judged.real_score,
                fake_score: judged.fake_score,
                loss_slope: (plan.batch_size as f64).sqrt() * logit.activation_grad.norm(),
            }),
            is_logged: is_logged || metrics.diverged_at.is_some(),
        }
    }

    fn evaluate(&mut self) -> Option<TestMetrics> {
        let real = &self.data.test.inputs;
        if real.nrows() == 0 {
            return None;
        }
        let portion = self.plan.batch_size;
        let portions = self.rows[..real.nrows()].chunks(portion);
        for (rows, made) in portions.zip(self.test.made.chunks_mut(portion * real.ncols())) {
            self.composed.load(&self.test.noise, &self.fake, rows);
            self.composed
                .run_to(self.team, self.layers, Mode::Evaluation, made);
        }
        Some(TestMetrics {
            loss: self.test.energy_distance(real, self.team),
            accuracy: None,
        })
    }

    fn measure_tensors(&mut self) -> Vec<TensorRecord> {
        self.discriminator.measure_tensors();
        self.composed.measure_tensors()
    }

    fn measure_times(&mut self, on: bool) {
        self.discriminator.measure_times(on);
        self.composed.measure_times(on);
    }

    fn times(&self) -> PhaseTimes {
        let networks = [&self.discriminator, &*self.composed];
        networks.into_iter().map(Network::times).sum()
    }

    fn sums(&self, l: usize) -> LayerSums {
        let sums = self.composed.sums(l);
        match l.checked_sub(self.layers) {
            Some(own) if own > 0 => LayerSums {
                params: self.discriminator.sums(own).params,
                ..sums
            },
            _ => sums,
        }
    }

    fn tensor_sums(&self, records: &mut [TensorRecord]) {
        self.composed.tensor_sums(records);
        let is_own = |record: &TensorRecord| record.layer <= self.layers;
        let own = records.partition_point(is_own);
        self.discriminator.tensor_sums(&mut records[own..]);
    }
}

/// What a buffer of either network is called.
const COMPOSED: &str = "composed.";
const DISCRIMINATOR: &str = "discriminator.";

impl<T: Scalar> Snapshot for Adversarial<'_, T> {
    fn updates(&self) -> u64 {
        self.composed.updates()
    }

    fn buffers(&self) -> Vec<(String, Vec<u8>)> {
        let of = |network: &Network<T>, prefix: &str| {
            let buffers = network.buffers().into_iter();
            let named = buffers.map(|(name, bytes)| (format!("{prefix}{name}"), bytes));
            named.collect::<Vec<_>>()
        };
        let composed = of(self.composed, COMPOSED);
        [composed, of(&self.discriminator, DISCRIMINATOR)].concat()
    }

    fn restore(
        &mut self,
        updates: u64,
        buffer: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), String> {
        let named = |prefix| move |name: &str| buffer(&format!("{prefix}{name}"));
        self.composed.restore(updates, &named(COMPOSED))?;
        let number = self.number(updates, 0);
        self.discriminator.restore(number, &named(DISCRIMINATOR))
    }
}
