//! The cures of a network in lines of text.

use std::fmt::Write;

use anstyle::Style;

use super::terminal::Look;
use crate::lab::json::Real;
use crate::lab::remedies::{CureRow, RankedCures};
use crate::lab::text::bar::bar;
use crate::lab::text::{fixed, number, shortened};

/// Characters beside a name and a bar.
const NUMBERS: usize = 24;

impl Look {
    /// A line per cure: its rank, its name, the decades lost, and what it reached.
    pub fn cures(&self, ranked: &RankedCures) -> String {
        let rows = || [&ranked.baseline].into_iter().chain(&ranked.tried);
        let has_accuracy = rows().any(|row| row.test_accuracy.is_some());
        let score = |row: &CureRow| match has_accuracy {
            true => row.test_accuracy,
            false => row.test_loss.or(row.train_loss),
        };
        let bold = Style::new().bold();
        let what = if has_accuracy { "accuracy" } else { "loss" };
        let mut text = format!("{bold}{}{bold:#}\n", shortened(&ranked.label, self.width));
        let longest = rows().map(|row| row.name.chars().count()).max();
        let names = longest
            .unwrap_or(0)
            .min(self.width.saturating_sub(NUMBERS))
            .max(8);
        let _ = writeln!(text, "     {:names$}{:>9}{what:>10}", "", "decades");
        for (rank, row) in rows().enumerate() {
            let rank = match rank {
                0 => String::new(),
                rank => rank.to_string(),
            };
            let shown = |value: Option<Real>, show: &dyn Fn(f64) -> String| {
                value.map_or("–".to_owned(), |value| show(value.0))
            };
            let lost = shown(row.lost().map(Real), &|value| fixed(value, 2));
            let reached = shown(score(row), &|value| match has_accuracy {
                true => format!("{value:.3}"),
                false => number(value),
            });
            let length = self.width.saturating_sub(names + NUMBERS + 2);
            let bar = match row.test_accuracy {
                Some(Real(share)) if length >= 4 => bar(share.clamp(0.0, 1.0), length as f64),
                _ => String::new(),
            };
            let name = shortened(&row.name, names);
            let line = format!("{rank:>4} {name:names$}{lost:>9}{reached:>10} {bar}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if ranked.baseline.loss_decades.is_some() {
            text += "     decades: lost over the layers and by the loss\n";
        }
        text
    }
}
