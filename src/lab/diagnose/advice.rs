//! What to change: cures of the mechanisms found, each of them tried on this very network
//! before it is named.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::case::Case;
use super::mechanism::{Diagnosed, Mechanism};
use super::trial::{TrialOptions, Tried, try_out};
use crate::lab::config::LoadedSpec;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::json::Real;
use crate::lab::remedies::{CURES, Cure, CureKind, Patient};
use crate::lab::theory::predict_loaded;
use crate::nn::mean_field::critical_weight_variance;

/// The most hints given.
const MOST: usize = 3;
/// Decades by which a cure must bring the attenuation nearer to 0.
const CLEARLY: f64 = 1.0;
/// An attenuation of fewer decades is as good as none.
const SMALL: f64 = 1.0;
/// The most updates of a trial.
const STEPS: f64 = 60.0;
/// Trials that the operations are meant for.
const TRIALS: f64 = 10.0;

/// One thing to change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hint {
    /// The cure.
    pub name: String,
    /// The changes to the spec, as `--set` takes them.
    pub set: Vec<String>,
    /// Why it may help.
    pub why: String,
    /// What was measured: `attenuation_decades` at step 0, or `loss_over_guessing`, the loss of
    /// the batch of `step` over that of the best guess that looks at no input.
    pub quantity: &'static str,
    /// The step.
    pub step: u64,
    /// As it is; of a run that diverged by then "NaN".
    pub before: Real,
    /// With these changes.
    pub after: Real,
    /// What theory expects of the attenuation with them, where it says anything.
    pub predicted: Option<Real>,
}

/// How changed networks are tried.
pub struct AdviceOptions<'a> {
    /// Reads the spec with these changes besides its own; `None` if they do
    /// not fit.
    pub load: &'a dyn Fn(&[String]) -> Option<LoadedSpec>,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// Floating-point operations that may be spent.
    pub operations: f64,
    /// No trial is begun after this long.
    pub patience: Duration,
}

/// What is wrong with a run, for a cure to mend.
#[derive(Clone, Copy)]
struct Trouble {
    /// The gradients at step 0.
    gradients: bool,
    /// What training makes of them.
    training: bool,
}

impl Trouble {
    fn of(case: &Case) -> Self {
        let stats = &case.stats;
        let initial = stats.initial.as_ref();
        let lost = initial.and_then(|decay| decay.attenuation_decades);
        let is_idle = stats.learned == Some(false);
        let verdict = initial.map_or(Verdict::Healthy, |decay| decay.verdict);
        let last = stats.last.as_ref().map_or(verdict, |decay| decay.verdict);
        Self {
            gradients: verdict != Verdict::Healthy
                || is_idle && lost.is_some_and(|lost| lost.abs() >= 2.0),
            training: is_idle || case.has_diverged() || last > verdict,
        }
    }
}

/// The changes that helped, at most three; none for a run that is healthy and learned.
pub fn hints(case: &Case, found: &[Diagnosed], options: &AdviceOptions) -> Vec<Hint> {
    let trouble = Trouble::of(case);
    if !(trouble.gradients || trouble.training) {
        return Vec::new();
    }
    let mechanisms: Vec<&Mechanism> = found.iter().map(|one| one.mechanism).collect();
    let search = Search::new(case, trouble, options);
    search
        .and_then(|search| search.hints(&mechanisms))
        .unwrap_or_default()
}

/// The search for cures of one run.
struct Search<'a> {
    options: &'a AdviceOptions<'a>,
    trouble: Trouble,
    spec: LoadedSpec,
    verdict: Verdict,
    initial: Decay,
    update_ratio: Option<f64>,
    critical: Option<f64>,
    steps: u64,
    started: Instant,
}

impl<'a> Search<'a> {
    fn new(case: &Case, trouble: Trouble, options: &'a AdviceOptions<'a>) -> Option<Self> {
        let spec = (options.load)(&[])?;
        let work = case.expected.work?;
        let affordable = options.operations / (TRIALS * work.operations);
        let curve = spec.spec.network.activation.elementwise();
        Some(Self {
            options,
            trouble,
            verdict: case.stats.verdict?,
            initial: case.stats.initial.clone()?,
            update_ratio: case.updates.first.map(|log| 10f64.powf(log)),
            critical: critical_weight_variance(curve, 0.0).ok(),
            steps: (affordable.clamp(2.0, STEPS) as u64).min(work.steps),
            started: Instant::now(),
            spec,
        })
    }

