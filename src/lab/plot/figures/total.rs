//! The whole gradient's norm and the loss over training: what a log tells that has no norms
//! of layers.

use super::super::axis::counting;
use super::super::colors::of_run;
use super::super::group::{rims, widened};
use super::super::panel::{LegendEntry, Panel, Room, Stroke, Trace};
use super::super::plot_data::{PlotData, apart};
use super::super::scale::Scale;
use super::super::totals::{TOTAL_SYMBOL, TotalCurves};
use super::Figure;
use super::curves::{merged_remark, series};
use crate::lab::records::{Curve, Curves, ValueRange};

/// The most points of a line that are marked.
const MARKED: usize = 30;

pub struct TotalFigure;

impl Figure for TotalFigure {
    fn name(&self) -> &'static str {
        "total"
    }

    fn help(&self) -> &'static str {
        "the whole gradient's norm and the loss over training, a line per run: also of logs without layers"
    }

    fn needs(&self) -> &'static str {
        "the whole gradient's norm or the loss at each step: a run folder, or a log that has them"
    }

    /// `--ylim` is of the norm.
    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let norm = panel(data, &NORM, |scale| room.limited(scale));
        let loss = panel(data, &LOSS, |scale| scale);
        norm.into_iter().chain(loss).collect()
    }
}

/// What a panel shows.
struct Shown {
    title: &'static str,
    axis: &'static str,
    get: fn(&Curves) -> &Curve,
    is_log: fn(&ValueRange) -> bool,
    /// What is to be said of a run.
    remark: fn(&Curves) -> Option<String>,
}

const NORM: Shown = Shown {
    title: "Norm of the whole gradient over training",
    axis: TOTAL_SYMBOL,
    get: |curves| &curves.grad_norm,
    is_log: |extent| !extent.has_negatives(),
    remark: Curves::rounding,
};
const LOSS: Shown = Shown {
    title: "Loss over training",
    axis: "loss",
    get: |curves| &curves.train_loss,
    is_log: ValueRange::is_wide,
    remark: |_| None,
};

/// `None` where no run has such a curve.
fn panel(data: &PlotData, shown: &Shown, limited: impl Fn(Scale) -> Scale) -> Option<Panel> {
    let runs = data.totals.runs.iter();
    let runs: Vec<&TotalCurves> = runs
        .filter(|run| !(shown.get)(&run.curves).is_empty())
        .collect();
    let curves = || runs.iter().map(|run| (shown.get)(&run.curves));
    let first = curves().filter_map(|curve| Some(curve.points().first()?.first));
    let last = curves().filter_map(|curve| Some(curve.points().last()?.last));
    let x = counting("step", first.min()? as f64, last.max()? as f64);
    let extent = curves().fold(ValueRange::default(), |whole, curve| {
        whole.join(curve.values())
    });
    let scale = limited(match (shown.is_log)(&extent) {
        true => Scale::log(&extent),
        false => Scale::linear(&extent),
    });
    let lines: Vec<_> = curves().map(series).collect();
    let rims = rims(&lines, &scale);
    let count = data.totals.targets.len();
    let mut marks = Vec::new();
    for (i, (run, line)) in runs.iter().zip(&lines).enumerate() {
        let trace = Trace {
            stroke: Stroke::solid(of_run(run.target, count), 1.6),
            lane: (i as f64 + 0.5) / runs.len() as f64,
            has_dots: line.len() <= MARKED && runs.len() <= 4,
        };
        marks.extend(widened(trace, rims[i]).marks(&scale, line));
    }
    let labels = data.totals.targets.iter().enumerate();
    let labels = labels.filter(|(target, _)| runs.iter().any(|run| run.target == *target));
    let legend: Vec<LegendEntry> = labels
        .map(|(target, label)| {
            LegendEntry::Line(Stroke::solid(of_run(target, count), 2.5), label.clone())
        })
        .collect();
    let mut caption = Vec::new();
    if runs.len() > legend.len() {
        caption.push("A line per seed".to_owned());
    }
    caption.extend(runs.iter().find_map(|run| (shown.remark)(&run.curves)));
    caption.extend(merged_remark(curves().map(Curve::per_point).max()?));
    caption.extend(apart(&extent, scale.is_log()));
    Some(Panel {
        title: shown.title.to_owned(),
        x,
        y: scale.axis(shown.axis),
        marks,
        legend,
        caption,
    })
}
