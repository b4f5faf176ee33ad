//! The array that github-action-benchmark reads, where smaller is better.

use serde_json::{Value, json};

use crate::base::Problem;
use crate::lab::check::finding::{Finding, Source};
use crate::lab::check::report::CheckReport;
use crate::lab::decay::Decay;
use crate::lab::form::Detail;
use crate::lab::records::Estimate;

pub fn write(report: &CheckReport, _: Detail) -> Result<String, Problem> {
    let mut entries = Vec::new();
    for (end, when) in [(0, "initial"), (1, "final")] {
        let decays = || {
            report
                .ends
                .iter()
                .filter_map(move |ends| ends[end].as_ref())
        };
        let of = |get: fn(&Decay) -> Option<f64>| decays().filter_map(get).collect::<Vec<f64>>();
        entries.extend(entry(
            &format!("attenuation ({when})"),
            "decades",
            &of(|decay| decay.attenuation_decades),
        ));
        entries.extend(entry(
            &format!("decay ({when})"),
            &format!("decades per {}", report.along.one()),
            &of(|decay| decay.decay_decades_per_layer),
        ));
    }
    entries.extend(furthest(report));
    let is_infinite = |decay: &Decay| decay.attenuation_decades.is_some_and(f64::is_infinite);
    let lost = report.ends.iter().flatten().flatten();
    if lost.clone().any(is_infinite)
        && let Some(extra) = entries.first_mut().and_then(|entry| entry.get_mut("extra"))
        && let Some(text) = extra.as_str()
    {
        *extra = json!(format!("{text}; an attenuation is infinite and left out"));
    }
    Ok(format!("{:#}\n", Value::from(entries)))
}

/// The largest difference from the baseline, of what is measured in decades;
/// one that is infinite, which a chart has no place for, is told in words.
fn furthest(report: &CheckReport) -> Option<Value> {
    let in_decades = |finding: &&Finding| {
        finding.source == Source::Baseline && finding.quantity != "decay_decades_per_layer"
    };
    let changes = report.findings.iter().filter(in_decades);
    let (finite, infinite): (Vec<f64>, Vec<f64>) = changes
        .map(Finding::change)
        .partition(|change| change.is_finite());
    let far = finite.into_iter().max_by(f64::total_cmp)?;
    let mut entry =
        json!({ "name": "largest difference from the baseline", "unit": "decades", "value": far });
    if !infinite.is_empty() {
        entry["extra"] = json!(format!(
            "{} of the differences are infinite and left out: a norm came to 0 or left it",
            infinite.len()
        ));
    }
    Some(entry)
}

/// A number over the seeds; its size is charted, since growth is as bad as
/// loss. None where there is no finite one, which a chart has no place for.
fn entry(name: &str, unit: &str, values: &[f64]) -> Option<Value> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let spread = Estimate::of(values);
    let mut entry = json!({
        "name": name,
        "unit": unit,
        "value": spread.mean.abs(),
        "extra": format!("{:+.4} {unit}, positive: vanishing", spread.mean),
    });
    if spread.has_interval() {
        entry["range"] = json!(format!("± {:.4}", (spread.high - spread.low) / 2.0));
    }
    Some(entry)
}
