//! Every finding as JSON.

use serde_json::{Value, json};

use crate::base::Problem;
use crate::lab::check::finding::{Finding, State};
use crate::lab::check::report::CheckReport;
use crate::lab::decay::Verdict;
use crate::lab::form::Detail;
use crate::lab::json::number;

/// Version of the layout; later ones only add to it.
const SCHEMA_VERSION: u32 = 1;

pub fn write(report: &CheckReport, _: Detail) -> Result<String, Problem> {
    let written = |finding: &Finding| {
        let mut value = serde_json::to_value(finding)?;
        value["unit"] = json!(finding.unit());
        value["difference"] = number(&finding.difference(), serde_json::value::Serializer)?;
        let by_seed = || finding.by_seed.iter().map(|own| own.0);
        if let (Some(min), Some(max)) = (by_seed().reduce(f64::min), by_seed().reduce(f64::max)) {
            value["min"] = number(&Some(min), serde_json::value::Serializer)?;
            value["max"] = number(&Some(max), serde_json::value::Serializer)?;
        }
        Ok(value)
    };
    let findings: Result<Vec<Value>, serde_json::Error> =
        report.findings.iter().map(written).collect();
    let findings = findings
        .map_err(|error| Problem::new(format!("a finding cannot be written as JSON: {error}")))?;
    let runs = report.runs.iter().zip(&report.ends).map(|(run, ends)| {
        let [initial, last] = ends
            .each_ref()
            .map(|end| end.as_ref().map(|decay| decay.verdict.name()));
        json!({
            "cell": run.cell,
            "seed": run.seed,
            "verdict": run.verdict.map(Verdict::name),
            "initial": initial,
            "final": last,
            "learned": run.learned,
        })
    });
    let changed = report
        .changed
        .iter()
        .map(|changed| json!({ "key": changed.key, "values": [changed.before, changed.now] }));
    let cells = report.cells.iter().map(|cells| {
        json!({
            "cell": cells.label,
            "verdict": cells.verdict.name(),
            "runs": cells.runs,
            "errors": cells.cannot,
        })
    });
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
        "improved": report.count(State::Improved),
        "spec_changes": changed.collect::<Vec<_>>(),
        "runs": runs.collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    });
    Ok(format!("{value:#}\n"))
}
