//! The norm over the layers at the first and the last step: the profile that
//! decay is read from.

use std::collections::BTreeSet;

use super::super::album::{Album, Portrait, Profile, apart};
use super::super::axis::{Axis, counting};
use super::super::colors::{INK, of_run};
use super::super::extent::Extent;
use super::super::group::{SeedSeries, band, means, reach, rims, widened};
use super::super::panel::{Key, Panel, Room, Stroke, Trace};
use super::super::scale::Scale;
use super::{Figure, seeds_remark};
use crate::lab::text::symbol;

/// Layers up to which each point is marked.
const MARKED: usize = 60;
/// From so many times the depth on, runs share no axis of layers.
const UNLIKE: usize = 3;

pub struct Layers;

impl Figure for Layers {
    fn name(&self) -> &'static str {
        "layers"
    }

    fn help(&self) -> &'static str {
        "the norm over the layers at the first and the last step, a line per target: over several seeds their mean with its 95 % band"
    }

    fn needs(&self) -> &'static str {
        "a run"
    }

    fn panels(&self, album: &Album, room: Room) -> Vec<Panel> {
        let portraits = &album.portraits;
        let (x, is_relative) = depth_axis(album);
        let ends: [fn(&Portrait) -> &Profile; 2] = [|p| &p.first, |p| &p.last];
        let targets = 0..album.targets.len();
        let lines: Vec<[SeedSeries; 2]> = targets
            .map(|target| {
                let runs: Vec<&Portrait> = album.of_target(target).collect();
                ends.map(|end| over_seeds(&runs, end, is_relative))
            })
            .collect();
        let values = lines.iter().flatten().flatten();
        let values = values.flat_map(|(_, values)| values.iter().copied());
        let extent = Extent::of(values);
        let raw = album.scale(&extent);
        let bands = lines.iter().flatten().flat_map(|line| reach(line, &raw));
        let scale = room.limited(album.scale(&extent.join(&Extent::of(bands))));
        let moves = |target: usize| {
            let mut runs = album.of_target(target);
            runs.any(|run| run.first.step != run.last.step)
        };
        let shown: [Vec<_>; 2] = [0, 1].map(|end| {
            let lines = lines.iter();
            lines.map(|line| means(&line[end], &scale)).collect()
        });
        let rims = [0, 1].map(|end: usize| rims(&shown[end], &scale));
        let (mut marks, mut legend) = (Vec::new(), Vec::new());
        let count = album.targets.len();
        for (target, label) in album.targets.iter().enumerate() {
            let color = of_run(target, count);
            marks.extend(band(&lines[target][1], &scale, color));
            legend.push(Key::Line(Stroke::solid(color, 2.5), label.clone()));
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
        let one_of = |step: fn(&Portrait) -> u64, name: &str| {
            let of_first = portraits.first().map_or(0, step);
            if portraits.iter().all(|portrait| step(portrait) == of_first) {
                format!("step {of_first}")
            } else {
                name.to_owned()
            }
        };
        let last = one_of(|portrait| portrait.last.step, "last step");
        legend.push(Key::Heading(String::new()));
        legend.push(Key::Line(Stroke::solid(INK, 1.8), last));
        if portraits.iter().any(|p| p.first.step != p.last.step) {
            let first = one_of(|portrait| portrait.first.step, "first step");
            legend.push(Key::Line(Stroke::dashed(INK, 1.2), first));
        }
        let mut caption = Vec::new();
        if is_relative {
            caption.push("Depths differ: 1 is the last layer of each run".to_owned());
        }
        if portraits.len() > album.targets.len() {
            caption.push(seeds_remark(album));
        }
        caption.extend(apart(&extent, album.is_log()));
        vec![Panel {
            title: format!("{} over the layers", symbol(&album.quantity)),
            x,
            y: scale.axis(symbol(&album.quantity)),
            marks,
            legend,
            caption,
        }]
    }
}

/// The values of some runs at one of their ends, layer by layer.
fn over_seeds(runs: &[&Portrait], end: fn(&Portrait) -> &Profile, is_relative: bool) -> SeedSeries {
    let values = runs.iter().flat_map(|run| &end(run).values);
    let layers: BTreeSet<usize> = values.map(|(layer, _)| *layer).collect();
    let deepest = layers.last().copied().unwrap_or(1);
    let unit = if is_relative { deepest as f64 } else { 1.0 };
    let layers = layers.into_iter();
    layers
        .map(|layer| {
            let values = runs.iter().filter_map(|run| end(run).of_layer(layer));
            (layer as f64 / unit, values.collect())
        })
        .collect()
}

/// Layers, or shares of the depth where the runs' depths are too unlike for
/// one axis of layers; and which of them it is.
fn depth_axis(album: &Album) -> (Axis, bool) {
    // A layer may be there at one end alone.
    let layers = |p: &Portrait| [&p.first, &p.last].map(Profile::ends);
    let first = |p: &Portrait| {
        layers(p)
            .map(|(first, _)| first)
            .into_iter()
            .min()
            .unwrap_or(1)
    };
    let last = |p: &Portrait| {
        layers(p)
            .map(|(_, last)| last)
            .into_iter()
            .max()
            .unwrap_or(1)
    };
    let portraits = || album.portraits.iter();
    let deepest = portraits().map(last).max().unwrap_or(1);
    let shallowest = portraits().map(last).min().unwrap_or(1);
    if deepest > UNLIKE * shallowest.max(1) {
        let share = Scale::linear(&Extent::of([0.0, 1.0]));
        return (share.axis("layer / last layer"), true);
    }
    let low = portraits().map(first).min().unwrap_or(1);
    (counting("layer", low as f64, deepest as f64), false)
}
