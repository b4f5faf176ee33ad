//! Figures of runs: SVG drawn with plotters, PNG and PDF made of it, and the terminal.
//!
//! The way of a figure: an [`Album`] is read in one pass per run; each
//! [`Figure`] makes panels of it, which say what is drawn but not how; a sheet
//! arranges them and draws them as SVG, and a `FileFormat`
//! makes a file of that.

mod album;
mod axis;
mod canvas;
mod colors;
mod cut;
mod extent;
mod figures;
mod formats;
mod frame;
mod group;
mod labels;
mod legend;
mod limits;
mod map;
mod panel;
mod save;
mod scale;
mod sheet;
mod style;
mod terminal;
mod words;

pub use album::{Album, Portrait};
pub use figures::{FIGURES, Figure};
pub use labels::rename;
pub use limits::AxisLimits;
pub use save::FigureFile;
pub use sheet::Sheet;
pub use style::{LegendPlace, PanelStyle};
pub use terminal::{Colors, Look};
