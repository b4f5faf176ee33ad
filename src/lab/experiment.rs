//! Running one experiment: plan, network, run folder, training, summary.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{Precision, Spec};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::machine::Machine;
use crate::lab::plan::Plan;
use crate::lab::run_folder::{Destination, RunFolder};
use crate::lab::summary::{Divergence, SCHEMA_VERSION, Status, Summary, Times};
use crate::lab::weights;
use crate::nn::loss::Targets;
use crate::nn::network::Network;
use crate::study::columns::LayerName;
use crate::study::record::Recorder;
use crate::study::train::{Ending, StepRecord, TestFigures, Watch, first_batch, train};

/// What a run needs besides its spec.
pub struct RunOptions<'a> {
    /// The folder that the spec's paths are relative to.
    pub base_dir: &'a Path,
    /// Where the run folder goes.
    pub destination: Destination,
    /// Replace an earlier run.
    pub force: bool,
    /// Threads to use.
    pub threads: usize,
    /// The JSON Schema that the saved spec names in its first line.
    pub schema: &'a str,
    /// Set from outside to stop after the step at hand.
    pub stop: &'a AtomicBool,
}

/// Who is told how a run goes, besides the files.
pub trait Audience: Watch + Send {
    /// The run begins: `steps` updates lie ahead.
    fn begin(&mut self, name: &str, steps: u64);
    /// The run is over.
    fn end(&mut self);
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run folder.
    pub folder: PathBuf,
    /// The summary.
    pub summary: Summary,
    /// log10 ‖∂L/∂h_l‖ of the hidden layers at the first and last logged step.
    pub profile: Vec<LayerProfile>,
}

/// One hidden layer's activation-gradient norm at both ends of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerProfile {
    /// Number of the layer, from 1.
    pub layer: usize,
    /// At step 0.
    pub initial: f64,
    /// At the last logged step.
    pub last: f64,
}

/// Runs `spec`. `None` if it was stopped before anything was worth keeping;
/// then no folder is left.
///
/// # Errors
/// Whatever keeps the experiment from being run or recorded. A problem found
/// before the first step leaves no folder; a later one (a full disk) leaves
/// the rows written so far and no `summary.json`.
pub fn run(
    spec: Spec,
    options: &RunOptions,
    audience: &mut dyn Audience,
) -> Result<Option<Outcome>, Problem> {
    match spec.precision {
        Precision::F32 => run_in::<f32>(spec, options, audience),
        Precision::F64 => run_in::<f64>(spec, options, audience),
    }
}

fn run_in<T: Scalar>(
    spec: Spec,
    options: &RunOptions,
    audience: &mut dyn Audience,
) -> Result<Option<Outcome>, Problem> {
    let plan = Plan::<T>::new(spec, options.base_dir)?;
    let team = Team::new(options.threads)?;
    let mut network = network(&plan, options.base_dir, &team)?;
    let inputs = inputs(&plan.spec, options.base_dir);
    let folder = RunFolder::claim(&options.destination, options.force, &inputs)?;
    let recorder = match open_folder(&plan, &network, &folder, (options, &team)) {
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
    (options, team): (&RunOptions, &'a Team),
) -> Result<Recorder<'a>, Problem> {
    let mut saved = plan.spec.clone();
    saved.rebase_paths(options.base_dir, folder.path());
    folder.write("spec.toml", saved.to_toml(options.schema)?.as_bytes())?;
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
    let batch = plan.training.batch_size;
    let mut network = Network::drawn_by(team, &plan.architecture, loss, batch, classes);
    if let Some(file) = &plan.spec.network.weights {
        weights::load(&mut network, &base_dir.join(file))?;
    } else if plan.architecture.init.scheme().scales_to_data() {
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
) -> Result<Option<Outcome>, Problem> {
    let mut history = History::new(plan.architecture.main_path().collect());
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
            &plan.stepper,
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
            let name = LayerName {
                layer,
                layers: network.layers(),
            }
            .to_string();
            (Status::Diverged, Some(Divergence { step, layer, name }))
        }
    };
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        vgrad_version: env!("CARGO_PKG_VERSION"),
        name: plan.spec.name.clone(),
        seed: plan.spec.seed,
        status,
        verdict: if diverged.is_some() {
            Verdict::Diverged
        } else {
            initial.verdict
        },
        diverged,
        initial,
        last,
        steps: network.step(),
        train_loss: history.train_loss,
        test_loss: history.test.map(|test| test.loss),
        test_accuracy: history.test.and_then(|test| test.accuracy),
        chance_accuracy: chance(&plan.data.test.targets),
        engine_bytes: plan.bytes as u64,
        machine: Machine::here(team.threads()),
        times: Times {
            started: humantime::format_rfc3339_seconds(started.0).to_string(),
            training_seconds: seconds,
            steps_per_second: network.step() as f64 / seconds,
        },
    };
    folder.write("summary.json", summary.to_json().as_bytes())?;
    Ok(Some(Outcome {
        folder: folder.path().to_owned(),
        summary,
        profile: history.profile(),
    }))
}

/// Share of the commonest class: the accuracy of a constant guess.
fn chance<T>(targets: &Targets<T>) -> Option<f64> {
    let Targets::Classes(classes) = targets else {
        return None;
    };
    let mut counts = std::collections::BTreeMap::new();
    classes
        .iter()
        .for_each(|class| *counts.entry(class).or_insert(0u64) += 1);
    counts
        .values()
        .max()
        .map(|most| *most as f64 / classes.len() as f64)
}

/// What the summary needs of a run's steps.
struct History {
    main_path: Vec<usize>,
    /// (step, ‖∂L/∂h_l‖ per hidden layer) of the first and last logged step.
    ends: Option<[(u64, Vec<f64>); 2]>,
    train_loss: Option<f64>,
    test: Option<TestFigures>,
}

impl History {
    fn new(main_path: Vec<usize>) -> Self {
        Self {
            main_path,
            ends: None,
            train_loss: None,
            test: None,
        }
    }

    fn note(&mut self, record: &StepRecord) {
        self.test = record.test.or(self.test);
        let Some(layers) = record.layers else { return };
        self.train_loss = Some(record.figures.loss);
        let hidden = layers[..layers.len() - 1]
            .iter()
            .map(|layer| layer.activation_grad_norm);
        match &mut self.ends {
            None => {
                let norms: Vec<f64> = hidden.collect();
                self.ends = Some([(record.step, norms.clone()), (record.step, norms)]);
            }
            Some([_, last]) => {
                last.0 = record.step;
                last.1
                    .iter_mut()
                    .zip(hidden)
                    .for_each(|(slot, norm)| *slot = norm);
            }
        }
    }

    /// Decay at the first and the last logged step.
    fn decays(&self) -> (Decay, Decay) {
        let decay = |end: usize| {
            let (step, norms) = self
                .ends
                .as_ref()
                .map_or((0, &[][..]), |ends| (ends[end].0, &ends[end].1));
            let on_path: Vec<_> = self
                .main_path
                .iter()
                .filter_map(|&l| Some((l, *norms.get(l - 1)?)))
                .collect();
            Decay::measure(step, &on_path)
        };
        (decay(0), decay(1))
    }

    fn profile(&self) -> Vec<LayerProfile> {
        let Some([(_, initial), (_, last)]) = &self.ends else {
            return Vec::new();
        };
        let pairs = initial.iter().zip(last).enumerate();
        pairs
            .map(|(i, (initial, last))| LayerProfile {
                layer: i + 1,
                initial: *initial,
                last: *last,
            })
            .collect()
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