    fn hints(&self, mechanisms: &[&Mechanism]) -> Option<Vec<Hint>> {
        let mut kinds: Vec<CureKind> = Vec::new();
        mechanisms.iter().for_each(|one| kinds.extend(one.cures));
        let mut base: Vec<String> = Vec::new();
        let mut before = self.try_out(&self.spec)?;
        let mut hints = Vec::new();
        // Numbers that are too large for anything else come first.
        let of_data = CURES.iter().filter(|cure| cure.kind == CureKind::Data);
        for cure in of_data.filter(|_| kinds.contains(&CureKind::Data)) {
            let Some((hint, after)) = self.hint(cure, &base, &before) else {
                continue;
            };
            base = hint.set.clone();
            hints.push(hint);
            before = after;
        }
        let others = CURES
            .iter()
            .filter(|cure| cure.kind != CureKind::Data && kinds.contains(&cure.kind));
        let mut further: Vec<Hint> = Vec::new();
        for cure in others {
            if let Some((hint, _)) = self.hint(cure, &base, &before) {
                further.push(hint);
            }
            let is_good = |hint: &&Hint| hint.goodness() <= 1;
            if further.iter().filter(is_good).count() >= MOST {
                break;
            }
        }
        // Half a decade is no reason to prefer the stronger cure.
        further.sort_by_key(Hint::goodness);
        hints.extend(further);
        hints.truncate(MOST);
        Some(hints)
    }

    /// A cure on top of other changes, if it helps, and what came of it.
    fn hint(&self, cure: &Cure, base: &[String], before: &Tried) -> Option<(Hint, Tried)> {
        if self.started.elapsed() > self.options.patience {
            return None;
        }
        if cure.kind == CureKind::Optimizer && self.steps == 0 {
            return None;
        }
        let patient = Patient {
            spec: &self.spec.spec,
            verdict: self.verdict,
            initial: &self.initial,
            update_ratio: self.update_ratio,
            critical: self.critical,
        };
        let sets = [base, &(cure.sets)(&patient).ok()?].concat();
        let loaded = (self.options.load)(&sets)?;
        if loaded.spec == self.spec.spec {
            return None;
        }
        let predicted = self.predict(&loaded);
        // What theory knows not to help need not be tried.
        let is_hopeless = predicted.is_some_and(|lost| !self.is_nearer(before, lost));
        if !self.trouble.training && is_hopeless {
            return None;
        }
        let after = self.try_out(&loaded)?;
        let (quantity, step, numbers) = self.improvement(before, &after)?;
        let hint = Hint {
            name: cure.name.to_owned(),
            set: sets,
            why: cure.why.to_owned(),
            quantity,
            step,
            before: Real(numbers[0]),
            after: Real(numbers[1]),
            predicted: predicted.map(Real).filter(|_| quantity == ATTENUATION),
        };
        Some((hint, after))
    }

    fn try_out(&self, loaded: &LoadedSpec) -> Option<Tried> {
        let options = TrialOptions {
            steps: self.steps,
            threads: self.options.threads,
            stop: self.options.stop,
        };
        try_out(loaded, &options).ok()?
    }

    /// The attenuation that theory expects, where single draws lie near it.
    fn predict(&self, loaded: &LoadedSpec) -> Option<f64> {
        let predicted = predict_loaded(loaded).ok()?.ok()?;
        (!predicted.finite_width_dominates).then_some(predicted.attenuation_decades.0)
    }

    fn is_nearer(&self, before: &Tried, after: f64) -> bool {
        let before = before.initial.attenuation_decades.unwrap_or(f64::NAN).abs();
        // A loss that is no number is never nearer to 0.
        before.is_nan() || after.abs() <= before - CLEARLY
    }

    /// What a change made better: the quantity, the step, and its values before and after.
    fn improvement(&self, before: &Tried, after: &Tried) -> Option<(&'static str, u64, [f64; 2])> {
        let broken = [Verdict::Diverged, Verdict::Exploding];
        if broken.contains(&after.initial.verdict) || after.has_diverged {
            return None;
        }
        let lost = |tried: &Tried| tried.initial.attenuation_decades.unwrap_or(f64::NAN);
        let is_better = after.initial.verdict < before.initial.verdict
            || before.initial.verdict == Verdict::Healthy;
        if self.trouble.gradients
            && is_better
            && lost(after).is_finite()
            && self.is_nearer(before, lost(after))
        {
            return Some((ATTENUATION, 0, [lost(before), lost(after)]));
        }
        let learns = if before.has_diverged || !before.loss.is_finite() {
            after.loss <= 1.1
        } else {
            after.loss <= 0.9 * before.loss && after.loss < 0.95
        };
        (self.trouble.training && after.steps > 0 && learns).then(|| {
            let before = if before.has_diverged {
                f64::NAN
            } else {
                before.loss
            };
            (LOSS, after.steps, [before, after.loss])
        })
    }
}

/// The quantities of a hint.
const ATTENUATION: &str = "attenuation_decades";
const LOSS: &str = "loss_over_guessing";

impl Hint {
    /// Whether it is about the gradients at step 0.
    pub fn is_about_gradients(&self) -> bool {
        self.quantity == ATTENUATION
    }

    /// How good it is; the smaller the better, and gradients before losses.
    fn goodness(&self) -> u64 {
        let size = self.after.0.abs();
        if self.is_about_gradients() {
            // Whatever is smaller is as good as none.
            (2.0 * size.max(SMALL / 2.0)).round() as u64
        } else {
            1000 + (20.0 * size) as u64
        }
    }
}
