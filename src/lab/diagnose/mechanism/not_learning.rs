//! Gradients that arrive, and nothing comes of them.

use super::super::case::{Case, DISCRIMINATOR_RATE, LARGE};
use super::super::frame::Frame;
use super::{Diagnosed, Mechanism, Rate};
use crate::lab::decay::Verdict;
use crate::lab::remedies::CureKind;
use crate::lab::text::{not_learned, number};

pub const NOT_LEARNING: Mechanism = Mechanism {
    name: "healthy_but_not_learning",
    title: "healthy but not learning",
    doc: "gradients arrive, and nothing is learned: the rate is too small or too large, or too large at first",
    columns: &["update_ratio"],
    cures: &[
        CureKind::Optimizer,
        CureKind::Data,
        CureKind::Gradients,
        CureKind::Discriminator,
    ],
    find,
};

/// log10 of ‖ΔW‖/‖W‖ below which a step changes next to nothing; −3 is usual (Karpathy).
const SMALL: f64 = -4.0;
/// What is usual.
const USUAL: f64 = -3.0;
/// Times that the gradient falls by right after the first step where that ruined the network.
const COLLAPSE: f64 = 10.0;

fn find(case: &Case, _: &Frame, found: &[Diagnosed]) -> Option<Diagnosed> {
    let has_diverged = case.has_diverged();
    let initial = case.stats.initial.as_ref()?;
    // A generator has no accuracy that would tell whether it learned.
    let has_blown_up = case.has_blown_up() && case.stats.learned != Some(true);
    let is_idle = case.is_idle() || has_diverged || has_blown_up;
    let is_healthy = initial.verdict == Verdict::Healthy;
    let decays = found.iter().any(|one| one.share.is_some());
    if !is_idle || (decays && !has_diverged && !overshoots(case)) {
        return None;
    }
    // Of a run that dies of its steps the start is healthy, or the steps are too large even for
    // gradients without what they gain there.
    let gained = initial
        .attenuation_decades
        .map_or(0.0, |lost| (-lost).max(0.0));
    let dies_of_steps = has_diverged
        && case
            .updates
            .first
            .is_some_and(|first| first - gained > LARGE);
    if !is_healthy && !dies_of_steps {
        return None;
    }
    let updates = case.updates;
    let ratio = |log: f64| number(10f64.powf(log));
    let idle = match case.undecided() {
        Some(by) => not_learned(Some(by)),
        None => "nothing is learned".to_owned(),
    };
    let mut layers = Vec::new();
    let (rate, mut sentence) = match (updates.first, updates.mean(), updates.most) {
        (Some(first), _, _) if has_diverged => (
            (first > LARGE || updates.most > Some(LARGE)).then_some(Rate::TooLarge),
            format!(
                "a step changes the weights by {} of their size at the start, {} at most, and the \
                 run diverges; 0.001 is usual",
                ratio(first),
                ratio(updates.most.unwrap_or(first))
            ),
        ),
        (_, _, Some(most)) if most > LARGE => (
            Some(Rate::TooLarge),
            format!(
                "a step changes the weights by up to {} of their size; 0.001 is usual",
                ratio(most)
            ),
        ),
        (Some(first), Some(mean), Some(most)) if mean < SMALL => {
            let settling = case.updates.settling;
            // No step of the log is larger than the largest: the sum over all of them is at
            // most as many times that, whatever a schedule makes of the last ones.
            let steps = case.updates_made().max(1);
            let all = most + (steps as f64).log10();
            let collapses = settling.fall().is_some_and(|fall| fall >= COLLAPSE);
            match (settling.first, settling.soon) {
                (Some((start, before)), Some((soon, after))) if first > USUAL && collapses => (
                    Some(Rate::TooLargeAtFirst),
                    format!(
                        "step {start} changes the weights by {} of their size, and by step \
                         {soon} the gradient has fallen from {} to {}; from there on there is \
                         little to learn by. A warm-up begins with small steps",
                        ratio(first),
                        number(before),
                        number(after)
                    ),
                ),
                _ if most < SMALL || all < LARGE => (
                    Some(Rate::TooSmall),
                    format!(
                        "a step changes the weights by {} of their size, {} over all {steps} \
                         steps at most; 0.001 is usual",
                        ratio(mean),
                        ratio(all)
                    ),
                ),
                _ => (
                    None,
                    format!(
                        "a step changes the weights by up to {} of their size, in the mean by \
                         {}, but {idle}; 0.001 is usual",
                        ratio(most),
                        ratio(mean)
                    ),
                ),
            }
        }
        (_, Some(mean), _) => (
            None,
            format!(
                "gradients arrive and a step changes the weights by {} of their size, which is \
                 usual, but {idle}",
                ratio(mean)
            ),
        ),
        _ => (None, format!("gradients arrive, but {idle}")),
    };
    if let (Some(Rate::TooLarge), Some(key)) = (rate, case.rate_key()) {
        let whose = match key {
            DISCRIMINATOR_RATE => "discriminator",
            _ => "generator",
        };
        sentence += &format!("; the first that are too large are the {whose}'s, by {key}");
    }
    let frame = case.first();
    layers.extend(frame.hidden());
    Some(Diagnosed {
        mechanism: &NOT_LEARNING,
        share: None,
        step: frame.step.step,
        evidence: frame.fact("update_ratio", &layers).into_iter().collect(),
        layers,
        sentence,
        rate,
        precedence: 0,
    })
}

fn overshoots(case: &Case) -> bool {
    case.updates.most.is_some_and(|most| most > LARGE)
}
