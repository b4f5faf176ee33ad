//! Text for a terminal: what differs in the specs, what came out, the layers of
//! each pair, and the conclusion.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::lines;
use super::tables::{self, TextTable};
use crate::lab::compare::{Agreement, Comparison, Pair};
use crate::lab::form::Detail;

/// Characters in a line.
const WIDTH: u16 = 96;
/// The most layers shown; of more, every k-th and the worst.
const MOST_LAYERS: usize = 40;
/// Layers with the largest differences that are always shown.
const WORST: usize = 5;

/// What the mark of a layer stands for that the seeds leave unclear, and rounding.
const UNCLEAR: &str =
    " ? some seed differs by more than the tolerance, the mean does not or its interval holds 0";
const ROUNDED: &str =
    " ? cannot tell at the log's resolution: digits that were not printed may decide";

/// Sections and conclusion; quiet: the conclusion alone.
pub fn write(comparison: &Comparison, detail: Detail) -> String {
    let bold = anstyle::Style::new().bold();
    let conclusions = lines::conclusions(comparison);
    if detail == Detail::Quiet {
        return conclusions.join("\n") + "\n";
    }
    let title = |text: &str| format!("{bold}{text}{bold:#}");
    let mut parts = Vec::new();
    let legend = tables::legend(comparison).into_iter();
    let legend = legend.map(|(letter, text)| format!("{letter:<3} {text}"));
    parts.push(legend.collect::<Vec<_>>().join("\n"));

    let mut specs = vec![title("specs")];
    specs.extend(lines::about_specs(comparison).map(|line| format!(" {line}")));
    if !comparison.changed.is_empty() {
        specs.push(in_width(comparison, |targets| {
            tables::specs(comparison, targets)
        }));
    }
    parts.push(specs.join("\n"));

    let mut outcome = vec![title("outcome")];
    outcome.push(in_width(comparison, |targets| {
        tables::outcomes(comparison, targets)
    }));
    parts.push(outcome.join("\n"));

    let with_layers = || {
        comparison
            .pairs
            .iter()
            .filter(|pair| !pair.layers.is_empty())
    };
    if with_layers().count() > 1 {
        let mut section = vec![title(&lines::title_of_all(comparison))];
        section.extend(together(comparison, detail == Detail::Verbose));
        parts.push(section.join("\n"));
    } else {
        for pair in with_layers() {
            let mut section = vec![title(&tables::title(comparison, pair))];
            section.extend(layers(comparison, pair, detail == Detail::Verbose));
            parts.push(section.join("\n"));
        }
    }
    let left = lines::not_comparable(comparison);
    if !left.is_empty() {
        let lines = left.iter().map(|line| format!(" {line}"));
        let lines: Vec<String> = [title("not comparable")].into_iter().chain(lines).collect();
        parts.push(lines.join("\n"));
    }
    if !comparison.remarks.is_empty() {
        parts.push(comparison.remarks.join("\n"));
    }
    parts.push(
        conclusions
            .iter()
            .map(|line| title(line))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    parts.join("\n\n") + "\n"
}

/// The layers of all targets in one table.
fn together(comparison: &Comparison, is_verbose: bool) -> Vec<String> {
    let numbers = |pair: &Pair, places: BTreeSet<usize>| -> BTreeSet<usize> {
        let layers = pair.layers.iter().enumerate();
        let shown = layers.filter(|(i, _)| places.contains(i));
        shown.map(|(_, layer)| layer.layer).collect()
    };
    let over_pairs = |is_verbose: bool| -> BTreeSet<usize> {
        let pairs = comparison.pairs.iter();
        pairs
            .flat_map(|pair| numbers(pair, shown(pair, is_verbose)))
            .collect()
    };
    let (shown, all) = (over_pairs(is_verbose), over_pairs(true));
    let mut lines = vec![in_width(comparison, |targets| {
        tables::together(comparison, targets, |layer| shown.contains(&layer))
    })];
    let more = all.len() - shown.len();
    if more > 0 {
        let all: Vec<usize> = (0..comparison.targets.len()).collect();
        let along = tables::along(comparison, &all);
        let told = format!(" and {more} more layers; -v shows them all");
        lines.push(along.count(&told));
    }
    lines.push(format!(
        " = equal to the last digit, ≠ more than {} decades from A",
        comparison.tolerance
    ));
    lines.extend(unclear(&comparison.pairs));
    lines
}

/// The layers' table and what is to be said about it.
fn layers(comparison: &Comparison, pair: &Pair, is_verbose: bool) -> Vec<String> {
    let shown = shown(pair, is_verbose);
    let table = tables::layers(comparison, pair, |i, _| shown.contains(&i));
    let mut lines = vec![render(&table, None)];
    let more = pair.layers.len() - shown.len();
    if more > 0 {
        let along = tables::along(comparison, &[0, pair.other]);
        let told = format!(" and {more} more layers; -v shows them all");
        lines.push(along.count(&told));
    }
    lines.extend(unclear(std::slice::from_ref(pair)));
    lines
}

/// What the mark of unclear layers stands for, where there are any.
fn unclear(pairs: &[Pair]) -> impl Iterator<Item = String> {
    let count = |of: fn(&Pair) -> usize| pairs.iter().map(of).sum::<usize>();
    let rounded = count(Pair::rounded);
    let by_seeds = count(|pair| pair.count(Agreement::Unclear)) - rounded;
    let lines = [(by_seeds, UNCLEAR), (rounded, ROUNDED)].into_iter();
    let lines = lines.filter(|(count, _)| *count > 0);
    lines.map(|(_, line)| line.to_owned())
}

/// The places of the layers that are shown.
fn shown(pair: &Pair, is_verbose: bool) -> BTreeSet<usize> {
    let n = pair.layers.len();
    if is_verbose || n <= MOST_LAYERS {
        return (0..n).collect();
    }
    let mut by_difference: Vec<usize> = (0..n).collect();
    let size = |i: &usize| pair.layers[*i].difference.map_or(0.0, |d| d.mean.abs());
    by_difference.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let every = n.div_ceil(MOST_LAYERS);
    let regular = (0..n).step_by(every).chain([n - 1]);
    regular
        .chain(by_difference.into_iter().take(WORST))
        .collect()
}

/// A table over the targets, in as many pieces as it takes to stay in width;
/// each piece begins with the reference.
fn in_width(comparison: &Comparison, table: impl Fn(&[usize]) -> TextTable) -> String {
    let others: Vec<usize> = (1..comparison.targets.len()).collect();
    let pieces = |size: usize| {
        others
            .chunks(size)
            .map(|chunk| table(&[&[0], chunk].concat()))
            .collect::<Vec<_>>()
    };
    let fits = |text: &String| {
        text.lines()
            .all(|line| line.chars().count() <= WIDTH.into())
    };
    for size in (2..=others.len()).rev() {
        let texts: Vec<String> = pieces(size)
            .iter()
            .map(|piece| render(piece, None))
            .collect();
        if texts.iter().all(fits) {
            return texts.join("\n\n");
        }
    }
    let texts = pieces(1)
        .into_iter()
        .map(|piece| render(&piece, Some(WIDTH)));
    texts.collect::<Vec<_>>().join("\n\n")
}

/// A table as text; longer cells are broken where a width is given.
fn render(rows: &TextTable, width: Option<u16>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(&rows.header);
    table.add_rows(&rows.rows);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    let is_named_by_word = |text: &String| text.parse::<f64>().is_err();
    let words = rows.rows.iter().filter_map(|row| row.first());
    let first_is_text = words.into_iter().any(is_named_by_word);
    for column in table.column_iter_mut().skip(usize::from(first_is_text)) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}
