//! Loss and accuracy over training.

use super::super::album::{Album, Portrait, apart};
use super::super::axis::{Scale, counting};
use super::super::colors::{INK, of_run};
use super::super::extent::Extent;
use super::super::panel::{Key, Panel, Room, Stroke, Trace};
use super::Figure;
use crate::lab::records::CurvePoint;

/// The most points of a curve; more are taken together.
const MOST_POINTS: usize = 300;
/// From this ratio of the largest to the smallest loss on the axis is a log one.
const LOG_FROM: f64 = 100.0;

pub struct Curves;

/// What a panel shows: a name and the values of the batch and the test set.
type Get = fn(&CurvePoint) -> Option<f64>;
const LOSS: (&str, Get, Get) = ("loss", |point| point.train_loss, |point| point.test_loss);
const ACCURACY: (&str, Get, Get) = (
    "accuracy",
    |point| point.train_accuracy,
    |point| point.test_accuracy,
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
    let values = with_curves().flat_map(|portrait| portrait.curves.iter());
    let extent = Extent::of(values.flat_map(|point| parts.iter().filter_map(|get| get(point))));
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
            let (series, together) = series(portrait, get);
            merged = merged.max(together);
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
    let has = |get: Get| with_curves().any(|p| p.curves.iter().any(|point| get(point).is_some()));
    if has(parts[0]) {
        legend.push(Key::Line(faint, "training batch".to_owned()));
    }
    if has(parts[1]) {
        legend.push(Key::Line(Stroke::solid(INK, 2.2), "test set".to_owned()));
    }
    let mut caption = Vec::new();
    if merged > 1 {
        caption.push(format!(
            "Of each {merged} rows the smallest and the largest value"
        ));
    }
    if with_curves().count() < runs {
        caption.push("lone CSV files have no curves".to_owned());
    }
    caption.extend(apart(&extent, is_log));
    let steps = || with_curves().flat_map(|p| p.curves.iter().map(|point| point.step));
    Some(Panel {
        title: format!("{}{} over training", name[..1].to_uppercase(), &name[1..]),
        x: counting(
            "step",
            steps().min().unwrap_or(0) as f64,
            steps().max().unwrap_or(1) as f64,
        ),
        y: scale.axis(name),
        marks,
        legend,
        caption,
    })
}

/// A curve with the rows that have a value; too many are taken together, of
/// which the smallest and the largest stay.
fn series(portrait: &Portrait, get: Get) -> (Vec<(f64, Option<f64>)>, usize) {
    let points: Vec<(f64, f64)> = portrait
        .curves
        .iter()
        .filter_map(|point| Some((point.step as f64, get(point)?)))
        .collect();
    let together = points.len().div_ceil(MOST_POINTS).max(1);
    if together == 1 {
        let whole = points.into_iter();
        return (whole.map(|(x, y)| (x, Some(y))).collect(), 1);
    }
    let mut series = Vec::new();
    for chunk in points.chunks(together) {
        let extent = Extent::of(chunk.iter().map(|(_, value)| *value));
        let (from, to) = (chunk[0].0, chunk[chunk.len() - 1].0);
        if extent.non_finite > 0 {
            series.push((from, Some(f64::NAN)));
        } else {
            series.extend([(from, Some(extent.lowest)), (to, Some(extent.highest))]);
        }
    }
    (series, together)
}
