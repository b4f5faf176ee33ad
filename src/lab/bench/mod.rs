//! Measuring speed: steps per second with every column of every layer written
//! to CSV at every step, where the time goes, and what logging costs.

pub mod peak;
pub mod workloads;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::Serialize;
use tempfile::TempDir;

use self::peak::peak_gflops;
use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::{Precision, Spec};
use crate::lab::experiment::network;
use crate::lab::plan::Plan;
use crate::nn::times::PhaseTimes;
use crate::study::record::{Extras, Recorder};
use crate::study::train::{Callback, Trainer};

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions<'a> {
    /// The folder that the spec's paths are relative to.
    pub base_dir: &'a Path,
    /// Threads to use.
    pub threads: usize,
    /// Repeats with logging, and as many without, in turn.
    pub repeats: u32,
    /// Seconds that one repeat should take.
    pub seconds: f64,
    /// Set from outside to stop after the step at hand.
    pub stop: &'a AtomicBool,
}

/// What was measured; its fields are the keys of the JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchReport {
    /// The workload's name, or the spec's.
    pub workload: String,
    /// Threads used.
    pub threads: usize,
    /// Precision of the network, `f32` or `f64`.
    pub precision: &'static str,
    /// Steps per second with everything logged: the median of the repeats.
    pub steps_per_s: f64,
    /// The slowest repeat.
    pub min: f64,
    /// The fastest repeat.
    pub max: f64,
    /// Repeats.
    pub repeats: u32,
    /// Steps of one repeat.
    pub steps_per_repeat: u64,
    /// Floating-point operations of the matrix products alone, in 10⁹ per
    /// second of the whole step.
    pub gflops: f64,
    /// What the threads would reach with multiply-adds on registers alone, in
    /// 10⁹ per second: the single-thread peak, measured here, times `threads`.
    pub peak_gflops: f64,
    /// `gflops / peak_gflops`.
    pub share_of_peak: f64,
    /// Where the time of a logged step goes.
    pub shares: Shares,
    /// Median steps per second with nothing logged and nothing observed that
    /// only the log needs.
    pub unlogged_steps_per_s: f64,
    /// 1 − (time without logging / time with): the median over pairs of
    /// repeats. May come out below 0 where logging costs less than the
    /// measurement varies.
    pub logging_cost: f64,
}

/// Shares of a step's time, which add up to 1. The engine's parts are measured
/// in a pass of their own, which is not timed otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Matrix products.
    pub products: f64,
    /// Activation functions and their statistics.
    pub activations: f64,
    /// Norms of gradients.
    pub norms: f64,
    /// The optimizer, with the weights' norms.
    pub update: f64,
    /// Collecting the layers' metrics and writing them to the CSV files.
    pub logging: f64,
    /// Everything else.
    pub other: f64,
}

impl Shares {
    /// The shares of `seconds` of which `logging` went into logging; `times`
    /// split up what the engine took on `threads` threads.
    fn new(times: &PhaseTimes, threads: usize, seconds: f64, logging: f64) -> Self {
        let named = [times.products, times.activations, times.norms, times.update];
        let engine = seconds - logging;
        let whole = (engine * threads as f64).max(named.iter().sum::<f64>() + times.other);
        let [products, activations, norms, update] =
            named.map(|part| engine / seconds * part / whole);
        let logging = logging / seconds;
        Self {
            products,
            activations,
            norms,
            update,
            logging,
            other: 1.0 - products - activations - norms - update - logging,
        }
    }
}

/// Measures `spec`, step after step without end. `None` if it was stopped.
///
/// # Errors
/// Whatever keeps the spec from being run, a full disk, training that diverges.
pub fn bench(spec: Spec, options: &BenchOptions) -> Result<Option<BenchReport>, Problem> {
    let measured = match spec.precision {
        Precision::F32 => bench_in::<f32>(spec, options),
        Precision::F64 => bench_in::<f64>(spec, options),
    };
    match measured {
        Ok(report) => Ok(Some(report)),
        Err(Halt::Stopped) => Ok(None),
        Err(Halt::Problem(problem)) => Err(problem),
    }
}

