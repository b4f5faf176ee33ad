//! The norm over the layers at the first and the last step: the profile that
//! decay is read from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::axis::{Axis, counting};
use super::super::colors::{INK, THEORY, of_run};
use super::super::group::{SeedSeries, band, means, reach, rims, widened};
use super::super::panel::{LegendEntry, Panel, Room, Stroke, Trace};
use super::super::plot_data::{PlotData, apart};
use super::super::scale::Scale;
use super::{Figure, layer_axis, seeds_remark};
use crate::lab::records::{RunData, Step, ValueRange};
use crate::lab::text::symbol;
use crate::nn::architecture::Along;

/// Layers up to which each point is marked.
const MARKED: usize = 60;
/// From so many times the depth on, runs share no axis of layers.
const UNLIKE: usize = 3;

pub struct LayersFigure;

impl Figure for LayersFigure {
    fn name(&self) -> &'static str {
        "layers"
    }

    fn help(&self) -> &'static str {
        "the norm over the layers at the first and the last step, a line per target: over several seeds their mean with its 95 % band; of a single target also what theory predicted"
    }

    fn needs(&self) -> &'static str {
        "a run"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let runs = &data.runs;
        if runs.is_empty() {
            return Vec::new();
        }
        let (x, is_relative) = depth_axis(data);
        let ends: [fn(&RunData) -> &Step; 2] = [|p| &p.first, |p| &p.last];
        let targets = 0..data.targets.len();
        let lines: Vec<[SeedSeries; 2]> = targets
            .map(|target| {
                let runs: Vec<&RunData> = data.of_target(target).collect();
                ends.map(|end| over_seeds(&runs, end, is_relative))
            })
            .collect();
        let theory = expected(data);
        let values = lines.iter().flatten().flatten();
        let values = values.flat_map(|(_, values)| values.iter().copied());
        let extent = ValueRange::of(values);
        let raw = data.scale(&extent);
        let bands = lines.iter().flatten().flat_map(|line| reach(line, &raw));
        let predicted = theory.iter().flat_map(|(_, values)| values.iter().copied());
        let beyond = ValueRange::of(bands.chain(predicted));
        let scale = room.limited(data.scale(&extent.join(&beyond)));
        let moves = |target: usize| {
            let mut runs = data.of_target(target);
            runs.any(RunData::moves)
        };
        let shown: [Vec<_>; 2] = [0, 1].map(|end| {
            let lines = lines.iter();
            lines.map(|line| means(&line[end], &scale)).collect()
        });
        let rims = [0, 1].map(|end: usize| rims(&shown[end], &scale));
        let (mut marks, mut legend) = (Vec::new(), Vec::new());
        let count = data.targets.len();
        for (target, label) in data.targets.iter().enumerate() {
            let color = of_run(target, count);
            marks.extend(band(&lines[target][1], &scale, color));
            legend.push(LegendEntry::Line(Stroke::solid(color, 2.5), label.clone()));
        }
        for target in 0..count {
            let color = of_run(target, count);
            let is_marked = shown[1][target].len() <= MARKED && count <= 4;
            let trace = |stroke, has_dots| Trace {
                stroke,
                lane: (target as f64 + 0.5) / count as f64,
                has_dots,
            };
            if moves(target) {
                let dashed = trace(Stroke::dashed(color, 1.2), false);
                let dashed = widened(dashed, rims[0][target]);
                marks.extend(dashed.marks(&scale, &shown[0][target]));
            }
            let solid = widened(trace(Stroke::solid(color, 1.8), is_marked), rims[1][target]);
            marks.extend(solid.marks(&scale, &shown[1][target]));
        }
        let one_of = |step: fn(&RunData) -> u64, name: &str| {
            let of_first = runs.first().map_or(0, step);
            if runs.iter().all(|run| step(run) == of_first) {
                format!("step {of_first}")
            } else {
                name.to_owned()
            }
        };
        let last = one_of(|run| run.last.step, "last step");
        legend.push(LegendEntry::Heading(String::new()));
        legend.push(LegendEntry::Line(Stroke::solid(INK, 1.8), last));
        if runs.iter().any(RunData::moves) {
            let first = one_of(|run| run.first.step, "first step");
            legend.push(LegendEntry::Line(Stroke::dashed(INK, 1.2), first));
        }
        if !theory.is_empty() {
            let stroke = Stroke::dashed(THEORY, 1.8);
            let trace = Trace {
                stroke,
                lane: 0.5,
                has_dots: false,
            };
            marks.extend(trace.marks(&scale, &means(&theory, &scale)));
            legend.push(LegendEntry::Line(stroke, "theory, step 0".to_owned()));
        }
        let along = Along::of_all(data.runs.iter().map(|own| own.run.along()));
        let mut caption = Vec::new();
        if let (Some((last, _)), Some(run)) = (theory.last(), data.runs.first()) {
            let last = run.numbering().one(*last as usize);
            caption.push(format!(
                "Theory gives ratios: it starts at the norm of {last}"
            ));
        }
        if is_relative {
            let remark = match along {
                Along::Layers => "Depths differ: 1 is the last layer of each run",
                Along::Time => "Lengths differ: 1 is the output of each run",
            };
            caption.push(remark.to_owned());
        }
        if runs.len() > data.targets.len() {
            caption.push(seeds_remark(data));
        }
        caption.extend(data.runs.iter().find_map(RunData::rounding));
        let networks = runs.iter().map(RunData::networks);
        let networks: BTreeSet<Option<String>> = networks.collect();
        // Of runs of other depths it would be said of each.
        if networks.len() == 1 {
            caption.extend(networks.into_iter().flatten());
        }
        caption.extend(apart(&extent, data.is_log()));
        vec![Panel {
            title: along.speak(&format!("{} over the layers", symbol(&data.quantity))),
            x,
            y: scale.axis(symbol(&data.quantity)),
            marks,
            legend,
            caption,
        }]
    }
}

