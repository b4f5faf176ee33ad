//! A comparison in a sentence per pair.

use super::Comparison;
use super::pair::{Agreement, LayerPair, Pair};
use crate::lab::text::{Numbering, decades};
use crate::nn::architecture::Along;

/// What a pair came to, e.g. "30 of 31 layers differ by more than 0.1 decades;
/// largest: layer 1, -18.20".
pub fn conclusion(comparison: &Comparison, pair: &Pair) -> String {
    let tolerance = comparison.tolerance;
    let layers = pair.layers.len();
    let count = |finding| pair.count(finding);
    if layers == 0 {
        return format!("cannot be compared: {}", pair.not_comparable.join("; "));
    }
    let (differ, unclear, absent) = (
        count(Agreement::Differs),
        count(Agreement::Unclear),
        count(Agreement::Absent),
    );
    let left = pair.left();
    let mut parts = Vec::new();
    parts.push(if left == layers {
        format!("none of {layers} layers can be compared")
    } else if count(Agreement::Equal) == layers {
        format!("all {layers} layers are equal, to the last digit")
    } else if count(Agreement::Equal) + absent == layers {
        let both = layers - absent;
        format!("the {both} layers that both have are equal, to the last digit")
    } else if differ > 0 {
        let verb = if differ == 1 { "differs" } else { "differ" };
        format!("{differ} of {layers} layers {verb} by more than {tolerance} decades")
    } else if unclear > 0 {
        format!("no layer is sure to differ by more than {tolerance} decades")
    } else {
        format!("no layer differs by more than {tolerance} decades")
    });
    let rounded = pair.rounded();
    if unclear > rounded {
        let n = unclear - rounded;
        parts.push(format!("{n} may, but the seeds disagree"));
    }
    if rounded > 0 {
        parts.push(format!("{rounded} cannot be told at the log's resolution"));
    }
    let along = [0, pair.other].map(|i| comparison.targets[i].outcome.along);
    let along = Along::of_all(along);
    let mut parts: Vec<String> = parts.iter().map(|part| along.count(part)).collect();
    if let Some((layer, difference)) = pair.largest()
        && difference != 0.0
    {
        let name = name(comparison, pair, layer, along);
        parts.push(format!("largest: {name}, {}", decades(difference)));
    }
    if left > absent && left < layers {
        parts.push(format!("{} not comparable", left - absent));
    }
    if absent > 0 && absent < layers {
        parts.push(format!("{absent} absent on one target"));
    }
    if !pair.not_comparable.is_empty() {
        parts.push(format!(
            "not comparable: {}",
            pair.not_comparable.join("; ")
        ));
    }
    parts.join("; ")
}

/// A layer and, if it lies elsewhere there, its place in the other target.
fn name(comparison: &Comparison, pair: &Pair, layer: &LayerPair, along: Along) -> String {
    let other = comparison.other(pair);
    let [own, theirs] = match along {
        Along::Layers => [Numbering::Layers; 2],
        Along::Time => [comparison.targets[0].numbering(), other.numbering()],
    };
    let name = own.one(layer.layer);
    match layer.place {
        Some(place) if place != layer.layer as f64 => {
            format!("{name} ({} in {})", theirs.short_place(place), other.letter)
        }
        _ => name,
    }
}
