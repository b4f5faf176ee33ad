//! The norm of every layer at every step as colours.

use plotters::style::RGBColor;

use super::super::album::{Album, Portrait, extent_of_grids};
use super::super::axis::{Scale, counting};
use super::super::colors::{ABSENT, NON_FINITE, ZERO, viridis};
use super::super::map::{Map, Shade};
use super::super::panel::{Cells, Key, Mark, Panel, Room};
use super::super::words::symbol;
use super::{Figure, shown};

pub struct Heatmap;

impl Figure for Heatmap {
    fn name(&self) -> &'static str {
        "heatmap"
    }

    fn help(&self) -> &'static str {
        "the norm of every layer at every step as colours, a panel per run"
    }

    fn needs(&self) -> &'static str {
        "a run"
    }

    fn panels(&self, album: &Album, room: Room) -> Vec<Panel> {
        let (portraits, remark) = shown(album, room, self.name());
        let scale = album.scale(&extent_of_grids(portraits.iter().copied()));
        let mut panels: Vec<Panel> = portraits
            .iter()
            .map(|portrait| panel(album, portrait, &scale, room))
            .collect();
        if let (Some(remark), Some(last)) = (remark, panels.last_mut()) {
            last.caption.push(remark);
        }
        panels
    }
}

fn panel(album: &Album, portrait: &Portrait, scale: &Scale, room: Room) -> Panel {
    let map = Map::new(portrait, room.columns, room.rows);
    let mut legend = vec![
        Key::Heading(symbol(&album.quantity)),
        Key::Ramp {
            span: 1.0,
            labels: scale.shares(),
        },
    ];
    let extent = &portrait.extent;
    if scale.is_log() && extent.zeros > 0 {
        legend.push(Key::Patch(ZERO, "0".to_owned()));
    }
    if extent.non_finite > 0 {
        legend.push(Key::Patch(NON_FINITE, "inf/NaN".to_owned()));
    }
    let mut caption = Vec::new();
    caption.extend(map.remark());
    caption.extend(portrait.remark(album.is_log()));
    Panel {
        title: format!("{}: {}", symbol(&album.quantity), portrait.label),
        x: counting("step", map.start(), map.end()),
        y: map.layer_axis(),
        marks: vec![Mark::Cells(cells(&map, scale))],
        legend,
        caption,
    }
}

fn cells(map: &Map, scale: &Scale) -> Cells {
    let shades = map.shades(scale).into_iter();
    Cells {
        columns: map.columns(),
        rows: map.rows(),
        colors: shades.map(color).collect(),
    }
}

/// The colour of a cell.
fn color(shade: Shade) -> RGBColor {
    match shade {
        Shade::Absent => ABSENT,
        Shade::NonFinite => NON_FINITE,
        Shade::Zero => ZERO,
        Shade::At(share) => viridis(share),
    }
}
