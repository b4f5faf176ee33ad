//! Running one experiment: plan, network, run folder, training, summary.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{LoadedSpec, Precision, Spec};
use crate::lab::decay::Verdict;
use crate::lab::history::{History, LayerProfile};
use crate::lab::learned::{Evidence, Guessing, commonest, guessing_loss};
use crate::lab::machine::Machine;
use crate::lab::plan::Plan;
use crate::lab::prediction::Forecast;
use crate::lab::run_folder::{Destination, RunFolder};
use crate::lab::summary::{Divergence, SCHEMA_VERSION, Status, Summary, Times};
use crate::lab::theory::predict;
use crate::lab::weights;
use crate::nn::loss::Targets;
use crate::nn::network::{Capacity, Network};
use crate::nn::params::Draw;
use crate::study::data::DataSummary;
use crate::study::record::Recorder;
use crate::study::train::{Ending, StepRecord, Watch, first_batch, train};

/// What a run needs besides its spec.
pub struct RunOptions<'a> {
    /// Where the run folder goes.
    pub destination: Destination,
    /// Replace an earlier run.
    pub force: bool,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop after the step at hand.
    pub stop: &'a AtomicBool,
}

/// Who is told how a run goes, besides the files.
pub trait Audience: Watch + Send {
    /// The data has been read.
    fn loaded(&mut self, _data: &DataSummary) {}
    /// The run begins: `steps` updates lie ahead.
    fn begin(&mut self, name: &str, steps: u64);
    /// The run is over.
    fn end(&mut self);
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The run folder.
    pub folder: PathBuf,
    /// The summary.
    pub summary: Summary,
    /// log10 ‖∂L/∂h_l‖ of the hidden layers at the first and last logged step.
    pub profile: Vec<LayerProfile>,
}

/// Runs the spec of `loaded`. `None` if it was stopped before anything was worth keeping;
/// then no folder is left.
///
/// # Errors
/// Whatever keeps the experiment from being run or recorded. A problem found
/// before the first step leaves no folder; a later one (a full disk) leaves
/// the rows written so far and no `summary.json`.
pub fn run(
    loaded: &LoadedSpec,
    options: &RunOptions,
    audience: &mut dyn Audience,
) -> Result<Option<RunOutcome>, Problem> {
    match loaded.spec.precision {
        Precision::F32 => run_in::<f32>(loaded, options, audience),
        Precision::F64 => run_in::<f64>(loaded, options, audience),
    }
}

fn run_in<T: Scalar>(
    loaded: &LoadedSpec,
    options: &RunOptions,
    audience: &mut dyn Audience,
) -> Result<Option<RunOutcome>, Problem> {
    let plan = Plan::<T>::new(loaded.spec.clone(), &loaded.folder)?;
    audience.loaded(&plan.data.summary);
    let team = Team::new(options.threads)?;
    let mut network = network(&plan, &loaded.folder, &team)?;
    let inputs = inputs(&plan.spec, &loaded.folder);
    let folder = RunFolder::claim(&options.destination, options.force, &inputs)?;
    let schema = options.destination.schema_of(loaded);
    let mut saved = plan.spec.clone();
    saved.rebase_paths(&loaded.folder, folder.path());
    let saved = saved.to_toml(&schema);
    let opened = saved.and_then(|saved| {
        folder.write("spec.toml", saved.as_bytes())?;
        open_folder(&plan, &network, &folder, &team)
    });
    let recorder = match opened {
        Ok(recorder) => recorder,
        Err(problem) => {
            folder.abandon();
            return Err(problem);
        }
    };
    let outcome = run_in_folder(
        &plan,
        &mut network,
        &team,
        (&folder, recorder),
        options,
        audience,
    )?;
    if outcome.is_none() {
        folder.abandon();
    }
    Ok(outcome)
}

/// The files that `spec` reads.
fn inputs(spec: &Spec, base_dir: &Path) -> Vec<PathBuf> {
    let data = spec.data.source.input_files();
    let data = data.into_iter().map(|(_, file)| file);
    let weights = spec.network.weights.as_deref();
    data.chain(weights)
        .map(|file| base_dir.join(file))
        .collect()
}

/// Writes what is known before the first step, and opens the rest.
fn open_folder<'a, T: Scalar>(
    plan: &Plan<T>,
    network: &Network<T>,
    folder: &RunFolder,
    team: &'a Team,
) -> Result<Recorder<'a>, Problem> {
    if plan.spec.log.save_weights {
        folder.write("weights/initial.safetensors", &weights::to_bytes(network)?)?;
    }
    Recorder::create(folder.path(), team)
}

