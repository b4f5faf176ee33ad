//! Loss and accuracy over training.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::super::axis::counting;
use super::super::colors::{INK, of_run};
use super::super::group::{SeedSeries, band, means, rims, widened};
use super::super::panel::{LegendEntry, Mark, Panel, Room, Stroke, Trace};
use super::super::plot_data::{PlotData, apart};
use super::super::scale::Scale;
use super::super::words::capitalised;
use super::Figure;
use crate::lab::records::{Curve, RunData, ValueRange};
use crate::lab::text::ENERGY_DISTANCE;

pub struct CurvesFigure;

/// What a panel shows: a name and the values of the batch and the test set, where a run has
/// such.
type Get = fn(&RunData) -> Option<&Curve>;
const LOSS: (&str, Get, Get) = (
    "loss",
    |run| Some(&run.stats.curves.train_loss),
    |run| Some(&run.stats.curves.test_loss).filter(|_| !run.is_generator()),
);
/// A generator's test loss, which is no loss of its training.
const ENERGY: (&str, Get, Get) = (
    ENERGY_DISTANCE,
    |_| None,
    |run| Some(&run.stats.curves.test_loss).filter(|_| run.is_generator()),
);
const ACCURACY: (&str, Get, Get) = (
    "accuracy",
    |run| Some(&run.stats.curves.train_accuracy),
    |run| Some(&run.stats.curves.test_accuracy),
);

impl Figure for CurvesFigure {
    fn name(&self) -> &'static str {
        "curves"
    }

    fn help(&self) -> &'static str {
        "loss and accuracy over training, a line per target: over several seeds their mean with its 95 % band"
    }

    fn needs(&self) -> &'static str {
        "a run folder with a training.csv of more than one step"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        [LOSS, ENERGY, ACCURACY]
            .into_iter()
            .filter_map(|(name, train, test)| panel(data, room, name, [train, test]))
            .collect()
    }
}

/// `--ylim` is of the loss; accuracy lies between 0 and 1.
fn panel(data: &PlotData, room: Room, name: &str, parts: [Get; 2]) -> Option<Panel> {
    // A single step is no curve.
    let has_curves = |p: &&RunData| {
        p.stats
            .curves
            .steps
            .is_some_and(|(first, last)| first != last)
    };
    let with_curves = || data.runs.iter().filter(has_curves);
    let drawn = || with_curves().flat_map(|p| parts.iter().filter_map(|get| get(p)));
    let extent = drawn().fold(ValueRange::default(), |whole, curve| {
        whole.join(curve.values())
    });
    if extent == ValueRange::default() {
        return None;
    }
    let reaches_zero = room
        .y
        .and_then(|limits| limits.low)
        .is_some_and(|low| low <= 0.0);
    let is_log = name != ACCURACY.0 && !reaches_zero && extent.is_wide();
    let scale = if is_log {
        Scale::log(&extent)
    } else if name == ACCURACY.0 {
        Scale::linear(&extent.join(&ValueRange::of([0.0, 1.0])))
    } else {
        Scale::linear(&extent)
    };
    let scale = if name == LOSS.0 {
        room.limited(scale)
    } else {
        scale
    };
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    let merged = drawn().map(Curve::per_point).max().unwrap_or(1);
    let runs = data.runs.len();
    let count = data.targets.len();
    for (part, get) in parts.into_iter().enumerate() {
        let lines: Vec<Line> = (0..count)
            .map(|target| {
                let curves = data.of_target(target).filter(has_curves);
                let curves: Vec<&Curve> = curves.filter_map(get).collect();
                line(&curves, &scale, of_run(target, count))
            })
            .collect();
        let shown: Vec<_> = lines.iter().map(|line| line.series.clone()).collect();
        let rims = rims(&shown, &scale);
        for (target, line) in lines.into_iter().enumerate() {
            let color = of_run(target, count);
            let trace = Trace {
                stroke: if part == 0 {
                    Stroke {
                        opacity: 0.55,
                        ..Stroke::solid(color, 1.0)
                    }
                } else {
                    Stroke::solid(color, 2.2)
                },
                lane: (target as f64 + 0.5) / count as f64,
                has_dots: part == 1 && line.series.len() <= 30,
            };
            marks.extend(line.band);
            marks.extend(widened(trace, rims[target]).marks(&scale, &line.series));
        }
    }
    for (target, label) in data.targets.iter().enumerate() {
        if data.of_target(target).any(|p| has_curves(&p)) {
            let color = of_run(target, data.targets.len());
            legend.push(LegendEntry::Line(Stroke::solid(color, 2.5), label.clone()));
        }
    }
    legend.push(LegendEntry::Heading(String::new()));
    let faint = Stroke {
        opacity: 0.55,
        ..Stroke::solid(INK, 1.0)
    };
    let has = |get: Get| with_curves().filter_map(get).any(|curve| !curve.is_empty());
    if has(parts[0]) {
        legend.push(LegendEntry::Line(faint, "training batch".to_owned()));
    }
    if has(parts[1]) {
        legend.push(LegendEntry::Line(
            Stroke::solid(INK, 2.2),
            "test set".to_owned(),
        ));
    }
    let mut caption: Vec<String> = merged_remark(merged).into_iter().collect();
    if runs > count {
        caption
            .push("Line: mean over the seeds, area: its 95 % interval by Student's t".to_owned());
    }
    if with_curves().count() < runs {
        caption.push("lone CSV files and runs of a single step have no curves".to_owned());
    }
    caption.extend(apart(&extent, is_log));
    let steps = || with_curves().filter_map(|p| p.stats.curves.steps);
    Some(Panel {
        title: format!("{} over training", capitalised(name)),
        x: counting(
            "step",
            steps().map(|(first, _)| first).min().unwrap_or(0) as f64,
            steps().map(|(_, last)| last).max().unwrap_or(1) as f64,
        ),
        y: scale.axis(name),
        marks,
        legend,
        caption,
    })
}

