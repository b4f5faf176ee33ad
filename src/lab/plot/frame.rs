//! Draws a panel with plotters: title, axes, marks, legend, caption.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{Area, DrawError, Picture, px, width_of};
use super::cell_words;
use super::colors::{BAND, FAINT_INK, FINE_GRID, GRID, INK};
use super::labels_aside;
use super::legend::{self, Placement};
use super::panel::{Cells, Mark, Panel};
use super::style::{PanelStyle, style_of};
use crate::lab::text::shortened;

/// Sizes in font sizes.
const TITLE: f64 = 1.25;
const CAPTION: f64 = 0.92;
/// The height of a line in sizes of its font.
const LINE: f64 = 1.4;
/// The most lines of a panel's title.
const TITLE_LINES: usize = 2;
/// The most characters of any title.
const LONGEST_TITLE: usize = 120;

/// Draws a panel into its cell of the sheet.
///
/// # Errors
/// Those of plotters.
pub fn draw(cell: &Area, panel: &Panel, style: &PanelStyle) -> Result<Vec<Picture>, DrawError> {
    let (aside, above) = (style.em(0.8), style.em(0.6));
    let cell = cell.margin(above, style.em(0.5), aside, aside);
    let (width, height) = cell.dim_in_pixel();
    let (width, height) = (width as i32, height as i32);
    let title = if style.has_titles {
        let font = style.text(TITLE, INK);
        fitting(&panel.title, &font, width, TITLE_LINES)
    } else {
        Vec::new()
    };
    for (i, line) in title.iter().enumerate() {
        let at = (0, style.em(TITLE * LINE) * i as i32);
        cell.draw_text(line, &style.text(TITLE, INK), at)?;
    }
    let title_height = style.em(TITLE * LINE) * title.len() as i32 + style.em(0.3);
    let spot = legend::placement(panel, style, width);
    let rows = if spot == Placement::Below {
        legend::rows(&panel.legend, style, width)
    } else {
        Vec::new()
    };
    let caption = if style.has_captions && !panel.caption.is_empty() {
        let words = panel.caption.join("; ") + ".";
        wrapped(&words, &style.text(CAPTION, FAINT_INK), width)
    } else {
        Vec::new()
    };
    let line = style.em(CAPTION * LINE);
    let caption_height = style.em(0.35) + line * caption.len() as i32;
    let legend_height = legend::height_of_rows(&rows, style);
    let (_, below) = cell.split_vertically(title_height);
    let (middle, foot) =
        below.split_vertically(height - title_height - legend_height - caption_height);
    let (keys, foot) = foot.split_vertically(legend_height);
    legend::draw_rows(&keys, &rows, style)?;
    for (i, words) in caption.iter().enumerate() {
        let at = (0, style.em(0.4) + line * i as i32);
        foot.draw_text(words, &style.text(CAPTION, FAINT_INK), at)?;
    }
    let legend_width = match spot {
        Placement::Right => legend::width(&panel.legend, style).min(width * 3 / 5),
        _ => 0,
    };
    let (plot, beside) = middle.split_horizontally(width - legend_width);
    let mut pictures = draw_chart(&plot, panel, style)?;
    if spot == Placement::Right {
        pictures.extend(legend::draw(&beside, &panel.legend, style)?);
    }
    Ok(pictures)
}

/// A picture of square cells, as large as fits into the middle of `area`.
fn image(area: &Area, cells: &Cells) -> Picture {
    let (left, top) = area.get_base_pixel();
    let (width, height) = area.dim_in_pixel();
    let (columns, rows) = (cells.columns as f64, cells.rows as f64);
    let side = (f64::from(width) / columns).min(f64::from(height) / rows);
    let size = ((side * columns) as i32, (side * rows) as i32);
    Picture {
        at: (
            left + (width as i32 - size.0) / 2,
            top + (height as i32 - size.1) / 2,
        ),
        size,
        cells: cells.clone(),
        words: Vec::new(),
    }
}