/// Why a measurement ended early.
enum Halt {
    Stopped,
    Problem(Problem),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

fn bench_in<T: Scalar>(mut spec: Spec, options: &BenchOptions) -> Result<BenchReport, Halt> {
    // The clock ends it, not the spec.
    (spec.train.epochs, spec.train.steps) = (None, Some(u64::MAX));
    let plan = Plan::<T>::new(&spec, options.base_dir)?;
    let team = Team::new(options.threads)?;
    let mut network = network(&plan, options.base_dir, &team)?;
    let operations = plan.work.products;
    let folder = tempfile::tempdir()
        .map_err(|error| Problem::new(format!("no temporary folder could be made: {error}")))?;
    let peak = peak_gflops::<T>() * team.threads() as f64;
    let trainer = Trainer::new(&mut network, &plan.data, &plan.training, &team);
    let mut bench = Bench {
        trainer,
        next_step: 0,
        folder,
        team: &team,
        options,
    };
    let steps = bench.warm_up()?;
    let (mut logged, mut unlogged) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        logged.push(steps as f64 / bench.pass(steps, true)?.seconds);
        unlogged.push(steps as f64 / bench.pass(steps, false)?.seconds);
    }
    let shares = bench.shares(steps)?;
    let costs = logged
        .iter()
        .zip(&unlogged)
        .map(|(with, without)| 1.0 - with / without);
    let costs: Vec<f64> = costs.collect();
    let steps_per_s = median(&logged);
    let gflops = operations * steps_per_s / 1e9;
    Ok(BenchReport {
        workload: plan.name.clone(),
        threads: team.threads(),
        precision: T::NAME,
        steps_per_s,
        min: logged.iter().copied().fold(f64::INFINITY, f64::min),
        max: logged.iter().copied().fold(0.0, f64::max),
        repeats: options.repeats,
        steps_per_repeat: steps,
        gflops,
        peak_gflops: peak,
        share_of_peak: gflops / peak,
        shares,
        unlogged_steps_per_s: median(&unlogged),
        logging_cost: median(&costs),
    })
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        0.5 * (sorted[middle - 1] + sorted[middle])
    } else {
        sorted[middle]
    }
}

/// A measurement under way.
struct Bench<'a, T> {
    trainer: Trainer<'a, T>,
    next_step: u64,
    folder: TempDir,
    team: &'a Team,
    options: &'a BenchOptions<'a>,
}

/// What some steps took.
struct Pass {
    seconds: f64,
    /// The part of it that went into logging.
    logging: f64,
}

impl<T: Scalar> Bench<'_, T> {
    /// Makes `steps` steps. If `is_logged`, fresh CSV files get every column at
    /// every step, and the time includes that the last row is in its file.
    fn pass(&mut self, steps: u64, is_logged: bool) -> Result<Pass, Halt> {
        let mut recorder = is_logged
            .then(|| Recorder::create(self.folder.path(), self.team, Extras::default()))
            .transpose()?;
        let started = Instant::now();
        let mut logging = 0.0;
        for _ in 0..steps {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(Halt::Stopped);
            }
            let result = self.trainer.advance(self.next_step, is_logged);
            if result.diverged_at().is_some() {
                return Err(diverged(self.next_step).into());
            }
            self.next_step += 1;
            if let Some(recorder) = &mut recorder {
                let before = Instant::now();
                recorder.on_step(&self.trainer.record(&result, None))?;
                logging += before.elapsed().as_secs_f64();
            }
        }
        if let Some(recorder) = &mut recorder {
            let before = Instant::now();
            recorder.flush()?;
            logging += before.elapsed().as_secs_f64();
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(Pass { seconds, logging })
    }

    /// Runs until it is warm, for about a second or a repeat, whichever is
    /// less; says how many steps make one repeat.
    fn warm_up(&mut self) -> Result<u64, Halt> {
        let enough = 0.5 * self.options.seconds.min(1.0);
        self.pass(1, false)?;
        let mut steps = 1;
        loop {
            let seconds = self.pass(steps, true)?.seconds;
            if seconds >= enough {
                let per_step = seconds / steps as f64;
                return Ok((self.options.seconds / per_step).round().max(1.0) as u64);
            }
            steps *= 2;
        }
    }

    /// Where the time goes, from half a repeat.
    fn shares(&mut self, steps: u64) -> Result<Shares, Halt> {
        self.trainer.measure_times(true);
        let pass = self.pass(steps.div_ceil(2), true)?;
        let times = self.trainer.times();
        self.trainer.measure_times(false);
        Ok(Shares::new(
            &times,
            self.team.threads(),
            pass.seconds,
            pass.logging,
        ))
    }
}

