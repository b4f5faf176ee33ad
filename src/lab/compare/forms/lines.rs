//! The sentences of a comparison, for the forms that people read.

use super::tables;
use crate::lab::compare::conclusion::conclusion;
use crate::lab::compare::{Comparison, Pair};

/// A sentence per pair; with several pairs, begun with the letter of the other.
pub fn conclusions(comparison: &Comparison) -> Vec<String> {
    let is_one = comparison.pairs.len() == 1;
    let line = |pair: &Pair| {
        let text = conclusion(comparison, pair);
        if is_one {
            text
        } else {
            let target = comparison.other(pair);
            format!("{} ({}): {text}", target.letter, target.label)
        }
    };
    comparison.pairs.iter().map(line).collect()
}

/// What the one table of several targets shows.
pub fn title_of_all(comparison: &Comparison) -> String {
    let mut titles: Vec<String> = Vec::new();
    for pair in comparison
        .pairs
        .iter()
        .filter(|pair| !pair.layers.is_empty())
    {
        let title = tables::title(comparison, pair);
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles.join("; ")
}

/// What there is to say of the specs beside the table of what differs.
pub fn about_specs(comparison: &Comparison) -> impl Iterator<Item = String> {
    let targets = comparison.targets.iter();
    let without: Vec<&str> = targets
        .filter(|target| target.seeds.is_empty())
        .map(|target| &*target.letter)
        .collect();
    let with = comparison.targets.len() - without.len();
    let mut lines = Vec::new();
    if with > 1 && comparison.changed.is_empty() {
        lines.push("the specs are the same".to_owned());
    }
    if !without.is_empty() {
        lines.push(format!("no spec: {}", without.join(", ")));
    }
    lines.into_iter()
}

/// What cannot be compared; with several pairs, begun with the letter of the other.
pub fn not_comparable(comparison: &Comparison) -> Vec<String> {
    let is_one = comparison.pairs.len() == 1;
    let of_pair = |pair: &Pair| {
        let letter = comparison.other(pair).letter.clone();
        let name = move |line: String| {
            if is_one {
                line
            } else {
                format!("{letter}: {line}")
            }
        };
        tables::not_comparable(comparison, pair)
            .into_iter()
            .map(name)
    };
    comparison.pairs.iter().flat_map(of_pair).collect()
}
