//! A log for programs.

use serde_json::{Value, json};

use super::LogReport;
use super::network::Network;
use super::sentence::verdict;
use super::total::{OverSteps, Total};
use crate::base::Problem;
use crate::lab::form::Detail;
use crate::lab::json::Real;
use crate::lab::records::Step;

/// One object.
pub fn json(report: &LogReport, _: Detail) -> Result<String, Problem> {
    let log = report.log.as_ref();
    let value = json!({
        "log": report.path.display().to_string(),
        "format": log.map_or("vgrad", |log| log.format()),
        "step": log.and_then(|log| log.step_name()),
        "rows": log.map(|log| log.rows()),
        "clipped": log.and_then(|log| log.is_clipped()),
        "histograms": log.map(|log| log.histograms()),
        "assumed": log.is_some_and(|log| log.is_assumed()),
        "notes": log.map_or(&[][..], |log| log.notes()),
        "missing": report.missing(),
        "networks": report.networks.iter().map(network).collect::<Vec<_>>(),
        "totals": report.totals.iter().map(total).collect::<Vec<_>>(),
        "warnings": report.warnings,
    });
    Ok(format!("{value:#}\n"))
}

fn network(network: &Network) -> Value {
    let part = network.run.foreign().map(|foreign| foreign.part());
    let values = |step: &Step, layer: usize| {
        let columns = network.columns.iter().enumerate();
        let values =
            columns.map(|(at, name)| (name.clone(), json!(step.of_layer(layer, at).map(Real))));
        Value::Object(values.collect())
    };
    // The columns whose value is no more than what a norm is below.
    let bounds = |step: &Step, layer: usize| {
        let columns = network.columns.iter().enumerate();
        let bounds = columns.filter(|(at, _)| {
            let value = step.of_layer(layer, *at);
            value.is_some_and(|value| network.is_bound(*at, value))
        });
        bounds.map(|(_, name)| json!(name)).collect::<Vec<_>>()
    };
    let layers = network.stats.layers.iter().map(|layer| {
        json!({
            "layer": layer.layer,
            "name": layer.name,
            "position": layer.position,
            "parameters": network.parameters(layer.layer),
            "initial": values(&network.first, layer.layer),
            "final": values(&network.last, layer.layer),
            "bounds": {
                "initial": bounds(&network.first, layer.layer),
                "final": bounds(&network.last, layer.layer),
            },
        })
    });
    json!({
        "label": network.label,
        "run": part.map(|part| part.run.clone()),
        "chain": part.map(|part| part.chain.clone()),
        "quantity": network.columns[0],
        "columns": network.columns.iter().map(|column| json!({
            "name": column,
            "logged_as": network.logged(column),
            "resolution": network.run.resolution(column),
        })).collect::<Vec<_>>(),
        "order": network.order().map(|order| order.text()),
        "steps": {
            "first": network.first.step,
            "last": network.last.step,
            "count": network.stats.logged_steps,
        },
        "layers": layers.collect::<Vec<_>>(),
        "initial": network.stats.initial,
        "final": network.stats.last,
        "verdict": network.stats.verdict,
        "onset": network.stats.onset,
        "sentence": verdict(network),
    })
}

fn total(total: &Total) -> Value {
    json!({
        "run": total.run,
        "grad_norm": total.norm.as_ref().map(over),
        "resolution": total.resolution,
        "train_loss": total.loss.as_ref().map(over),
        "sentence": total.sentence(),
    })
}

fn over(over: &OverSteps) -> Value {
    json!({
        "steps": { "first": over.steps[0], "last": over.steps[1], "count": over.count },
        "first": Real(over.ends[0]),
        "last": Real(over.ends[1]),
        "min": Real(over.range[0]),
        "max": Real(over.range[1]),
        "non_finite": over.non_finite.map_or(0, |(_, count)| count),
        "first_non_finite_step": over.non_finite.map(|(step, _)| step),
        "zeros": over.zeros,
    })
}