fn diverged(step: u64) -> Problem {
    Problem::at_key(
        "train.learning_rate",
        format!("training diverged at step {step}, and the speed of NaNs says nothing"),
    )
    .help("lower it, e.g. --set train.learning_rate=1e-6: the speed does not depend on it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::bench::workloads::Workload;
    use crate::lab::config::Overrides;

    #[test]
    fn operations_are_counted_by_hand() {
        let loaded = Workload::named("W3").unwrap().spec(&Overrides::default());
        let plan = Plan::<f32>::new(&loaded.unwrap().spec, Path::new("")).unwrap();
        // Batch 64, 64 inputs: 100 maps of 64 × 64, the first without its
        // input gradient, and one of 64 × 10.
        let by_hand = 2 * 64 * (2 * 64 * 64 + 3 * 99 * 64 * 64 + 3 * 64 * 10);
        assert_eq!(plan.work.products, f64::from(by_hand));
    }

    /// A discriminator's updates are of the step too.
    #[test]
    fn operations_of_a_discriminator_are_counted() {
        let text = |updates: u64| {
            format!(
                "[data]\nsource = \"ring\"\n[network]\ndepth = 1\nwidth = 8\nactivation = \"relu\"\n\
                 [train]\nsteps = 1\nbatch_size = 10\nlearning_rate = 0.1\n\
                 [gan]\nnoise = 3\ndiscriminator_steps = {updates}\n\
                 [gan.discriminator]\ndepth = 1\nwidth = 8\nactivation = \"relu\"\n"
            )
        };
        let products = |updates: u64| {
            let path = Path::new("gan.toml");
            let loaded = Spec::from_text(path, text(updates), &Overrides::default());
            let plan = Plan::<f32>::new(&loaded.unwrap().spec, Path::new("")).unwrap();
            plan.work.products
        };
        // The discriminator 2 → 8 → 1 on two batches of 10, and the generator 3 → 8 → 2 forward,
        // a third of what the step of both leaves for it.
        let discriminator = f64::from(2 * 10 * (2 * 2 * 8 + 3 * 8));
        let both = f64::from(2 * 10 * (2 * 3 * 8 + 3 * (8 * 2 + 2 * 8 + 8)));
        let by_hand = 2.0 * discriminator + (both - discriminator) / 3.0;
        let each = products(3) - products(2);
        assert!((each - by_hand).abs() < 1e-6, "{each}, not {by_hand}");
    }

    #[test]
    fn shares_add_up_and_keep_their_proportions() {
        let times = PhaseTimes {
            products: 6.0,
            activations: 2.0,
            norms: 1.0,
            update: 3.0,
            other: 4.0,
        };
        // Two threads: 16 s of work in 8 s, and 2 s of logging besides.
        let shares = Shares::new(&times, 2, 10.0, 2.0);
        let expected = [0.3, 0.1, 0.05, 0.15, 0.2, 0.2];
        let found = [
            shares.products,
            shares.activations,
            shares.norms,
            shares.update,
            shares.logging,
            shares.other,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{shares:?}");
        }
        // What no part accounts for is `other`.
        let shares = Shares::new(
            &PhaseTimes {
                products: 2.0,
                ..Default::default()
            },
            1,
            10.0,
            5.0,
        );
        assert!((shares.products - 0.2).abs() < 1e-12 && (shares.other - 0.3).abs() < 1e-12);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
    }
}
