//! A diagnosis to read, and for programs.

use super::diagnosis::{Diagnosis, Ranked};
use super::hint_lines::hint_lines;
use super::mechanism::Rate;
use super::replay::Replayed;
use super::rules::RuleSubject;
use super::theory_beside::TheoryBeside;
use crate::base::Problem;
use crate::lab::decay::Verdict;
use crate::lab::form::{Detail, Form};
use crate::lab::onset::{Condition, Onset};
use crate::lab::text::{self, Numbering, decades, labelled, number};

/// All forms; the first is the default.
pub const FORMS: &[Form<Diagnosis>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human,
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: json,
    },
];

/// Columns of the labels and of a line.
const LABEL: usize = 10;
const WIDTH: usize = 80;
/// Columns of what a rule does.
const RULE: usize = 7;

fn json(diagnosis: &Diagnosis, _: Detail) -> Result<String, Problem> {
    let value = serde_json::to_value(diagnosis).expect("a diagnosis is plain data");
    Ok(format!("{value:#}\n"))
}

fn human(diagnosis: &Diagnosis, detail: Detail) -> Result<String, Problem> {
    let mut text = heading(diagnosis) + "\n";
    if detail == Detail::Quiet {
        return Ok(text);
    }
    text.push('\n');
    for (label, line) in short(diagnosis) {
        text += &labelled(label, &line, [LABEL, WIDTH]);
    }
    for (i, line) in theory_lines(&diagnosis.theory, diagnosis.seeds)
        .into_iter()
        .enumerate()
    {
        text += &labelled(if i == 0 { "theory" } else { "" }, &line, [LABEL, WIDTH]);
    }
    text += &rule_lines(diagnosis, detail);
    for (i, open) in diagnosis.unanswered.iter().enumerate() {
        let line = format!(
            "whether it is {}: that needs {}",
            open.mechanism.replace('_', " "),
            open.needs.join(" or ")
        );
        text += &labelled(if i == 0 { "unknown" } else { "" }, &line, [LABEL, WIDTH]);
    }
    text += &hint_lines(diagnosis, WIDTH);
    Ok(text)
}

/// The verdict in a line.
fn heading(diagnosis: &Diagnosis) -> String {
    let verdict = diagnosis.verdict.map_or("no norms", text::word);
    // Of a run that diverged the test set was last looked at before.
    let learned = diagnosis
        .learned
        .filter(|_| diagnosis.verdict != Some(Verdict::Diverged));
    let learned = match learned {
        Some(true) => ", learned",
        Some(false) if diagnosis.is_undecided => ", too few samples to tell whether it learned",
        Some(false) => ", nothing learned",
        None => "",
    };
    let seeds = match diagnosis.seeds {
        1 => String::new(),
        n => format!(" (the worst of {n} seeds)"),
    };
    format!("{}: {verdict}{learned}{seeds}", diagnosis.name)
}

/// Where it starts and why, a labelled line each: what closes a run.
pub fn short(diagnosis: &Diagnosis) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(onset) = &diagnosis.onset {
        lines.push(("starts", onset_line(onset, diagnosis)));
    }
    for (i, ranked) in diagnosis.mechanisms.iter().enumerate() {
        lines.push((
            if i == 0 { "why" } else { "" },
            mechanism_line(ranked, diagnosis),
        ));
    }
    if diagnosis.mechanisms.is_empty() {
        lines.push(("why", "the log does not tell".to_owned()));
    }
    lines
}

