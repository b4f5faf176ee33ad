//! The norm over training, a line per layer.

use super::super::album::{Album, Portrait, extent_of_grids};
use super::super::axis::{Scale, counting};
use super::super::colors::of_depth;
use super::super::extent::Cell;
use super::super::panel::{Key, Panel, Room, Stroke, Trace};
use super::super::words::symbol;
use super::{Figure, shown, thinned};

/// The most lines in a panel.
const MOST_LINES: usize = 40;

pub struct Training;

impl Figure for Training {
    fn name(&self) -> &'static str {
        "training"
    }

    fn help(&self) -> &'static str {
        "the norm over training, a line per layer coloured by depth, a panel per run"
    }

    fn needs(&self) -> &'static str {
        "a run"
    }

    fn panels(&self, album: &Album, room: Room) -> Vec<Panel> {
        let (portraits, remark) = shown(album, room);
        let scale = album.scale(&extent_of_grids(portraits));
        let mut panels: Vec<Panel> = portraits
            .iter()
            .map(|portrait| panel(album, portrait, &scale))
            .collect();
        if let (Some(remark), Some(last)) = (remark, panels.last_mut()) {
            last.caption.push(remark.replace("{}", self.name()));
        }
        panels
    }
}

fn panel(album: &Album, portrait: &Portrait, scale: &Scale) -> Panel {
    let layers = portrait.layers();
    let (kept, every) = thinned(layers.len(), MOST_LINES);
    let deepest = (layers.len().max(2) - 1) as f64;
    let mut marks = Vec::new();
    for (n, &i) in kept.iter().enumerate() {
        let trace = Trace {
            stroke: Stroke::solid(of_depth(i as f64 / deepest), 1.2),
            lane: (n as f64 + 0.5) / kept.len() as f64,
            has_dots: false,
        };
        marks.extend(trace.marks(scale, &series(portrait, i)));
    }
    let (first, last) = (layers.first().copied(), layers.last().copied());
    let ends = [
        (0.0, first),
        (0.5, layers.get(layers.len() / 2).copied()),
        (1.0, last),
    ];
    let labels = ends
        .into_iter()
        .filter_map(|(at, layer)| Some((at, layer?.to_string())));
    let mut caption = Vec::new();
    if every > 1 {
        caption.push(format!("Every {every}th of {} layers", layers.len()));
    }
    let per_bucket = portrait.grid.steps_per_bucket();
    if per_bucket > 1 {
        caption.push(format!(
            "of each {per_bucket} logged steps the smallest and the largest value"
        ));
    }
    caption.extend(portrait.remark(album.is_log()));
    Panel {
        title: format!(
            "{} over training: {}",
            symbol(&album.quantity),
            portrait.label
        ),
        x: counting(
            "step",
            portrait.first.step as f64,
            portrait.last.step as f64,
        ),
        y: scale.axis(symbol(&album.quantity)),
        marks,
        legend: vec![
            Key::Heading("layer".to_owned()),
            Key::Ramp {
                span: 0.92,
                labels: labels.collect(),
            },
        ],
        caption,
    }
}

/// A layer over the steps: of several steps taken together the smallest value
/// at the first and the largest at the last, so that neither is lost.
fn series(portrait: &Portrait, i: usize) -> Vec<(f64, Option<f64>)> {
    let mut points = Vec::new();
    for bucket in portrait.grid.buckets() {
        let (from, to) = (bucket.first as f64, bucket.last as f64);
        match Cell::of(bucket, i) {
            Cell::Absent => points.push((from, None)),
            Cell::NonFinite => points.push((from, Some(f64::NAN))),
            Cell::Between(low, _) if from == to => points.push((from, Some(low))),
            Cell::Between(low, high) => {
                points.extend([(from, Some(low)), (to, Some(high))]);
            }
        }
    }
    points
}
