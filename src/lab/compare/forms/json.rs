//! JSON: one object. Its keys stay what they are; new ones may be added.

use serde_json::{Map, Value, json};

use crate::lab::compare::conclusion::conclusion;
use crate::lab::compare::outcome::{FIGURES, OutcomeFigure};
use crate::lab::compare::reading::Reading;
use crate::lab::compare::{Agreement, ComparedTarget, Comparison, LayerPair, Missing, Pair};
use crate::lab::json::number;
use crate::lab::records::Estimate;

/// Version of the layout; it only grows.
const SCHEMA_VERSION: u32 = 1;

/// The whole comparison, whatever the detail:
///
/// * `schema_version`, `vgrad_version`, `at`, `tolerance_decades`, `holds` (what
///   `--strict` goes by), `remarks`, `warnings`
/// * `targets`: `letter`, `label`, `path`, `network` (of a log that holds several), `runs`, `seeds`,
///   `quantity`, `steps` (those
///   looked at, in words), `hidden_layers`, `outcome` with `status`, `verdict`,
///   `learned` (true, false, null, or of several seeds in words), `verdicts_of_ends`
///   (initial and final, per seed), `decay_norm` and the figures, each null or `mean`, `median`, `low`, `high`,
///   `min`, `max`, `by_seed` (over seeds), `std_error` (of one run's slope) or
///   `seeds` (words about seeds without a finite one)
/// * `spec_changes`: `key` and `values`, one per target as TOML or null
/// * `pairs`: `reference` and `other` (letters), `matched_by` (`number` or
///   `relative_depth`), `paired_by_seed` (each seed is compared with itself), `not_comparable` (reasons that concern the pair),
///   `equal`, `within`, `differs`, `unclear`, `not_comparable_layers`, `absent` (counts,
///   the last also part of the one before), `largest` (`layer`, `difference`), `conclusion` and `layers`
/// * a layer: `layer`, `name`, `other_layer`, `reference` and `other` (each
///   `log10` (the mean over the seeds), `low`, `high`, `lack`, `min`, `max`, `by_seed`
///   with what each seed lacks in words), `difference`, `difference_low`,
///   `difference_high` in decades, `result` (`equal`, `within`, `differs`, `unclear`,
///   `not_comparable` or `absent`), `reason`
///
/// `low` and `high` are the ends of the means' 95 % intervals, null without several seeds.
/// A figure without a log10 has its `lack` in words; a figure of 0 has the log10 "-inf".
pub fn write(comparison: &Comparison) -> String {
    let changes = comparison.changed.iter();
    let changes = changes.map(|changed| json!({ "key": changed.key, "values": changed.values }));
    let pairs = comparison.pairs.iter();
    let whole = json!({
        "schema_version": SCHEMA_VERSION,
        "vgrad_version": env!("CARGO_PKG_VERSION"),
        "at": comparison.at.to_string(),
        "tolerance_decades": comparison.tolerance,
        "holds": comparison.holds(),
        "targets": comparison.targets.iter().map(target).collect::<Vec<_>>(),
        "spec_changes": changes.collect::<Vec<_>>(),
        "pairs": pairs.map(|pair| pair_json(comparison, pair)).collect::<Vec<_>>(),
        "remarks": comparison.remarks,
        "warnings": comparison.warnings,
    });
    format!("{whole:#}\n")
}

fn target(target: &ComparedTarget) -> Value {
    let known = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    let outcome = &target.outcome;
    let mut figures = Map::from_iter([
        ("status".to_owned(), json!(known(&outcome.status))),
        ("verdict".to_owned(), json!(known(&outcome.verdict))),
        ("decay_norm".to_owned(), json!(outcome.norm)),
    ]);
    let learned = match &*outcome.learned {
        "yes" => json!(true),
        "no" => json!(false),
        words => json!(known(words)),
    };
    let ends = target.profiles.iter().map(|profile| {
        let stats = &profile.stats;
        [&stats.initial, &stats.last].map(|end| end.as_ref().map(|decay| decay.verdict.name()))
    });
    figures.insert("learned".to_owned(), learned);
    figures.insert(
        "verdicts_of_ends".to_owned(),
        ends.collect::<Vec<_>>()
            .into_iter()
            .map(|ends| json!(ends))
            .collect(),
    );
    for (kind, figure) in FIGURES.iter().zip(&outcome.figures) {
        figures.insert(kind.key.to_owned(), figure_json(figure));
    }
    json!({
        "letter": target.letter,
        "label": target.label,
        "path": target.path.display().to_string(),
        "network": (!target.network.is_empty()).then_some(&target.network),
        "runs": target.profiles.len(),
        "seeds": target.seeds,
        "quantity": target.quantity,
        "steps": target.steps(),
        "hidden_layers": target.depth,
        "outcome": figures,
    })
}

