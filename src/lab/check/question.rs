//! Putting the questions to a target.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::baseline::Baseline;
use super::compare::{BaselineComparison, Compared};
use super::extremes::Extremes;
use super::finding::{DistanceScale, Finding, Source, State};
use super::judge::{Limit, judge};
use super::measure::{Measured, Wanted, measure};
use super::moment::Moment;
use super::report::{CheckReport, WholeRun};
use super::rule::Rule;
use super::spec_keys::SpecKeys;
use crate::base::Problem;
use crate::lab::config::CheckedSteps;
use crate::lab::decay::Verdict;
use crate::lab::reading::read_all;
use crate::lab::records::{Run, Target};
use crate::lab::summary::Status;
use crate::lab::text::layer_ranges;

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
    let runs = read_all(targets, questions.threads, |_, run| measure(run, &wanted))?;
    let mut report = CheckReport {
        target: target.path.clone(),
        seeds: runs.iter().filter_map(|run| run.seed).collect(),
        strict: questions.strict,
        accepts: !questions.accept.is_empty(),
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
            })
            .collect(),
        ..CheckReport::default()
    };
    report.warnings.extend(report.about_runs());
    report.findings.extend(runs.iter().filter_map(divergence));
    for (i, rule) in questions.rules.iter().enumerate() {
        match obey(rule, i, &runs, &target.runs) {
            Ok((findings, remarks)) => {
                report.findings.extend(findings);
                report.warnings.extend(remarks);
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
                    changed,
                }) => {
                    report.findings.extend(findings);
                    report.warnings.extend(remarks);
                    report.changed = changed;
                }
                // What is about to be replaced need not be comparable.
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
        state: State::Fails,
        value: at.value,
        low: None,
        high: None,
        baseline: None,
        limit: None,
        beyond: None,
        beyond_decades: None,
        seeds: 1,
    })
}

/// That every run has come to its end and all of it is there, if its final
/// step is asked for.
fn finished(is_asked: bool, measured: &[Measured], runs: &[Run]) -> Result<(), Problem> {
    if let Some(lost) = measured.iter().find_map(|run| run.lost_end.as_ref())
        && is_asked
    {
        return Err(
            Problem::new(format!("cannot look at the last steps: {lost}"))
                .help("restore the file or run the spec anew, or ask about the initial step"),
        );
    }
    let is_open = |run: &&Run| {
        let has_ended = run
            .summary
            .as_ref()
            .is_some_and(|summary| summary.status != Status::Interrupted);
        run.spec.is_some() && !has_ended
    };
    match runs.iter().find(is_open).filter(|_| is_asked) {
        Some(run) => Err(Problem::in_file(
            &run.path,
            "has no final step: the run was stopped early or still goes on",
        )
        .help("let the run come to its end, or ask about another step")),
        None => Ok(()),
    }
}

