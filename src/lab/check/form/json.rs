//! Every finding as JSON.

use serde_json::json;

use super::Detail;
use crate::base::Problem;
use crate::lab::check::finding::State;
use crate::lab::check::report::Report;

/// Version of the layout; later ones only add to it.
const SCHEMA_VERSION: u32 = 1;

pub fn render(report: &Report, _: Detail) -> Result<String, Problem> {
    let findings: Result<Vec<_>, _> = report.findings.iter().map(serde_json::to_value).collect();
    let findings = findings
        .map_err(|error| Problem::new(format!("a finding cannot be written as JSON: {error}")))?;
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "vgrad_version": env!("CARGO_PKG_VERSION"),
        "verdict": report.verdict().name(),
        "target": report.target.display().to_string(),
        "seeds": report.seeds,
        "strict": report.strict,
        "diverged": report.has_diverged,
        "holds": report.count(State::Holds),
        "unclear": report.count(State::Unclear),
        "fails": report.count(State::Fails),
        "findings": findings,
        "errors": report.cannot,
        "warnings": report.warnings,
    });
    Ok(format!("{value:#}\n"))
}
