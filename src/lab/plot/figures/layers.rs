//! The norm over the layers at the first and the last step: the profile that
//! decay is read from.

use super::super::album::{Album, Portrait, Profile, apart};
use super::super::axis::{Axis, Scale, counting};
use super::super::colors::{INK, of_run};
use super::super::extent::Extent;
use super::super::panel::{Key, Panel, Room, Stroke, Trace};
use super::super::words::symbol;
use super::Figure;

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
        "the norm over the layers at the first and the last step, a line per run"
    }

    fn needs(&self) -> &'static str {
        "a run"
    }

    fn panels(&self, album: &Album, _: Room) -> Vec<Panel> {
        let portraits = &album.portraits;
        let values = portraits
            .iter()
            .flat_map(|portrait| [&portrait.first, &portrait.last])
            .flat_map(|profile| profile.values.iter().filter_map(|(_, value)| *value));
        let extent = Extent::of(values);
        let scale = album.scale(&extent);
        let (x, is_relative) = depth_axis(album);
        let series = |profile: &Profile| -> Vec<(f64, Option<f64>)> {
            let deepest = profile.values.last().map_or(1, |(layer, _)| *layer);
            let unit = if is_relative { deepest as f64 } else { 1.0 };
            let series = profile.series().into_iter();
            series.map(|(layer, value)| (layer / unit, value)).collect()
        };
        let (mut marks, mut legend) = (Vec::new(), Vec::new());
        for (i, portrait) in portraits.iter().enumerate() {
            let color = of_run(portrait.target, album.targets.len());
            let lane = (i as f64 + 0.5) / portraits.len() as f64;
            let has_dots = portrait.layers().len() <= MARKED && portraits.len() <= 4;
            let trace = |stroke, has_dots| Trace {
                stroke,
                lane,
                has_dots,
            };
            if portrait.first.step != portrait.last.step {
                let dashed = trace(Stroke::dashed(color, 1.2), false);
                marks.extend(dashed.marks(&scale, &series(&portrait.first)));
            }
            let solid = trace(Stroke::solid(color, 1.8), has_dots);
            marks.extend(solid.marks(&scale, &series(&portrait.last)));
        }
        for (target, label) in album.targets.iter().enumerate() {
            let color = of_run(target, album.targets.len());
            legend.push(Key::Line(Stroke::solid(color, 2.5), label.clone()));
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
            caption.push("Seeds of a run share a colour".to_owned());
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
