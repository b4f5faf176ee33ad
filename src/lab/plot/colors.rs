//! Colours that colour-blind readers can tell apart.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::ViridisRGB;

/// For runs: M. Okabe and K. Ito, "Color Universal Design" (2008), with a grey
/// in place of their yellow, which is faint on white.
const RUNS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),   // blue
    RGBColor(213, 94, 0),    // vermillion
    RGBColor(0, 158, 115),   // bluish green
    RGBColor(204, 121, 167), // reddish purple
    RGBColor(230, 159, 0),   // orange
    RGBColor(86, 180, 233),  // sky blue
    RGBColor(0, 0, 0),       // black
    RGBColor(128, 128, 128), // grey
];

/// A value of exactly 0 in a heat map. Viridis has no grey: where it is this
/// light it is a full yellow.
pub const ZERO: RGBColor = RGBColor(217, 217, 217);
/// A value that is NaN or infinite: Okabe and Ito's vermillion, as viridis has no red.
pub const NON_FINITE: RGBColor = RGBColor(213, 94, 0);
/// No value.
pub const ABSENT: RGBColor = RGBColor(255, 255, 255);
/// What theory predicted: the colour of a second run, which is drawn with no theory.
pub const THEORY: RGBColor = RUNS[1];
/// A cure that helped: bluish green.
pub const HELPED: RGBColor = RUNS[2];
/// A cure that did not: vermillion.
pub const NO_HELP: RGBColor = RUNS[1];
/// Text and axes.
pub const INK: RGBColor = RGBColor(34, 34, 34);
/// Captions.
pub const FAINT_INK: RGBColor = RGBColor(90, 90, 90);
/// Lines of the grid.
pub const GRID: RGBColor = RGBColor(225, 225, 225);
/// Lines between decades.
pub const FINE_GRID: RGBColor = RGBColor(242, 242, 242);
/// The ground of the bands for 0 and for NaN.
pub const BAND: RGBColor = RGBColor(244, 244, 240);

/// The colour of the `i`-th of `n` runs. More than eight take viridis.
pub fn of_run(i: usize, n: usize) -> RGBColor {
    if n <= RUNS.len() {
        RUNS[i % RUNS.len()]
    } else {
        of_depth(i as f64 / (n - 1) as f64)
    }
}

/// Viridis (S. van der Walt and N. Smith, 2015), `t` from 0 to 1.
pub fn viridis(t: f64) -> RGBColor {
    let t = if t.is_finite() {
        t.clamp(0.0, 1.0)
    } else {
        0.0
    };
    ViridisRGB::get_color(t)
}

/// Viridis for lines: without the yellow end, which is faint on white.
pub fn of_depth(t: f64) -> RGBColor {
    viridis(0.92 * t)
}