fn draw_chart(area: &Area, panel: &Panel, style: &PanelStyle) -> Result<Vec<Picture>, DrawError> {
    if let [Mark::Image(cells)] = &panel.marks[..] {
        return Ok(vec![image(area, cells)]);
    }
    let (mut x, mut y) = (panel.x.clone(), panel.y.clone());
    let label = style.text(1.0, INK);
    let wide = |words: &str| f64::from(width_of(words, &label));
    let (width, height) = area.dim_in_pixel();
    let below = style.em(3.3);
    let line = f64::from(style.em(1.2));
    y.thin(f64::from(height as i32 - below), |_| line);
    let widest = y.ticks.iter().map(|tick| width_of(&tick.text, &label));
    let y_space = widest.max().unwrap_or(0) + style.em(2.5);
    // Half of the last label may stand out.
    let last = x
        .ticks
        .last()
        .map_or(0, |tick| width_of(&tick.text, &label));
    let right = style.em(1.5).max(last / 2);
    let gap = f64::from(style.em(0.8));
    x.thin(f64::from(width as i32 - y_space - right), |words| {
        wide(words) + gap
    });
    let mut chart = ChartBuilder::on(area)
        .margin_top(style.em(0.5))
        .margin_right(right)
        .x_label_area_size(below)
        .y_label_area_size(y_space)
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .x_desc(&x.label)
        .y_desc(&y.label)
        .axis_desc_style(style.text(1.08, INK))
        .label_style(label)
        .set_all_tick_mark_size(px(4.0))
        .axis_style(INK.stroke_width(px(0.8) as u32))
        .bold_line_style(GRID.stroke_width(px(0.8) as u32))
        .light_line_style(FINE_GRID.stroke_width(px(0.5) as u32))
        .draw()?;
    for (low, high) in &y.bands {
        let ground = Rectangle::new([(x.low, *low), (x.high, *high)], BAND.filled());
        chart.draw_series([ground])?;
    }
    let mut pictures = Vec::new();
    for mark in &panel.marks {
        match mark {
            Mark::Line { points, stroke } => {
                let points = points.iter().copied();
                let style = style_of(stroke);
                if stroke.is_dashed {
                    let points: Vec<_> = points.collect();
                    let line = DashedPathElement::new(points, px(5.0), px(3.0), style);
                    chart.draw_series([line])?;
                } else {
                    chart.draw_series([PathElement::new(points.collect::<Vec<_>>(), style)])?;
                }
            }
            Mark::Dots {
                points,
                radius,
                color,
            } => {
                let dots = points.iter();
                chart.draw_series(dots.map(|at| Circle::new(*at, px(*radius), color.filled())))?;
            }
            Mark::Area { points, color } => {
                let upper = points.iter().map(|(x, _, high)| (*x, *high));
                let lower = points.iter().rev().map(|(x, low, _)| (*x, *low));
                let outline: Vec<_> = upper.chain(lower).collect();
                chart.draw_series([Polygon::new(outline, color.mix(0.22))])?;
            }
            Mark::Labels(labels) => {
                let range = chart.plotting_area().get_pixel_range();
                labels_aside::draw(area, labels, (&x, &y), range, style)?;
            }
            Mark::Image(_) => {}
            Mark::Cells(cells) => {
                let (columns, rows) = chart.plotting_area().get_pixel_range();
                pictures.push(Picture {
                    at: (columns.start, rows.start),
                    size: (columns.end - columns.start, rows.end - rows.start),
                    cells: cells.clone(),
                    words: Vec::new(),
                });
            }
            Mark::Words(words) => {
                let range = chart.plotting_area().get_pixel_range();
                if let Some(picture) = pictures.last_mut() {
                    picture.words = cell_words::placed(words, (&x, &y), range, style);
                }
            }
        }
    }
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    if legend::placement(panel, style, width as i32) == Placement::Inside {
        let plot = Plot {
            columns,
            rows,
            x,
            y,
        };
        let (left, top) = area.get_base_pixel();
        let at = plot.emptiest(panel, style);
        legend::draw_inside(area, &panel.legend, (at.0 - left, at.1 - top), style)?;
    }
    Ok(pictures)
}

