//! The whole gradient's norm and the loss over training in lines of text.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::Style;

use super::plot_data::apart;
use super::scale::Scale;
use super::terminal::{Look, MARGIN, MOST_LINES, end_line, textwrap};
use super::totals::{TOTAL_SYMBOL, TotalCurves, Totals};
use crate::lab::records::{Bounds, Curve};
use crate::lab::text::shortened;

impl Look {
    /// The runs that have a norm or a loss, one after the other.
    pub(super) fn totals(&self, totals: &Totals) -> Vec<String> {
        let has_any = |run: &&TotalCurves| {
            !run.curves.grad_norm.is_empty() || !run.curves.train_loss.is_empty()
        };
        let runs = totals.runs.iter().filter(has_any);
        runs.map(|run| self.total(run)).collect()
    }

    /// A line per step, or of many steps a line for neighbours.
    fn total(&self, run: &TotalCurves) -> String {
        let norm = &run.curves.grad_norm;
        let shown = [(norm, TOTAL_SYMBOL), (&run.curves.train_loss, "loss")];
        let shown: Vec<(&Curve, &str, Scale)> = shown
            .into_iter()
            .filter(|(curve, _)| !curve.is_empty())
            .map(|(curve, name)| {
                let extent = curve.values();
                let is_log = match name {
                    TOTAL_SYMBOL => !extent.has_negatives(),
                    _ => extent.is_wide(),
                };
                let scale = match is_log {
                    true => Scale::log(extent),
                    false => Scale::linear(extent),
                };
                (curve, name, scale)
            })
            .collect();
        let steps = shown.iter().flat_map(|(curve, ..)| curve.points());
        let steps: BTreeSet<u64> = steps.map(|point| point.first).collect();
        let steps: Vec<u64> = steps.into_iter().collect();
        let last = steps.last().map_or(0, |step| step.to_string().len());
        let margin = MARGIN.max(last + 2);
        let each = self.width.saturating_sub(margin) / shown.len();
        let mut text = String::new();
        let bold = Style::new().bold();
        let names: Vec<&str> = shown.iter().map(|(_, name, _)| *name).collect();
        let head = format!("{}  {} over training", run.label, names.join(" and "));
        let _ = writeln!(text, "{bold}{}{bold:#}", shortened(&head, self.width));
        let _ = write!(text, "{:>1$}  ", "step", margin - 2);
        for (_, name, scale) in &shown {
            let log = if scale.is_log() { "log10 " } else { "" };
            let words = shortened(&format!("{log}{name}"), each - 1);
            let _ = write!(text, "{words:<each$}");
        }
        end_line(&mut text);
        let together = steps.len().div_ceil(MOST_LINES).max(1);
        for steps in steps.chunks(together) {
            let _ = write!(text, "{:>1$}  ", steps[0], margin - 2);
            for (curve, name, scale) in &shown {
                let value = largest(curve, steps[0], steps[steps.len() - 1]);
                if value.is_some_and(f64::is_nan) {
                    let _ = write!(text, " {:<1$}", "inf/NaN", each - 1);
                    continue;
                }
                let bound = run.curves.resolution.filter(|_| *name == TOTAL_SYMBOL);
                let is_bound = value.is_some() && value == bound;
                self.bar(&mut text, value, scale, is_bound, each);
            }
            end_line(&mut text);
        }
        let merged = together > 1 || shown.iter().any(|(curve, ..)| curve.per_point() > 1);
        let merged = merged.then(|| "the largest of the steps up to the next line".to_owned());
        let apart = apart(norm.values(), true);
        for remark in [run.curves.rounding(), merged, apart].into_iter().flatten() {
            for line in textwrap(&remark, self.width.saturating_sub(margin)) {
                let _ = writeln!(text, "{:margin$}{line}", "");
            }
        }
        text
    }
}

/// The largest value of a curve from one step to another, NaN if one of them is not finite.
fn largest(curve: &Curve, first: u64, last: u64) -> Option<f64> {
    let points = curve.points().iter();
    let own = points.filter(|point| (first..=last).contains(&point.first));
    let all = own.fold(Bounds::default(), |mut all, point| {
        all.join(&point.values);
        all
    });
    match all.non_finite {
        0 if all.is_absent() => None,
        0 => Some(all.high),
        _ => Some(f64::NAN),
    }
}
