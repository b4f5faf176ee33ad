//! The norm over training, a line per layer.

use super::super::axis::counting;
use super::super::cell::Cell;
use super::super::colors::of_depth;
use super::super::panel::{LegendEntry, Panel, Room, Stroke, Trace};
use super::super::plot_data::{PlotData, apart, extent_of_grids};
use super::super::scale::Scale;
use super::{Figure, NEEDS_STEPS, layers_of, shown, thinned};
use crate::lab::records::{RunData, ValueRange};
use crate::lab::text::symbol;

/// The most lines in a panel.
const MOST_LINES: usize = 40;
/// The most places of a line, in all panels together.
const MOST_PLACES: usize = 900;

pub struct TrainingFigure;

impl Figure for TrainingFigure {
    fn name(&self) -> &'static str {
        "training"
    }

    fn help(&self) -> &'static str {
        "the norm over training, a line per layer coloured by depth, a panel per run"
    }

    fn needs(&self) -> &'static str {
        NEEDS_STEPS
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let (runs, remark) = shown(data, room, self.name());
        let scale = data.scale(&extent_of_grids(runs.iter().copied()));
        let scale = room.limited(scale);
        let depths = layers_of(&runs);
        let places = room.columns.min(MOST_PLACES / runs.len().max(1));
        let shared = Shared {
            scale,
            depths,
            places,
        };
        let mut panels: Vec<Panel> = runs.iter().map(|run| panel(data, run, &shared)).collect();
        if let (Some(remark), Some(last)) = (remark, panels.last_mut()) {
            last.caption.push(remark);
        }
        panels
    }
}

/// What the panels have in common.
struct Shared {
    scale: Scale,
    /// The layers of all runs, which colours tell.
    depths: Vec<usize>,
    /// The most places of a line.
    places: usize,
}

fn panel(
    data: &PlotData,
    run: &RunData,
    Shared {
        scale,
        depths,
        places,
    }: &Shared,
) -> Panel {
    let places = *places;
    let together = run.grid.buckets().len().div_ceil(places);
    let layers = run.layers();
    let (kept, every) = thinned(layers.len(), MOST_LINES);
    let deepest = (depths.len().max(2) - 1) as f64;
    let depth = |layer: usize| depths.partition_point(|own| *own < layer) as f64 / deepest;
    let mut marks = Vec::new();
    for (n, &i) in kept.iter().enumerate() {
        let trace = Trace {
            stroke: Stroke::solid(of_depth(depth(layers[i])), 1.2),
            lane: (n as f64 + 0.5) / kept.len() as f64,
            has_dots: false,
        };
        marks.extend(trace.marks(scale, &series(run, i, together)));
    }
    let ends = [depths.first(), depths.get(depths.len() / 2), depths.last()];
    let ends = ends.into_iter().flatten();
    let labels = ends.map(|layer| (depth(*layer), run.numbering().short(*layer)));
    let mut caption: Vec<String> = run.rounding().into_iter().collect();
    if every > 1 {
        let told = format!("One layer in {every} of {}", layers.len());
        caption.push(run.run.along().count(&told));
    }
    let per_bucket = run.grid.steps_per_bucket() * together as u64;
    if per_bucket > 1 {
        caption.push(format!(
            "Of each {per_bucket} logged steps the smallest and the largest value"
        ));
    }
    caption.extend(run.networks());
    caption.extend(apart(&run.values, data.is_log()));
    Panel {
        title: format!("{} over training: {}", symbol(&data.quantity), run.label),
        x: counting("step", run.first.step as f64, run.last.step as f64),
        y: scale.axis(symbol(&data.quantity)),
        marks,
        legend: vec![
            LegendEntry::Heading(run.run.along().one().to_owned()),
            LegendEntry::Ramp {
                span: 0.92,
                labels: labels.collect(),
            },
        ],
        caption,
    }
}

/// A layer over the steps, `together` buckets at a time: of several steps the
/// smallest value at the first and the largest at the last, so that neither is
/// lost. A zero or NaN among others shows as such.
fn series(run: &RunData, i: usize, together: usize) -> Vec<(f64, Option<f64>)> {
    let mut points = Vec::new();
    for buckets in run.grid.buckets().chunks(together.max(1)) {
        let (from, to) = (buckets[0].first, buckets[buckets.len() - 1].last);
        let mut extent = ValueRange::default();
        for bucket in buckets {
            match Cell::of(bucket, i) {
                Cell::Absent => {}
                Cell::NonFinite => extent.add(f64::NAN),
                Cell::Between(low, high) => {
                    extent.add(low);
                    extent.add(high);
                }
            }
        }
        let (from, to) = (from as f64, to as f64);
        if extent == ValueRange::default() {
            points.push((from, None));
        } else if extent.non_finite > 0 {
            points.push((from, Some(f64::NAN)));
        } else if from == to {
            points.push((from, Some(extent.lowest)));
        } else {
            points.extend([(from, Some(extent.lowest)), (to, Some(extent.highest))]);
        }
    }
    points
}
