//! What cures a network, by experiment: the spec as it is, each known cure by
//! itself, then the best in pairs, over several seeds and ranked.

mod changes;
mod cures;
mod folders;
mod forms;
mod patient;
mod ranked_cures;
mod ranking;
mod report;
mod result;
mod trial;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

pub use self::changes::{critical_clip, eps};
pub use self::cures::{CRITICAL_CLIP, CURES, Cure, CureKind, SLOWER_DISCRIMINATOR, USUAL_RATE};
use self::folders::folder_of;
pub use self::forms::FORMS;
pub use self::patient::Patient;
pub use self::ranked_cures::RankedCures;
pub use self::report::{CureRow, Remedies};
pub use self::result::CureResult;
use self::trial::{Trial, TrialEnd, TrialOrder, update_ratio};
use crate::base::Problem;
use crate::lab::config::{LoadedSpec, SpecError};
use crate::lab::experiment::RunCallback;
use crate::lab::run_folder::is_free;

/// The name of the spec as it is.
pub const BASELINE: &str = "as it is";
/// The most pairs that are tried.
const PAIRS: usize = 4;

/// How the cures are tried.
pub struct RemedyOptions<'a> {
    /// Reads the spec with these changes besides its own.
    pub load: &'a (dyn Fn(&[String]) -> Result<LoadedSpec, SpecError> + Sync),
    /// The folder that everything goes into.
    pub folder: PathBuf,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// Replace runs of another spec.
    pub force: bool,
    /// Threads to use in all.
    pub threads: usize,
    /// Set from outside to stop after the steps at hand.
    pub stop: &'a AtomicBool,
    /// The attenuation that theory expects of a spec, in decades.
    pub predict: &'a (dyn Fn(&LoadedSpec) -> Option<f64> + Sync),
    /// The weight variance × fan_in at which the spec's activation keeps
    /// gradients, where there is one.
    pub critical: Option<f64>,
}

/// Who is told how the trials go.
pub trait TrialCallbacks: Sync {
    /// So many runs lie ahead, more than was told before.
    fn more(&self, runs: u64);
    /// Follows one run.
    fn follower(&self) -> Box<dyn RunCallback + '_>;
}

/// Something to be tried.
struct Candidate {
    name: String,
    why: String,
    kind: CureKind,
    sets: Vec<String>,
    /// The changed spec, or why it does not apply.
    spec: Result<LoadedSpec, String>,
}

/// Tries the cures of the spec of `loaded`. `None` if it was stopped; what was
/// done is kept in the folder, and not done again the next time. Nothing is left
/// where nothing was done.
///
/// # Errors
/// If the folder is taken, two cures would share one, the spec itself cannot be run,
/// or a disk is full.
pub fn remedies(
    loaded: &LoadedSpec,
    options: &RemedyOptions,
    callback: &dyn TrialCallbacks,
) -> Result<Option<Remedies>, Problem> {
    folders::are_told_apart(&loaded.spec.remedy)?;
    is_free(&options.folder)?;
    let found = try_and_rank(loaded, options, callback)?;
    if found.is_none() {
        folders::remove_empty(&options.folder, &loaded.spec.remedy);
    }
    Ok(found)
}

fn try_and_rank(
    loaded: &LoadedSpec,
    options: &RemedyOptions,
    callback: &dyn TrialCallbacks,
) -> Result<Option<Remedies>, Problem> {
    let baseline = Candidate {
        name: BASELINE.to_owned(),
        why: String::new(),
        kind: CureKind::Gradients,
        sets: Vec::new(),
        spec: Ok(loaded.clone()),
    };
    let series = Series { options, callback };
    let Some(mut first) = series.try_all(vec![baseline])? else {
        return Ok(None);
    };
    let baseline = first.pop().expect("one was tried");
    let Some(patient) = baseline.trials.first() else {
        let reason = baseline.reason.unwrap_or_default();
        return Err(Problem::new(format!("the spec cannot be run: {reason}")));
    };
    let folder = options.folder.join(folder_of(BASELINE));
    let folder = folder.join(format!("seed-{}", options.seeds.start()));
    let patient = Patient {
        spec: &loaded.spec,
        verdict: patient.summary.verdict,
        initial: &patient.summary.initial,
        update_ratio: update_ratio(&folder),
        critical: options.critical,
        caution: 1.0,
    };
    let Some(mut tried) = series.try_all(singles(&patient, options))? else {
        return Ok(None);
    };
    let pairs = pairs(&baseline, &tried, options);
    let Some(paired) = series.try_all(pairs)? else {
        return Ok(None);
    };
    tried.extend(paired);
    Ok(Some(Remedies::of(loaded, baseline, tried)))
}

/// Every cure by itself, the user's own last.
fn singles(patient: &Patient, options: &RemedyOptions) -> Vec<Candidate> {
    let built_in = CURES.iter().map(|cure| {
        let sets = cure.changes(patient);
        (cure.name.to_owned(), cure.why.to_owned(), cure.kind, sets)
    });
    let own = patient.spec.remedy.iter().map(|own| {
        let kind = CureKind::Gradients;
        (own.name.clone(), String::new(), kind, Ok(own.sets()))
    });
    let mut found: Vec<Candidate> = Vec::new();
    for (name, why, kind, sets) in built_in.chain(own) {
        let spec = match &sets {
            Err(reason) => Err(reason.clone()),
            Ok(sets) => changed(patient, sets, options, &found),
        };
        let sets = sets.unwrap_or_default();
        found.push(Candidate {
            name,
            why,
            kind,
            sets,
            spec,
        });
    }
    found
}

