//! How panels are set: the size of their text, captions, where the legend goes.

use plotters::prelude::*;

use super::canvas::{px, text};
use super::panel::Stroke;

/// The size of the text of axes and legends in pixels, unless another is asked for.
pub const FONT_SIZE: f64 = 12.0;

/// Where the names of lines go. A colour bar always stands beside its panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LegendPlace {
    /// Beside the data, or below them where a panel is narrow.
    #[default]
    Outside,
    /// Over the data, in the corner with the fewest.
    Inside,
    /// Nowhere.
    None,
}

/// How panels are set.
#[derive(Clone, Copy, Debug)]
pub struct PanelStyle {
    /// The size of axes' and legends' text in pixels; all else follows.
    pub font_size: f64,
    /// Whether panels have their title.
    pub has_titles: bool,
    /// Whether panels have their caption.
    pub has_captions: bool,
    /// Where the legend goes.
    pub legend: LegendPlace,
}

impl Default for PanelStyle {
    fn default() -> Self {
        Self {
            font_size: FONT_SIZE,
            has_titles: true,
            has_captions: true,
            legend: LegendPlace::default(),
        }
    }
}

impl PanelStyle {
    /// So many times the size of the text, in fine units.
    pub fn em(&self, times: f64) -> i32 {
        px(self.pixels(times))
    }

    /// So many times the size of the text, in pixels.
    pub fn pixels(&self, times: f64) -> f64 {
        self.font_size * times
    }

    /// Text of so many times the usual size.
    pub fn text(&self, times: f64, color: RGBColor) -> TextStyle<'static> {
        text(self.pixels(times), color)
    }
}

/// How plotters draws a line.
pub fn style_of(stroke: &Stroke) -> ShapeStyle {
    let color = stroke.color.mix(stroke.opacity);
    color.stroke_width(px(stroke.width).max(1) as u32)
}
