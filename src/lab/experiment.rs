//! Running one experiment: plan, network, run folder, training, summary.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::batch_file;
use crate::lab::callbacks::Callbacks;
pub use crate::lab::callbacks::RunCallback;
use crate::lab::checkpoint::{Checkpoint, Checkpointer, Fingerprint, fingerprint};
use crate::lab::config::{LoadedSpec, Precision, Spec};
use crate::lab::decay::Verdict;
use crate::lab::finished::finished;
use crate::lab::history::{History, LayerProfile};
use crate::lab::learned::{Evidence, Guessing};
use crate::lab::machine::Machine;
use crate::lab::plan::Plan;
use crate::lab::prediction::Forecast;
use crate::lab::predictive::{self, Predictions};
use crate::lab::run_folder::{Destination, RunFolder};
use crate::lab::same_spec::is_of_spec;
use crate::lab::summary::{Divergence, SCHEMA_VERSION, Status, Summary, Times};
use crate::lab::theory::predict;
use crate::lab::weights;
use crate::nn::loss::{Targets, psnr};
use crate::nn::network::{Capacity, Network};
use crate::nn::params::Draw;
use crate::nn::snapshot::Snapshot;
use crate::study::record::Recorder;
use crate::study::train::{Ending, Trainer};

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

/// What a run left.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The run folder.
    pub folder: PathBuf,
    /// The summary.
    pub summary: Summary,
    /// ‖∂L/∂h_l‖ of the hidden layers at the first and last logged step.
    pub profile: Vec<LayerProfile>,
    /// Whether it had come to its end before, and nothing was done.
    pub was_over: bool,
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
    callback: &mut dyn RunCallback,
) -> Result<Option<RunOutcome>, Problem> {
    match loaded.spec.precision {
        Precision::F32 => run_in::<f32>(loaded, options, callback),
        Precision::F64 => run_in::<f64>(loaded, options, callback),
    }
}

fn run_in<T: Scalar>(
    loaded: &LoadedSpec,
    options: &RunOptions,
    callback: &mut dyn RunCallback,
) -> Result<Option<RunOutcome>, Problem> {
    if let Destination::Resumed(path) = &options.destination {
        is_of_spec(path, loaded)?;
    }
    if let Some(path) = options.destination.resumed()
        && let Some((summary, profile)) = finished(path)?
    {
        return Ok(Some(RunOutcome {
            folder: path.to_owned(),
            summary,
            profile,
            was_over: true,
        }));
    }
    let plan = Plan::<T>::new(&loaded.spec, &loaded.folder)?;
    callback.loaded(&plan.data.summary);
    let team = Team::new(options.threads)?;
    let mut network = network(&plan, &loaded.folder, &team)?;
    let mut trainer = Trainer::new(&mut network, &plan.data, &plan.training, &team);
    let inputs = inputs(&loaded.spec, &loaded.folder);
    let experiment = Experiment {
        loaded,
        plan: &plan,
        team: &team,
        folder: RunFolder::claim(&options.destination, options.force, &inputs)?,
    };
    let schema = options.destination.schema_of(loaded);
    let begun = match options.destination.resumed() {
        Some(_) => experiment.resume(trainer.snapshot(), &inputs, &schema)?,
        None => None,
    };
    let begun = match begun.map_or_else(|| experiment.open(&mut trainer, &schema), Ok) {
        Ok(begun) => begun,
        Err(problem) => {
            experiment.folder.abandon();
            return Err(problem);
        }
    };
    let outcome = experiment.train(&mut trainer, begun, options.stop, callback)?;
    if outcome.is_none() {
        experiment.folder.abandon();
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
    let is_made = plan.training.adversary.is_some();
    let classes = matches!(plan.data.train.targets, Targets::Classes(_)) && !is_made;
    let capacity = Capacity {
        rows: plan.training.batch_size,
        classes,
    };
    let draw = Draw {
        init: &plan.network.scheme(),
        seed: plan.training.seed,
        team,
    };
    let mut network = Network::new(plan.graph(), &draw, plan.objective(), capacity);
    if let Some(file) = &plan.network.weights {
        weights::load(&mut network, &base_dir.join(file))?;
    }
    Ok(network)
}

/// What a run goes on with: its files, and what has been noted of it.
struct Begun<'a> {
    recorder: Recorder<'a>,
    history: History,
}

