//! One rule put to the runs.

use std::collections::BTreeMap;

use super::extremes::Seen;
use super::figure::several;
use super::finding::{DistanceScale, Finding, Source, State, ValueBound};
use super::judge::{Limit, judge};
use super::measure::Measured;
use super::rule::Rule;
use crate::base::Problem;
use crate::lab::config::{CheckedSteps, Quantity};
use crate::lab::records::Run;
use crate::lab::summary::Status;
use crate::lab::text::Numbering;
use crate::study::columns::adversary_columns;

/// That every run has come to its end and all of it is there, if its final
/// step is asked for.
pub fn finished(is_asked: bool, measured: &[Measured], runs: &[Run]) -> Result<(), Problem> {
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

/// What came of one rule.
#[derive(Default)]
pub struct Obeyed {
    /// The answers.
    pub findings: Vec<Finding>,
    /// What else is to be told.
    pub remarks: Vec<String>,
    /// That there is no answer where the values are below the log's resolution.
    pub open: Option<String>,
}

/// Puts one rule, the `i`-th, to the runs.
///
/// # Errors
/// If it cannot be put: values or rows that it asks for are not there.
pub fn obey(rule: &Rule, i: usize, runs: &[Measured], records: &[Run]) -> Result<Obeyed, Problem> {
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
            "ask about a column that the file has, or name a run folder instead of the CSV file in it",
        ));
    }
    // An ensemble has one value for all runs, which stands with the first.
    let runs = match rule.check.quantity.of_ensemble() {
        Some(_) => &runs[..1],
        None => runs,
    };
    let mut by_layer: BTreeMap<Option<usize>, Vec<Seen>> = BTreeMap::new();
    for run in runs {
        if run.found[i].is_empty() {
            let lacking = run.lacking[i].first().filter(|_| !rule.is_per_layer);
            let why = match lacking {
                Some((step, layers)) => format!(
                    "{} without a norm at step {step}, and decay shows between layers",
                    run.numbering.ranges(layers)
                ),
                None => why_none(&rule.check.quantity),
            };
            return Err(cannot(
                format!("finds no value: {why}"),
                what_to_do(&rule.check.quantity),
            ));
        }
        for (layer, seen) in &run.found[i] {
            by_layer.entry(*layer).or_default().push(*seen);
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
    let mut obeyed = Obeyed {
        remarks,
        ..Obeyed::default()
    };
    let mut open = Vec::new();
    for (layer, seeds) in by_layer {
        let limits = [
            rule.check.min.map(Limit::Min),
            rule.check.max.map(Limit::Max),
        ];
        let sides = limits.into_iter().flatten();
        let sides: Vec<Option<Finding>> = sides.map(|limit| side(rule, i, limit, &seeds)).collect();
        let is_open = sides.iter().any(Option::is_none);
        let worst = sides.into_iter().flatten().min_by(Finding::by_badness);
        // What fails on one side fails, whatever cannot be told of the other.
        match worst.filter(|worst| !is_open || worst.state == State::Fails) {
            Some(worst) => obeyed.findings.push(Finding {
                layer,
                layer_name: layer_name(layer),
                numbering: runs[0].numbering,
                ..worst
            }),
            None => open.push(layer),
        }
    }
    if !open.is_empty() {
        let layers: Vec<usize> = open.into_iter().flatten().collect();
        let place = match layers.is_empty() {
            true => String::new(),
            false => format!(" for {}", runs[0].numbering.many(&layers)),
        };
        let what =
            format!("cannot be told{place}: what was measured is below the log's resolution");
        let help = "log more digits, or ask for what the log's rounding can tell";
        obeyed.open = Some(cannot(what, help).to_string());
    }
    Ok(obeyed)
}

/// Why a quantity may have no value at all.
fn why_none(quantity: &Quantity) -> String {
    match quantity.name() {
        _ if quantity.of_ensemble().is_some() => {
            "there are no mean probabilities of several seeds, or none of them errs".to_owned()
        }
        "errors_in_most_uncertain_tenth" => {
            "the probabilities on the test set were not judged, or none of them errs".to_owned()
        }
        _ if quantity.is_of_probabilities() => {
            "the probabilities on the test set were not judged".to_owned()
        }
        name => format!("`{name}` is empty there"),
    }
}

/// What to do where a quantity has no value.
fn what_to_do(quantity: &Quantity) -> &'static str {
    let name = quantity.name();
    match name {
        _ if quantity.of_ensemble().is_some() => {
            "name a folder of seeds, as `vgrad run SPEC --predictive --seeds 5` leaves it: two of them must hold out the same samples"
        }
        "cell_grad_norm" => "ask about another quantity: only an LSTM has such a cell state",
        "test_psnr" => {
            "ask about another quantity, such as test_loss: only a run of `data.source` = nerf or image whose colours are not standardised has it"
        }
        "calibration_error" | "predictive_entropy" | "errors_in_most_uncertain_tenth" => {
            "set train.predictive = \"softmax\", or run it with --predictive, and let it come to its end"
        }
        _ if adversary_columns().iter().any(|column| column.name == name) => {
            "ask about another quantity: only a run with [gan] has it"
        }
        _ => "ask at another step or about another quantity; `vgrad list quantities` explains each",
    }
}