/// The norms that theory expects of the runs of a single target, layer by layer; of
/// several there would be too many lines.
fn expected(data: &PlotData) -> SeedSeries {
    if data.targets.len() > 1 {
        return Vec::new();
    }
    let mut layers: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (layer, norm) in data.runs.iter().flat_map(RunData::expected_norms) {
        layers.entry(layer).or_default().push(norm);
    }
    let layers = layers.into_iter();
    layers.map(|(layer, norms)| (layer as f64, norms)).collect()
}

/// The values of some runs at one of their ends, layer by layer.
fn over_seeds(runs: &[&RunData], end: fn(&RunData) -> &Step, is_relative: bool) -> SeedSeries {
    let layers = runs.iter().flat_map(|run| &end(run).layers);
    let layers: BTreeSet<usize> = layers.copied().collect();
    let deepest = layers.last().copied().unwrap_or(1);
    let unit = if is_relative { deepest as f64 } else { 1.0 };
    let numberings: Vec<_> = runs.iter().map(|run| run.numbering()).collect();
    let mut series = SeedSeries::new();
    for layer in layers {
        let values = runs.iter().filter_map(|run| end(run).of_layer(layer, 0));
        series.push((layer as f64 / unit, values.collect()));
        // The first time step of a stacked layer does not follow on the last one of another.
        if numberings.iter().any(|own| own.ends_stacked(layer)) {
            series.push(((layer as f64 + 0.5) / unit, Vec::new()));
        }
    }
    series
}

/// Layers, or shares of the depth where the runs' depths are too unlike for
/// one axis of layers; and which of them it is.
fn depth_axis(data: &PlotData) -> (Axis, bool) {
    // A layer may be there at one end alone.
    let layers = |p: &RunData| {
        [&p.first, &p.last].map(|step| {
            let ends = step.layers.first().zip(step.layers.last());
            ends.map_or((1, 1), |(first, last)| (*first, *last))
        })
    };
    let first = |p: &RunData| {
        layers(p)
            .map(|(first, _)| first)
            .into_iter()
            .min()
            .unwrap_or(1)
    };
    let last = |p: &RunData| {
        layers(p)
            .map(|(_, last)| last)
            .into_iter()
            .max()
            .unwrap_or(1)
    };
    let runs = || data.runs.iter();
    let deepest = runs().map(last).max().unwrap_or(1);
    let shallowest = runs().map(last).min().unwrap_or(1);
    if deepest > UNLIKE * shallowest.max(1) {
        let share = Scale::linear(&ValueRange::of([0.0, 1.0]));
        let along = Along::of_all(runs().map(|own| own.run.along()));
        return (share.axis(along.speak("layer / last layer")), true);
    }
    let low = runs().map(first).min().unwrap_or(1);
    let axis = counting(layer_axis(&data.runs), low as f64, deepest as f64);
    let mut numberings = runs().map(RunData::numbering);
    match numberings.next() {
        Some(first) if numberings.all(|own| own == first) => (axis.numbered(first), false),
        _ => (axis, false),
    }
}
