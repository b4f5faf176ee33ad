//! Draws a panel with plotters: title, axes, marks, legend, caption.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::canvas::{Area, DrawError, Picture, anchored, px, text, width_of};
use super::colors::{BAND, FAINT_INK, FINE_GRID, GRID, INK, viridis};
use super::panel::{Cells, Key, Mark, Panel, Stroke};

/// Sizes in pixels.
const TITLE: f64 = 15.0;
const LABEL: f64 = 12.0;
const CAPTION: f64 = 11.0;
const LINE_HEIGHT: f64 = 18.0;
const SAMPLE: f64 = 26.0;
const RAMP: f64 = 170.0;
/// Cells of a legend's ramp.
const RAMP_CELLS: usize = 128;

/// Draws a panel into its cell of the sheet.
///
/// # Errors
/// Those of plotters.
pub fn draw(cell: &Area, panel: &Panel) -> Result<Vec<Picture>, DrawError> {
    let cell = cell.margin(px(8.0), px(6.0), px(10.0), px(10.0));
    let (width, height) = cell.dim_in_pixel();
    let title = text(TITLE, INK);
    cell.draw_text(&panel.title, &title, (0, 0))?;
    let caption = wrapped(&panel.caption, width as i32);
    let (_, below) = cell.split_vertically(px(26.0));
    let caption_height = px(4.0) + px(CAPTION * 1.4) * caption.len() as i32;
    let chart_height = height as i32 - px(26.0) - caption_height;
    let (middle, foot) = below.split_vertically(chart_height);
    for (i, line) in caption.iter().enumerate() {
        let at = (0, px(5.0) + px(CAPTION * 1.4) * i as i32);
        foot.draw_text(line, &text(CAPTION, FAINT_INK), at)?;
    }
    let legend_width = legend_width(&panel.legend).min(width as i32 * 3 / 5);
    let (plot, legend) = middle.split_horizontally(width as i32 - legend_width);
    let mut pictures = draw_chart(&plot, panel)?;
    pictures.extend(draw_legend(&legend, &panel.legend)?);
    Ok(pictures)
}

fn draw_chart(area: &Area, panel: &Panel) -> Result<Vec<Picture>, DrawError> {
    let (x, y) = (&panel.x, &panel.y);
    let style = text(LABEL, INK);
    let widest = y.ticks.iter().map(|tick| width_of(&tick.text, &style));
    let y_space = widest.max().unwrap_or(0) + px(30.0);
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(6.0))
        .margin_right(px(18.0))
        .x_label_area_size(px(40.0))
        .y_label_area_size(y_space)
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .x_desc(&x.label)
        .y_desc(&y.label)
        .axis_desc_style(text(LABEL + 1.0, INK))
        .label_style(style)
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
            Mark::Cells(cells) => {
                let (columns, rows) = chart.plotting_area().get_pixel_range();
                pictures.push(Picture {
                    at: (columns.start, rows.start),
                    size: (columns.end - columns.start, rows.end - rows.start),
                    cells: cells.clone(),
                });
            }
        }
    }
    Ok(pictures)
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

fn style_of(stroke: &Stroke) -> ShapeStyle {
    let color = stroke.color.mix(stroke.opacity);
    color.stroke_width(px(stroke.width).max(1) as u32)
}

/// The width that a legend needs.
fn legend_width(legend: &[Key]) -> i32 {
    let style = text(LABEL, INK);
    let needed = legend.iter().map(|key| match key {
        Key::Heading(words) => width_of(words, &style),
        Key::Line(_, words) | Key::Patch(_, words) => px(SAMPLE + 8.0) + width_of(words, &style),
        Key::Ramp { labels, .. } => {
            let widest = labels.iter().map(|(_, words)| width_of(words, &style));
            px(SAMPLE + 8.0) + widest.max().unwrap_or(0)
        }
    });
    needed.max().unwrap_or(0) + px(6.0)
}

fn draw_legend(area: &Area, legend: &[Key]) -> Result<Vec<Picture>, DrawError> {
    let style = anchored(text(LABEL, INK), HPos::Left, VPos::Center);
    let (_, height) = area.dim_in_pixel();
    let (line, sample, indent) = (px(LINE_HEIGHT), px(SAMPLE), px(SAMPLE + 8.0));
    let mut pictures = Vec::new();
    let mut top = px(6.0);
    for (i, key) in legend.iter().enumerate() {
        let middle = top + line / 2;
        match key {
            Key::Heading(words) => area.draw_text(words, &style, (0, middle))?,
            Key::Line(stroke, words) => {
                let ends = vec![(0, middle), (sample, middle)];
                if stroke.is_dashed {
                    let dashes = DashedPathElement::new(ends, px(5.0), px(3.0), style_of(stroke));
                    area.draw(&dashes)?;
                } else {
                    area.draw(&PathElement::new(ends, style_of(stroke)))?;
                }
                area.draw_text(words, &style, (indent, middle))?;
            }
            Key::Patch(color, words) => {
                let corners = [(0, middle - px(6.0)), (sample, middle + px(6.0))];
                area.draw(&Rectangle::new(corners, color.filled()))?;
                area.draw(&Rectangle::new(corners, INK.stroke_width(px(0.5) as u32)))?;
                area.draw_text(words, &style, (indent, middle))?;
            }
            Key::Ramp { span, labels } => {
                let rest = (legend.len() - 1 - i) as i32 * line;
                let length = px(RAMP)
                    .min(height as i32 - top - rest - px(50.0))
                    .max(line);
                let top_of_ramp = top + px(6.0);
                let (left, _) = area.get_pixel_range();
                let (_, rows) = area.get_pixel_range();
                let cells = (0..RAMP_CELLS).rev();
                pictures.push(Picture {
                    at: (left.start, rows.start + top_of_ramp),
                    size: (sample, length),
                    cells: Cells {
                        columns: 1,
                        rows: RAMP_CELLS,
                        colors: cells
                            .map(|i| viridis(span * i as f64 / (RAMP_CELLS - 1) as f64))
                            .collect(),
                    },
                });
                for (at, words) in labels {
                    let y = top_of_ramp + ((1.0 - at) * f64::from(length)).round() as i32;
                    area.draw_text(words, &style, (indent, y))?;
                }
                top += length + px(10.0) - line / 2;
            }
        }
        top += line;
    }
    Ok(pictures)
}

/// Sentences broken into lines of at most `width` fine units.
fn wrapped(sentences: &[String], width: i32) -> Vec<String> {
    let style = text(CAPTION, FAINT_INK);
    let mut whole = sentences.join("; ");
    if whole.is_empty() {
        return Vec::new();
    }
    whole.push('.');
    let mut lines: Vec<String> = Vec::new();
    for word in whole.split(' ') {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}"), &style) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
