//! CSV: a row per pair and layer. New columns are only ever appended.

use crate::lab::compare::{Comparison, Value};

const HEADER: [&str; 19] = [
    "reference",
    "other",
    "quantity",
    "other_quantity",
    "at",
    "layer",
    "name",
    "other_layer",
    "reference_log10",
    "reference_low",
    "reference_high",
    "other_log10",
    "other_low",
    "other_high",
    "difference",
    "difference_low",
    "difference_high",
    "result",
    "reason",
];

/// A row per pair and layer with a header; what cannot be compared about a pair
/// stands in a row without a layer. An empty cell does not apply.
pub fn write(comparison: &Comparison) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let reference = &comparison.targets[0];
    let mut add = |row: &[String]| {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row);
    };
    add(&HEADER.map(str::to_owned));
    for pair in &comparison.pairs {
        let other = comparison.other(pair);
        let begin = [
            reference.label.clone(),
            other.label.clone(),
            reference.quantity.clone(),
            other.quantity.clone(),
            comparison.at.to_string(),
        ];
        if !pair.not_comparable.is_empty() {
            let mut row = vec![String::new(); HEADER.len()];
            row[..begin.len()].clone_from_slice(&begin);
            row[HEADER.len() - 2] = "not_comparable".to_owned();
            row[HEADER.len() - 1] = pair.not_comparable.join("; ");
            add(&row);
        }
        for layer in &pair.layers {
            let mut row = begin.to_vec();
            row.extend([
                layer.layer.to_string(),
                layer.name.clone(),
                layer.place.map_or(String::new(), |place| place.to_string()),
            ]);
            row.extend(cells(&layer.reference));
            row.extend(cells(&layer.other));
            row.extend(match layer.difference {
                Some(difference) => with_interval(difference.mean, layer.interval()),
                None => [const { String::new() }; 3],
            });
            row.push(layer.finding.name().to_owned());
            row.push(layer.reason.clone().unwrap_or_default());
            add(&row);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// log10 and its interval; a figure without one is written as its log10 would be.
fn cells(value: &Value) -> [String; 3] {
    match value {
        Ok(spread) => {
            let interval = spread.has_interval().then_some((spread.low, spread.high));
            with_interval(spread.mean, interval)
        }
        Err(lack) => {
            let log = lack.log10().map_or(String::new(), |log| log.to_string());
            [log, String::new(), String::new()]
        }
    }
}

/// A number and the ends of its interval, which are empty without several seeds.
fn with_interval(middle: f64, interval: Option<(f64, f64)>) -> [String; 3] {
    let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
    [
        middle.to_string(),
        end(interval.map(|(low, _)| low)),
        end(interval.map(|(_, high)| high)),
    ]
}
