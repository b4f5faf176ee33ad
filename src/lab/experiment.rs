//! Running one experiment: plan, network, run folder, training, summary.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{Precision, Spec};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::learned::{Evidence, Guessing, commonest, guessing_loss};
use crate::lab::machine::Machine;
use crate::lab::onset::{Onset, OnsetTracker, PathNorm};
use crate::lab::plan::Plan;
use crate::lab::run_folder::{Destination, RunFolder};
use crate::lab::summary::{Divergence, SCHEMA_VERSION, Status, Summary, Times};
use crate::lab::weights;
use crate::nn::loss::Targets;
use crate::nn::measure::LayerMetrics;
use crate::nn::network::{Capacity, Network};
use crate::nn::params::Draw;
use crate::study::data::DataSummary;
use crate::study::record::Recorder;
use crate::study::train::{
    Ending, StepRecord, TestMetrics, TrainingPlan, Watch, first_batch, train,
};

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
    /// The data has been read.
    fn loaded(&mut self, _data: &DataSummary) {}
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
    audience.loaded(&plan.data.summary);
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
) -> Result<Option<Outcome>, Problem> {
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
        steps: network.step(),
        train_loss: history.train_loss,
        test_loss: history.test.map(|(_, test)| test.loss),
        test_accuracy: history.test.and_then(|(_, test)| test.accuracy),
        chance_accuracy: chance(&plan.data.test.targets),
        engine_bytes: plan.bytes as u64,
        machine: Machine::here(team.threads()),
        times: Times {
            started: humantime::format_rfc3339_seconds(started.0).to_string(),
            training_seconds: seconds,
            steps_per_second: network.step() as f64 / seconds,
        },
        learned: learned_by.as_ref().map(Evidence::has_learned),
        learned_by,
        guessing_loss: guessing_loss(
            &plan.data.train.targets,
            plan.data.outputs(),
            plan.spec.train.loss.criterion(),
        ),
        onset,
    };
    folder.write("summary.json", summary.to_json().as_bytes())?;
    Ok(Some(Outcome {
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

/// What the summary needs of a run's steps.
struct History {
    /// Per layer its place on the path.
    positions: Vec<Option<usize>>,
    /// Updates planned, and the samples of one.
    steps: u64,
    batch_size: u64,
    /// (step, ‖∂L/∂h_l‖ per layer) of the first and last logged step.
    ends: Option<[(u64, Vec<f64>); 2]>,
    train_loss: Option<f64>,
    /// The last look at the test set and the step it was taken at.
    test: Option<(u64, TestMetrics)>,
    epoch: Epoch,
    onsets: OnsetTracker,
    /// The norms of a step along the path; kept for its memory.
    norms: Vec<PathNorm>,
    /// The first value that is not finite.
    non_finite: Option<Onset>,
}

/// Sums over the updates of an epoch.
#[derive(Default)]
struct Epoch {
    number: u64,
    updates: u64,
    loss: f64,
    accuracy: Option<f64>,
}

impl History {
    fn new(positions: Vec<Option<usize>>, plan: &TrainingPlan) -> Self {
        Self {
            positions,
            steps: plan.steps,
            batch_size: plan.batch_size as u64,
            ends: None,
            train_loss: None,
            test: None,
            epoch: Epoch::default(),
            onsets: OnsetTracker::default(),
            norms: Vec::new(),
            non_finite: None,
        }
    }

    fn note(&mut self, record: &StepRecord) {
        self.test = record.test.map(|test| (record.step, test)).or(self.test);
        // The row after the last update belongs to no epoch of training.
        if record.step < self.steps {
            self.epoch.add(record);
        }
        let Some(layers) = record.layers else { return };
        self.train_loss = Some(record.metrics.loss);
        let norms = || layers.iter().map(|layer| layer.activation_grad_norm);
        match &mut self.ends {
            None => {
                let norms: Vec<f64> = norms().collect();
                self.ends = Some([(record.step, norms.clone()), (record.step, norms)]);
            }
            Some([_, last]) => {
                last.0 = record.step;
                last.1
                    .iter_mut()
                    .zip(norms())
                    .for_each(|(slot, norm)| *slot = norm);
            }
        }
        self.norms.clear();
        let on_path = norms().enumerate().zip(&self.positions);
        self.norms
            .extend(on_path.filter_map(|((i, norm), position)| {
                Some(PathNorm {
                    layer: i + 1,
                    position: (*position)?,
                    norm: Some(norm),
                })
            }));
        self.onsets.step(record.step, &self.norms);
        if self.non_finite.is_none() && record.metrics.diverged_at.is_some() {
            self.non_finite = Some(non_finite(record, layers));
        }
    }

    /// Decay at the first and the last logged step.
    fn decays(&self) -> (Decay, Decay) {
        let ends = self.ends.as_ref().expect("a step was logged");
        let decay = |end: usize| {
            let (step, norms) = &ends[end];
            let norms = norms.iter().zip(&self.positions);
            let on_path: Vec<_> = norms
                .filter_map(|(norm, position)| Some(((*position)?, Some(*norm))))
                .collect();
            Decay::measure(*step, &on_path).expect("every network has a layer on its path")
        };
        (decay(0), decay(1))
    }

    /// Where it began to fail.
    fn onset(&self, verdict: Verdict) -> Option<Onset> {
        match verdict {
            Verdict::Diverged => self.non_finite.clone(),
            _ => self.onsets.onset(verdict),
        }
    }

    /// What tells whether the network learned: the last look at the test set,
    /// without one the last epoch's mean. A run that was stopped before it
    /// looked at the test set a second time does not tell.
    fn evidence(&self, guess: Guessing, test_samples: u64, status: Status) -> Option<Evidence> {
        if self.steps == 0 {
            return None;
        }
        let is_accuracy = guess.is_accuracy();
        if let Some((step, test)) = &self.test {
            if *step == 0 && status == Status::Interrupted {
                return None;
            }
            return if is_accuracy {
                Some(guess.against("test_accuracy", test.accuracy?, test_samples))
            } else {
                Some(guess.against("test_loss", test.loss, test_samples))
            };
        }
        let (quantity, sum) = if is_accuracy {
            ("train_accuracy", self.epoch.accuracy?)
        } else {
            ("train_loss", self.epoch.loss)
        };
        let updates = self.epoch.updates;
        (updates > 0)
            .then(|| guess.against(quantity, sum / updates as f64, updates * self.batch_size))
    }

    fn profile(&self) -> Vec<LayerProfile> {
        let Some([(_, initial), (_, last)]) = &self.ends else {
            return Vec::new();
        };
        let pairs = initial.iter().zip(last).enumerate();
        // All but the output layer.
        pairs
            .take(initial.len().saturating_sub(1))
            .map(|(i, (initial, last))| LayerProfile {
                layer: i + 1,
                initial: *initial,
                last: *last,
            })
            .collect()
    }
}

impl Epoch {
    fn add(&mut self, record: &StepRecord) {
        if record.epoch != self.number {
            *self = Self {
                number: record.epoch,
                ..Self::default()
            };
        }
        self.updates += 1;
        self.loss += record.metrics.loss;
        if let Some(accuracy) = record.metrics.accuracy {
            *self.accuracy.get_or_insert(0.0) += accuracy;
        }
    }
}

/// The layer nearest the output with a norm that is not finite; the output
/// layer where only the loss is not.
fn non_finite(record: &StepRecord, layers: &[LayerMetrics]) -> Onset {
    let of_layer = |layer: &LayerMetrics| {
        let norms = [
            Some(layer.activation_grad_norm),
            Some(layer.delta_norm),
            Some(layer.weight_grad_norm),
            layer.bias_grad_norm,
        ];
        norms.into_iter().flatten().find(|norm| !norm.is_finite())
    };
    let mut from_output = layers.iter().enumerate().rev();
    let found = from_output.find_map(|(i, layer)| Some((i + 1, of_layer(layer)?)));
    let (layer, value) = found.unwrap_or((layers.len(), record.metrics.loss));
    Onset::non_finite(record.step, layer, Some(value))
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