/// The findings of one rule, the `i`-th, and remarks.
fn obey(
    rule: &Rule,
    i: usize,
    runs: &[Measured],
    records: &[Run],
) -> Result<(Vec<Finding>, Vec<String>), Problem> {
    let cannot = |what: String, help: &str| {
        Problem::in_file(&rule.file, format!("the rule `{}` {what}", rule.label())).help(help)
    };
    let name = rule.check.quantity.name();
    // Rows that are gone may hold the worst step as well as the last.
    finished(rule.check.at != CheckedSteps::Initial, runs, &[])?;
    finished(rule.check.at == CheckedSteps::Final, runs, records)?;
    let layers: Vec<usize> = runs[0].names.keys().copied().collect();
    if let (Some([first, last]), Some(low), Some(high)) =
        (rule.layers(), layers.first(), layers.last())
        && (first < *low || last > *high)
    {
        return Err(cannot(
            format!("looks beyond the layers of the run, which are {low} to {high}"),
            "name layers that the run has",
        ));
    }
    if rule.is_per_step && records.iter().any(|run| !run.has_training()) {
        return Err(cannot(
            format!("needs training.csv, where `{name}` is a column, and there is none"),
            "name the run folder, not a CSV file in it",
        ));
    }
    let mut by_layer: BTreeMap<Option<usize>, Vec<Extremes>> = BTreeMap::new();
    for run in runs {
        if run.found[i].is_empty() {
            return Err(cannot(
                format!("finds no value: `{name}` is empty there"),
                "ask at another step or about another quantity; `vgrad list quantities` explains each",
            ));
        }
        for (layer, extremes) in &run.found[i] {
            by_layer.entry(*layer).or_default().push(*extremes);
        }
    }
    let mut remarks = Vec::new();
    for what in lacks(i, runs, &by_layer) {
        if rule.check.layers.is_some() {
            return Err(cannot(
                format!("cannot look at every layer of its range: {what}"),
                "name layers that have a value; `vgrad list quantities` explains where there is none",
            ));
        }
        remarks.push(format!(
            "{}: the rule `{}`: {what}",
            rule.file.display(),
            rule.label()
        ));
    }
    let layer_name = |layer: Option<usize>| runs[0].names.get(&layer?).cloned();
    let findings = by_layer.into_iter().map(|(layer, extremes)| {
        let low = |extremes: &Extremes| extremes.min;
        let high = |extremes: &Extremes| extremes.max;
        let min = rule
            .check
            .min
            .map(|limit| finding((rule, i), Limit::Min(limit), &extremes, low));
        let max = rule
            .check
            .max
            .map(|limit| finding((rule, i), Limit::Max(limit), &extremes, high));
        let sides = min.into_iter().chain(max);
        // A rule without a limit is refused where it is read.
        let worst = sides
            .min_by(Finding::by_badness)
            .expect("a rule has a limit");
        Finding {
            layer,
            layer_name: layer_name(layer),
            ..worst
        }
    });
    Ok((findings.collect(), remarks))
}

/// Where layers that others of the `i`-th rule's steps or seeds have lack a value.
fn lacks(
    i: usize,
    runs: &[Measured],
    by_layer: &BTreeMap<Option<usize>, Vec<Extremes>>,
) -> Vec<String> {
    let of_steps = runs.iter().filter_map(|run| {
        let (step, layers) = run.lacking[i].first()?;
        let seed = match run.seed.filter(|_| runs.len() > 1) {
            Some(seed) => format!("seed {seed}: "),
            None => String::new(),
        };
        Some(format!("{seed}{layers} without a value at step {step}"))
    });
    let mut lacks: Vec<String> = of_steps.collect();
    let in_some = by_layer
        .iter()
        .filter(|(_, seeds)| seeds.len() < runs.len());
    let in_some: Vec<[usize; 2]> = in_some
        .filter_map(|(layer, _)| layer.map(|layer| [layer, layer]))
        .collect();
    if lacks.is_empty() && !in_some.is_empty() {
        lacks.push(format!(
            "{} without a value in some of the seeds",
            layer_ranges(&in_some)
        ));
    }
    lacks
}

/// One side of a rule, given with its place, for one layer over the seeds.
fn finding(
    (rule, place): (&Rule, usize),
    limit: Limit,
    seeds: &[Extremes],
    worst: impl Fn(&Extremes) -> (f64, u64),
) -> Finding {
    let values: Vec<f64> = seeds.iter().map(|seed| worst(seed).0).collect();
    let quantity = rule.check.quantity.name();
    let judged = judge(&values, limit, DistanceScale::of(quantity));
    // The step of the seed that is worst; nothing is worse than NaN.
    let steps = seeds.iter().map(&worst).max_by(|a, b| {
        let key = |value: f64| match limit {
            _ if value.is_nan() => f64::INFINITY,
            Limit::Min(_) => -value,
            Limit::Max(_) => value,
        };
        let of_nan = a.0.is_nan().cmp(&b.0.is_nan());
        of_nan.then_with(|| key(a.0).total_cmp(&key(b.0)))
    });
    Finding {
        rule: rule.label(),
        source: Source::Rule,
        place,
        file: Some(rule.file.display().to_string()),
        cell: None,
        quantity: quantity.to_owned(),
        at: rule.check.at.name().to_owned(),
        step: steps.map(|(_, step)| step),
        layer: None,
        layer_name: None,
        state: judged.state,
        value: Some(judged.value),
        low: Some(judged.interval.0),
        high: Some(judged.interval.1),
        baseline: None,
        limit: Some(limit.value()),
        beyond: Some(judged.beyond),
        beyond_decades: judged.beyond_decades,
        seeds: seeds.len(),
    }
}
