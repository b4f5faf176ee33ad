//! The tables of a comparison as rows of text, for the forms that people read.

use std::collections::BTreeSet;

use super::figures;
use crate::lab::compare::outcome::{FIGURES, OutcomeFigure};
use crate::lab::compare::{
    Agreement, ComparedTarget, Comparison, LayerPair, Matching, Pair, StepChoice,
};
use crate::lab::records::HEADLINE;
use crate::lab::text::Numbering;
use crate::nn::architecture::Along;

/// A header and its rows.
#[derive(Clone, Debug, Default)]
pub struct TextTable {
    /// The columns' names.
    pub header: Vec<String>,
    /// As many cells in each as in the header.
    pub rows: Vec<Vec<String>>,
}

/// What differs in the specs: a row per key, a column per target of `targets`.
pub fn specs(comparison: &Comparison, targets: &[usize]) -> TextTable {
    let rows = comparison.changed.iter().map(|changed| {
        let values = targets.iter().map(|&i| changed.values[i].clone());
        let values = values.map(|value| value.unwrap_or(figures::NOTHING.to_owned()));
        [changed.key.clone()].into_iter().chain(values).collect()
    });
    // Of several tables, each shows what differs among its own targets.
    let rows = rows.filter(|row: &Vec<String>| row[1..].iter().any(|value| *value != row[1]));
    TextTable {
        header: letters(comparison, "key", targets),
        rows: rows.collect(),
    }
}

/// What the rows of layers of these targets are.
pub fn along(comparison: &Comparison, targets: &[usize]) -> Along {
    let of_target = |i: &usize| comparison.targets[*i].outcome.along;
    Along::of_all(targets.iter().map(of_target))
}

/// What came out: a row per figure, a column per target of `targets`.
pub fn outcomes(comparison: &Comparison, targets: &[usize]) -> TextTable {
    let outcome = |i: &usize| &comparison.targets[*i].outcome;
    let word = |word: &str| match word {
        "" => figures::NOTHING.to_owned(),
        word => word.to_owned(),
    };
    let row = |name: &str, cell: &dyn Fn(&usize) -> String| {
        let cells = targets.iter().map(cell);
        [name.to_owned()]
            .into_iter()
            .chain(cells)
            .collect::<Vec<_>>()
    };
    let along = along(comparison, targets);
    let mut each = comparison.targets.iter();
    let has_seeds = each.any(|target| target.profiles.len() > 1);
    let mut rows: Vec<Vec<String>> = FIGURES
        .iter()
        .enumerate()
        .filter(|(n, kind)| {
            let figures = comparison
                .targets
                .iter()
                .map(|target| &target.outcome.figures[*n]);
            !kind.is_rare || figures.into_iter().any(|it| *it != OutcomeFigure::Unknown)
        })
        .map(|(n, kind)| {
            row(&kind.named(along, has_seeds), &|i| {
                figures::outcome(&outcome(i).figures[n])
            })
        })
        .collect();
    rows.insert(0, row("verdict", &|i| word(&outcome(i).ends)));
    rows.insert(1, row("learned", &|i| word(&outcome(i).learned)));
    rows.insert(2, row("status", &|i| word(&outcome(i).status)));
    if comparison
        .targets
        .iter()
        .any(|target| target.outcome.norm != HEADLINE)
    {
        rows.insert(3, row("decay is that of", &|i| outcome(i).norm.clone()));
    }
    TextTable {
        header: letters(comparison, "", targets),
        rows,
    }
}

/// The layers of a pair that `is_shown`.
pub fn layers(
    comparison: &Comparison,
    pair: &Pair,
    is_shown: impl Fn(usize, &LayerPair) -> bool,
) -> TextTable {
    let (own, other) = (
        &comparison.targets[0].letter,
        &comparison.other(pair).letter,
    );
    let is_moved = pair.matching == Matching::RelativeDepth;
    let along = along(comparison, &[0, pair.other]);
    let mut header = vec![along.one().to_owned()];
    if is_moved {
        header.push(format!("in {other}"));
    }
    header.extend([
        own.clone(),
        other.clone(),
        format!("{other} - {own}"),
        String::new(),
    ]);
    let rows = pair
        .layers
        .iter()
        .enumerate()
        .filter(|(i, layer)| is_shown(*i, layer))
        .map(|(_, layer)| {
            let mut row = vec![place(comparison, along, layer.layer)];
            if is_moved {
                let theirs = match along {
                    Along::Layers => Numbering::Layers,
                    Along::Time => comparison.other(pair).numbering(),
                };
                let place = layer.place.map(|place| theirs.short_place(place));
                row.push(place.unwrap_or(figures::NOTHING.to_owned()));
            }
            row.extend([
                figures::value(&layer.reference),
                figures::value(&layer.other),
                figures::difference(layer),
                mark(layer.finding).to_owned(),
            ]);
            row
        });
    let rows = rows.collect();
    TextTable { header, rows }
}

