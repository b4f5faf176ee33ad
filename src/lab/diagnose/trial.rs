//! A changed network tried for a few steps, in memory.

use std::sync::atomic::AtomicBool;

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{LoadedSpec, Precision};
use crate::lab::decay::Decay;
use crate::lab::experiment::network;
use crate::lab::history::History;
use crate::lab::learned::guessing_loss;
use crate::lab::plan::Plan;
use crate::study::train::{Callback, Ending, LogSteps, StepRecord, Trainer};

/// What came of a few steps.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Updates made.
    pub steps: u64,
    /// The gradients at step 0.
    pub initial: Decay,
    /// The loss of the last step's batch over that of guessing.
    pub loss: f64,
    /// Whether a norm or the loss stopped being finite.
    pub has_diverged: bool,
}

/// How a network is tried.
#[derive(Clone, Copy)]
pub struct TrialOptions<'a> {
    /// Updates to make, if the run makes as many.
    pub steps: u64,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
}

/// Trains the network of `loaded` for a few steps. `None` if it was stopped.
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
    // The ends alone are looked at.
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
    let (initial, _) = history.decays();
    let guessing = guessing_loss(
        &plan.data.train.targets,
        plan.data.outputs(),
        plan.loss.criterion::<T>(),
    );
    Ok(Some(Tried {
        steps: trainer.network().updates(),
        initial,
        loss: history.train_loss.unwrap_or(f64::NAN) / guessing.unwrap_or(f64::NAN),
        has_diverged: matches!(ending, Ending::Diverged { .. }),
    }))
}

/// Notes what the summary of a run needs.
struct Noted(History);

impl Callback for Noted {
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.0.note(record);
        Ok(())
    }
}
