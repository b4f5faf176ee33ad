//! The view that a radiance field was not trained on, or a learned picture, as it is and as
//! rendered.

use plotters::style::RGBColor;

use super::super::axis::Axis;
use super::super::colors::ABSENT;
use super::super::panel::{Cells, Mark, Panel, Room};
use super::super::plot_data::{NamedView, PlotData};
use super::Figure;
use crate::lab::view::{Colour, View};

pub struct ViewFigure;

impl Figure for ViewFigure {
    fn name(&self) -> &'static str {
        "view"
    }

    fn help(&self) -> &'static str {
        "of nerf: the view held out, of image: the picture, as it is and as the trained network renders it"
    }

    fn needs(&self) -> &'static str {
        "a run of `data.source` = nerf or image with log.save_weights = true"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let views = data.views.iter().take(room.panels);
        views.map(panel).collect()
    }
}

fn panel(named: &NamedView) -> Panel {
    Panel {
        title: named.title(),
        x: Axis::absent(),
        y: Axis::absent(),
        marks: vec![Mark::Image(side_by_side(&named.view))],
        legend: Vec::new(),
        caption: vec![caption(&named.view)],
    }
}

/// Which side is which, and what the panel's title counts.
fn caption(view: &View) -> String {
    let counted = match view.is_picture {
        true => "; PSNR over all pixels, those trained on too",
        false => "",
    };
    format!("Left: the {}, right: as rendered{counted}", view.what())
}

/// Both pictures with a gap between them.
fn side_by_side(view: &View) -> Cells {
    let columns = view.columns;
    let gap = vec![ABSENT; columns.div_ceil(12)];
    let rows = view
        .truth
        .chunks(columns)
        .zip(view.rendered.chunks(columns));
    let colors = |row: &[Colour]| row.iter().map(|colour| color(*colour)).collect::<Vec<_>>();
    let joined = rows.flat_map(|(truth, found)| [colors(truth), gap.clone(), colors(found)]);
    Cells {
        columns: 2 * columns + gap.len(),
        rows: view.truth.len() / columns.max(1),
        colors: joined.flatten().collect(),
    }
}

/// As a screen shows it: what a network takes beyond 0 and 1 is cut off.
fn color(colour: Colour) -> RGBColor {
    let [red, green, blue] = colour.map(|share| (share * 255.0).round() as u8);
    RGBColor(red, green, blue)
}