/// Layer, step, value and neighbour's value.
fn onset_line(onset: &Onset, diagnosis: &Diagnosis) -> String {
    let place = diagnosis.numbering.named(onset.layer, &onset.name);
    let along = diagnosis.numbering.along();
    let value = onset.value.map_or("no value".to_owned(), number);
    let next = match onset.next_value {
        Some(next) => along.speak(&format!(
            "{} in the next layer toward the output",
            number(next)
        )),
        None => "it is the last one".to_owned(),
    };
    let what = match onset.condition {
        Condition::NonFinite => {
            return format!(
                "{place} at step {}: the first value that is not finite, {value}",
                onset.step
            );
        }
        Condition::Zero => "exactly 0",
        Condition::Drop => "a thousandfold drop",
        Condition::Rise => "a thousandfold rise",
        Condition::Loss => "from there down decades below the last layer",
        Condition::Gain => "from there down decades above the last layer",
    };
    let what = along.speak(what);
    format!(
        "{place} at step {}: {} = {value}, {next}; {what}",
        onset.step,
        text::symbol(&diagnosis.quantity)
    )
}

fn mechanism_line(ranked: &Ranked, diagnosis: &Diagnosis) -> String {
    let found = &ranked.found;
    let is_from_start = diagnosis.mechanisms.iter().all(|one| one.found.step == 0);
    let rate = match found.rate {
        Some(Rate::TooSmall) => ", the rate is too small",
        Some(Rate::TooLarge) => ", the rate is too large",
        Some(Rate::TooLargeAtFirst) => ", the rate is too large at first",
        None => "",
    };
    let share = match found.share {
        Some(share) => format!(" ({:.0} % of the decay)", 100.0 * share),
        None => String::new(),
    };
    let of_seeds = ranked.of_seeds(diagnosis.seeds);
    let since = match is_from_start {
        true => String::new(),
        false => format!(" at step {}", found.step),
    };
    // Steps may be too large for gradients that do not arrive either.
    let decays = |one: &Ranked| one.found.share.is_some();
    let has_diverged = diagnosis.verdict == Some(Verdict::Diverged);
    let title = match found.rate {
        Some(_) if has_diverged || diagnosis.mechanisms.iter().any(decays) => "not learning",
        _ => found.mechanism.title,
    };
    format!("{title}{rate}{share}{of_seeds}{since}: {}", found.sentence)
}

fn theory_lines(theory: &TheoryBeside, seeds: usize) -> Vec<String> {
    let Some(expected) = theory.predicted_attenuation else {
        let reason = theory.reason.as_deref().unwrap_or("there is none");
        return vec![format!("none: {reason}")];
    };
    let mut lines = Vec::new();
    let of_slope = |slope: Option<crate::lab::json::Real>| {
        slope.map_or(String::new(), |slope| {
            let slope = text::signed(slope.0, 4);
            format!(" ({slope} per {})", theory.along.one())
        })
    };
    let interval = theory
        .predicted_interval
        .map_or(String::new(), |[low, high]| {
            let ends = [low, high].map(|end| text::fixed(end.0, 2));
            format!(", 19 draws in 20 within {}", ends.join(" … "))
        });
    let mut line = format!(
        "step 0: {} decades lost{} expected{interval}",
        decades(expected.0),
        of_slope(theory.predicted_slope),
    );
    if let Some(measured) = theory.initial_attenuation {
        let mean = if seeds > 1 { " in the mean" } else { "" };
        line += &format!(
            "; measured {}{}{mean}",
            decades(measured.0),
            of_slope(theory.initial_slope)
        );
    }
    let judged = match theory.agrees {
        Some(true) if theory.is_rare => ": just outside, where one draw in 20 lies",
        Some(true) => ": as expected",
        Some(false)
            if theory
                .initial_attenuation
                .is_some_and(|it| it.0.is_infinite()) =>
        {
            ": layers read exactly 0, which no theory of real numbers knows"
        }
        Some(false) => ": the engine or the spec differ from the theory's assumptions",
        None if theory.predicted_interval.is_none() => {
            ": single draws may lie off, as one recurrent map is used at every time step"
        }
        None if theory.finite_width_dominates => {
            ": finite width dominates, single draws may lie far off"
        }
        None => "",
    };
    line += &theory.along.speak(judged);
    lines.push(line);
    if let (Some(has_moved), Some(last)) = (theory.has_moved, theory.final_attenuation) {
        let told = if has_moved {
            "training has moved it"
        } else {
            "still as theory expects of the start"
        };
        lines.push(format!(
            "last step: {}{}: {told}",
            decades(last.0),
            of_slope(theory.final_slope)
        ));
    }
    lines
}

