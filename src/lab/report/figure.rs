//! A figure of `vgrad plot` within a page.

use crate::base::Problem;
use crate::lab::plot::{FIGURES, PlotData, Sheet};

/// The figure called `name`, as SVG without a title.
///
/// # Errors
/// If it does not apply to the data.
pub fn figure(name: &str, data: &PlotData) -> Result<String, Problem> {
    let figures = FIGURES.iter().copied();
    let sheet = Sheet {
        title: Some(String::new()),
        figures: figures.filter(|figure| figure.name() == name).collect(),
        ..Sheet::default()
    };
    Ok(sheet.draw(data)?.svg)
}