/// What a caption says where neighbours share a point of a curve.
pub(super) fn merged_remark(rows: u64) -> Option<String> {
    (rows > 1).then(|| format!("Of up to {rows} rows each the smallest and the largest value"))
}

/// What a target's curve is drawn as.
struct Line {
    series: Vec<(f64, Option<f64>)>,
    band: Vec<Mark>,
}

/// Of a single run its own points; of several the mean over those that have a
/// point at a step, where at least two have, with its 95 % band.
fn line(curves: &[&Curve], scale: &Scale, color: RGBColor) -> Line {
    if let [curve] = curves[..] {
        return Line {
            series: series(curve),
            band: Vec::new(),
        };
    }
    let mut at: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for point in curves.iter().flat_map(|curve| curve.points()) {
        let value = if point.values.non_finite > 0 {
            f64::NAN
        } else {
            // Midway between the smallest and the largest of several rows.
            point.values.low / 2.0 + point.values.high / 2.0
        };
        at.entry(point.first).or_default().push(value);
    }
    let places = at.into_iter().filter(|(_, values)| values.len() > 1);
    let seeds: SeedSeries = places.map(|(step, values)| (step as f64, values)).collect();
    Line {
        series: means(&seeds, scale),
        band: band(&seeds, scale, color),
    }
}

/// A curve point by point: of several rows the smallest value at the first and
/// the largest at the last; a NaN among others shows as such.
pub(super) fn series(curve: &Curve) -> Vec<(f64, Option<f64>)> {
    let mut series = Vec::new();
    for point in curve.points() {
        let (from, to) = (point.first as f64, point.last as f64);
        if point.values.non_finite > 0 {
            series.push((from, Some(f64::NAN)));
        } else if point.first == point.last {
            series.push((from, Some(point.values.low)));
        } else {
            series.extend([
                (from, Some(point.values.low)),
                (to, Some(point.values.high)),
            ]);
        }
    }
    series
}
