//! The diagnosis of a run, or of the seeds of one.

use std::path::PathBuf;

use serde::Serialize;

use super::advice::hints;
use super::advice_options::AdviceOptions;
use super::case::Case;
use super::hint::Hint;
use super::mechanism::{Diagnosed, MECHANISMS, RANK_COLLAPSE, find_all, optimizer_floor};
use super::replay::Replayed;
use super::rules::RULES;
use super::shared_maps::{ASKED_BY, CONTRIBUTION};
use super::theory_beside::TheoryBeside;
use crate::base::Problem;
use crate::lab::config::LoadedSpec;
use crate::lab::decay::Verdict;
use crate::lab::onset::Onset;
use crate::lab::records::{HEADLINE, Run, Target};
use crate::lab::text::Numbering;
use crate::nn::architecture::Architecture;

/// What is wrong with a target, and what helps. Its keys in JSON are those of the fields.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub struct Diagnosis {
    /// The target's name.
    pub name: String,
    /// Its runs: the seeds of one experiment.
    pub seeds: usize,
    /// The worst verdict of its runs.
    pub verdict: Option<Verdict>,
    /// Whether every run beats guessing; null where one does not tell.
    pub learned: Option<bool>,
    /// Whether every run has too few samples to tell that.
    #[serde(skip)]
    pub is_undecided: bool,
    /// The norm that the verdict and the onset are of.
    pub quantity: String,
    /// Where it begins to fail: of several seeds the earliest.
    pub onset: Option<Onset>,
    /// The mechanisms at work, by their share of the decay; of several seeds first those
    /// that most of them have.
    pub mechanisms: Vec<Ranked>,
    /// The published rules over the same log.
    pub rules: Vec<Replayed>,
    /// Theory beside measurement.
    pub theory: TheoryBeside,
    /// What to change; tried on the first seed.
    pub advice: Vec<Hint>,
    /// What the numbers of the log's layers stand for.
    #[serde(skip)]
    pub numbering: Numbering,
    /// The changes that `command` makes already.
    #[serde(skip)]
    pub given: Vec<String>,
    /// The command that goes on where time ran out before every cure was tried.
    #[serde(skip)]
    pub further: Option<String>,
    /// Questions that the log leaves open.
    pub unanswered: Vec<Unanswered>,
    /// The command that `advice` is added to; null where there is no spec.
    pub command: Option<String>,
    /// Seed by seed, where there are several.
    pub by_seed: Vec<OfSeed>,
    /// What was left out of the log.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// A mechanism and in how many runs it is at work.
#[derive(Clone, Debug, Serialize)]
pub struct Ranked {
    /// What is seen of it in the first run that has it; `share` is the mean over the runs.
    #[serde(flatten)]
    pub found: Diagnosed,
    /// Runs that have it.
    pub seeds: usize,
    /// The seed that its numbers are of, where it is known.
    pub seed: Option<u64>,
}

impl Ranked {
    /// How many of the `seeds` have it, and whose its numbers are.
    pub fn of_seeds(&self, seeds: usize) -> String {
        let own = self.seed.map(|seed| format!(", here seed {seed}"));
        match seeds {
            1 => String::new(),
            _ => format!(
                ", in {} of {seeds} seeds{}",
                self.seeds,
                own.unwrap_or_default()
            ),
        }
    }
}

/// One seed's diagnosis.
#[derive(Clone, Debug, Serialize)]
pub struct OfSeed {
    /// The seed, where it is known.
    pub seed: Option<u64>,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// Where it begins to fail.
    pub onset: Option<Onset>,
    /// The mechanisms at work.
    pub mechanisms: Vec<Diagnosed>,
}

/// A question that the log leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// The mechanism that is not looked for.
    pub mechanism: &'static str,
    /// The columns that tell of it, `spec.toml`, a key of it, or the spec and its data.
    pub needs: Vec<String>,
}

/// How a target is diagnosed.
pub struct Examination<'a> {
    /// The spec of a run, where it has one that can be read.
    pub spec_of: &'a dyn Fn(&Run) -> Option<LoadedSpec>,
    /// How cures are tried; `None` where there is no spec to change.
    pub advice: Option<AdviceOptions<'a>>,
    /// The command that advice is added to.
    pub command: Option<String>,
    /// The changes that it makes already, as `--set` takes them.
    pub given: Vec<String>,
    /// The command that tries the cures for which there was no time.
    pub further: Option<String>,
}

/// The columns that mechanisms and rules go by, and those that are calculated with.
fn columns() -> Vec<&'static str> {
    let of_mechanisms = MECHANISMS.iter().flat_map(|one| one.columns);
    let of_rules = RULES.iter().flat_map(|rule| rule.columns());
    let also = ["delta_norm", "weight_norm", "update_ratio"].iter();
    of_mechanisms.chain(of_rules).chain(also).copied().collect()
}