/// One end of what was seen, with its step.
type End = fn(&Seen) -> (f64, u64);

/// One side of a rule for one layer over the seeds. `None` where the values are bounds that
/// do not decide it.
fn side(rule: &Rule, place: usize, limit: Limit, seeds: &[Seen]) -> Option<Finding> {
    let [worst, best]: [End; 2] = match limit {
        Limit::Min(_) => [|seen| seen.low.min, |seen| seen.high.min],
        Limit::Max(_) => [|seen| seen.high.max, |seen| seen.low.max],
    };
    let of = |end: End| finding((rule, place), limit, seeds, end);
    let (worst, best) = (of(worst), of(best));
    let is_known = |finding: &Finding| {
        finding
            .value
            .is_some_and(|own| own.is_finite() && own != 0.0)
    };
    if worst.value == best.value || worst.value.is_some_and(f64::is_nan) {
        return Some(worst);
    }
    if worst.state != best.state {
        return None;
    }
    let is_worst_known = is_known(&worst) && !is_known(&best);
    // The end that is known, and on which side of it the value lies.
    let is_upper = matches!(limit, Limit::Max(_)) == is_worst_known;
    let bound = if is_upper {
        ValueBound::AtMost
    } else {
        ValueBound::AtLeast
    };
    Some(Finding {
        bound: Some(bound),
        ..if is_worst_known { worst } else { best }
    })
}

/// Where layers that others of the `i`-th rule's steps or seeds have lack a value.
fn lacks(
    i: usize,
    runs: &[Measured],
    by_layer: &BTreeMap<Option<usize>, Vec<Seen>>,
) -> Vec<String> {
    let of_steps = runs.iter().filter_map(|run| {
        let (step, layers) = run.lacking[i].first()?;
        let seed = match run.seed.filter(|_| runs.len() > 1) {
            Some(seed) => format!("seed {seed}: "),
            None => String::new(),
        };
        let layers = run.numbering.ranges(layers);
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
            runs[0].numbering.ranges(&in_some)
        ));
    }
    lacks
}

/// One side of a rule, given with its place, for one layer over the seeds.
fn finding(
    (rule, place): (&Rule, usize),
    limit: Limit,
    seeds: &[Seen],
    worst: impl Fn(&Seen) -> (f64, u64),
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
        numbering: Numbering::default(),
        state: judged.state,
        value: Some(judged.value),
        bound: None,
        low: Some(judged.interval.0),
        high: Some(judged.interval.1),
        baseline: None,
        limit: Some(limit.value()),
        beyond: Some(judged.beyond),
        beyond_decades: judged.beyond_decades,
        seeds: seeds.len(),
        by_seed: several(&values),
    }
}