/// The network at its start: drawn by `team`, or from the spec's weights file, whose path
/// is relative to `base_dir`.
///
/// # Errors
/// If the weights file cannot be read or does not fit.
pub fn network<T: Scalar>(
    plan: &Plan<T>,
    base_dir: &Path,
    team: &Team,
) -> Result<Network<T>, Problem> {
    let classes = matches!(plan.data.train.targets, Targets::Classes(_));
    let loss = plan.spec.train.loss.clone();
    let capacity = Capacity {
        rows: plan.training.batch_size,
        classes,
    };
    let spec = &plan.spec.network;
    let draw = Draw {
        init: &spec.scheme(),
        seed: plan.spec.seed,
        team,
    };
    let graph = spec.graph(&plan.setting, false);
    let mut network = Network::new(graph, &draw, loss, capacity);
    if let Some(file) = &spec.weights {
        weights::load(&mut network, &base_dir.join(file))?;
    } else if spec.init.initializer().is_data_dependent() {
        let rows = first_batch(&plan.training, plan.data.train.samples());
        network.load(&plan.data.train.inputs, &plan.data.train.targets, &rows);
        network.scale_to_data();
    }
    Ok(network)
}

fn run_in_folder<T: Scalar>(
    plan: &Plan<T>,
    network: &mut Network<T>,
    team: &Team,
    (folder, mut recorder): (&RunFolder, Recorder),
    options: &RunOptions,
    audience: &mut dyn Audience,
) -> Result<Option<RunOutcome>, Problem> {
    let positions = network.layers().iter().map(|layer| layer.position);
    let positions = positions.map(|position| position.map(|p| p as usize));
    let mut history = History::new(positions.collect(), &plan.training);
    let started = (SystemTime::now(), Instant::now());
    audience.begin(&plan.spec.name, plan.training.steps);
    let ending = {
        let mut watchers = Watchers {
            history: &mut history,
            recorder: &mut recorder,
            audience,
        };
        train(
            network,
            &plan.data,
            &plan.training,
            &plan.optimizer,
            team,
            options.stop,
            &mut watchers,
        )
    };
    audience.end();
    let ending = ending?;
    recorder.flush()?;
    if recorder.logged_steps() == 0 {
        return Ok(None);
    }
    if plan.spec.log.save_weights {
        folder.write("weights/final.safetensors", &weights::to_bytes(network)?)?;
    }
    let seconds = started.1.elapsed().as_secs_f64();
    let (initial, last) = history.decays();
    let (status, diverged) = match ending {
        Ending::Completed => (Status::Completed, None),
        Ending::Interrupted => (Status::Interrupted, None),
        Ending::Diverged { step, layer } => {
            let name = network.layers()[layer - 1].name.clone();
            (Status::Diverged, Some(Divergence { step, layer, name }))
        }
    };
    let guessing = Guessing::of(&plan.data.train.targets);
    let test_samples = plan.data.test.samples() as u64;
    let learned_by = guessing.and_then(|guess| history.evidence(guess, test_samples, status));
    let verdict = Verdict::of_run(diverged.is_some(), Some(&initial), Some(&last))
        .expect("two steps have a verdict");
    let onset = history.onset(verdict).map(|onset| {
        let layer = onset.layer;
        onset.named(network.layers()[layer - 1].name.clone())
    });
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        vgrad_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: plan.spec.name.clone(),
        seed: plan.spec.seed,
        status,
        verdict,
        diverged,
        initial,
        last,
        steps: network.updates(),
        train_loss: history.train_loss,
        test_loss: history.test.map(|(_, test)| test.loss),
        test_accuracy: history.test.and_then(|(_, test)| test.accuracy),
        chance_accuracy: chance(&plan.data.test.targets),
        engine_bytes: plan.bytes as u64,
        machine: Machine::here(team.threads()),
        times: Times {
            started: humantime::format_rfc3339_seconds(started.0).to_string(),
            training_seconds: seconds,
            steps_per_second: network.updates() as f64 / seconds,
        },
        learned: learned_by.as_ref().map(Evidence::has_learned),
        learned_by,
        guessing_loss: guessing_loss(
            &plan.data.train.targets,
            plan.data.outputs(),
            plan.spec.train.loss.criterion(),
        ),
        onset,
        predicted: Some(Forecast::of(&plan.spec.name, predict(plan))),
    };
    folder.write("summary.json", summary.to_json().as_bytes())?;
    Ok(Some(RunOutcome {
        folder: folder.path().to_owned(),
        summary,
        profile: history.profile(),
    }))
}

/// What always naming the commonest class of the test set reaches.
fn chance<T>(targets: &Targets<T>) -> Option<f64> {
    match targets {
        Targets::Classes(classes) => commonest(classes),
        Targets::Numbers(_) => None,
    }
}

struct Watchers<'a, 'team> {
    history: &'a mut History,
    recorder: &'a mut Recorder<'team>,
    audience: &'a mut dyn Audience,
}

impl Watch for Watchers<'_, '_> {
    fn step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.recorder.step(record)?;
        self.history.note(record);
        self.audience.step(record)
    }

    fn before_evaluation(&mut self) -> Result<(), Problem> {
        self.recorder.before_evaluation()?;
        self.audience.before_evaluation()
    }
}
