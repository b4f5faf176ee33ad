//! The norm of every layer at every step as colours.

use plotters::style::RGBColor;

use super::super::axis::counting;
use super::super::colors::{ABSENT, NON_FINITE, ZERO, viridis};
use super::super::heatmap::{Heatmap, Shade};
use super::super::panel::{Cells, LegendEntry, Mark, Panel, Room};
use super::super::plot_data::{PlotData, apart, extent_of_grids};
use super::super::scale::Scale;
use super::{Figure, NEEDS_STEPS, layers_of, shown};
use crate::lab::text::symbol;

pub struct HeatmapFigure;

impl Figure for HeatmapFigure {
    fn name(&self) -> &'static str {
        "heatmap"
    }

    fn help(&self) -> &'static str {
        "the norm of every layer at every step as colours, a panel per run"
    }

    fn needs(&self) -> &'static str {
        NEEDS_STEPS
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let (runs, remark) = shown(data, room, self.name());
        let scale = data.scale(&extent_of_grids(runs.iter().copied()));
        let mut layers = layers_of(&runs);
        if let Some(limits) = room.y {
            let (low, high) = limits.ends((f64::NEG_INFINITY, f64::INFINITY));
            layers.retain(|layer| (low..=high).contains(&(*layer as f64)));
        }
        if layers.is_empty() {
            return Vec::new();
        }
        let mut panels: Vec<Panel> = runs
            .iter()
            .map(|run| panel(data, Heatmap::new(run, &layers, room.size()), &scale))
            .collect();
        if let (Some(remark), Some(last)) = (remark, panels.last_mut()) {
            last.caption.push(remark);
        }
        panels
    }
}

fn panel(data: &PlotData, map: Heatmap, scale: &Scale) -> Panel {
    let run = map.run();
    let mut legend = vec![
        LegendEntry::Heading(symbol(&data.quantity)),
        LegendEntry::Ramp {
            span: 1.0,
            labels: scale.shares(),
        },
    ];
    let extent = &run.values;
    if scale.is_log() && extent.zeros > 0 {
        legend.push(LegendEntry::Patch(ZERO, "0".to_owned()));
    }
    if extent.non_finite > 0 {
        legend.push(LegendEntry::Patch(NON_FINITE, "inf/NaN".to_owned()));
    }
    let mut caption = Vec::new();
    caption.extend(map.remark());
    caption.extend(run.rounding());
    caption.extend(run.networks());
    caption.extend(apart(&run.values, data.is_log()));
    Panel {
        title: format!("{}: {}", symbol(&data.quantity), run.label),
        x: counting("step", map.start(), map.end()),
        y: map.layer_axis(),
        marks: vec![Mark::Cells(cells(&map, scale))],
        legend,
        caption,
    }
}

fn cells(map: &Heatmap, scale: &Scale) -> Cells {
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
