//! What to change: cures of the mechanisms found, each of them tried on this very network
//! before it is named.

use std::cell::{Cell, OnceCell};
use std::time::Instant;

use super::advice_options::AdviceOptions;
use super::candidates::candidates;
use super::case::Case;
use super::hint::{ATTENUATION, FINITE, Hint, LOSS, LOST, LaterLoss, needed};
use super::mechanism::{Diagnosed, Mechanism, RANK_COLLAPSE};
use super::token_hint::token_hint;
use super::trial::{TrialOptions, Tried, try_out};
use super::trouble::Trouble;
use crate::lab::config::LoadedSpec;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::json::Real;
use crate::lab::remedies::{
    CRITICAL_CLIP, Cure, CureKind, Patient, SLOWER_DISCRIMINATOR, USUAL_RATE, critical_clip,
};
use crate::nn::mean_field::critical_weight_variance;

/// The most hints given.
const MOST: usize = 3;
/// Decades by which a cure must bring the attenuation nearer to 0.
const CLEARLY: f64 = 1.0;
/// A loss over that of guessing below which something is learned.
const LEARNS: f64 = 0.95;
/// The most updates of a trial.
const STEPS: f64 = 60.0;
/// A loss over that of guessing from which on steps that diverged overshoot still.
const OVERSHOOTS: f64 = 10.0;
/// The most clips that are tried.
const CLIPS: usize = 7;
/// What a discriminator's rate is divided by besides ten where no network stands it.
const CAUTIONS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e5, 1e10, 1e20, 1e30];
/// Trials that the operations are meant for.
const TRIALS: f64 = 10.0;

/// The changes that helped, at most three; none for a run in which nothing is wrong. And
/// whether time ran out before every cure was tried.
pub fn hints(case: &Case, found: &[Diagnosed], options: &AdviceOptions) -> (Vec<Hint>, bool) {
    let trouble = Trouble::of(case, found);
    if !(trouble.gradients || trouble.training || trouble.tokens.is_some()) {
        return (Vec::new(), false);
    }
    let mechanisms: Vec<&Mechanism> = found.iter().map(|one| one.mechanism).collect();
    let Some(search) = Search::new(case, trouble, options) else {
        return (Vec::new(), false);
    };
    let hints = search.hints(&mechanisms);
    (hints, search.ran_out.get())
}