/// The layers of several targets beside the reference: a row per layer that
/// `is_shown`, a column per target of `targets`, each but the first with the mark
/// of what it came to.
pub fn together(
    comparison: &Comparison,
    targets: &[usize],
    is_shown: impl Fn(usize) -> bool,
) -> TextTable {
    let pairs: Vec<&Pair> = comparison
        .pairs
        .iter()
        .filter(|pair| targets.contains(&pair.other))
        .collect();
    let all = pairs.iter().flat_map(|pair| &pair.layers);
    let numbers: BTreeSet<usize> = all.map(|layer| layer.layer).collect();
    let along = along(comparison, targets);
    let rows = numbers
        .into_iter()
        .filter(|number| is_shown(*number))
        .map(|number| {
            let found: Vec<Option<&LayerPair>> = pairs
                .iter()
                .map(|pair| pair.layers.iter().find(|layer| layer.layer == number))
                .collect();
            let nothing = || figures::NOTHING.to_owned();
            let own = found.iter().flatten().next();
            let others = found.iter().map(|layer| {
                layer.map_or_else(nothing, |layer| match layer.finding {
                    Agreement::NotComparable | Agreement::Absent => figures::value(&layer.other),
                    finding => format!("{} {}", figures::value(&layer.other), mark(finding)),
                })
            });
            let first = own.map_or_else(nothing, |layer| figures::value(&layer.reference));
            let mut row = vec![place(comparison, along, number), first];
            row.extend(others.map(|cell| cell.trim_end().to_owned()));
            row
        });
    TextTable {
        rows: rows.collect(),
        header: letters(comparison, along.one(), targets),
    }
}

/// A layer's number in the reference, or the time step that it is.
fn place(comparison: &Comparison, along: Along, layer: usize) -> String {
    match along {
        Along::Layers => layer.to_string(),
        Along::Time => comparison.targets[0].numbering().short(layer),
    }
}

/// What a finding is marked with.
pub fn mark(finding: Agreement) -> &'static str {
    match finding {
        Agreement::Equal => "=",
        Agreement::Within => "",
        Agreement::Differs => "≠",
        Agreement::Unclear => "?",
        Agreement::NotComparable => "not comparable",
        Agreement::Absent => "absent",
    }
}

/// The layers of a pair that cannot be compared, those of one reason together:
/// "layers 1–3, 7: A is 0".
pub fn not_comparable(comparison: &Comparison, pair: &Pair) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    let is_left = |layer: &&LayerPair| layer.finding != Agreement::Unclear;
    for layer in pair.layers.iter().filter(is_left) {
        let Some(reason) = &layer.reason else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, layers)) => layers.push(layer.layer),
            None => groups.push((reason, vec![layer.layer])),
        }
    }
    let numbering = comparison.targets[0].numbering();
    let groups = groups
        .iter()
        .map(|(reason, layers)| format!("{}: {reason}", numbering.many(layers)));
    pair.not_comparable.iter().cloned().chain(groups).collect()
}

/// What each letter stands for.
pub fn legend(comparison: &Comparison) -> Vec<(String, String)> {
    let targets = comparison.targets.iter().enumerate();
    let line = |(i, target): (usize, &ComparedTarget)| {
        let seeds = target.profiles.len();
        let mut line = target.named();
        if seeds > 1 {
            line += &format!(" ({seeds} seeds: mean [95 % interval])");
        }
        if i == 0 {
            line += ", the reference";
        }
        (target.letter.clone(), line)
    };
    targets.map(line).collect()
}

/// What is compared: "log10 of activation_grad_norm at step 0".
pub fn title(comparison: &Comparison, pair: &Pair) -> String {
    let (own, other) = (&comparison.targets[0], comparison.other(pair));
    let mean = match comparison.at {
        StepChoice::Mean => "mean ",
        _ => "",
    };
    if own.quantity != other.quantity {
        return format!("{mean}log10 of {} and of {}", own.quantity, other.quantity);
    }
    let (at, there) = (own.steps(), other.steps());
    let there = if at == there {
        String::new()
    } else {
        format!(" and {there}")
    };
    format!("{mean}log10 of {} at {at}{there}", own.quantity)
}

fn letters(comparison: &Comparison, first: &str, targets: &[usize]) -> Vec<String> {
    let letters = targets
        .iter()
        .map(|&i| comparison.targets[i].letter.clone());
    [first.to_owned()].into_iter().chain(letters).collect()
}