/// The spec with these changes, or why there is no use in it.
fn changed(
    patient: &Patient,
    sets: &[String],
    options: &RemedyOptions,
    earlier: &[Candidate],
) -> Result<LoadedSpec, String> {
    let loaded = (options.load)(sets).map_err(|error| error.what().to_owned())?;
    if loaded.spec == *patient.spec {
        return Err("the spec has it already".to_owned());
    }
    let is_same = |other: &&Candidate| {
        let other = other.spec.as_ref();
        other.is_ok_and(|other| other.spec == loaded.spec)
    };
    match earlier.iter().find(is_same) {
        Some(other) => Err(format!("is the same as {}", other.name)),
        None => Ok(loaded),
    }
}

/// The best cures that helped, two at a time, where they change different keys.
fn pairs(baseline: &CureResult, tried: &[CureResult], options: &RemedyOptions) -> Vec<Candidate> {
    let ranked = ranking::ranked(tried);
    let good: Vec<&CureResult> = ranked
        .into_iter()
        .filter(|cure| ranking::has_helped(cure, baseline))
        .take(PAIRS)
        .collect();
    let key = |set: &String| set.split('=').next().unwrap_or_default().to_owned();
    let clash = |a: &CureResult, b: &CureResult| {
        let keys: Vec<String> = a.sets.iter().map(key).collect();
        let mut others = b.sets.iter().map(key);
        others.any(|other| {
            keys.iter()
                .any(|own| own.starts_with(&*other) || other.starts_with(&**own))
        })
    };
    let all = good
        .iter()
        .enumerate()
        .flat_map(|(i, a)| good[i + 1..].iter().map(move |b| (*a, *b)));
    let mut found = Vec::new();
    for (a, b) in all.filter(|(a, b)| !clash(a, b)).take(PAIRS) {
        let sets = [a.sets.clone(), b.sets.clone()].concat();
        found.push(Candidate {
            name: folders::name_of_pair(&a.name, &b.name),
            why: String::new(),
            kind: a.kind,
            spec: (options.load)(&sets).map_err(|error| error.what().to_owned()),
            sets,
        });
    }
    found
}

/// Runs of candidates side by side.
struct Series<'a> {
    options: &'a RemedyOptions<'a>,
    callback: &'a dyn TrialCallbacks,
}

impl Series<'_> {
    /// Every candidate over every seed. `None` if it was stopped.
    fn try_all(&self, candidates: Vec<Candidate>) -> Result<Option<Vec<CureResult>>, Problem> {
        let options = self.options;
        let runs: Vec<(usize, u64)> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.spec.is_ok())
            .flat_map(|(i, _)| options.seeds.clone().map(move |seed| (i, seed)))
            .collect();
        self.callback.more(runs.len() as u64);
        let at_once = options.threads.min(runs.len()).max(1);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(at_once)
            .build()
            .map_err(|error| Problem::new(format!("no threads could be started: {error}")))?;
        let one = |&(i, seed): &(usize, u64)| {
            if options.stop.load(Ordering::Relaxed) {
                return Ok(((i, seed), TrialEnd::Stopped));
            }
            let candidate = &candidates[i];
            let mut loaded = candidate.spec.clone().expect("the others are left out");
            loaded.spec.seed = seed;
            let log = &mut loaded.spec.log;
            (log.save_weights, log.save_batch) = (false, false);
            (log.parameters, log.tensorboard) = (false, false);
            let folder = options.folder.join(folder_of(&candidate.name));
            let order = TrialOrder {
                loaded: &loaded,
                folder: folder.join(format!("seed-{seed}")),
                force: options.force,
                threads: (options.threads / at_once).max(1),
                stop: options.stop,
            };
            let end = order.make(&mut *self.callback.follower())?;
            Ok(((i, seed), end))
        };
        let ends: Result<BTreeMap<(usize, u64), TrialEnd>, Problem> =
            pool.install(|| runs.par_iter().map(one).collect());
        let ends = ends?;
        let mut found = Vec::new();
        for (i, candidate) in candidates.into_iter().enumerate() {
            let mut trials = Vec::new();
            let mut reason = candidate.spec.as_ref().err().cloned();
            for (_, end) in ends.range((i, 0)..=(i, u64::MAX)) {
                match end {
                    TrialEnd::Done(trial) => trials.push(Trial::clone(trial)),
                    TrialEnd::Stopped => return Ok(None),
                    TrialEnd::Impossible(what) => reason = Some(what.clone()),
                }
            }
            if reason.is_some() {
                trials.clear();
            }
            let predicted = candidate.spec.as_ref().ok().and_then(options.predict);
            found.push(CureResult {
                name: candidate.name,
                why: candidate.why,
                kind: candidate.kind,
                sets: candidate.sets,
                trials,
                reason,
                predicted,
            });
        }
        Ok(Some(found))
    }
}