fn figure_json(figure: &OutcomeFigure) -> Value {
    match figure {
        OutcomeFigure::Unknown => Value::Null,
        OutcomeFigure::One(figure, error) => json!({
            "median": float(Some(*figure)),
            "low": null,
            "high": null,
            "std_error": float(*error),
            "mean": float(Some(*figure)),
        }),
        OutcomeFigure::Seeds(spread, by_seed) => json!({
            "median": float(Some(spread.median)),
            "low": float(Some(spread.low)),
            "high": float(Some(spread.high)),
            "std_error": null,
            "mean": float(Some(spread.mean)),
            "min": float(Some(spread.min)),
            "max": float(Some(spread.max)),
            "by_seed": by_seed.iter().map(|value| float(Some(*value))).collect::<Vec<_>>(),
        }),
        OutcomeFigure::Mixed(words) => json!({ "median": null, "seeds": words }),
    }
}

fn pair_json(comparison: &Comparison, pair: &Pair) -> Value {
    let largest = pair.largest().map(|(layer, difference)| {
        json!({ "layer": layer.layer, "difference": float(Some(difference)) })
    });
    let mut whole = json!({
        "reference": comparison.targets[0].letter,
        "other": comparison.other(pair).letter,
        "matched_by": pair.matching.name(),
        "paired_by_seed": pair.is_paired,
        "not_comparable": pair.not_comparable,
    });
    for finding in Agreement::ALL {
        // Absent layers are not comparable either, and counted once more by themselves.
        match finding {
            Agreement::NotComparable => whole["not_comparable_layers"] = json!(pair.left()),
            finding => whole[finding.name()] = json!(pair.count(finding)),
        }
    }
    whole["largest"] = json!(largest);
    whole["conclusion"] = json!(conclusion(comparison, pair));
    whole["layers"] = pair.layers.iter().map(layer_json).collect();
    whole
}

fn layer_json(layer: &LayerPair) -> Value {
    json!({
        "layer": layer.layer,
        "name": layer.name,
        "other_layer": float(layer.place),
        "reference": value(&layer.reference, &layer.by_seed[0]),
        "other": value(&layer.other, &layer.by_seed[1]),
        "difference": float(layer.difference.map(|d| d.mean)),
        "difference_low": float(layer.interval().map(|(low, _)| low)),
        "difference_high": float(layer.interval().map(|(_, high)| high)),
        "result": layer.finding.name(),
        "reason": layer.reason,
    })
}

fn value(value: &Result<Estimate, Missing>, by_seed: &[Reading]) -> Value {
    let (log, spread, lack) = match value {
        Ok(spread) => {
            let interval = Some(spread).filter(|spread| spread.has_interval());
            (Some(spread.mean), interval, None)
        }
        Err(lack) => (lack.log10(), None, Some(lack.to_string())),
    };
    let seed = |reading: &Reading| match reading {
        Ok(log) => float(Some(*log)),
        Err(lack) => json!(lack.to_string()),
    };
    let by_seed = by_seed.iter().map(seed).collect::<Vec<_>>();
    json!({
        "log10": float(log),
        "low": float(spread.map(|spread| spread.low)),
        "high": float(spread.map(|spread| spread.high)),
        "lack": lack,
        "min": float(spread.map(|spread| spread.min)),
        "max": float(spread.map(|spread| spread.max)),
        "by_seed": (by_seed.len() > 1).then_some(by_seed),
    })
}

/// A number as the house writes it.
fn float(value: Option<f64>) -> Value {
    number(&value, serde_json::value::Serializer).unwrap_or_default()
}
