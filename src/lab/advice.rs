//! What to try next: known cures, each of them tried on this very network
//! before it is named.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::base::Problem;
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::decay::Verdict;
use crate::lab::experiment::{RunCallback, RunOptions, RunOutcome, run};
use crate::lab::run_folder::Destination;
use crate::lab::summary::{Status, Summary};
use crate::study::train::{Callback, StepRecord};

/// The most hints given.
const MOST: usize = 3;
/// Updates that a trial makes, if the run makes as many: a cure that blows up
/// at once is none.
const STEPS: u64 = 40;
/// A trial longer than this is the last.
const PATIENCE: Duration = Duration::from_secs(1);
/// Decades by which a cure must bring the attenuation nearer to 0.
const CLEARLY: f64 = 1.0;

/// One thing to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Changes to the spec, as `--set` takes them.
    pub sets: Vec<String>,
    /// What it does.
    pub why: &'static str,
    /// The attenuation at step 0 with it, in decades.
    pub attenuation: f64,
}

/// How a changed network is tried.
pub struct Trials<'a> {
    /// Reads the spec with these changes besides its own; `None` if they do
    /// not fit.
    pub load: &'a dyn Fn(&[String]) -> Option<LoadedSpec>,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
}

/// The known cures, the mildest first.
fn cures(spec: &Spec) -> Vec<(Vec<String>, &'static str)> {
    let scale = 1.0 / (spec.network.depth as f64).sqrt();
    let scaled = format!("network.skip.identity.scale={scale:.3}");
    let cure = |sets: &[&str], why| (sets.iter().map(|set| (*set).to_owned()).collect(), why);
    vec![
        cure(
            &["network.init=he_normal"],
            "He's init makes up for the half that ReLU cuts off",
        ),
        cure(
            &["network.init=lecun_normal"],
            "LeCun's init keeps the variance of a linear map",
        ),
        cure(
            &["network.init.orthogonal.gain=1.1"],
            "an orthogonal map neither stretches nor shrinks; the gain makes up for φ",
        ),
        cure(
            &["network.init=lsuv"],
            "LSUV scales every layer to the data",
        ),
        cure(
            &["network.norm=batch"],
            "batch norm keeps every layer in φ's steep part",
        ),
        cure(
            &["network.norm=layer"],
            "layer norm keeps every layer in φ's steep part",
        ),
        cure(
            &[&scaled],
            "skips hand the gradient on; a scale of 1/√depth keeps their sum bounded",
        ),
        cure(
            &["network.activation=relu", "network.init=he_normal"],
            "an active ReLU has slope 1, and He's init matches it",
        ),
        cure(
            &["network.skip=rezero"],
            "every branch starts at 0, so the gradient arrives as it left",
        ),
    ]
}

/// At most three cures that brought the gradients of this network at step 0
/// clearly nearer to arriving, the best first; none where they arrive.
pub fn hints(spec: &Spec, summary: &Summary, trials: &Trials) -> Vec<Hint> {
    let initial = &summary.initial;
    if initial.verdict == Verdict::Healthy || summary.status == Status::Interrupted {
        return Vec::new();
    }
    let before = initial.attenuation_decades.unwrap_or(f64::NAN).abs();
    let mut hints = Vec::new();
    for (sets, why) in cures(spec) {
        let started = Instant::now();
        let Some(loaded) = (trials.load)(&sets).filter(|loaded| loaded.spec != *spec) else {
            continue;
        };
        let after = trials.attenuation(&loaded);
        // A loss that is no number is never nearer to 0.
        let is_nearer = |after: f64| before.is_nan() || after.abs() <= before - CLEARLY;
        if let Some(attenuation) = after.filter(|after| is_nearer(*after)) {
            hints.push(Hint {
                sets,
                why,
                attenuation,
            });
        }
        if started.elapsed() > PATIENCE {
            break;
        }
    }
    // Half a decade is no reason to prefer the stronger cure.
    hints.sort_by_key(|hint| (2.0 * hint.attenuation.abs()).round() as u64);
    hints.truncate(MOST);
    hints
}

impl Trials<'_> {
    /// The attenuation at step 0 of a network that gets through its first
    /// updates.
    fn attenuation(&self, loaded: &LoadedSpec) -> Option<f64> {
        let outcome = self.run(loaded).ok()??;
        let summary = &outcome.summary;
        let is_fit = summary.status == Status::Completed
            && !matches!(
                summary.initial.verdict,
                Verdict::Diverged | Verdict::Exploding
            )
            && summary.last.verdict != Verdict::Diverged;
        let attenuation = summary.initial.attenuation_decades?;
        (is_fit && attenuation.is_finite()).then_some(attenuation)
    }

    fn run(&self, loaded: &LoadedSpec) -> Result<Option<RunOutcome>, Problem> {
        let folder = tempfile::tempdir()
            .map_err(|error| Problem::new(format!("no temporary folder can be made: {error}")))?;
        let mut loaded = loaded.clone();
        let spec = &mut loaded.spec;
        spec.train.steps = Some(spec.train.steps.unwrap_or(STEPS).min(STEPS));
        spec.train.epochs = None;
        spec.log.save_weights = false;
        let options = RunOptions {
            destination: Destination::Exactly(folder.path().join("trial")),
            force: false,
            threads: self.threads,
            stop: self.stop,
        };
        run(&loaded, &options, &mut Silent)
    }
}

/// Tells nobody.
struct Silent;

impl Callback for Silent {
    fn on_step(&mut self, _: &StepRecord) -> Result<(), Problem> {
        Ok(())
    }
}

impl RunCallback for Silent {
    fn begin(&mut self, _: &str, _: u64) {}
    fn end(&mut self) {}
}
