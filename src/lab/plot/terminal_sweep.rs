//! A quantity of a sweep's cells in lines of text.

use anstyle::Style;
use comfy_table::{CellAlignment, Table, presets};

use super::terminal::Look;
use crate::lab::records::mean;
use crate::lab::sweep::SweepView;
use crate::lab::text::number;

impl Look {
    /// A row per kind of cell, or per value of the second axis; a column per value of the
    /// first: means over the seeds, ± half their 95 % intervals.
    pub fn sweep(&self, view: &SweepView) -> String {
        let rows: Vec<(String, Vec<Vec<f64>>)> = match &view.y {
            Some(y) => y.labels.iter().cloned().zip(view.map()).collect(),
            None => {
                let curves = view.curves().into_iter();
                curves.map(|(words, [own, _])| (words, own)).collect()
            }
        };
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let corner = view.y.as_ref().map_or("", |y| y.name());
        let mut header = vec![format!("{corner} \\ {}", view.x.name())];
        header.extend(view.x.labels.iter().cloned());
        table.set_header(header);
        let shown = |values: &Vec<f64>| match &values[..] {
            [] => "–".to_owned(),
            values => {
                let half = view.half_width(values);
                let half = half.map_or(String::new(), |half| format!(" ± {}", number(half)));
                number(mean(values)) + &half
            }
        };
        for (words, cells) in rows {
            let mut row = vec![words];
            row.extend(cells.iter().map(shown));
            table.add_row(row);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let bold = Style::new().bold();
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        let title = format!("{}: {}", view.name, view.quantity);
        let beside = view.beside().map_or(String::new(), |line| line + "\n");
        format!("{bold}{title}{bold:#}\n{}\n{beside}", lines.join("\n"))
    }
}