/// The search for cures of one run.
struct Search<'a> {
    options: &'a AdviceOptions<'a>,
    trouble: Trouble,
    /// The step at which the run diverged.
    diverged_at: Option<u64>,
    spec: LoadedSpec,
    verdict: Verdict,
    initial: Decay,
    update_ratio: Option<f64>,
    critical: Option<f64>,
    steps: u64,
    started: Instant,
    ran_out: Cell<bool>,
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
            diverged_at: (case.stats.onset.as_ref())
                .filter(|_| case.has_diverged())
                .map(|onset| onset.step),
            verdict: case.stats.verdict?,
            initial: case.stats.initial.clone()?,
            update_ratio: case.updates.first.map(|log| 10f64.powf(log)),
            critical: critical_weight_variance(curve, 0.0).ok(),
            steps: (affordable.clamp(2.0, STEPS) as u64).min(work.steps),
            started: Instant::now(),
            ran_out: Cell::new(false),
            spec,
        })
    }

    fn hints(&self, mechanisms: &[&Mechanism]) -> Vec<Hint> {
        let leads = mechanisms.first().map(|one| one.name) == Some(RANK_COLLAPSE.name);
        let of_tokens = || {
            let (patient, spread) = (self.patient(1.0), self.trouble.tokens?);
            token_hint(&patient, self.options.load, spread, &|| self.is_over())
        };
        // What leads is looked for while there is time.
        let first = if leads { of_tokens() } else { None };
        let mut hints = match self.trouble.gradients || self.trouble.training {
            true => self.of_trials(mechanisms),
            false => Vec::new(),
        };
        let is_of_skips =
            |set: &String| set.starts_with("network.skip") || set.contains(".norm_position");
        let is_told = |hint: &Hint| hint.set.iter().any(is_of_skips);
        if !hints.iter().any(is_told) {
            let last = if leads { None } else { of_tokens() };
            let at = hints.len().min(MOST - 1);
            hints.splice(at..at, last);
            hints.splice(0..0, first);
            hints.truncate(MOST);
        }
        hints
    }

    /// Those that a few steps of the changed network speak for.
    fn of_trials(&self, mechanisms: &[&Mechanism]) -> Vec<Hint> {
        let mut base = Base {
            sets: Vec::new(),
            initial: self.initial.clone(),
            trained: OnceCell::new(),
        };
        let mut hints = Vec::new();
        let [outer, inner] = candidates(self.trouble, mechanisms);
        for cure in outer {
            if let Some((hint, after)) = self.hint(cure, &base) {
                base = Base {
                    sets: hint.set.clone(),
                    initial: after.initial.clone(),
                    trained: OnceCell::from(Some(after)),
                };
                let is_enough = hint.is_good && base.initial.verdict == Verdict::Healthy;
                hints.push(hint);
                if is_enough {
                    return hints;
                }
            }
        }
        let mut further: Vec<Hint> = Vec::new();
        for cure in inner {
            let hint = self.hint(cure, &base).map(|(hint, _)| hint);
            // Where the spec has a part of it already, it may come to another cure.
            let is_new = |hint: &Hint| further.iter().all(|other| other.set != hint.set);
            further.extend(hint.filter(is_new));
            if further.iter().filter(|hint| hint.is_good).count() >= MOST {
                break;
            }
        }
        further.sort_by_key(Hint::goodness);
        // An init costs nothing: the best one is told of even where stronger cures do more.
        let init = further.iter().position(Hint::is_init);
        if let Some(init) = init.filter(|at| *at >= MOST) {
            further.swap(MOST - 1, init);
        }
        hints.extend(further);
        hints.truncate(MOST);
        hints
    }

    /// A cure on top of other changes, if it helps, and what came of it. Where the steps blow up
    /// a network, one is not like the next, and a discriminator may win at a tenth of its rate:
    /// smaller ones are tried too.
    fn hint(&self, cure: &Cure, base: &Base) -> Option<(Hint, Tried)> {
        let caution: &[f64] = match cure.name {
            CRITICAL_CLIP if self.trouble.gradients => return self.best_clip(cure, base),
            SLOWER_DISCRIMINATOR if self.trouble.rate => &CAUTIONS,
            SLOWER_DISCRIMINATOR => &[1.0, 10.0],
            USUAL_RATE if self.trouble.rate => &[1.0, 10.0, 100.0, 1000.0],
            _ => &[1.0],
        };
        caution.iter().find_map(|caution| {
            let (hint, after) = self.attempt(cure, base, *caution)?;
            Some((hint?, after))
        })
    }

    /// The clip of a critic with which most arrives. The theory of random signs names one that
    /// is too large for weights that agree, and what arrives changes by decades from there to a
    /// half of it: between clips at which gradients vanish and explode others are tried.
    fn best_clip(&self, cure: &Cure, base: &Base) -> Option<(Hint, Tried)> {
        let gan = self.spec.spec.gan.as_ref()?;
        let own = critical_clip(gan)? / gan.weight_clip?;
        // The caution at which they explode still, and the one at which they vanish already.
        let (mut bold, mut careful) = match base.initial.lost_decades()? {
            lost if lost > 0.0 => (0.0, own),
            _ => (own, f64::INFINITY),
        };
        let mut caution = 1.0;
        let mut best: Option<(Hint, Tried)> = None;
        for _ in 0..CLIPS {
            if caution <= bold || caution >= careful {
                caution = match (bold, careful) {
                    (0.0, careful) => careful / 2.0,
                    (bold, f64::INFINITY) => bold * 2.0,
                    (bold, careful) => (bold * careful).sqrt(),
                };
            }
            let Some((hint, after)) = self.attempt(cure, base, caution) else {
                break;
            };
            match after.initial.lost_decades() {
                Some(lost) if lost > 0.0 => careful = caution,
                _ => bold = caution,
            }
            let Some(hint) = hint else { continue };
            let nearest = best
                .as_ref()
                .map_or(f64::INFINITY, |(hint, _)| hint.after.0.abs());
            let arrives = after.initial.verdict == Verdict::Healthy;
            if hint.after.0.abs() < nearest {
                best = Some((hint, after));
            }
            if arrives {
                break;
            }
        }
        best
    }

    /// A cure that reckons with this caution on top of other changes: what came of it, and a
    /// hint if it helps. `None` where it does not apply or there is no time for it.
    fn attempt(&self, cure: &Cure, base: &Base, caution: f64) -> Option<(Option<Hint>, Tried)> {
        if cure.kind == CureKind::Optimizer && self.steps == 0 {
            return None;
        }
        if self.is_over() {
            return None;
        }
        let changes = cure.changes(&self.patient(caution)).ok()?;
        let sets = [base.sets.clone(), changes].concat();
        let loaded = (self.options.load)(&sets)?;
        if loaded.spec == self.spec.spec {
            return None;
        }
        // What theory knows not to help need not be tried.
        let needs_gradients = self.trouble.gradients && works_on_gradients(cure);
        let is_worth = |lost: f64| !needs_gradients || base.is_farther_than(lost);
        let after = self.try_out(&loaded, &is_worth)?;
        let hint = self.improvement(cure, base, &after).map(|improvement| {
            let is_about_gradients = [LOST, ATTENUATION].contains(&improvement.quantity);
            let is_of_generator = improvement.quantity == LOST && after.steps > 0;
            let later = after.last.lost_decades().filter(|_| is_of_generator);
            Hint {
                name: cure.name.to_owned(),
                set: needed(sets, &loaded, self.options.load),
                why: cure.why.to_owned(),
                quantity: improvement.quantity,
                step: improvement.step,
                before: Real(improvement.before),
                after: Real(improvement.after),
                predicted: after.predicted.map(Real).filter(|_| is_about_gradients),
                later: later.map(|lost| LaterLoss {
                    step: after.steps,
                    lost_decades: Real(lost),
                }),
                is_good: after.loss < LEARNS || improvement.quantity == FINITE,
            }
        });
        // A line that says "0.01 instead of 0.01" is no advice.
        Some((hint.filter(Hint::is_visible), after))
    }

    /// Whether time ran out, of which it takes note.
    fn is_over(&self) -> bool {
        let is_over = self.started.elapsed() > self.options.patience;
        self.ran_out.set(self.ran_out.get() || is_over);
        is_over
    }

    fn patient(&self, caution: f64) -> Patient<'_> {
        Patient {
            spec: &self.spec.spec,
            verdict: self.verdict,
            initial: &self.initial,
            update_ratio: self.update_ratio,
            critical: self.critical,
            caution,
        }
    }

    fn try_out(&self, loaded: &LoadedSpec, is_worth: &dyn Fn(f64) -> bool) -> Option<Tried> {
        let options = TrialOptions {
            steps: self.steps,
            threads: self.options.threads,
            stop: self.options.stop,
            is_worth,
        };
        try_out(loaded, &options).ok()?
    }

    /// What a change made better.
    fn improvement(&self, cure: &Cure, base: &Base, after: &Tried) -> Option<Improvement> {
        let broken = [Verdict::Diverged, Verdict::Exploding];
        // Small steps stand gradients that explode, for a further cure to mend.
        let is_about_steps = self.trouble.rate && cure.name == USUAL_RATE;
        let is_broken = broken.contains(&after.initial.verdict) && !is_about_steps;
        let overshoots = self.verdict == Verdict::Diverged && after.loss > OVERSHOOTS;
        if is_broken || after.has_diverged || overshoots {
            return None;
        }
        let lost = after.initial.lost_decades()?;
        let own = base.initial.lost_decades().unwrap_or(f64::NAN).abs();
        let is_better = after.initial.verdict < base.initial.verdict
            || base.initial.verdict == Verdict::Healthy
            // Still too many decades, but most of them are gone, or layers that read 0 live.
            || own.is_nan()
            || lost.abs() < own / 3.0;
        if self.trouble.gradients && works_on_gradients(cure) {
            let helps = is_better && lost.is_finite() && base.is_farther_than(lost);
            return helps.then(|| Improvement {
                quantity: match after.initial.loss_slope {
                    Some(_) => LOST,
                    None => ATTENUATION,
                },
                step: 0,
                before: base.initial.lost_decades().unwrap_or(f64::NAN),
                after: lost,
            });
        }
        if !self.trouble.training || after.steps == 0 {
            return None;
        }
        // A generator has no loss that tells: that it does not diverge any more must do.
        if after.initial.loss_slope.is_some() {
            let whose = match self.trouble.discriminator {
                true => CureKind::Discriminator,
                false => CureKind::Optimizer,
            };
            let diverged_at = self.diverged_at?;
            let helps = self.trouble.rate && cure.kind == whose && after.steps > diverged_at;
            return helps.then_some(Improvement {
                quantity: FINITE,
                step: after.steps,
                before: diverged_at as f64,
                after: after.steps as f64,
            });
        }
        let before = base
            .trained
            .get_or_init(|| self.try_out(&self.spec, &|_| true))
            .as_ref()?;
        let is_broken = before.has_diverged || !before.loss.is_finite();
        let learns = match is_broken {
            true => after.loss <= 1.1,
            false => after.loss <= 0.9 * before.loss && after.loss < LEARNS,
        };
        learns.then_some(Improvement {
            quantity: LOSS,
            step: after.steps,
            before: if is_broken { f64::NAN } else { before.loss },
            after: after.loss,
        })
    }
}

/// Whether a cure changes the gradients of step 0.
fn works_on_gradients(cure: &Cure) -> bool {
    ![CureKind::Data, CureKind::Optimizer].contains(&cure.kind)
}

/// What a cure is tried on top of.
struct Base {
    /// Changes made already.
    sets: Vec<String>,
    /// The gradients at step 0.
    initial: Decay,
    /// What a trial without the cure came to, once it is needed.
    trained: OnceCell<Option<Tried>>,
}

impl Base {
    /// Whether its gradients are clearly farther from arriving than `lost` decades say.
    fn is_farther_than(&self, lost: f64) -> bool {
        let own = self.initial.lost_decades().unwrap_or(f64::NAN).abs();
        // A loss that is no number is never nearer to 0.
        own.is_nan() || lost.abs() <= own - CLEARLY
    }
}

/// A number that a cure made better.
struct Improvement {
    quantity: &'static str,
    step: u64,
    before: f64,
    after: f64,
}
