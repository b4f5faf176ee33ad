//! The forms of a sweep's table on stdout.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use super::rows::{CellGroup, FIGURES, SweepTable, figure};
use super::stall::{short, stalls};
use crate::base::Problem;
use crate::lab::form::{Detail, Form};
use crate::lab::records::Estimate;
use crate::lab::text;

/// All forms; the first is the default.
pub const FORMS: &[Form<SweepTable>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human,
    },
    Form {
        name: "csv",
        doc: "A row per cell, as in sweep.csv",
        write: csv,
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: json_text,
    },
];

/// The most rows for a person to read.
const MOST_ROWS: usize = 40;

fn csv(table: &SweepTable, _: Detail) -> Result<String, Problem> {
    Ok(String::from_utf8_lossy(&table.to_csv()?).into_owned())
}

fn json_text(table: &SweepTable, _: Detail) -> Result<String, Problem> {
    let cells: Vec<serde_json::Value> = table
        .rows
        .iter()
        .map(|row| {
            let mut cell = json!({
                "index": row.index,
                "hash": row.hash,
                "status": row.status,
                "reason": row.reason,
                "verdict": row.verdict,
                "learned": row.learned,
                "axes": {},
            });
            for (column, label) in table.columns.iter().zip(&row.labels) {
                cell["axes"][column] = json!(label);
            }
            for (figure, value) in FIGURES.iter().zip(&row.figures) {
                cell[figure.name] = json!(value);
            }
            cell
        })
        .collect();
    let whole = json!({ "name": table.name, "columns": table.columns, "cells": cells });
    let text = serde_json::to_string_pretty(&whole).expect("keys are strings");
    Ok(text + "\n")
}

fn human(table: &SweepTable, detail: Detail) -> Result<String, Problem> {
    let groups = table.groups();
    let most = match detail {
        Detail::Verbose => usize::MAX,
        Detail::Usual => MOST_ROWS,
        Detail::Quiet => 0,
    };
    let mut said = String::new();
    if most > 0 {
        said += &shown(table, &groups[..groups.len().min(most)]);
        if groups.len() > most {
            said += &format!("… {} more rows; -v shows them\n", groups.len() - most);
        }
        said.push('\n');
    }
    for stall in stalls(table) {
        said += &format!("{stall}\n");
    }
    for row in table.rows.iter().filter(|row| row.reason.is_some()).take(5) {
        let reason = row.reason.as_deref().unwrap_or_default();
        said += &format!("cell {} failed: {reason}\n", row.index);
    }
    Ok(said)
}

/// A row per group of seeds.
fn shown(table: &SweepTable, groups: &[CellGroup]) -> String {
    let mut out = Table::new();
    out.load_style(presets::NOTHING);
    let columns = table.group_columns();
    let mut header: Vec<String> = columns
        .iter()
        .map(|column| short(column).to_owned())
        .collect();
    let has_accuracy = table.has("test_accuracy");
    let score = match table.is_of_generators() {
        _ if has_accuracy => "accuracy",
        true => text::ENERGY_DISTANCE,
        false => "loss",
    };
    header.extend(
        [
            "cells",
            "verdict",
            "decades lost",
            "predicted",
            "at the end",
            score,
        ]
        .map(String::from),
    );
    out.set_header(header);
    let place = |name: &str| figure(name).expect("a figure of the list");
    let decades = |estimate: Option<Estimate>| shown_estimate(estimate, |x| text::fixed(x, 2));
    for group in groups {
        let mut cells: Vec<String> = group
            .labels
            .iter()
            .map(|label| (*label).to_owned())
            .collect();
        cells.push(group.rows.len().to_string());
        cells.push(verdicts(group));
        let lost = |layers: &str, by_loss: &str| {
            let layers = decades(group.estimate(place(layers)));
            text::with_loss(layers, group.mean(place(by_loss)))
        };
        cells.push(lost("attenuation_decades", "loss_decades"));
        cells.push(decades(
            group.estimate(place("predicted_attenuation_decades")),
        ));
        cells.push(lost("final_attenuation_decades", "final_loss_decades"));
        let accuracy = group.estimate(place("test_accuracy"));
        cells.push(match accuracy {
            Some(_) => shown_estimate(accuracy, |x| format!("{x:.3}")),
            None => {
                let loss = |name| group.estimate(place(name));
                let loss = loss("test_loss").or_else(|| loss("train_loss"));
                let name = if has_accuracy { "loss " } else { "" };
                shown_estimate(loss, |x| format!("{name}{}", text::number(x)))
            }
        });
        out.add_row(cells);
    }
    for column in out
        .column_iter_mut()
        .filter(|column| column.index > columns.len() + 1)
    {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = out.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// A mean, with half its interval where there is one.
fn shown_estimate(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> String {
    match estimate {
        None => "–".to_owned(),
        Some(estimate) if estimate.has_interval() && estimate.high - estimate.low > 0.01 => {
            let half = (estimate.high - estimate.low) / 2.0;
            format!("{} ± {half:.2}", show(estimate.mean))
        }
        Some(estimate) => show(estimate.mean),
    }
}

/// "vanishing", or counted where they differ.
fn verdicts(group: &CellGroup) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in &group.rows {
        let word = row.verdict.unwrap_or(row.status);
        match counts.iter_mut().find(|(other, _)| *other == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    match &counts[..] {
        [(word, _)] => word.replace('_', " "),
        _ => {
            let counts = counts.iter();
            let counts: Vec<String> = counts
                .map(|(word, count)| format!("{count} {}", word.replace('_', " ")))
                .collect();
            counts.join(", ")
        }
    }
}
