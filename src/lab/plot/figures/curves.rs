//! Loss and accuracy over training.

use super::super::album::{Album, apart};
use super::super::axis::{Scale, counting};
use super::super::colors::{INK, of_run};
use super::super::extent::Extent;
use super::super::panel::{Key, Panel, Room, Stroke, Trace};
use super::Figure;
use crate::lab::records::{Curve, Curves as Recorded};

/// From this ratio of the largest to the smallest loss on the axis is a log one.
const LOG_FROM: f64 = 100.0;

pub struct Curves;

/// What a panel shows: a name and the values of the batch and the test set.
type Get = fn(&Recorded) -> &Curve;
const LOSS: (&str, Get, Get) = ("loss", |run| &run.train_loss, |run| &run.test_loss);
const ACCURACY: (&str, Get, Get) = (
    "accuracy",
    |run| &run.train_accuracy,
    |run| &run.test_accuracy,
);

impl Figure for Curves {
    fn name(&self) -> &'static str {
        "curves"
    }

    fn help(&self) -> &'static str {
        "loss and accuracy over training, a line per run"
    }

    fn needs(&self) -> &'static str {
        "a run folder with a training.csv"
    }

    fn panels(&self, album: &Album, _: Room) -> Vec<Panel> {
        [LOSS, ACCURACY]
            .into_iter()
            .filter_map(|(name, train, test)| panel(album, name, [train, test]))
            .collect()
    }
}

fn panel(album: &Album, name: &str, parts: [Get; 2]) -> Option<Panel> {
    let with_curves = || album.portraits.iter().filter(|p| !p.curves.is_empty());
    let drawn = with_curves().flat_map(|p| parts.iter().map(|get| get(&p.curves)));
    let extent = drawn.fold(Extent::default(), |whole, curve| whole.join(&extent(curve)));
    if extent == Extent::default() {
        return None;
    }
    let is_log =
        name == LOSS.0 && extent.lowest > 0.0 && extent.highest > LOG_FROM * extent.lowest_positive;
    let scale = if is_log {
        Scale::log(&extent)
    } else if name == ACCURACY.0 {
        Scale::linear(&extent.join(&Extent::of([0.0, 1.0])))
    } else {
        Scale::linear(&extent)
    };
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    let mut merged = 1;
    let runs = album.portraits.len();
    for (part, get) in parts.into_iter().enumerate() {
        for (i, portrait) in with_curves().enumerate() {
            let color = of_run(portrait.target, album.targets.len());
            let curve = get(&portrait.curves);
            let series = series(curve);
            merged = merged.max(curve.per_point());
            let trace = Trace {
                stroke: if part == 0 {
                    Stroke {
                        opacity: 0.55,
                        ..Stroke::solid(color, 1.0)
                    }
                } else {
                    Stroke::solid(color, 2.2)
                },
                lane: (i as f64 + 0.5) / runs as f64,
                has_dots: part == 1 && series.len() <= 30,
            };
            marks.extend(trace.marks(&scale, &series));
        }
    }
    for (target, label) in album.targets.iter().enumerate() {
        if album.of_target(target).any(|p| !p.curves.is_empty()) {
            let color = of_run(target, album.targets.len());
            legend.push(Key::Line(Stroke::solid(color, 2.5), label.clone()));
        }
    }
    legend.push(Key::Heading(String::new()));
    let faint = Stroke {
        opacity: 0.55,
        ..Stroke::solid(INK, 1.0)
    };
    let has = |get: Get| with_curves().any(|p| !get(&p.curves).is_empty());
    if has(parts[0]) {
        legend.push(Key::Line(faint, "training batch".to_owned()));
    }
    if has(parts[1]) {
        legend.push(Key::Line(Stroke::solid(INK, 2.2), "test set".to_owned()));
    }
    let mut caption = Vec::new();
    if merged > 1 {
        caption.push(format!(
            "Of up to {merged} rows each the smallest and the largest value"
        ));
    }
    if with_curves().count() < runs {
        caption.push("lone CSV files have no curves".to_owned());
    }
    caption.extend(apart(&extent, is_log));
    let steps = || with_curves().filter_map(|p| p.curves.steps);
    Some(Panel {
        title: format!("{}{} over training", name[..1].to_uppercase(), &name[1..]),
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

/// How far a curve reaches. Zeros are not counted: where there are any, the
/// axis is linear and they are like other values.
fn extent(curve: &Curve) -> Extent {
    let points = curve.points().iter();
    let ends = points.clone().flat_map(|point| [point.low, point.high]);
    Extent {
        non_finite: points.map(|point| point.non_finite).sum(),
        ..Extent::of(ends.filter(|value| value.is_finite()))
    }
}

/// A curve point by point: of several rows the smallest value at the first and
/// the largest at the last; a NaN among others shows as such.
fn series(curve: &Curve) -> Vec<(f64, Option<f64>)> {
    let mut series = Vec::new();
    for point in curve.points() {
        let (from, to) = (point.first as f64, point.last as f64);
        if point.non_finite > 0 {
            series.push((from, Some(f64::NAN)));
        } else if point.first == point.last {
            series.push((from, Some(point.low)));
        } else {
            series.extend([(from, Some(point.low)), (to, Some(point.high))]);
        }
    }
    series
}