/// Which rules fire and which pass, a line each, and which cannot tell.
fn rule_lines(diagnosis: &Diagnosis, detail: Detail) -> String {
    let mut text = String::new();
    let mut add = |word: &str, line: &str| {
        let label = if text.is_empty() { "rules" } else { "" };
        let label = format!("{label:LABEL$}{word}");
        text += &labelled(&label, line, [LABEL + RULE, WIDTH]);
    };
    for rule in &diagnosis.rules {
        let Some(fires) = rule.fires else { continue };
        add(
            if fires { "FIRES" } else { "passes" },
            &rule_line(rule, diagnosis.seeds, diagnosis.numbering),
        );
        if detail == Detail::Verbose {
            add("", &format!("fires when {}", rule.rule.fires_when));
        }
        if detail == Detail::Verbose || fires != has(diagnosis, rule.rule.about) {
            add("", &format!("blind spot: {}", rule.rule.blind_spot));
        }
    }
    let silent: Vec<&Replayed> = diagnosis
        .rules
        .iter()
        .filter(|rule| rule.fires.is_none())
        .collect();
    let mut needs: Vec<&str> = Vec::new();
    for column in silent.iter().flat_map(|rule| &rule.missing) {
        if !needs.contains(&&**column) {
            needs.push(column);
        }
    }
    for column in needs {
        let of_column = silent
            .iter()
            .filter(|rule| rule.missing.iter().any(|one| one == column));
        let names: Vec<String> = of_column.map(|rule| named(rule)).collect();
        add("?", &format!("needs {column}: {}", names.join(", ")));
    }
    let mut alike = silent.iter().filter_map(|rule| rule.reason);
    if let Some(reason) = alike.next_back() {
        let own = silent.iter().filter(|rule| rule.reason == Some(reason));
        let names: Vec<String> = own.map(|rule| named(rule)).collect();
        add(
            "?",
            &format!("not replayed, as {reason}: {}", names.join(", ")),
        );
    }
    text
}

/// Whether a run has what a rule is to find.
fn has(diagnosis: &Diagnosis, about: RuleSubject) -> bool {
    let is_found = |name: &str| {
        let mut mechanisms = diagnosis.mechanisms.iter();
        mechanisms.any(|one| one.found.mechanism.name == name)
    };
    match about {
        RuleSubject::Vanishing => matches!(
            diagnosis.verdict,
            Some(Verdict::Vanishing | Verdict::AtRisk)
        ),
        RuleSubject::Exploding => is_found("expansion"),
        RuleSubject::Dead => is_found("dead_units"),
        RuleSubject::Saturated => is_found("saturation"),
        RuleSubject::Steps => is_found("healthy_but_not_learning") || is_found("contraction"),
    }
}

fn named(replayed: &Replayed) -> String {
    format!("{} ({})", replayed.rule.name, replayed.rule.source)
}

fn rule_line(replayed: &Replayed, seeds: usize, numbering: Numbering) -> String {
    let named = named(replayed);
    if replayed.fires != Some(true) {
        return named;
    }
    let at = match (&*replayed.layers, replayed.step) {
        ([], Some(step)) => format!(" since step {step}"),
        (at, Some(step)) => format!(" since step {step} at {}", numbering.many(at)),
        (_, None) => String::new(),
    };
    let end = match replayed.at_the_end {
        Some(false) => ", no longer at the end",
        _ => "",
    };
    let of_seeds = match seeds {
        1 => String::new(),
        n => format!(", {} of {n} seeds", replayed.seeds),
    };
    format!("{named}{at}{end}{of_seeds}")
}
