//! The forms of a ranking of cures on stdout, and its files.

use comfy_table::{CellAlignment, Table, TableStyle, presets};
use serde_json::json;

use super::report::{CureRow, Remedies};
use super::result::CureResult;
use crate::base::Problem;
use crate::lab::form::{Detail, Form};
use crate::lab::json::Real;
use crate::lab::text;

/// All forms; the first is the default.
pub const FORMS: &[Form<Remedies>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human,
    },
    Form {
        name: "markdown",
        doc: "A table for a pull request",
        write: markdown,
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: json_text,
    },
];

/// What cures are told apart by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Score {
    /// The share of right answers on the test set.
    Accuracy,
    /// The loss over that of guessing, where the targets are numbers.
    Loss,
    /// How far what generators make is from the data; each kind of discriminator has a training
    /// loss of its own.
    Distance,
}

impl Score {
    fn of(remedies: &Remedies) -> Self {
        let mut all = tried(remedies).chain([&remedies.baseline]);
        match () {
            () if remedies.baseline.is_of_generators() => Self::Distance,
            () if all.any(|cure| cure.accuracy().is_some()) => Self::Accuracy,
            () => Self::Loss,
        }
    }

    /// What the order goes by.
    fn order(self, remedies: &Remedies) -> &'static str {
        match self {
            _ if !remedies.baseline.has_trained() => "the decades lost",
            Self::Accuracy => "accuracy",
            Self::Loss => "whether something was learned, else by verdict, then by loss ÷ guessing",
            Self::Distance => "verdict, then by energy distance",
        }
    }
}

/// The columns.
fn heads(remedies: &Remedies, score: Score) -> [&'static str; 9] {
    [
        "",
        "cure",
        "decades lost",
        "predicted",
        match score {
            Score::Distance => text::ENERGY_DISTANCE,
            Score::Loss if remedies.baseline.test_loss().is_some() => "test loss",
            _ => "train loss",
        },
        match score {
            Score::Loss => "loss ÷ guessing",
            _ => "accuracy",
        },
        "to 90 %",
        "cost",
        "verdict",
    ]
}

/// A number, or a dash where there is none.
fn cell(value: Option<Real>, show: impl Fn(f64) -> String) -> String {
    value.map_or("–".to_owned(), |Real(value)| show(value))
}

fn lost(value: f64) -> String {
    text::fixed(value, 2)
}

fn cells(rank: String, row: &CureRow, score: Score) -> [String; 9] {
    let reached = match (row.test_accuracy, row.test_accuracy_spread) {
        _ if score == Score::Loss => cell(row.loss_over_guessing, text::number),
        (Some(Real(mean)), Some(Real(spread))) => format!("{mean:.3} ± {spread:.3}"),
        (mean, _) => cell(mean, |mean| format!("{mean:.3}")),
    };
    let verdict = row.verdict.map_or("", text::word).to_owned();
    [
        rank,
        row.name.clone(),
        row.shown_lost(lost).unwrap_or_else(|| "–".to_owned()),
        cell(row.attenuation_predicted, lost),
        cell(
            match score {
                Score::Accuracy => row.train_loss,
                Score::Loss => row.test_loss.or(row.train_loss),
                Score::Distance => row.test_loss,
            },
            text::number,
        ),
        reached,
        cell(row.steps_to_90_percent, |steps| format!("{steps:.0}")),
        cell(row.cost_per_step, |cost| format!("{cost:.1}×")),
        match row.unlearned() {
            Some(told) => format!("{verdict}, {told}"),
            None => verdict,
        },
    ]
}