/// An experiment in its folder.
struct Experiment<'a, T> {
    loaded: &'a LoadedSpec,
    plan: &'a Plan<T>,
    team: &'a Team,
    folder: RunFolder,
}

impl<'a, T: Scalar> Experiment<'a, T> {
    /// The spec as it stands in the folder.
    fn saved(&self) -> Spec {
        let mut spec = self.loaded.spec.clone();
        spec.log.evaluate_every = Some(self.plan.training.evaluate_every);
        spec.rebase_paths(&self.loaded.folder, self.folder.path());
        spec
    }

    fn write_spec(&self, schema: &str) -> Result<(), Problem> {
        let mut spec = self.saved();
        spec.network.fill_in();
        let text = spec.to_toml(schema)?;
        self.folder.write("spec.toml", text.as_bytes())
    }

    /// Writes what is known before the first step, and opens the rest.
    fn open(&self, trainer: &mut Trainer<T>, schema: &str) -> Result<Begun<'a>, Problem> {
        self.write_spec(schema)?;
        if self.loaded.spec.log.save_batch {
            let points = self.plan.setting.points();
            let bytes = batch_file::to_bytes(&trainer.batch(0), points)?;
            self.folder.write("batch.safetensors", &bytes)?;
        }
        let network = &*trainer.network();
        self.save_weights("weights/initial.safetensors", network)?;
        let layers = network.layers().iter();
        let positions = layers.map(|layer| layer.position.map(|place| place as usize));
        let extras = self.loaded.spec.extras();
        Ok(Begun {
            recorder: Recorder::create(self.folder.path(), self.team, extras)?,
            history: History::new(positions.collect(), &self.plan.training),
        })
    }

    /// Takes up the newest checkpoint; without one the folder is made empty.
    fn resume(
        &self,
        network: &mut dyn Snapshot,
        inputs: &[PathBuf],
        schema: &str,
    ) -> Result<Option<Begun<'a>>, Problem> {
        if self.folder.is_new() {
            return Ok(None);
        }
        let folder = self.folder.path();
        let data = fingerprint(&self.loaded.spec, &self.plan.data);
        let Some(found) = Checkpoint::newest(folder, &self.saved(), data.as_deref())? else {
            self.folder.clear(inputs)?;
            return Ok(None);
        };
        let recorded = found.recorded().clone();
        let history = found.restore(network)?;
        let extras = self.loaded.spec.extras();
        let recorder = Recorder::resume(folder, self.team, extras, &recorded)?;
        // What it says holds no longer.
        self.folder.remove("summary.json");
        // What the run is called, and how it is kept, may have changed.
        self.write_spec(schema)?;
        Ok(Some(Begun { recorder, history }))
    }

    fn save_weights(&self, file: &str, network: &Network<T>) -> Result<(), Problem> {
        if self.loaded.spec.log.save_weights {
            self.folder.write(file, &weights::to_bytes(network)?)?;
        }
        Ok(())
    }

    /// Trains, and writes what it came to. `None` if it was stopped before the first step.
    fn train(
        &self,
        trainer: &mut Trainer<T>,
        begun: Begun,
        stop: &AtomicBool,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<RunOutcome>, Problem> {
        let plan = self.plan;
        let Begun {
            mut recorder,
            mut history,
        } = begun;
        let from = trainer.network().updates();
        let folder = self.folder.path();
        let fingerprint = || fingerprint(&self.loaded.spec, &plan.data);
        let data = Fingerprint::new(Box::new(fingerprint));
        let mut checkpointer = Checkpointer::new(folder, &self.saved(), data, from)?;
        let started = (SystemTime::now(), Instant::now());
        callback.begin(&plan.name, plan.training.steps);
        let ending = trainer.train(
            stop,
            &mut Callbacks {
                history: &mut history,
                recorder: &mut recorder,
                checkpointer: &mut checkpointer,
                callback: &mut *callback,
            },
        );
        callback.end();
        let ending = ending?;
        recorder.flush()?;
        if recorder.logged_steps() == 0 {
            return Ok(None);
        }
        let network = trainer.network();
        self.save_weights("weights/final.safetensors", network)?;
        let seconds = started.1.elapsed().as_secs_f64();
        let times = Times {
            started: humantime::format_rfc3339_seconds(started.0).to_string(),
            training_seconds: seconds,
            steps_per_second: (network.updates() - from) as f64 / seconds,
        };
        let mut summary = self.summary(network, &history, ending, times);
        summary.predictive = self.judge(network, ending)?;
        self.folder
            .write("summary.json", summary.to_json().as_bytes())?;
        if summary.status != Status::Interrupted {
            checkpointer.end();
        }
        Ok(Some(RunOutcome {
            folder: self.folder.path().to_owned(),
            summary,
            profile: history.profile(self.plan.network.along()),
            was_over: false,
        }))
    }

    /// Judges the trained network's probabilities, where the spec asks, and writes them.
    fn judge(
        &self,
        network: &mut Network<T>,
        ending: Ending,
    ) -> Result<Option<Predictions>, Problem> {
        let plan = self.plan;
        let Some(how) = self.loaded.spec.train.predictive else {
            return Ok(None);
        };
        if ending != Ending::Completed || plan.data.test.samples() == 0 {
            return Ok(None);
        }
        let batch_size = plan.training.batch_size;
        let (predictions, table) =
            predictive::predict(network, &plan.data, how, batch_size, self.team)?;
        self.folder.write(predictive::FILE, &table)?;
        Ok(Some(predictions))
    }

    fn summary(
        &self,
        network: &Network<T>,
        history: &History,
        ending: Ending,
        times: Times,
    ) -> Summary {
        let plan = self.plan;
        let name = |layer: usize| network.layers()[layer - 1].name.clone();
        let (initial, last) = history.decays();
        let (status, diverged) = match ending {
            Ending::Completed => (Status::Completed, None),
            Ending::Interrupted => (Status::Interrupted, None),
            Ending::Diverged { step, layer } => {
                let name = name(layer);
                (Status::Diverged, Some(Divergence { step, layer, name }))
            }
        };
        // A generator has no targets to be guessed.
        let has_targets = plan.training.adversary.is_none();
        let known = &plan.data.train.targets;
        let judged = match history.test {
            Some(_) => &plan.data.test.targets,
            None => known,
        };
        let guessing = Guessing::on(known, judged).filter(|_| has_targets);
        let test_loss = history.test.map(|(_, test)| test.loss);
        let test_samples = plan.data.test.targets.len() as u64;
        let learned_by = guessing.and_then(|guess| history.evidence(guess, test_samples, status));
        let verdict = Verdict::of_run(diverged.is_some(), Some(&initial), Some(&last))
            .expect("two steps have a verdict");
        let onset = history.onset(verdict).map(|onset| {
            let name = name(onset.layer);
            onset.named(name)
        });
        Summary {
            schema_version: SCHEMA_VERSION,
            vgrad_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: plan.name.clone(),
            seed: plan.training.seed,
            status,
            verdict,
            diverged,
            loss_slope: last.loss_slope,
            initial,
            last,
            steps: network.updates(),
            train_loss: history.train_loss,
            test_loss,
            test_step: history.test.map(|(step, _)| step),
            test_accuracy: history.test.and_then(|(_, test)| test.accuracy),
            test_psnr: test_loss.filter(|_| self.loaded.spec.has_psnr()).map(psnr),
            along: plan.network.along(),
            chance_accuracy: guessing.and_then(Guessing::accuracy),
            engine_bytes: plan.bytes as u64,
            machine: Machine::here(self.team.threads()),
            times,
            learned: learned_by.as_ref().map(Evidence::has_learned),
            learned_by,
            guessing_loss: plan.guessing_loss(),
            onset,
            predictive: None,
            predicted: Some(Forecast::of(&plan.name, predict(plan))),
        }
    }
}
