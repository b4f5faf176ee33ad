//! Figures of runs: SVG drawn with plotters, PNG and PDF made of it, and the terminal.
//!
//! The way of a figure: an [`PlotData`] is read in one pass per run; each
//! [`Figure`] makes panels of it, which say what is drawn but not how; a sheet
//! arranges them and draws them as SVG, and a `FileFormat`
//! makes a file of that.

mod axis;
mod canvas;
mod cell;
mod cell_words;
mod colors;
mod cut;
mod figures;
mod formats;
mod frame;
mod group;
mod heatmap;
mod labels;
mod labels_aside;
mod legend;
mod limits;
mod panel;
mod plot_data;
mod save;
mod scale;
mod sheet;
mod style;
mod terminal;
mod terminal_cures;
mod terminal_sweep;
mod terminal_total;
mod totals;
mod words;

pub use figures::{FIGURES, Figure};
pub use labels::rename;
pub use limits::AxisLimits;
pub use plot_data::PlotData;
pub use save::FigureFile;
pub use sheet::Sheet;
pub use style::{LegendPlace, PanelStyle};
pub use terminal::{Colors, Look};
