//! One experiment over several seeds: its runs side by side, and what they
//! come to together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{ParallelBridge, ParallelIterator};
use serde::Serialize;

use crate::base::Problem;
use crate::lab::atomic_file::AtomicFile;
use crate::lab::config::LoadedSpec;
use crate::lab::experiment::{RunCallback, RunOptions, RunOutcome, run};
use crate::lab::json::Real;
use crate::lab::predictive::{Predictions, ensemble};
use crate::lab::records::Estimate;
use crate::lab::run_folder::{Destination, is_free};
use crate::lab::same_spec::is_of_spec;
use crate::lab::summary::{Status, Summary};

/// Version of the layout of `seeds.json`; it only grows.
const SCHEMA_VERSION: u32 = 1;
/// The file beside the folders of the seeds.
const FILE: &str = "seeds.json";

/// What a group of runs needs besides its spec.
pub struct SeedOptions<'a> {
    /// The folder that the seeds' folders go into.
    pub folder: PathBuf,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// Replace earlier runs.
    pub force: bool,
    /// Go on with what is in the folder: run the seeds that are missing.
    pub resume: bool,
    /// Threads to use in all.
    pub threads: usize,
    /// Set from outside to stop after the steps at hand.
    pub stop: &'a AtomicBool,
}

/// What a group of runs left.
#[derive(Debug)]
pub struct SeedGroup {
    /// The folder.
    pub folder: PathBuf,
    /// The runs that left something, by seed.
    pub outcomes: Vec<RunOutcome>,
    /// Whether every seed was run to its end.
    pub is_whole: bool,
    /// What the probabilities of the runs that were judged are worth together; of a lone
    /// run, its own.
    pub predictive: Option<Predictions>,
    /// Whether the spec asks for that.
    pub is_to_judge: bool,
}

/// `count` seeds from `first` on.
///
/// # Errors
/// If there is none, or the last is too large.
pub fn seed_range(first: u64, count: u64) -> Result<RangeInclusive<u64>, Problem> {
    let Some(more) = count.checked_sub(1) else {
        return Err(Problem::new("--seeds 0 would run nothing")
            .help("give the number of runs, 1 or more; --seed chooses the first seed"));
    };
    let last = first.checked_add(more);
    match last.filter(|last| i64::try_from(*last).is_ok()) {
        Some(last) => Ok(first..=last),
        None => Err(Problem::new(format!(
            "seed {first} and --seeds {count} go beyond the largest seed, 2^63 − 1"
        ))
        .help("start from a smaller seed")),
    }
}

/// Runs a spec once per seed, side by side: one thread each, or more where
/// there are fewer runs than threads. Each run is the same as by itself.
/// `callback` gives everyone who is told how a run goes.
///
/// # Errors
/// If the folder is taken, or a run fails: then the others that have begun are
/// finished first, and the error is that of the smallest seed.
pub fn run_seeds<'a>(
    loaded: &LoadedSpec,
    options: &SeedOptions,
    callback: impl Fn() -> Box<dyn RunCallback + 'a> + Sync,
) -> Result<SeedGroup, Problem> {
    let SeedOptions { folder, seeds, .. } = options;
    is_free_for(folder, seeds, options.force || options.resume)?;
    if options.resume {
        are_of_spec(folder, loaded)?;
    }
    // What it says holds no longer.
    let _ = std::fs::remove_file(folder.join(FILE));
    let count = seeds.end() - seeds.start() + 1;
    let at_once = usize::try_from(count).map_or(options.threads, |n| n.min(options.threads));
    let at_once = at_once.max(1);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(at_once)
        .build()
        .map_err(|error| Problem::new(format!("no threads could be started: {error}")))?;
    let has_failed = AtomicBool::new(false);
    let one = |seed: u64| {
        if has_failed.load(Ordering::Relaxed) || options.stop.load(Ordering::Relaxed) {
            return (seed, Ok(None));
        }
        let own = folder.join(format!("seed-{seed}"));
        let destination = if options.resume {
            Destination::Resumed(own)
        } else {
            Destination::Exactly(own)
        };
        let options = RunOptions {
            destination,
            force: options.force,
            threads: (options.threads / at_once).max(1),
            stop: options.stop,
        };
        let mut loaded = loaded.clone();
        loaded.spec.seed = seed;
        let outcome = run(&loaded, &options, &mut *callback());
        has_failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
        (seed, outcome)
    };
    // Handed out in order, so that what is stopped early lacks the last seeds.
    let mut ends: Vec<_> = pool.install(|| seeds.clone().par_bridge().map(one).collect());
    ends.sort_by_key(|(seed, _)| *seed);
    let ends: Result<Vec<_>, Problem> = ends.into_iter().map(|(_, end)| end).collect();
    let outcomes: Vec<RunOutcome> = ends?.into_iter().flatten().collect();
    let is_done = |outcome: &RunOutcome| outcome.summary.status != Status::Interrupted;
    let folders: Vec<PathBuf> = outcomes.iter().map(|own| own.folder.clone()).collect();
    let group = SeedGroup {
        predictive: match &outcomes[..] {
            [lone] => lone.summary.predictive.clone(),
            _ => ensemble(&folders)?,
        },
        is_to_judge: loaded.spec.train.predictive.is_some(),
        folder: folder.clone(),
        is_whole: outcomes.len() as u64 == count && outcomes.iter().all(is_done),
        outcomes,
    };
    if !group.outcomes.is_empty() {
        group.write()?;
    }
    Ok(group)
}

