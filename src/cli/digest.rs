//! What a person reads at the end of a run: the layers as bars, the decay, the
//! verdict in a sentence, and what to try next.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table, presets};

use crate::lab::advice::{advice, has_learned};
use crate::lab::config::Spec;
use crate::lab::decay::Verdict;
use crate::lab::experiment::{LayerProfile, Outcome};
use crate::lab::summary::{Status, Summary};
use crate::lab::text;
use crate::lab::text::bar::bar as blocks;

/// The most layers shown; a deeper network shows every k-th.
const MOST_ROWS: usize = 24;
/// Characters of the longest bar.
const BAR_WIDTH: f64 = 24.0;

/// One line, for a run among several.
pub fn line(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let attenuation = summary.initial.attenuation_decades.unwrap_or(0.0);
    let score = match (summary.test_accuracy, summary.test_loss) {
        (Some(accuracy), _) => format!("test accuracy {accuracy:.3}"),
        (None, Some(loss)) => format!("test loss {}", text::number(loss)),
        (None, None) => format!(
            "train loss {}",
            text::number(summary.train_loss.unwrap_or(f64::NAN))
        ),
    };
    format!(
        "seed {:<4} {:<9} {attenuation:+8.2} decades   {score}   {}\n",
        summary.seed,
        summary.verdict.name(),
        outcome.folder.display()
    )
}

/// The whole text. `given` is the command line so far: the spec and its changes.
pub fn whole(outcome: &Outcome, spec: &Spec, given: &str) -> String {
    let summary = &outcome.summary;
    let mut whole = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(whole, "{}\n", layer_table(&outcome.profile, summary));
    for (label, line) in lines(outcome, spec) {
        let _ = writeln!(whole, "{label:<12} {line}");
    }
    for (i, suggestion) in advice(spec, summary).iter().enumerate() {
        let label = if i == 0 { "try next" } else { "" };
        let _ = writeln!(whole, "{label:<12} vgrad run {given} {}", suggestion.flags);
        let _ = writeln!(whole, "{:<12}   {}", "", suggestion.why);
    }
    whole
}

fn lines(outcome: &Outcome, spec: &Spec) -> Vec<(&'static str, String)> {
    let summary = &outcome.summary;
    let layers = outcome.profile.len();
    let mut lines = vec![("decay", text::decay_line(&summary.initial, layers))];
    if summary.last.step > 0 {
        lines.push(("", text::decay_line(&summary.last, layers)));
    }
    lines.push(("verdict", verdict_line(summary, layers)));
    if summary.verdict != Verdict::Healthy && has_learned(summary) {
        let end = summary.last.verdict.name();
        lines.push((
            "",
            format!("it trained nevertheless; at the end its gradients are {end}"),
        ));
    }
    lines.push(("training", training_line(summary)));
    if let Some(accuracy) = summary.test_accuracy {
        let chance = summary.chance_accuracy.unwrap_or(0.0);
        lines.push((
            "accuracy",
            format!(
                "{accuracy:.3} on the test set, {chance:.3} by always guessing the commonest class"
            ),
        ));
    } else if let Some(loss) = summary.test_loss {
        lines.push((
            "test loss",
            format!("{} ({})", text::number(loss), spec.train.loss.name()),
        ));
    }
    lines.push(("files", format!("{}", outcome.folder.display())));
    lines
}

fn training_line(summary: &Summary) -> String {
    let loss = summary.train_loss.map_or("none".to_owned(), text::number);
    let how = match summary.status {
        Status::Completed => "",
        Status::Diverged => ", diverged",
        Status::Interrupted => ", interrupted",
    };
    format!(
        "{} steps in {:.1} s ({:.0} steps/s){how}; loss of the last logged batch {loss}",
        summary.steps, summary.times.training_seconds, summary.times.steps_per_second
    )
}

/// The verdict in a plain sentence.
fn verdict_line(summary: &Summary, layers: usize) -> String {
    let color = match summary.verdict {
        Verdict::Healthy => AnsiColor::Green,
        Verdict::AtRisk => AnsiColor::Yellow,
        Verdict::Vanishing | Verdict::Exploding | Verdict::Diverged => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(color.into())).bold();
    let sentence = verdict_sentence(summary, layers);
    format!("{style}{}{style:#}: {sentence}", summary.verdict.name())
}

fn verdict_sentence(summary: &Summary, layers: usize) -> String {
    if let Some(at) = &summary.diverged {
        return text::non_finite(at.step, at.layer, &at.name);
    }
    let attenuation = summary.initial.attenuation_decades.unwrap_or(0.0);
    text::factor_sentence(attenuation, layers)
}

/// log10 ‖∂L/∂h‖ per layer at both ends of the run, as bars.
fn layer_table(profile: &[LayerProfile], summary: &Summary) -> String {
    let logs = |norm: f64| {
        if norm > 0.0 && norm.is_finite() {
            Some(norm.log10())
        } else {
            None
        }
    };
    let all = profile
        .iter()
        .flat_map(|layer| [layer.initial, layer.last])
        .filter_map(logs);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    let cell = |norm: f64| match logs(norm) {
        Some(log) => (format!("{log:.2}"), bar(log, low, high)),
        None => (format!("{norm}"), String::new()),
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let (first, last) = (
        format!("step {}", summary.initial.step),
        format!("step {}", summary.last.step),
    );
    let only_one = summary.initial.step == summary.last.step;
    let mut header = vec!["layer".to_owned(), "log10 ‖∂L/∂h‖".to_owned(), first];
    if !only_one {
        header.extend([String::new(), last]);
    }
    table.set_header(header);
    let every = profile.len().div_ceil(MOST_ROWS).max(1);
    let shown = profile
        .iter()
        .filter(|layer| (profile.len() - layer.layer).is_multiple_of(every) || layer.layer == 1);
    for layer in shown {
        let (number, bar) = cell(layer.initial);
        let mut row = vec![layer.layer.to_string(), number, bar];
        if !only_one {
            let (number, bar) = cell(layer.last);
            row.extend([number, bar]);
        }
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        if matches!(column.index, 0 | 1 | 3) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// The bar of a value between the smallest and the largest.
fn bar(value: f64, low: f64, high: f64) -> String {
    // A span of at least one decade, so that noise does not look like decay.
    let span = (high - low).max(1.0);
    blocks((value - low) / span, BAR_WIDTH)
}
