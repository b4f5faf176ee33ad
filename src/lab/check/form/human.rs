//! A table to read, worst first.

use comfy_table::{Table, presets};

use super::Detail;
use crate::base::Problem;
use crate::lab::check::finding::{Finding, Source};
use crate::lab::check::report::Report;

/// The most rows shown unless all are asked for.
const MOST_ROWS: usize = 20;

pub fn render(report: &Report, detail: Detail) -> Result<String, Problem> {
    let shown = match detail {
        Detail::Whole => report.findings.len(),
        Detail::Short => report.findings.len().min(MOST_ROWS),
    };
    if shown == 0 {
        return Ok(String::new());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "what", "layer", "value", "limit", "beyond the limit"]);
    for finding in &report.findings[..shown] {
        table.add_row(row(finding));
    }
    let mut text = table.trim_fmt() + "\n";
    if let more @ 1.. = report.findings.len() - shown {
        text += &format!("and {more} more, shown with -v\n");
    }
    Ok(text + "\n")
}

fn row(finding: &Finding) -> [String; 6] {
    let at_step = match (&*finding.at, finding.step) {
        ("every", Some(step)) if finding.source == Source::Run => format!(" (step {step} is not)"),
        ("every", Some(step)) => format!(" (worst: {step})"),
        _ => String::new(),
    };
    let layer = match (finding.layer, &finding.layer_name) {
        (None, _) => "all".to_owned(),
        (Some(layer), Some(name)) if !name.is_empty() => format!("{layer} {name}"),
        (Some(layer), _) => layer.to_string(),
    };
    [
        finding.state.name().to_owned(),
        format!("{}{at_step}", finding.rule),
        layer,
        finding.shown_value(),
        finding.shown_limit(),
        finding.shown_beyond(),
    ]
}
