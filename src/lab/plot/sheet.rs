//! A sheet: the panels of some figures in one drawing.

use super::album::Album;
use super::canvas::{DrawError, Picture, document, px, text};
use super::colors::INK;
use super::figures::{FIGURES, Figure, MOST_PANELS};
use super::frame;
use super::panel::{Panel, Room};
use super::words::shortened;
use crate::base::Problem;
use crate::lab::records::HEADLINE;

/// Height of the title in pixels.
const TITLE: u32 = 44;
/// The least a panel can do with, width and height: a legend of long names
/// takes 220.
const LEAST: (u32, u32) = (420, 200);
/// The most panels of one figure beside other figures.
const PANELS_OF_ONE: usize = 3;

/// What to draw, and how large.
#[derive(Default)]
pub struct Sheet {
    /// The title; by default the names of the runs.
    pub title: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// The figures; none = all that apply.
    pub figures: Vec<&'static dyn Figure>,
}

/// A finished sheet.
pub struct Drawn {
    /// The document.
    pub svg: String,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// The names of the figures in it.
    pub figures: Vec<&'static str>,
}

/// Where the panels go.
struct Layout {
    columns: u32,
    cell: (u32, u32),
    size: (u32, u32),
}

impl Sheet {
    /// Draws the sheet.
    ///
    /// # Errors
    /// If a figure that was asked for does not apply to these runs, or there
    /// is too little room.
    pub fn draw(&self, album: &Album) -> Result<Drawn, Problem> {
        let all = self.figures.is_empty();
        let figures = if all { FIGURES } else { &self.figures[..] };
        // How many panels there are decides how large they are, and that
        // decides how much they show.
        let count = |room| -> Result<(Vec<Panel>, Vec<&'static str>), Problem> {
            let (mut panels, mut names) = (Vec::new(), Vec::new());
            for figure in figures {
                let own = figure.panels(album, room);
                if own.is_empty() && !all {
                    return Err(Problem::new(format!(
                        "the figure `{}` needs {}",
                        figure.name(),
                        figure.needs()
                    ))
                    .help("name such a run, or another --figure"));
                }
                if !own.is_empty() {
                    names.push(figure.name());
                }
                panels.extend(own);
            }
            Ok((panels, names))
        };
        let most = if figures.len() == 1 {
            MOST_PANELS
        } else {
            PANELS_OF_ONE
        };
        let room = |(width, height): (u32, u32)| Room {
            columns: width.saturating_sub(240).max(40) as usize,
            rows: height.saturating_sub(140).max(40) as usize,
            panels: most,
        };
        let (panels, _) = count(room(LEAST))?;
        let layout = self.layout(panels.len() as u32)?;
        let (panels, figures) = count(room(layout.cell))?;
        let title = self.title.clone().unwrap_or_else(|| title(album));
        let svg = document(layout.size, |root| {
            let mut pictures: Vec<Picture> = Vec::new();
            let style = text(19.0, INK);
            root.draw_text(&shortened(&title, 120), &style, (px(12.0), px(13.0)))?;
            let cells = root.margin(px(f64::from(TITLE)), 0, 0, 0);
            let rows = panels.len().div_ceil(layout.columns as usize);
            let cells = cells.split_evenly((rows, layout.columns as usize));
            for (cell, panel) in cells.iter().zip(&panels) {
                pictures.extend(frame::draw(cell, panel)?);
            }
            Ok::<_, DrawError>(pictures)
        })?;
        Ok(Drawn {
            svg,
            size: layout.size,
            figures,
        })
    }

    fn layout(&self, panels: u32) -> Result<Layout, Problem> {
        let wished = match panels {
            0 | 1 => 1,
            2..=8 => 2,
            _ => 3,
        };
        let preferred = match wished {
            1 => (900, 560),
            2 => (720, 440),
            _ => (600, 380),
        };
        let fitting = self.width.map_or(wished, |width| width / 480);
        let columns = wished.min(fitting.max(1));
        let rows = panels.max(1).div_ceil(columns);
        let width = self.width.unwrap_or(columns * preferred.0);
        let height = self.height.unwrap_or(rows * preferred.1 + TITLE);
        let cell = (width / columns, height.saturating_sub(TITLE) / rows);
        if cell.0 < LEAST.0 || cell.1 < LEAST.1 {
            return Err(Problem::new(format!(
                "{width} × {height} pixels are too few for {panels} panels"
            ))
            .help(format!(
                "ask for at least --width {} --height {}, or for fewer figures with --figure",
                columns * LEAST.0,
                rows * LEAST.1 + TITLE
            )));
        }
        Ok(Layout {
            columns,
            cell,
            size: (width, height),
        })
    }
}

fn title(album: &Album) -> String {
    let names = &album.targets;
    let listed = match names.len() {
        0..=4 => names.join(", "),
        n => format!("{}, {} and {} more", names[0], names[1], n - 2),
    };
    if album.quantity == HEADLINE {
        format!("Gradient flow: {listed}")
    } else {
        format!("{}: {listed}", shortened(&album.quantity, 40))
    }
}
