//! A table to read: what fails first and by itself, what holds in few lines.

use anstyle::AnsiColor;
use comfy_table::{Table, presets};

use crate::base::Problem;
use crate::lab::check::finding::{Finding, Source, State};
use crate::lab::check::report::{CheckReport, CheckedCells, GateVerdict};
use crate::lab::form::Detail;
use crate::lab::text::Numbering;

/// The most failures shown unless all are asked for.
const MOST_ROWS: usize = 20;

pub fn write(report: &CheckReport, detail: Detail) -> Result<String, Problem> {
    let is_sweep = !report.cells.is_empty();
    let rows = match detail {
        Detail::Verbose => report.findings.iter().map(row).collect(),
        // Its findings are many; the worst of each kind of cells stands in their table.
        Detail::Usual | Detail::Quiet if is_sweep => Vec::new(),
        Detail::Usual | Detail::Quiet => short(report),
    };
    let mut text = changed_keys(report);
    if is_sweep {
        text += &table(
            [
                "",
                "cells",
                "worst",
                report.along.one(),
                "value",
                "limit or baseline",
                "margin",
            ],
            by_cells(report, detail),
        );
    }
    if !rows.is_empty() {
        text += &table(
            [
                "",
                "what",
                report.along.one(),
                "value",
                "limit or baseline",
                "margin",
            ],
            rows,
        );
    }
    Ok(text)
}

fn table<const N: usize>(header: [&str; N], rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    let lines: Vec<String> = table.trim_fmt().lines().map(colored).collect();
    lines.join("\n") + "\n\n"
}

/// A row per kind of a sweep's cells, the worst first and else in the order of the plan,
/// with the finding that is worst.
fn by_cells(report: &CheckReport, detail: Detail) -> Vec<[String; 7]> {
    let most = match detail {
        Detail::Verbose => usize::MAX,
        Detail::Usual | Detail::Quiet => 2 * MOST_ROWS,
    };
    let mut cells: Vec<&CheckedCells> = report.cells.iter().collect();
    cells.sort_by_key(|cells| {
        let rank = match cells.verdict {
            GateVerdict::Fail => 0,
            GateVerdict::Cannot => 1,
            GateVerdict::Pass => 2,
        };
        let state = cells.worst.as_ref().map(|worst| worst.state);
        (rank, std::cmp::Reverse(state))
    });
    let mut rows: Vec<[String; 7]> = cells
        .iter()
        .take(most)
        .map(|cells| of_cells(cells))
        .collect();
    if let more @ 1.. = cells.len().saturating_sub(most) {
        let mut line: [String; 7] = Default::default();
        line[1] = format!("and {more} more, shown with -v");
        rows.push(line);
    }
    rows
}

fn of_cells(cells: &CheckedCells) -> [String; 7] {
    let mut label = cells.label.clone();
    if cells.runs > 1 {
        label += &format!(" ({} seeds)", cells.runs);
    }
    let worst = cells.worst.as_ref().map(row);
    let [state, what, layer, value, reference, margin] = worst.unwrap_or_default();
    // What fails has failed, whatever else could not be answered.
    match (cells.verdict, &cells.cannot) {
        (GateVerdict::Cannot, told) => {
            let why = told.first().and_then(|told| told.lines().next());
            let mut line: [String; 7] = Default::default();
            line[0] = "cannot".to_owned();
            line[1] = label;
            line[2] = why.unwrap_or_default().to_owned();
            line
        }
        _ => [state, label, what, layer, value, reference, margin],
    }
}

/// The keys of the spec that have changed since the baseline, a line each.
fn changed_keys(report: &CheckReport) -> String {
    if report.changed.is_empty() {
        return String::new();
    }
    let lines = report.changed.iter();
    let lines: String = lines.map(|key| format!("  {}\n", key.in_words())).collect();
    format!("the spec has changed since the baseline:\n{lines}\n")
}

/// A line of the table with the colour of its answer, if it begins with one.
fn colored(line: &str) -> String {
    let text = line.strip_prefix(' ').unwrap_or(line);
    let answers = [
        (State::Fails, AnsiColor::Red),
        (State::Unclear, AnsiColor::Yellow),
        (State::Improved, AnsiColor::Cyan),
        (State::Holds, AnsiColor::Green),
    ];
    for (state, color) in answers {
        if let Some(rest) = text
            .strip_prefix(state.name())
            .filter(|rest| rest.starts_with(' '))
        {
            let (style, indent) = (color.on_default(), &line[..line.len() - text.len()]);
            return format!("{indent}{style}{}{style:#}{rest}", state.name());
        }
    }
    line.to_owned()
}

/// What fails or is unclear, finding by finding; what holds, question by
/// question, each with the finding that comes nearest to its limit.
fn short(report: &CheckReport) -> Vec<[String; 6]> {
    let holds = |finding: &&Finding| finding.state == State::Holds;
    let open: Vec<&Finding> = report.findings.iter().filter(|f| !holds(f)).collect();
    let mut rows: Vec<_> = open.iter().take(MOST_ROWS).map(|f| row(f)).collect();
    if let more @ 1.. = open.len().saturating_sub(MOST_ROWS) {
        rows.push(remark(format!("and {more} more, shown with -v")));
    }
    for (_, findings) in report.by_question() {
        let held: Vec<&Finding> = findings.into_iter().filter(holds).collect();
        let Some((nearest, others)) = held.split_first() else {
            continue;
        };
        let mut line = row(nearest);
        if !others.is_empty() {
            let told = report.along.count(&format!("{} layers", held.len()));
            line[2] = format!("{told}, nearest: {}", line[2]);
        }
        rows.push(line);
    }
    rows
}

fn remark(text: String) -> [String; 6] {
    let mut line: [String; 6] = Default::default();
    line[1] = text;
    line
}

fn row(finding: &Finding) -> [String; 6] {
    let at_step = match (&*finding.at, finding.step) {
        ("every", Some(step)) if finding.source == Source::Run => {
            format!(" ({} at step {step} is not)", finding.quantity)
        }
        ("every", Some(step)) => format!(" (worst: {step})"),
        _ => String::new(),
    };
    let layer = match (finding.layer, &finding.layer_name) {
        (None, _) => "all".to_owned(),
        (Some(layer), _) if finding.numbering != Numbering::Layers => {
            finding.numbering.short(layer)
        }
        (Some(layer), Some(name)) if !name.is_empty() => format!("{layer} {name}"),
        (Some(layer), _) => layer.to_string(),
    };
    let interval = match (finding.state, finding.low, finding.high) {
        (State::Unclear, Some(low), Some(high)) => {
            format!(" ({} to {})", finding.shown(low), finding.shown(high))
        }
        _ => String::new(),
    };
    [
        finding.state.name().to_owned(),
        format!("{}{at_step}", finding.question()),
        layer,
        finding.shown_value() + &interval,
        finding.shown_reference(),
        finding.shown_beyond(),
    ]
}