/// That these seeds may go into `folder`, as far as can be told before the
/// first one is run.
fn is_free_for(
    folder: &Path,
    seeds: &RangeInclusive<u64>,
    may_be_there: bool,
) -> Result<(), Problem> {
    is_free(folder).map_err(|problem| {
        problem.help("--seeds needs a folder without a run of its own: choose one with --out")
    })?;
    if may_be_there {
        return Ok(());
    }
    let taken = seeds_in(folder).into_iter();
    taken
        .filter(|(seed, _)| seeds.contains(seed))
        .try_for_each(|(_, run)| is_free(&run))
}

/// That the seeds that are there are of the spec that others are to be added to.
fn are_of_spec(folder: &Path, loaded: &LoadedSpec) -> Result<(), Problem> {
    let mut loaded = loaded.clone();
    seeds_in(folder).into_iter().try_for_each(|(seed, run)| {
        loaded.spec.seed = seed;
        is_of_spec(&run, &loaded)
    })
}

/// The folders of seeds in a folder, by seed.
fn seeds_in(folder: &Path) -> BTreeMap<u64, PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let seed = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let seed = name.to_str()?.strip_prefix("seed-")?.parse().ok()?;
        Some((seed, entry.path()))
    };
    entries.filter_map(seed).collect()
}

/// One figure over the seeds: its estimate, where every seed has a finite value, and
/// the values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedEstimate {
    /// The mean; `None` where a seed has no finite value.
    pub mean: Option<Real>,
    /// Lower end of the mean's 95 % interval by Student's t; `None` for one seed.
    pub low: Option<Real>,
    /// Upper end.
    pub high: Option<Real>,
    /// The smallest value.
    pub min: Option<Real>,
    /// The largest value.
    pub max: Option<Real>,
    /// The values in the order of the seeds; `None` where it does not apply.
    pub by_seed: Vec<Option<Real>>,
}

impl SeedEstimate {
    /// Of one value per seed.
    pub fn of(values: &[Option<f64>]) -> Self {
        let present: Vec<f64> = values.iter().copied().flatten().collect();
        let is_whole = present.len() == values.len() && present.iter().all(|x| x.is_finite());
        let estimate = (is_whole && !present.is_empty()).then(|| Estimate::of(&present));
        let interval = estimate.filter(Estimate::has_interval);
        Self {
            mean: estimate.map(|estimate| Real(estimate.mean)),
            low: interval.map(|estimate| Real(estimate.low)),
            high: interval.map(|estimate| Real(estimate.high)),
            min: present.iter().copied().min_by(f64::total_cmp).map(Real),
            max: present.iter().copied().max_by(f64::total_cmp).map(Real),
            by_seed: values.iter().map(|value| value.map(Real)).collect(),
        }
    }

    /// The ends of the interval, where there is one.
    pub fn interval(&self) -> Option<[f64; 2]> {
        Some([self.low?.0, self.high?.0])
    }
}

/// A layer over the seeds: log10 of its activation-gradient norm.
#[derive(Clone, Debug, Serialize)]
struct LayerSeedEstimate {
    layer: usize,
    initial: SeedEstimate,
    #[serde(rename = "final")]
    last: SeedEstimate,
}

/// `seeds.json`.
#[derive(Serialize)]
struct SeedsSummary {
    schema_version: u32,
    vgrad_version: &'static str,
    name: String,
    seeds: Vec<u64>,
    /// What `low` and `high` are.
    interval: &'static str,
    /// How many runs ended how.
    status: BTreeMap<String, usize>,
    /// How many have which verdict.
    verdict: BTreeMap<String, usize>,
    /// Figures of `summary.json` by their path in it.
    figures: BTreeMap<&'static str, SeedEstimate>,
    /// log10 of the activation-gradient norm of each hidden layer.
    layers: Vec<LayerSeedEstimate>,
    /// What the runs' probabilities are worth together, where `train.predictive` asked and
    /// it can be told.
    predictive: Option<Predictions>,
}

/// Takes a figure from a summary.
type Take = fn(&Summary) -> Option<f64>;