/// Diagnoses a target.
///
/// # Errors
/// If a log cannot be understood.
pub fn diagnose(target: &Target, examination: &Examination) -> Result<Diagnosis, Problem> {
    let loaded = target.runs.iter().map(|run| (examination.spec_of)(run));
    let loaded: Vec<Option<LoadedSpec>> = loaded.collect();
    let cases = target.runs.iter().zip(&loaded);
    let wanted = columns();
    let cases = cases.map(|(run, loaded)| Case::read(run, loaded.as_ref(), &wanted));
    let cases: Vec<Case> = cases.collect::<Result<_, _>>()?;
    let found: Vec<Vec<Diagnosed>> = cases.iter().map(find_all).collect();
    let advice = examination.advice.as_ref();
    let (advice, ran_out) = advice.map_or_else(Default::default, |options| {
        hints(&cases[0], &found[0], options)
    });
    let learned: Option<Vec<bool>> = cases.iter().map(|case| case.stats.learned).collect();
    let onsets = cases.iter().filter_map(|case| case.stats.onset.clone());
    let theory: Vec<TheoryBeside> = cases.iter().map(TheoryBeside::of).collect();
    let by_seed = cases.iter().zip(&found).map(|(case, found)| OfSeed {
        seed: case.run.seed(),
        verdict: case.stats.verdict,
        onset: case.stats.onset.clone(),
        mechanisms: found.clone(),
    });
    let warnings = cases.iter().flat_map(|case| {
        let caution = case.run.caution(&case.stats.headline);
        case.stats.warnings.iter().cloned().chain(caution)
    });
    Ok(Diagnosis {
        name: target.label.clone(),
        seeds: cases.len(),
        verdict: cases.iter().filter_map(|case| case.stats.verdict).max(),
        is_undecided: cases.iter().all(|case| case.undecided().is_some()),
        learned: learned.map(|all| all.into_iter().all(|learned| learned)),
        quantity: cases[0].stats.headline.clone(),
        onset: onsets.min_by_key(|onset| onset.step),
        mechanisms: ranked(&cases, &found),
        rules: rules(&cases),
        theory: TheoryBeside::over(&theory),
        advice,
        numbering: cases[0].numbering(),
        given: examination.given.clone(),
        further: examination.further.clone().filter(|_| ran_out),
        unanswered: unanswered(&cases[0], &found),
        command: examination.command.clone(),
        by_seed: if cases.len() > 1 {
            by_seed.collect()
        } else {
            Vec::new()
        },
        warnings: warnings.collect(),
    })
}

impl Diagnosis {
    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        let names = self.mechanisms.iter().map(|one| one.found.mechanism.name);
        names.eq(["healthy"])
    }
}

/// The mechanisms of all runs: those of most runs first, then by their mean share.
fn ranked(cases: &[Case], found: &[Vec<Diagnosed>]) -> Vec<Ranked> {
    let runs = found.len();
    let mut ranked: Vec<Ranked> = Vec::new();
    for mechanism in MECHANISMS {
        let of_runs = found.iter().flatten().filter(|one| one.is(mechanism));
        let of_runs: Vec<&Diagnosed> = of_runs.collect();
        let Some(first) = of_runs.first() else {
            continue;
        };
        let has_it = |all: &[Diagnosed]| all.iter().any(|one| one.is(mechanism));
        let mut pairs = cases.iter().zip(found);
        let first_case = pairs.find(|(_, all)| has_it(all)).map(|(case, _)| case);
        let shares: Vec<f64> = of_runs.iter().filter_map(|one| one.share).collect();
        let share = (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / runs as f64);
        let precedence = of_runs.iter().map(|one| one.precedence).max();
        ranked.push(Ranked {
            found: Diagnosed {
                precedence: precedence.unwrap_or(0),
                share,
                ..(*first).clone()
            },
            seeds: of_runs.len(),
            seed: first_case.and_then(|case| case.run.seed()),
        });
    }
    let is_common = |one: &Ranked| 2 * one.seeds > runs;
    let share = |one: &Ranked| one.found.share.unwrap_or(-1.0);
    ranked.sort_by(|a, b| {
        let common = is_common(b).cmp(&is_common(a));
        let causes = b.found.precedence.cmp(&a.found.precedence);
        common.then(causes).then(share(b).total_cmp(&share(a)))
    });
    ranked
}

