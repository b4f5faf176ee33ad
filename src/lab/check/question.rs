//! Putting the questions to a target.

use std::path::PathBuf;

use super::baseline::Baseline;
use super::compare::{BaselineComparison, Compared};
use super::extremes::{Seen, Within};
use super::finding::{Finding, Source, State};
use super::measure::{Measured, Wanted, measure};
use super::moment::Moment;
use super::obey::{Obeyed, finished, obey};
use super::report::{CheckReport, WholeRun};
use super::rule::Rule;
use super::spec_keys::SpecKeys;
use crate::base::Problem;
use crate::lab::decay::Verdict;
use crate::lab::reading::read_all;
use crate::lab::records::{Run, Target};
use crate::nn::architecture::Along;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The baseline with its file.
    pub baseline: Option<(PathBuf, Baseline)>,
    /// The steps that a new baseline shall hold; none if none is asked for.
    pub accept: Vec<Moment>,
    /// Decades that a run may differ from the baseline by.
    pub tolerance: f64,
    /// The norm that decay is measured by, if not the run's own choice.
    pub quantity: Option<String>,
    /// Whether unclear and improved count as failed.
    pub strict: bool,
    /// Whether a changed spec cannot be compared.
    pub same_spec: bool,
    /// The most runs read at once; 0 is 1.
    pub threads: usize,
}

/// What came of it.
pub struct Answer {
    /// The findings.
    pub report: CheckReport,
    /// The baseline that can be accepted, if one was asked for.
    pub candidate: Option<Baseline>,
}

/// Reads the runs of `target` once each and answers the questions.
///
/// # Errors
/// If a run cannot be read. What only a single question is to blame for is
/// told in [`CheckReport::cannot`].
pub fn ask(target: &Target, questions: &Questions) -> Result<Answer, Problem> {
    let old = questions.baseline.as_ref();
    let mut moments = questions.accept.clone();
    moments.extend(old.iter().flat_map(|(_, baseline)| baseline.moments()));
    let wanted = Wanted {
        rules: &questions.rules,
        moments: &moments,
        quantity: questions.quantity.as_deref(),
    };
    let targets = std::slice::from_ref(target);
    let mut runs = read_all(targets, questions.threads, |_, run| measure(run, &wanted))?;
    tell_ensemble(target, &questions.rules, &mut runs)?;
    let mut report = CheckReport {
        target: target.path.clone(),
        seeds: runs.iter().filter_map(|run| run.seed).collect(),
        strict: questions.strict,
        accepts: !questions.accept.is_empty(),
        along: Along::of_all(target.runs.iter().map(Run::along)),
        has_diverged: runs.iter().any(|run| run.diverged.is_some()),
        ends: runs.iter().map(|run| run.ends.clone()).collect(),
        warnings: runs
            .iter()
            .flat_map(|run| run.warnings.iter().cloned())
            .collect(),
        runs: runs
            .iter()
            .zip(&target.runs)
            .map(|(own, run)| WholeRun {
                cell: None,
                seed: own.seed,
                verdict: Verdict::of_run(
                    own.diverged.is_some(),
                    own.ends[0].as_ref(),
                    own.ends[1].as_ref(),
                ),
                learned: run.summary.as_ref().and_then(|summary| summary.learned),
                learned_by: run
                    .summary
                    .as_ref()
                    .and_then(|told| told.learned_by.clone()),
            })
            .collect(),
        ..CheckReport::default()
    };
    report.warnings.extend(report.about_runs());
    report.findings.extend(runs.iter().filter_map(divergence));
    for (i, rule) in questions.rules.iter().enumerate() {
        match obey(rule, i, &runs, &target.runs) {
            Ok(Obeyed {
                findings,
                remarks,
                open,
            }) => {
                report.findings.extend(findings);
                report.warnings.extend(remarks);
                report.cannot.extend(open);
            }
            Err(problem) => report.cannot.push(problem.to_string()),
        }
    }
    let mut candidate = None;
    if !moments.is_empty() {
        let run = &target.runs[0];
        let spec = run.spec.as_ref().map(|spec| SpecKeys::of(spec, &run.path));
        let spec = spec.transpose();
        let made = |moments: &[Moment]| {
            finished(moments.contains(&Moment::Final), &runs, &target.runs)?;
            Baseline::of(&runs, moments, spec.clone()?.as_ref())
        };
        if let Some((file, old)) = old {
            let compared = made(&old.moments()).and_then(|new| {
                let comparison = BaselineComparison {
                    file,
                    old,
                    new: &new,
                    numbering: runs[0].numbering,
                    tolerance: questions.tolerance,
                    same_spec: questions.same_spec,
                    has_diverged: report.has_diverged,
                };
                comparison.make()
            });
            match compared {
                Ok(Compared {
                    findings,
                    remarks,
                    open,
                    changed,
                }) => {
                    report.findings.extend(findings);
                    report.warnings.extend(remarks);
                    // What is about to be replaced need not be comparable.
                    match questions.accept.is_empty() {
                        true => report.cannot.extend(open),
                        false => report.warnings.extend(open),
                    }
                    report.changed = changed;
                }
                Err(problem) if !questions.accept.is_empty() => {
                    report.warnings.push(problem.to_string());
                }
                Err(problem) => report.cannot.push(problem.to_string()),
            }
        }
        if !questions.accept.is_empty() {
            // What was found is told even where nothing can be accepted.
            match made(&questions.accept) {
                Ok(new) => candidate = Some(new),
                Err(problem) => report.cannot.push(problem.to_string()),
            }
        }
    }
    let asks = !questions.rules.is_empty() || old.is_some();
    if asks && report.findings.is_empty() && report.cannot.is_empty() && !report.accepts {
        report
            .cannot
            .push("nothing was found that could be checked".to_owned());
    }
    report.findings.sort_by(Finding::by_badness);
    report.warnings.extend(report.about_loss());
    Ok(Answer { report, candidate })
}

/// Puts down for the rules about the ensemble what the probabilities of all runs together are
/// worth. It is one value, which stands with the first run.
fn tell_ensemble(target: &Target, rules: &[Rule], runs: &mut [Measured]) -> Result<(), Problem> {
    let of_ensemble = |rule: &Rule| rule.check.quantity.of_ensemble().is_some();
    let (Some(first), true) = (runs.first_mut(), rules.iter().any(of_ensemble)) else {
        return Ok(());
    };
    let Some(together) = target.ensemble()? else {
        return Ok(());
    };
    let summary = target.runs[0].summary.as_ref();
    let steps = summary.map_or(0, |summary| summary.steps);
    for (rule, found) in rules.iter().zip(&mut first.found) {
        let name = rule.check.quantity.of_ensemble();
        if let Some(value) = name.and_then(|name| together.measures.named(name)) {
            found.insert(None, Seen::one(Within::exactly(value), steps));
        }
    }
    Ok(())
}

/// The finding that a run diverged.
fn divergence(run: &Measured) -> Option<Finding> {
    let at = run.diverged.as_ref()?;
    let name = at.layer.and_then(|layer| run.names.get(&layer));
    Some(Finding {
        rule: "every number is finite".to_owned(),
        source: Source::Run,
        place: 0,
        file: None,
        cell: None,
        quantity: at.quantity.clone(),
        at: "every".to_owned(),
        step: at.step,
        layer: at.layer,
        layer_name: name.cloned(),
        numbering: run.numbering,
        state: State::Fails,
        value: at.value,
        bound: None,
        low: None,
        high: None,
        baseline: None,
        limit: None,
        beyond: None,
        beyond_decades: None,
        seeds: 1,
        by_seed: Vec::new(),
    })
}
