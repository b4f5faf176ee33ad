//! What cures came to, as numbers: the means over the seeds.

use serde::Serialize;

use super::cures::CureKind;
use super::ranking;
use super::trial::Trial;
use crate::lab::config::LoadedSpec;
use crate::lab::decay::Verdict;
use crate::lab::json::Real;
use crate::lab::records::Spread;
use crate::lab::summary::{Status, Summary};

/// Share of the best accuracy that counts as nearly there.
pub const NEARLY: f64 = 0.9;

/// What one cure came to.
#[derive(Clone, Debug)]
pub struct CureResult {
    /// Its name.
    pub name: String,
    /// Why it might help.
    pub why: String,
    /// What it works on.
    pub kind: CureKind,
    /// The changes.
    pub sets: Vec<String>,
    /// A trial per seed; none where it does not apply.
    pub trials: Vec<Trial>,
    /// Why it does not apply.
    pub reason: Option<String>,
    /// The attenuation that theory expects, in decades.
    pub predicted: Option<f64>,
}

/// The mean over the seeds of what all of them have.
fn mean(trials: &[Trial], get: impl Fn(&Summary) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = trials.iter().map(|trial| get(&trial.summary)).collect();
    let values = values.filter(|values| !values.is_empty())?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

impl CureResult {
    /// Decades lost at step 0.
    pub fn attenuation(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.initial.attenuation_decades)
    }

    /// The last step's training loss.
    pub fn train_loss(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.train_loss)
    }

    /// The last test loss.
    pub fn test_loss(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.test_loss)
    }

    /// The last test accuracy.
    pub fn accuracy(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.test_accuracy)
    }

    /// Half the width of the accuracy's 95 % interval by Student's t; `None` for one seed.
    pub fn accuracy_spread(&self) -> Option<f64> {
        let accuracy = |trial: &Trial| trial.summary.test_accuracy;
        let values: Option<Vec<f64>> = self.trials.iter().map(accuracy).collect();
        let values = values.filter(|values| values.len() > 1)?;
        let spread = Spread::of(&values);
        Some((spread.high - spread.low) / 2.0)
    }

    /// The mean step at which every seed was at `accuracy`; `None` where one was not.
    pub fn steps_to(&self, accuracy: f64) -> Option<f64> {
        let first = |trial: &Trial| {
            let mut looks = trial.accuracies.iter();
            looks
                .find(|(_, value)| *value >= accuracy)
                .map(|(step, _)| *step as f64)
        };
        let steps: Option<Vec<f64>> = self.trials.iter().map(first).collect();
        let steps = steps.filter(|steps| !steps.is_empty())?;
        Some(steps.iter().sum::<f64>() / steps.len() as f64)
    }

    /// Seconds that an update took.
    pub fn seconds_per_step(&self) -> Option<f64> {
        mean(&self.trials, |summary| {
            let rate = summary.times.steps_per_second;
            (rate > 0.0).then(|| 1.0 / rate)
        })
    }

    /// The worst of the seeds' verdicts.
    pub fn verdict(&self) -> Option<Verdict> {
        self.trials.iter().map(|trial| trial.summary.verdict).max()
    }

    /// Whether every seed beats guessing; `None` where one does not tell.
    pub fn learned(&self) -> Option<bool> {
        let learned: Option<Vec<bool>> = self.trials.iter().map(|it| it.summary.learned).collect();
        let learned = learned.filter(|learned| !learned.is_empty())?;
        Some(learned.iter().all(|it| *it))
    }

    /// Seeds that diverged.
    pub fn diverged(&self) -> usize {
        let has_diverged = |trial: &&Trial| trial.summary.status == Status::Diverged;
        self.trials.iter().filter(has_diverged).count()
    }
}

/// A spec, what it comes to as it is, and what the cures come to, the best first.
#[derive(Clone, Debug)]
pub struct Remedies {
    /// The spec's name.
    pub name: String,
    /// As it is.
    pub baseline: CureResult,
    /// The cures that were tried, the best first, then those that do not apply.
    pub cures: Vec<CureResult>,
    /// The accuracy that counts as nearly there: 90 % of the best cure's.
    pub nearly: Option<f64>,
}

