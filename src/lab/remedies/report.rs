//! What a spec and all of its cures came to.

use std::cmp::Reverse;

use serde::Serialize;

use super::cures::CureKind;
use super::ranking;
use super::result::CureResult;
use crate::lab::config::LoadedSpec;
use crate::lab::decay::{LOSS_DECADES, Verdict};
use crate::lab::json::Real;
use crate::lab::text::{self, fixed};

/// Share of the best accuracy that counts as nearly there.
const NEARLY: f64 = 0.9;

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

/// Where no result could beat guessing.
const TOO_FEW_SAMPLES: &str = "too few samples to tell";

/// A cure's row, in JSON and CSV.
#[derive(Clone, Debug, Default, Serialize)]
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
    /// Runs; null where that is not known.
    pub seeds: Option<usize>,
    /// Decades that the slope of a generator's loss takes off all layers at step 0, which the
    /// verdict counts as lost too; null of any other network.
    pub loss_decades: Option<Real>,
    /// The last test loss, without one the last training loss, over that of guessing: what cures
    /// without an accuracy are ranked by; null where guessing has no loss.
    pub loss_over_guessing: Option<Real>,
    /// Whether there are too few samples for any result to beat guessing; null where guessing
    /// is not known.
    pub too_few_samples: Option<bool>,
}

impl CureRow {
    /// All decades that count as lost at step 0.
    pub fn lost(&self) -> Option<f64> {
        let by_loss = self.loss_decades.map_or(0.0, |by_loss| by_loss.0);
        Some(self.attenuation_decades?.0 + by_loss)
    }

    /// The decades lost as people read them, the layers' written by `show`; `None` where
    /// they are not known.
    pub fn shown_lost(&self, show: impl Fn(f64) -> String) -> Option<String> {
        let layers = show(self.attenuation_decades?.0);
        let by_loss = self.loss_decades.map(|by_loss| by_loss.0);
        Some(text::with_loss(layers, by_loss))
    }

    /// That a seed learned nothing, where one did not; of one seed there is no other. Or why
    /// that cannot be told.
    pub fn unlearned(&self) -> Option<&'static str> {
        match (self.learned, self.seeds) {
            (Some(false), _) if self.too_few_samples == Some(true) => Some(TOO_FEW_SAMPLES),
            (Some(false), Some(1)) => Some("nothing learned"),
            (Some(false), _) => Some("not every seed learned"),
            _ => None,
        }
    }
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

    /// The best of the cures that helped and taught most seeds, if one did.
    pub fn best(&self) -> Option<&CureResult> {
        let cures = self.cures.iter();
        let helped = cures.filter(|cure| ranking::has_helped(cure, &self.baseline));
        // The first of the best.
        helped.min_by_key(|cure| Reverse(cure.taught()))
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
            seeds: Some(cure.trials.len()),
            loss_decades: real(cure.by_loss()),
            loss_over_guessing: real(cure.loss_over_guessing()),
            too_few_samples: cure.has_too_few_samples(),
        }
    }

    /// Why a cure that was tried did not help.
    fn why_not(&self, cure: &CureResult) -> String {
        let seeds = cure.trials.len();
        if cure.diverged() > 0 {
            return match seeds {
                1 => "the run diverged".to_owned(),
                _ => format!("{} of {seeds} runs diverged", cure.diverged()),
            };
        }
        match (cure.verdict(), cure.learned()) {
            (Some(Verdict::Vanishing | Verdict::AtRisk), learned) if learned != Some(true) => {
                let by_loss = cure.by_loss().unwrap_or(0.0);
                match cure.kind {
                    // Of what all layers have in common, steps may be freed.
                    CureKind::Optimizer if by_loss >= LOSS_DECADES => format!(
                        "{by_loss:.2} decades are lost by the loss, which all layers have in \
                         common, and steps of another size did not make up for them"
                    ),
                    CureKind::Optimizer if !gains(cure) => cure.along().speak(&format!(
                        "it rescales the steps, and the first layers still lack {}: \
                         what the layers do not carry no step size brings back",
                        decades(cure)
                    )),
                    // Gains are told of as such on both sides.
                    _ if gains(cure) || gains(&self.baseline) => format!(
                        "gradients {} (as it is, they {})",
                        change(cure),
                        change(&self.baseline)
                    ),
                    _ => format!(
                        "gradients still lose {} (as it is {})",
                        decades(cure),
                        decades(&self.baseline)
                    ),
                }
            }
            (Some(Verdict::Exploding), learned) if learned != Some(true) => {
                format!("gradients {} on the way", change(cure))
            }
            (_, Some(false)) if cure.has_too_few_samples() == Some(true) => {
                format!("gradients arrive; {TOO_FEW_SAMPLES} whether anything is learned")
            }
            (_, Some(false)) if seeds == 1 => "gradients arrive, but nothing is learned".to_owned(),
            (_, Some(false)) => "gradients arrive, but not every seed learns".to_owned(),
            _ => "it is no better than the spec as it is".to_owned(),
        }
    }
}

