//! A sheet: the panels of some figures in one drawing.

use super::canvas::{DrawError, Picture, document, px};
use super::colors::INK;
use super::cut::cut;
use super::figures::{FIGURES, Figure, MOST_PANELS};
use super::frame;
use super::limits::AxisLimits;
use super::panel::{Panel, Room};
use super::plot_data::PlotData;
use super::style::{FONT_SIZE, PanelStyle};
use super::words::capitalised;
use crate::base::Problem;
use crate::lab::records::HEADLINE;
use crate::lab::text::shortened;

/// Sizes in font sizes: the title, the height it takes, the least that a panel
/// can do with, and from where on two stand side by side.
const TITLE: f64 = 1.6;
const TITLE_HEIGHT: f64 = 3.7;
const LEAST: (f64, f64) = (25.0, 16.0);
const ASIDE: f64 = 40.0;
/// Width per height of a panel whose width was asked for.
const ASPECT: f64 = 1.5;
/// The most panels of one figure beside other figures.
const PANELS_OF_ONE: usize = 3;

/// What to draw, and how large.
#[derive(Default)]
pub struct Sheet {
    /// The title; by default the names of the runs, empty for none.
    pub title: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// The ends of the axis of steps or layers. Only of a single figure.
    pub xlim: Option<AxisLimits>,
    /// The ends of the axis of values, or of layers in a heat map. Only of a
    /// single figure.
    pub ylim: Option<AxisLimits>,
    /// How panels are set.
    pub style: PanelStyle,
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
    pub fn draw(&self, data: &PlotData) -> Result<Drawn, Problem> {
        self.check_limits()?;
        let all = self.figures.is_empty();
        let figures = if all { FIGURES } else { &self.figures[..] };
        // How many panels there are decides how large they are, and that
        // decides how much they show.
        let count = |room| -> Result<(Vec<Panel>, Vec<&'static str>), Problem> {
            let (mut panels, mut names) = (Vec::new(), Vec::new());
            for figure in figures {
                let own = figure.panels(data, room);
                if own.is_empty() && !all {
                    return Err(refused(*figure, data));
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
        let em = |times: f64| self.style.pixels(times) as u32;
        let room = |(width, height): (u32, u32)| Room {
            columns: width.saturating_sub(em(18.0)).max(40) as usize,
            rows: height.saturating_sub(em(11.0)).max(40) as usize,
            panels: most,
            y: self.ylim,
        };
        let (panels, _) = count(room((em(LEAST.0), em(LEAST.1))))?;
        let layout = self.layout(panels.len() as u32)?;
        let (mut panels, figures) = count(room(layout.cell))?;
        if let Some(limits) = self.xlim {
            panels.iter_mut().for_each(|panel| cut(panel, limits));
        }
        if panels.iter().all(|panel| panel.marks.is_empty()) {
            return Err(Problem::new("nothing lies within --xlim and --ylim")
                .help("draw it without them to see how far the data reach"));
        }
        let title = self.title.clone().unwrap_or_else(|| title(data, &figures));
        let style = PanelStyle {
            // Of a single panel the title is the sheet's; a picture's tells what no axis does.
            has_titles: self.style.has_titles
                && !(title.is_empty() && panels.len() == 1 && !panels[0].is_image()),
            ..self.style
        };
        let svg = document(layout.size, |root| {
            let mut pictures: Vec<Picture> = Vec::new();
            if !title.is_empty() {
                let font = style.text(TITLE, INK);
                let room = px(f64::from(layout.size.0)) - 2 * style.em(1.0);
                let words = frame::fitting(&title, &font, room, 1).concat();
                root.draw_text(&words, &font, (style.em(1.0), style.em(1.1)))?;
            }
            let cells = root.margin(px(f64::from(self.title_height())), 0, 0, 0);
            let rows = panels.len().div_ceil(layout.columns as usize);
            let cells = cells.split_evenly((rows, layout.columns as usize));
            for (cell, panel) in cells.iter().zip(&panels) {
                pictures.extend(frame::draw(cell, panel, &style)?);
            }
            Ok::<_, DrawError>(pictures)
        })?;
        Ok(Drawn {
            svg,
            size: layout.size,
            figures,
        })
    }

    /// That limits are those of one figure.
    fn check_limits(&self) -> Result<(), Problem> {
        let named = match (self.xlim, self.ylim) {
            (None, None) => return Ok(()),
            (Some(_), None) => "--xlim",
            (None, Some(_)) => "--ylim",
            (Some(_), Some(_)) => "--xlim and --ylim",
        };
        if self.figures.len() == 1 {
            return Ok(());
        }
        Err(Problem::new(format!(
            "{named}: the figures have axes of different things"
        ))
        .help("name the one that is meant, for example with --figure layers"))
    }

    /// Pixels that the title takes.
    fn title_height(&self) -> u32 {
        if self.title.as_deref() == Some("") {
            0
        } else {
            self.style.pixels(TITLE_HEIGHT) as u32
        }
    }

    fn layout(&self, panels: u32) -> Result<Layout, Problem> {
        let (em, title) = (self.style.font_size, self.title_height());
        let wished = match panels {
            0 | 1 => 1,
            2..=8 => 2,
            _ => 3,
        };
        let preferred = match wished {
            1 => (900.0, 560.0),
            2 => (720.0, 440.0),
            _ => (600.0, 380.0),
        };
        let scaled = |pixels: f64| (pixels * em / FONT_SIZE).round() as u32;
        let fitting = self
            .width
            .map_or(wished, |width| (f64::from(width) / (em * ASIDE)) as u32);
        let columns = wished.min(fitting.max(1));
        let rows = panels.max(1).div_ceil(columns);
        let width = self.width.unwrap_or(columns * scaled(preferred.0));
        let least = [LEAST.0, LEAST.1].map(|times| (em * times).ceil() as u32);
        let high = match self.width {
            None => scaled(preferred.1),
            Some(width) => ((f64::from(width / columns) / ASPECT) as u32).max(least[1] * 5 / 4),
        };
        let height = self.height.unwrap_or(rows * high + title);
        let cell = (width / columns, height.saturating_sub(title) / rows);
        if cell.0 < least[0] || cell.1 < least[1] {
            let panels = if panels == 1 {
                "a panel".to_owned()
            } else {
                format!("{panels} panels")
            };
            return Err(Problem::new(format!(
                "{width} × {height} pixels are too few for {panels} at a font size of {em}"
            ))
            .help(format!(
                "ask for at least --width {} --height {}, for fewer figures with --figure, or for a smaller --font-size",
                columns * least[0],
                rows * least[1] + title
            )));
        }
        Ok(Layout {
            columns,
            cell,
            size: (width, height),
        })
    }
}

/// Why a figure that was asked for cannot be drawn.
fn refused(figure: &dyn Figure, data: &PlotData) -> Problem {
    let what = format!("the figure `{}` needs {}", figure.name(), figure.needs());
    let names = &data.totals.targets;
    let shows_layers = figure.name() != "total";
    if !shows_layers || !data.runs.is_empty() || names.is_empty() {
        return Problem::new(what).help("name such a run, or another --figure");
    }
    let names = names.join(", ");
    Problem::new(format!(
        "{what}, and norms of layers: there are none in {names}"
    ))
    .help("`--figure total` draws the whole gradient's norm and the loss over training")
}

fn title(data: &PlotData, figures: &[&str]) -> String {
    let names = match data.totals.targets.is_empty() {
        true => &data.targets,
        false => &data.totals.targets,
    };
    if !data.sweeps.is_empty() {
        let names: Vec<&str> = data.sweeps.iter().map(|view| &*view.name).collect();
        return format!("Sweep of {}", names.join(", "));
    }
    if names.is_empty() {
        let names: Vec<&str> = data.ranked.iter().map(|ranked| &*ranked.label).collect();
        return format!("Cures tried: {}", names.join(", "));
    }
    let listed = match names.len() {
        0..=4 => names.join(", "),
        n => format!("{}, {} and {} more", names[0], names[1], n - 2),
    };
    if figures == ["view"] {
        format!("{}: {listed}", capitalised(&data.what_is_rendered()))
    } else if figures == ["reliability"] {
        format!("Confidence and accuracy: {listed}")
    } else if data.quantity == HEADLINE {
        format!("Gradient flow: {listed}")
    } else {
        format!("{}: {listed}", shortened(&data.quantity, 40))
    }
}