/// The figures of a summary that are told over the seeds.
const FIGURES: &[(&str, Take)] = &[
    ("initial.decay_decades_per_layer", |s| {
        s.initial.decay_decades_per_layer
    }),
    ("initial.attenuation_decades", |s| {
        s.initial.attenuation_decades
    }),
    ("final.decay_decades_per_layer", |s| {
        s.last.decay_decades_per_layer
    }),
    ("final.attenuation_decades", |s| s.last.attenuation_decades),
    ("train_loss", |s| s.train_loss),
    ("test_loss", |s| s.test_loss),
    ("test_accuracy", |s| s.test_accuracy),
];

impl SeedGroup {
    /// A figure over the seeds.
    pub fn figure(&self, take: impl Fn(&Summary) -> Option<f64>) -> SeedEstimate {
        let values = self.outcomes.iter().map(|outcome| take(&outcome.summary));
        SeedEstimate::of(&values.collect::<Vec<_>>())
    }

    fn write(&self) -> Result<(), Problem> {
        let path = self.folder.join(FILE);
        let failed = |error: std::io::Error| {
            Problem::in_file(&path, format!("could not be written: {error}"))
                .help("free some space or choose another place with --out")
        };
        let mut json = serde_json::to_string_pretty(&self.summary()).expect("keys are strings");
        json.push('\n');
        let file = AtomicFile::create(&path).map_err(failed)?;
        file.write(json.as_bytes()).map_err(failed)
    }

    fn summary(&self) -> SeedsSummary {
        let summaries = || self.outcomes.iter().map(|outcome| &outcome.summary);
        let count = |word: &dyn Fn(&Summary) -> String| {
            let mut counts = BTreeMap::new();
            for summary in summaries() {
                *counts.entry(word(summary)).or_insert(0) += 1;
            }
            counts
        };
        let layers = self.outcomes.iter().map(|outcome| outcome.profile.len());
        let layers = (0..layers.min().unwrap_or(0)).map(|i| {
            let log10 = |last: bool| {
                let norms = self.outcomes.iter().map(|outcome| {
                    let layer = &outcome.profile[i];
                    let norm = if last { layer.last } else { layer.initial };
                    Some(norm.log10())
                });
                SeedEstimate::of(&norms.collect::<Vec<_>>())
            };
            LayerSeedEstimate {
                layer: self.outcomes[0].profile[i].layer,
                initial: log10(false),
                last: log10(true),
            }
        });
        SeedsSummary {
            schema_version: SCHEMA_VERSION,
            vgrad_version: env!("CARGO_PKG_VERSION"),
            name: summaries().next().map_or(String::new(), |s| s.name.clone()),
            seeds: summaries().map(|summary| summary.seed).collect(),
            interval: "95 % interval of the mean by Student's t over the seeds",
            status: count(&|summary| word(&summary.status)),
            verdict: count(&|summary| word(&summary.verdict)),
            figures: FIGURES
                .iter()
                .map(|(name, take)| (*name, self.figure(take)))
                .collect(),
            layers: layers.collect(),
            predictive: self.predictive.clone(),
        }
    }
}

/// The name of an enum's value as JSON has it.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_students_around_the_mean() {
        // Mean 7/3, s = 1.527525, t(0.975, 2) = 4.302653 by scipy.stats.t.ppf(0.975, 2):
        // half of the interval 4.302653 · 1.527525 / √3 = 3.794583.
        let over = SeedEstimate::of(&[Some(1.0), Some(4.0), Some(2.0)]);
        let [low, high] = over.interval().unwrap();
        assert!((over.mean.unwrap().0 - 7.0 / 3.0).abs() < 1e-12);
        assert!((high - 7.0 / 3.0 - 3.794_583).abs() < 1e-5, "{high}");
        assert!((high + low - 14.0 / 3.0).abs() < 1e-12);
        assert_eq!((over.min, over.max), (Some(Real(1.0)), Some(Real(4.0))));
    }

    #[test]
    fn what_is_not_finite_has_no_mean() {
        let over = SeedEstimate::of(&[Some(1.0), Some(f64::INFINITY)]);
        assert_eq!((over.mean, over.low), (None, None));
        assert_eq!(over.max, Some(Real(f64::INFINITY)));
        let one = SeedEstimate::of(&[Some(1.0)]);
        assert_eq!((one.mean, one.interval()), (Some(Real(1.0)), None));
        assert_eq!(SeedEstimate::of(&[None, Some(1.0)]).mean, None);
    }

    #[test]
    fn no_seed_is_refused() {
        assert!(seed_range(0, 0).unwrap_err().help.is_some());
        assert_eq!(seed_range(3, 2), Ok(3..=4));
        assert!(seed_range(u64::MAX >> 1, 2).is_err());
    }
}