fn table(remedies: &Remedies, style: TableStyle) -> String {
    let mut table = Table::new();
    table.load_style(style);
    let score = Score::of(remedies);
    table.set_header(heads(remedies, score));
    for column in table.column_iter_mut().skip(2).take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let baseline = remedies.row(&remedies.baseline);
    let rows = tried(remedies).map(|cure| remedies.row(cure));
    table.add_row(cells(String::new(), &baseline, score));
    for (rank, row) in rows.enumerate() {
        table.add_row(cells((rank + 1).to_string(), &row, score));
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn tried(remedies: &Remedies) -> impl Iterator<Item = &CureResult> {
    remedies.cures.iter().filter(|cure| !cure.trials.is_empty())
}

/// What did not help and what does not apply, a line each.
fn remarks(remedies: &Remedies) -> Vec<(String, String)> {
    let rows = remedies.cures.iter().map(|cure| remedies.row(cure));
    rows.filter_map(|row| Some((row.name, row.reason?)))
        .collect()
}

/// What to do, in one sentence.
fn conclusion(remedies: &Remedies) -> String {
    let Some(best) = remedies.best() else {
        return format!("None of the cures helped {}.", remedies.name);
    };
    let reached = reached(best, &remedies.baseline).unwrap_or_default();
    let unlearned = remedies.row(best).unlearned();
    let but = unlearned.map_or(String::new(), |told| format!(", but {told}"));
    let why = match &*best.why {
        "" => String::new(),
        why => format!(" ({why})"),
    };
    format!("The best cure is {}{reached}{but}{why}.", best.name)
}

/// What the ranking goes by, with the best cure and as it is.
fn reached(best: &CureResult, baseline: &CureResult) -> Option<String> {
    let ends = [best, baseline];
    let [has_trained, was_trained] = ends.map(CureResult::has_trained);
    if !has_trained {
        let [after, before] = ends.map(|cure| cure.lost().map_or("–".to_owned(), lost));
        return Some(format!(
            ": {after} decades lost at step 0 instead of {before}"
        ));
    }
    if !was_trained {
        return None;
    }
    if let [Some(after), Some(before)] = ends.map(CureResult::accuracy) {
        return Some(format!(": accuracy {after:.3} instead of {before:.3}"));
    }
    if best.is_of_generators() {
        let [after, before] = ends.map(|cure| cure.verdict().map_or("", text::word));
        return Some(format!(": {after} instead of {before}"));
    }
    match ends.map(CureResult::loss_over_guessing) {
        [Some(after), Some(before)] => {
            let [after, before] = [after, before].map(text::number);
            Some(format!(
                ": {after} of the loss of guessing instead of {before}"
            ))
        }
        _ => None,
    }
}

fn human(remedies: &Remedies, detail: Detail) -> Result<String, Problem> {
    let conclusion = conclusion(remedies);
    if detail == Detail::Quiet {
        return Ok(conclusion + "\n");
    }
    let mut text = table(remedies, presets::NOTHING) + "\n\n";
    text += &format!(
        "decades lost, predicted: of ‖∂L/∂h‖ from the {} to the first, at step 0\n",
        remedies.baseline.along().last()
    );
    if let Some(nearly) = remedies.nearly {
        text += &format!("to 90 %: updates until the accuracy is {nearly:.3}, 90 % of the best\n");
    }
    text += "cost: time of an update over that of the spec as it is\n";
    let order = Score::of(remedies).order(remedies);
    text += &format!("ranked by {order}\n");
    let remarks = remarks(remedies);
    if !remarks.is_empty() {
        text += "\nNo cure here:\n";
        for (name, reason) in remarks {
            text += &format!("  {name}: {reason}\n");
        }
    }
    text += &format!("\n{conclusion}\n");
    if let Some(best) = remedies.best() {
        let sets: Vec<String> = best.sets.iter().map(|set| format!("--set {set}")).collect();
        text += &format!("  {}\n", sets.join(" "));
    }
    Ok(text)
}

fn markdown(remedies: &Remedies, detail: Detail) -> Result<String, Problem> {
    let conclusion = text::escaped(&conclusion(remedies));
    if detail == Detail::Quiet {
        return Ok(conclusion + "\n");
    }
    let mut text = format!(
        "{conclusion}\n\n{}\n",
        table(remedies, presets::ASCII_MARKDOWN)
    );
    for (i, (name, reason)) in remarks(remedies).into_iter().enumerate() {
        let gap = if i == 0 { "\n" } else { "" };
        text += &format!(
            "{gap}* {}: {}\n",
            text::escaped(&name),
            text::escaped(&reason)
        );
    }
    Ok(text)
}

fn json_text(remedies: &Remedies, _: Detail) -> Result<String, Problem> {
    let cures: Vec<CureRow> = remedies
        .cures
        .iter()
        .map(|cure| remedies.row(cure))
        .collect();
    let value = json!({
        "name": remedies.name,
        "baseline": remedies.row(&remedies.baseline),
        "remedies": cures,
    });
    Ok(format!("{value:#}\n"))
}
