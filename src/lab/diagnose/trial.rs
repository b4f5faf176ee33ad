//! A changed network tried for a few steps, in memory.

use std::sync::atomic::AtomicBool;

use ndarray::Array2;

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{LoadedSpec, Precision};
use crate::lab::decay::Decay;
use crate::lab::experiment::network;
use crate::lab::history::History;
use crate::lab::plan::Plan;
use crate::lab::theory::predict;
use crate::nn::loss::Targets;
use crate::study::data::Split;
use crate::study::train::{Callback, Ending, LogSteps, StepRecord, Trainer, evaluate};

/// Samples that a network is judged by, at most.
const SAMPLES: usize = 256;
/// The fewest of a test split that are not luck.
const FEWEST: usize = 16;

/// What came of a few steps.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Updates made.
    pub steps: u64,
    /// The gradients at step 0.
    pub initial: Decay,
    /// The gradients at the last one.
    pub last: Decay,
    /// The loss after the last update, in evaluation mode, over that of guessing on the same
    /// samples, of the test split where it has enough: one batch may be luck. NaN of a network
    /// that diverged.
    pub loss: f64,
    /// Whether a norm or the loss stopped being finite.
    pub has_diverged: bool,
    /// The attenuation that theory expects, where it says anything and single draws lie near it.
    pub predicted: Option<f64>,
}

/// How a network is tried.
pub struct TrialOptions<'a> {
    /// Updates to make, if the run makes as many.
    pub steps: u64,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// Whether a network is worth a trial of which theory expects this attenuation.
    pub is_worth: &'a dyn Fn(f64) -> bool,
}

/// Trains the network of `loaded` for a few steps. `None` if it was stopped, or is not worth it.
///
/// # Errors
/// If it cannot be run.
pub fn try_out(loaded: &LoadedSpec, options: &TrialOptions) -> Result<Option<Tried>, Problem> {
    match loaded.spec.precision {
        Precision::F32 => try_in::<f32>(loaded, options),
        Precision::F64 => try_in::<f64>(loaded, options),
    }
}

fn try_in<T: Scalar>(
    loaded: &LoadedSpec,
    options: &TrialOptions,
) -> Result<Option<Tried>, Problem> {
    let mut spec = loaded.spec.clone();
    spec.train.epochs = None;
    spec.train.steps = Some(options.steps);
    let mut plan = Plan::<T>::new(&spec, &loaded.folder)?;
    let theory = predict(&plan).ok();
    let theory = theory.filter(|theory| !theory.finite_width_dominates);
    let predicted = theory.map(|theory| theory.attenuation_decades.0);
    if predicted.is_some_and(|lost| !(options.is_worth)(lost)) {
        return Ok(None);
    }
    let judged = judged(&plan);
    // The ends alone are looked at, and no test set on the way.
    plan.data.test = nothing(plan.data.features(), &plan.data.test.targets);
    plan.training.log = LogSteps::Every(u64::MAX);
    plan.training.evaluate_every = u64::MAX;
    let team = Team::new(options.threads)?;
    let mut network = network(&plan, &loaded.folder, &team)?;
    let mut trainer = Trainer::new(&mut network, &plan.data, &plan.training, &team);
    let positions = trainer
        .network()
        .layers()
        .iter()
        .map(|layer| layer.position);
    let positions = positions.map(|position| position.map(|p| p as usize));
    let mut history = Noted(History::new(positions.collect(), &plan.training));
    let ending = trainer.train(options.stop, &mut history)?;
    if ending == Ending::Interrupted {
        return Ok(None);
    }
    let history = history.0;
    let (initial, last) = history.decays();
    let loss = judged
        .filter(|_| ending == Ending::Completed)
        .and_then(|(samples, guessing)| {
            let rows: Vec<usize> = (0..samples.samples()).collect();
            let batch_size = plan.training.batch_size;
            let reached = evaluate(trainer.network(), &samples, &rows, batch_size, &team)?;
            Some(reached.loss / guessing)
        });
    Ok(Some(Tried {
        steps: trainer.network().updates(),
        initial,
        last,
        loss: loss.unwrap_or(f64::NAN),
        has_diverged: matches!(ending, Ending::Diverged { .. }),
        predicted,
    }))
}

/// What a network is judged by, and the loss of guessing there: samples of the test split, as the
/// run itself; where that has few, or a class that nobody could guess, of the training split.
/// `None` of a generator.
fn judged<T: Scalar>(plan: &Plan<T>) -> Option<(Split<T>, f64)> {
    let test = Some(&plan.data.test).filter(|test| test.samples() >= FEWEST);
    let mut splits = test.into_iter().chain([&plan.data.train]);
    splits.find_map(|split| {
        // From all over the split: neighbours may be alike, such as the pixels of a border.
        let (all, some) = (split.samples(), split.samples().min(SAMPLES));
        let rows: Vec<usize> = (0..some).map(|i| i * all / some).collect();
        let samples = split.samples_at(&rows);
        let guessing = plan.guessing_loss_on(&samples.targets)?;
        guessing.is_finite().then_some((samples, guessing))
    })
}

/// A split of no sample.
fn nothing<T: Scalar>(features: usize, like: &Targets<T>) -> Split<T> {
    let targets = match like {
        Targets::Classes(_) => Targets::Classes(Vec::new()),
        Targets::Numbers(numbers) => Targets::Numbers(Array2::zeros((0, numbers.ncols()))),
    };
    Split {
        inputs: Array2::zeros((0, features)),
        targets,
    }
}

/// Notes what the summary of a run needs.
struct Noted(History);

impl Callback for Noted {
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.0.note(record);
        Ok(())
    }
}