/// Where the data of a chart stand, in fine units of the document.
struct Plot {
    columns: Range<i32>,
    rows: Range<i32>,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// The corner in which a legend covers the fewest data.
    fn emptiest(&self, panel: &Panel, style: &PanelStyle) -> (i32, i32) {
        let size = (
            legend::width(&panel.legend, style) + style.em(0.5),
            legend::height(&panel.legend, style),
        );
        let gap = style.em(0.6);
        let right = self.columns.end - size.0 - gap;
        let bottom = self.rows.end - size.1 - gap;
        let left = self.columns.start + gap;
        let top = self.rows.start + gap;
        let corners = [(right, top), (right, bottom), (left, top), (left, bottom)];
        let spots = self.spots(panel);
        let covered = |corner: &(i32, i32)| {
            let within = |at: &&(i32, i32)| {
                (corner.0..corner.0 + size.0).contains(&at.0)
                    && (corner.1..corner.1 + size.1).contains(&at.1)
            };
            spots.iter().filter(within).count()
        };
        corners
            .into_iter()
            .min_by_key(covered)
            .unwrap_or((left, top))
    }

    /// Places close to each other on all that is drawn.
    fn spots(&self, panel: &Panel) -> Vec<(i32, i32)> {
        const STEPS: usize = 24;
        let at = |x: f64, y: f64| {
            let rows = (self.rows.end, self.rows.start);
            let columns = (self.columns.start, self.columns.end);
            (self.x.map(&x, columns), self.y.map(&y, rows))
        };
        let along = |points: Vec<(f64, f64)>| -> Vec<(i32, i32)> {
            let pairs = points.windows(2);
            pairs
                .flat_map(|pair| {
                    let ((x, y), (x1, y1)) = (pair[0], pair[1]);
                    (0..=STEPS).map(move |i| {
                        let share = i as f64 / STEPS as f64;
                        (x + (x1 - x) * share, y + (y1 - y) * share)
                    })
                })
                .map(|(x, y)| at(x, y))
                .collect()
        };
        let spots = panel.marks.iter().flat_map(|mark| match mark {
            Mark::Line { points, .. } => along(points.clone()),
            Mark::Dots { points, .. } => points.iter().map(|(x, y)| at(*x, *y)).collect(),
            Mark::Area { points, .. } => {
                let edge = |high: bool| {
                    let points = points.iter();
                    let edge = points.map(|(x, l, h)| (*x, if high { *h } else { *l }));
                    along(edge.collect())
                };
                [edge(false), edge(true)].concat()
            }
            // Their points are dots.
            Mark::Labels(_) | Mark::Cells(_) | Mark::Words(_) | Mark::Image(_) => Vec::new(),
        });
        spots.collect()
    }
}

/// plotters takes the ticks and their names from the axis itself.
impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            self.fine.clone()
        } else {
            self.ticks.iter().map(|tick| tick.at).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        value.to_string()
    }

    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.at == *value);
        tick.map_or(String::new(), |tick| tick.text.clone())
    }
}

/// The words in at most `most` lines, the middle left out where they take more.
pub fn fitting(words: &str, style: &TextStyle, width: i32, most: usize) -> Vec<String> {
    let lengths = (1..=words.chars().count().min(LONGEST_TITLE)).rev();
    let mut shorter = lengths.map(|length| wrapped(&shortened(words, length), style, width));
    let fits = |lines: &Vec<String>| {
        lines.len() <= most && lines.iter().all(|line| width_of(line, style) <= width)
    };
    shorter.find(fits).unwrap_or_default()
}

/// Words broken into lines of at most `width` fine units.
pub fn wrapped(words: &str, style: &TextStyle, width: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}"), style) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::canvas::text;
    use super::*;

    #[test]
    fn a_title_stays_within_its_panel() {
        let style = text(15.0, INK);
        let long = "a_sweep_of_activations_and_depths_of_small_networks: attenuation_decades";
        for pixels in [60.0, 200.0, 400.0] {
            let lines = fitting(long, &style, px(pixels), TITLE_LINES);
            assert!((1..=TITLE_LINES).contains(&lines.len()), "{lines:?}");
            for line in &lines {
                assert!(width_of(line, &style) <= px(pixels), "{line}");
            }
            assert!(lines.concat().contains('…'), "{lines:?}");
        }
        assert_eq!(fitting("two words", &style, px(400.0), 2), ["two words"]);
    }
}