/// Whether gradients grow on the way at an end that is told of, or are no numbers there.
fn gains(cure: &CureResult) -> bool {
    let is_lost = |lost: Option<f64>| lost.is_some_and(|lost| lost >= 0.0);
    !is_lost(cure.lost()) || cure.changes_verdict() && !is_lost(cure.lost_at_end())
}

/// What becomes of the gradients, at the end too where the verdicts differ: "gain 9.70
/// decades", "gain 4.63 decades at the start and lose inf at the end".
fn change(cure: &CureResult) -> String {
    let verb = |lost: f64| match lost {
        _ if lost.is_nan() => "are not finite",
        _ if lost < 0.0 => "gain",
        _ => "lose",
    };
    let amount = |lost: f64, unit: &str| match lost.is_nan() {
        true => String::new(),
        false => format!(" {:.2}{unit}", lost.abs()),
    };
    let [start, end] = [cure.lost(), cure.lost_at_end()].map(|lost| lost.unwrap_or(f64::NAN));
    let first = format!("{}{}", verb(start), amount(start, " decades"));
    if !cure.changes_verdict() {
        return first;
    }
    match verb(start) == verb(end) {
        true => format!("{first} at the start and{} at the end", amount(end, "")),
        false => format!(
            "{first} at the start and {}{} at the end",
            verb(end),
            amount(end, " decades")
        ),
    }
}

/// The decades lost, at the start and at the end where their verdicts differ:
/// "7.06 decades", "0.21 decades at the start and inf at the end".
fn decades(cure: &CureResult) -> String {
    let shown = |lost: Option<f64>| fixed(lost.unwrap_or(f64::NAN), 2);
    let start = shown(cure.lost());
    match cure.changes_verdict() {
        false => format!("{start} decades"),
        true => {
            let end = shown(cure.lost_at_end());
            format!("{start} decades at the start and {end} at the end")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::trial::Trial;
    use super::*;

    /// A cure with so many decades lost and a verdict, at the start and at the end.
    fn cure(ends: [(f64, &str); 2]) -> CureResult {
        let [initial, last] = ends.map(|(lost, verdict)| {
            json!({ "step": 0, "attenuation_decades": lost, "layers_left_out": 0, "verdict": verdict })
        });
        let summary = json!({
            "schema_version": 1, "vgrad_version": "", "name": "", "seed": 0, "status": "completed",
            "verdict": "vanishing", "initial": initial, "final": last, "steps": 40,
        });
        CureResult {
            name: String::new(),
            why: String::new(),
            kind: CureKind::Gradients,
            sets: Vec::new(),
            trials: vec![Trial {
                summary: serde_json::from_value(summary).unwrap(),
                accuracies: Vec::new(),
            }],
            reason: None,
            predicted: None,
        }
    }

    /// The sentence is that of larger and of smaller steps.
    #[test]
    fn what_the_loss_takes_no_steps_bring_back() {
        let mut starved = cure([(0.5, "vanishing"), (0.5, "vanishing")]);
        starved.kind = CureKind::Optimizer;
        starved.trials[0].summary.initial.loss_slope = Some(1e-6);
        let remedies = Remedies {
            name: String::new(),
            baseline: starved.clone(),
            cures: Vec::new(),
            nearly: None,
        };
        let told = remedies.why_not(&starved);
        assert!(
            told.starts_with("6.00 decades are lost by the loss"),
            "{told}"
        );
        assert!(
            told.ends_with("steps of another size did not make up for them"),
            "{told}"
        );
    }

    #[test]
    fn a_loss_of_less_than_nothing_is_a_gain() {
        let grows = cure([(-9.7, "exploding"), (-5.81, "at_risk")]);
        assert!(gains(&grows));
        assert_eq!(
            change(&grows),
            "gain 9.70 decades at the start and 5.81 at the end"
        );
        let both = cure([(-4.63, "exploding"), (5.0, "vanishing")]);
        let told = "gain 4.63 decades at the start and lose 5.00 decades at the end";
        assert_eq!(change(&both), told);
        let loses = cure([(7.0, "vanishing"), (6.0, "vanishing")]);
        assert!(!gains(&loses));
        assert_eq!(change(&loses), "lose 7.00 decades");
    }
}
