//! Figures of runs: SVG and PNG drawn with plotters, and the terminal.
//!
//! The way of a figure: an [`Album`] is read in one pass per run; each
//! [`Figure`] makes panels of it, which say what is drawn but not how; a sheet
//! arranges them, draws them as SVG, and resvg turns that into PNG.

mod album;
mod axis;
mod canvas;
mod colors;
mod extent;
mod figures;
mod frame;
mod map;
mod panel;
mod raster;
mod save;
mod sheet;
mod terminal;
mod words;

pub use album::{Album, Portrait};
pub use figures::{FIGURES, Figure};
pub use save::{Destination, Format};
pub use sheet::Sheet;
pub use terminal::{Colors, Look};
