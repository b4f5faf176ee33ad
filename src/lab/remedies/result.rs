//! What one cure came to: the means over its seeds.

use super::cures::CureKind;
use super::trial::Trial;
use crate::lab::decay::Verdict;
use crate::lab::learned::Evidence;
use crate::lab::records::Estimate;
use crate::lab::summary::{Status, Summary};
use crate::nn::architecture::Along;

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
    /// What the path of its gradients is made of.
    pub fn along(&self) -> Along {
        Along::of_all(self.trials.iter().map(|trial| trial.summary.along))
    }

    /// Decades lost at step 0.
    pub fn attenuation(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.initial.attenuation_decades)
    }

    /// Decades that the slope of a generator's loss takes off all layers at step 0; `None` of
    /// any other network.
    pub fn by_loss(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.initial.decades_by_loss())
    }

    /// All decades that count as lost at step 0.
    pub fn lost(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.initial.lost_decades())
    }

    /// All decades that count as lost at the last step.
    pub fn lost_at_end(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.last.lost_decades())
    }

    /// Whether a seed's gradients at the end have another verdict than at the start.
    pub fn changes_verdict(&self) -> bool {
        let changes = |trial: &Trial| trial.summary.initial.verdict != trial.summary.last.verdict;
        self.trials.iter().any(changes)
    }

    /// Whether every seed made an update.
    pub fn has_trained(&self) -> bool {
        self.trials.iter().all(|trial| trial.summary.steps > 0)
    }

    /// Whether its networks are generators.
    pub fn is_of_generators(&self) -> bool {
        self.trials.iter().any(|trial| trial.summary.is_generator())
    }

    /// The last step's training loss.
    pub fn train_loss(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.train_loss)
    }

    /// The last test loss.
    pub fn test_loss(&self) -> Option<f64> {
        mean(&self.trials, |summary| summary.test_loss)
    }

    /// The last loss over that of guessing.
    pub fn loss_over_guessing(&self) -> Option<f64> {
        mean(&self.trials, Summary::loss_over_guessing)
    }

    /// The same, or the loss alone where guessing has none.
    pub fn comparable_loss(&self) -> Option<f64> {
        self.loss_over_guessing()
            .or_else(|| mean(&self.trials, Summary::loss))
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
        let spread = Estimate::of(&values);
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

    /// Whether there are too few samples for any result to beat guessing; `None` where guessing
    /// is not known.
    pub fn has_too_few_samples(&self) -> Option<bool> {
        let mut evidence = self.trials.iter().map(|it| it.summary.learned_by.as_ref());
        evidence.next()?.map(Evidence::is_too_small)
    }

    /// Seeds that beat guessing.
    pub fn taught(&self) -> usize {
        let beats = |trial: &&Trial| trial.summary.learned == Some(true);
        self.trials.iter().filter(beats).count()
    }

    /// Whether no seed beats guessing, and every seed tells.
    pub fn learned_nothing(&self) -> bool {
        let idle = |trial: &Trial| trial.summary.learned == Some(false);
        !self.trials.is_empty() && self.trials.iter().all(idle)
    }

    /// Seeds that diverged.
    pub fn diverged(&self) -> usize {
        let has_diverged = |trial: &&Trial| trial.summary.status == Status::Diverged;
        self.trials.iter().filter(has_diverged).count()
    }
}