/// The rules over all runs: each fires where it fires in one, since the earliest step.
fn rules(cases: &[Case]) -> Vec<Replayed> {
    let mut whole = cases[0].rules.clone();
    for case in &cases[1..] {
        for (rule, other) in whole.iter_mut().zip(&case.rules) {
            let seeds = rule.seeds + other.seeds;
            if other.fires == Some(true) && (rule.step.is_none() || other.step < rule.step) {
                *rule = other.clone();
            }
            rule.seeds = seeds;
        }
    }
    whole
}

/// The mechanisms that this log does not tell of; what was found in a seed all the same is told.
fn unanswered(case: &Case, found: &[Vec<Diagnosed>]) -> Vec<Unanswered> {
    let columns = |columns: &[&str]| {
        let needs = columns.iter().map(|column| (*column).to_owned());
        needs.collect::<Vec<String>>()
    };
    let of_columns = MECHANISMS.iter().filter_map(|mechanism| {
        let is_blind = !mechanism.columns.is_empty()
            && !mechanism.columns.iter().any(|column| case.has(column));
        is_blind.then(|| Unanswered {
            mechanism: mechanism.name,
            needs: columns(mechanism.columns),
        })
    });
    let mut open: Vec<Unanswered> = of_columns.collect();
    if !case.is_of_activations() {
        // Norms of ∂L/∂W are flat where activations shrink as fast as the gradient.
        open.retain(|one| one.mechanism != "contraction");
        open.push(Unanswered {
            mechanism: "contraction",
            needs: vec![HEADLINE.to_owned()],
        });
    }
    if optimizer_floor::is_open(case) {
        open.retain(|one| one.mechanism != "optimizer_floor");
        open.push(Unanswered {
            mechanism: "optimizer_floor",
            needs: vec![format!("{ASKED_BY} ({CONTRIBUTION})")],
        });
    }
    if case.spec().is_none() {
        for mechanism in ["optimizer_floor", "data_scale"] {
            open.retain(|one| one.mechanism != mechanism);
            open.push(Unanswered {
                mechanism,
                needs: vec!["spec.toml".to_owned()],
            });
        }
    }
    if is_of_unmeasured_tokens(case) {
        open.push(Unanswered {
            mechanism: RANK_COLLAPSE.name,
            needs: vec!["the spec and its data".to_owned()],
        });
    }
    let found = found.iter().flatten();
    open.retain(|one| !found.clone().any(|own| own.mechanism.name == one.mechanism));
    open
}

/// Whether the log is a transformer's whose network cannot be looked at.
fn is_of_unmeasured_tokens(case: &Case) -> bool {
    let is_of_transformer = match case.spec() {
        Some(spec) => matches!(spec.network.architecture, Architecture::Transformer(_)),
        None => case
            .stats
            .layers
            .iter()
            .any(|info| info.name == "attention_1"),
    };
    let positions = case.spec().and_then(|spec| spec.data.positions);
    is_of_transformer && case.expected.work.is_none() && positions != Some(1)
}

/// Where a run's own copy of its spec lies.
pub fn saved_spec(run: &Run) -> PathBuf {
    run.path.join("spec.toml")
}

#[cfg(test)]
mod tests {
    use super::super::hint_lines::hint_lines;
    use super::*;
    use crate::lab::json::Real;

    #[test]
    fn a_hint_takes_the_place_of_a_change_and_says_where_time_ran_out() {
        let given = ["network.activation=sigmoid", "train.steps=3"].map(str::to_owned);
        let hint = Hint {
            name: "tanh".to_owned(),
            set: vec!["network.activation=tanh".to_owned()],
            why: "it is steep".to_owned(),
            quantity: "attenuation_decades",
            step: 0,
            before: Real(5.0),
            after: Real(1.0),
            predicted: None,
            later: None,
            is_good: true,
        };
        let mut diagnosis = Diagnosis {
            command: Some(format!(
                "vgrad run a.toml --set {} --set {} --seed 1",
                given[0], given[1]
            )),
            given: given.to_vec(),
            advice: vec![hint],
            ..Diagnosis::default()
        };
        let told = hint_lines(&diagnosis, 80);
        let command =
            "vgrad run a.toml --set train.steps=3 --seed 1 --set network.activation=tanh\n";
        assert!(
            told.contains(command) && !told.contains("time ran out"),
            "{told}"
        );
        assert!(!told.contains("still vanishing"), "{told}");
        diagnosis.advice[0].after = Real(4.5);
        let told = hint_lines(&diagnosis, 80);
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("still vanishing"), "{told}");
        diagnosis.further = Some("vgrad diagnose runs/a".to_owned());
        diagnosis.advice.clear();
        let told = hint_lines(&diagnosis, 80);
        assert!(told.starts_with("try next  time ran out"), "{told}");
        assert!(
            told.ends_with("          vgrad diagnose runs/a\n"),
            "{told}"
        );
    }
}