/// A cure's row, in JSON and CSV.
#[derive(Clone, Debug, Serialize)]
pub struct CureRow {
    /// The cure.
    pub name: String,
    /// The changes, as `--set` takes them.
    pub set: Vec<String>,
    /// Decades lost on the way to the first layer at step 0.
    pub attenuation_decades: Option<Real>,
    /// What theory expects of it.
    pub attenuation_predicted: Option<Real>,
    /// The last step's training loss.
    pub train_loss: Option<Real>,
    /// The last test loss.
    pub test_loss: Option<Real>,
    /// The last test accuracy.
    pub test_accuracy: Option<Real>,
    /// Half the width of its 95 % interval over the seeds.
    pub test_accuracy_spread: Option<Real>,
    /// Updates until 90 % of the best cure's test accuracy; null where a seed never came so far.
    pub steps_to_90_percent: Option<Real>,
    /// Time of an update over that of the spec as it is.
    pub cost_per_step: Option<Real>,
    /// The worst of the seeds' verdicts.
    pub verdict: Option<Verdict>,
    /// Whether every seed beats guessing.
    pub learned: Option<bool>,
    /// Whether it helped; null for the spec as it is and for what does not apply.
    pub helped: Option<bool>,
    /// Why it did not help, or does not apply.
    pub reason: Option<String>,
    /// Runs.
    pub seeds: usize,
}

impl Remedies {
    /// Of a spec and what was tried.
    pub(super) fn of(loaded: &LoadedSpec, baseline: CureResult, tried: Vec<CureResult>) -> Self {
        let best = tried
            .iter()
            .chain([&baseline])
            .filter_map(CureResult::accuracy);
        let best = best.max_by(f64::total_cmp);
        Self {
            name: loaded.spec.name.clone(),
            cures: ranking::ranked(&tried).into_iter().cloned().collect(),
            baseline,
            nearly: best.map(|best| NEARLY * best),
        }
    }

    /// The best cure, if one helped.
    pub fn best(&self) -> Option<&CureResult> {
        self.cures
            .first()
            .filter(|cure| ranking::has_helped(cure, &self.baseline))
    }

    /// The numbers of the spec as it is or of one of its cures.
    pub fn row(&self, cure: &CureResult) -> CureRow {
        let real = |value: Option<f64>| value.map(Real);
        let is_baseline = std::ptr::eq(cure, &self.baseline);
        let seconds = |cure: &CureResult| cure.seconds_per_step();
        let cost = seconds(cure)
            .zip(seconds(&self.baseline))
            .map(|(own, base)| own / base);
        let was_tried = !cure.trials.is_empty() && !is_baseline;
        let helped = was_tried.then(|| ranking::has_helped(cure, &self.baseline));
        let reason = match helped {
            Some(false) => Some(self.why_not(cure)),
            Some(true) => None,
            None => cure.reason.clone(),
        };
        CureRow {
            name: cure.name.clone(),
            set: cure.sets.clone(),
            attenuation_decades: real(cure.attenuation()),
            attenuation_predicted: real(cure.predicted),
            train_loss: real(cure.train_loss()),
            test_loss: real(cure.test_loss()),
            test_accuracy: real(cure.accuracy()),
            test_accuracy_spread: real(cure.accuracy_spread()),
            steps_to_90_percent: real(self.nearly.and_then(|nearly| cure.steps_to(nearly))),
            cost_per_step: real(cost),
            verdict: cure.verdict(),
            learned: cure.learned(),
            helped,
            reason,
            seeds: cure.trials.len(),
        }
    }

    /// Why a cure that was tried did not help.
    fn why_not(&self, cure: &CureResult) -> String {
        let seeds = cure.trials.len();
        let (before, after) = (self.baseline.attenuation(), cure.attenuation());
        let decades = |value: Option<f64>| format!("{:.2}", value.unwrap_or(f64::NAN));
        if cure.diverged() > 0 {
            return format!("{} of {seeds} runs diverged", cure.diverged());
        }
        match (cure.verdict(), cure.learned()) {
            (Some(Verdict::Vanishing | Verdict::AtRisk), learned) if learned != Some(true) => {
                match cure.kind {
                    CureKind::Optimizer => format!(
                        "it rescales the steps, and the first layers still lack {} decades: \
                         what the layers do not carry no step size brings back",
                        decades(after)
                    ),
                    CureKind::Gradients => format!(
                        "gradients still lose {} decades ({} as it is)",
                        decades(after),
                        decades(before)
                    ),
                }
            }
            (Some(Verdict::Exploding), learned) if learned != Some(true) => format!(
                "gradients grow by {} decades on the way",
                decades(after.map(|after| -after))
            ),
            (_, Some(false)) => "gradients arrive, but not every seed learns".to_owned(),
            _ => "it is no better than the spec as it is".to_owned(),
        }
    }
}
