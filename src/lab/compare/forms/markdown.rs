//! Markdown for a pull request: tables of all layers.

use super::lines;
use super::tables::{self, TextTable};
use crate::lab::compare::Comparison;
use crate::lab::form::Detail;
use crate::lab::text::escaped;

/// Title, tables and conclusion; quiet: the conclusion alone.
pub fn write(comparison: &Comparison, detail: Detail) -> String {
    let conclusions = lines::conclusions(comparison);
    if detail == Detail::Quiet {
        return conclusions.join("\n") + "\n";
    }
    let mut parts = Vec::new();
    let legend = tables::legend(comparison).into_iter();
    let legend = legend.map(|(letter, text)| format!("* **{letter}**: {}", escaped(&text)));
    parts.push(legend.collect::<Vec<_>>().join("\n"));
    let all: Vec<usize> = (0..comparison.targets.len()).collect();
    parts.push("### Specs".to_owned());
    parts.extend(lines::about_specs(comparison).map(|line| escaped(&line)));
    if !comparison.changed.is_empty() {
        parts.push(table(&tables::specs(comparison, &all)));
    }
    parts.push("### Outcome".to_owned());
    parts.push(table(&tables::outcomes(comparison, &all)));
    let with_layers = || {
        comparison
            .pairs
            .iter()
            .filter(|pair| !pair.layers.is_empty())
    };
    if with_layers().count() > 1 {
        parts.push(format!("### {}", escaped(&lines::title_of_all(comparison))));
        parts.push(table(&tables::together(comparison, &all, |_| true)));
    } else {
        for pair in with_layers() {
            parts.push(format!("### {}", escaped(&tables::title(comparison, pair))));
            parts.push(table(&tables::layers(comparison, pair, |_, _| true)));
        }
    }
    let left = lines::not_comparable(comparison);
    if !left.is_empty() {
        parts.push("### Not comparable".to_owned());
        parts.push(bullets(&left));
    }
    if !comparison.remarks.is_empty() {
        parts.push(bullets(&comparison.remarks));
    }
    parts.push(
        conclusions
            .iter()
            .map(|line| format!("**{}**", escaped(line)))
            .collect::<Vec<_>>()
            .join("\n\n"),
    );
    parts.join("\n\n") + "\n"
}

fn bullets(items: &[String]) -> String {
    let items = items.iter().map(|item| format!("* {}", escaped(item)));
    items.collect::<Vec<_>>().join("\n")
}

fn table(table: &TextTable) -> String {
    let row = |cells: &[String]| {
        let cells = cells.iter().map(|cell| escaped(cell));
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    // The first column names the row, the others hold figures.
    let rule: Vec<&str> = (0..table.header.len())
        .map(|i| if i == 0 { "---" } else { "---:" })
        .collect();
    let mut lines = vec![row(&table.header), format!("|{}|", rule.join("|"))];
    lines.extend(table.rows.iter().map(|cells| row(cells)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_do_not_break_the_table() {
        let rows = TextTable {
            header: vec!["key".to_owned(), "A".to_owned()],
            rows: vec![vec!["path".to_owned(), "a|b<c>\n*d*".to_owned()]],
        };
        let expected = "| key | A |\n|---|---:|\n| path | a\\|b&lt;c> \\*d\\* |";
        assert_eq!(table(&rows), expected);
    }
}
