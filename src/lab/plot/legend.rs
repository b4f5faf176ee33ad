//! A legend: what it needs of a panel, and how it is drawn.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Area, DrawError, Picture, anchored, px, width_of};
use super::colors::{GRID, INK, viridis};
use super::panel::{Cells, LegendEntry, Panel};
use super::style::{LegendPlace, PanelStyle, style_of};

/// Sizes in font sizes.
const LINE_HEIGHT: f64 = 1.5;
const SAMPLE: f64 = 2.2;
const INDENT: f64 = 2.85;
const RAMP: f64 = 14.0;
/// Panels narrower than this have their legend below.
const NARROW: f64 = 36.0;
/// Cells of a ramp.
const RAMP_CELLS: usize = 128;

/// Where a panel's legend goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    Right,
    Below,
    Inside,
    Nowhere,
}

/// Where the legend of a panel of so many fine units goes.
pub fn placement(panel: &Panel, style: &PanelStyle, width: i32) -> Placement {
    let has_ramp = panel
        .legend
        .iter()
        .any(|key| matches!(key, LegendEntry::Ramp { .. }));
    match style.legend {
        _ if panel.legend.is_empty() => Placement::Nowhere,
        _ if has_ramp => Placement::Right,
        LegendPlace::None => Placement::Nowhere,
        LegendPlace::Inside => Placement::Inside,
        LegendPlace::Outside if width < style.em(NARROW) => Placement::Below,
        LegendPlace::Outside => Placement::Right,
    }
}

/// The width of a legend whose lines stand below each other.
pub fn width(legend: &[LegendEntry], style: &PanelStyle) -> i32 {
    let needed = legend.iter().map(|key| key_width(key, style));
    needed.max().unwrap_or(0) + style.em(0.5)
}

/// Its height, a ramp not counted.
pub fn height(legend: &[LegendEntry], style: &PanelStyle) -> i32 {
    style.em(LINE_HEIGHT * legend.len() as f64 + 0.3)
}

fn key_width(key: &LegendEntry, style: &PanelStyle) -> i32 {
    let of = |words: &str| width_of(words, &style.text(1.0, INK));
    match key {
        LegendEntry::Heading(words) => of(words),
        LegendEntry::Line(_, words) | LegendEntry::Patch(_, words) => style.em(INDENT) + of(words),
        LegendEntry::Ramp { labels, .. } => {
            let widest = labels.iter().map(|(_, words)| of(words));
            style.em(INDENT) + widest.max().unwrap_or(0)
        }
    }
}

/// Lines of keys side by side on so many fine units. An empty heading begins a
/// new line.
pub fn rows<'a>(
    legend: &'a [LegendEntry],
    style: &PanelStyle,
    width: i32,
) -> Vec<Vec<&'a LegendEntry>> {
    let mut rows: Vec<Vec<&LegendEntry>> = vec![Vec::new()];
    let mut taken = 0;
    for key in legend {
        let is_break = matches!(key, LegendEntry::Heading(words) if words.is_empty());
        let needed = key_width(key, style) + style.em(1.5);
        if is_break || taken + needed > width {
            rows.push(Vec::new());
            taken = 0;
        }
        if let (false, Some(row)) = (is_break, rows.last_mut()) {
            row.push(key);
            taken += needed;
        }
    }
    rows.retain(|row| !row.is_empty());
    rows
}

/// The height of those lines.
pub fn height_of_rows(rows: &[Vec<&LegendEntry>], style: &PanelStyle) -> i32 {
    style.em(LINE_HEIGHT) * rows.len() as i32
}

/// Draws lines of keys.
///
/// # Errors
/// Those of plotters.
pub fn draw_rows(
    area: &Area,
    rows: &[Vec<&LegendEntry>],
    style: &PanelStyle,
) -> Result<(), DrawError> {
    for (i, row) in rows.iter().enumerate() {
        let middle = style.em(LINE_HEIGHT) * i as i32 + style.em(LINE_HEIGHT / 2.0);
        let mut left = 0;
        for key in row {
            draw_key(area, key, (left, middle), style)?;
            left += key_width(key, style) + style.em(1.5);
        }
    }
    Ok(())
}

/// Draws a legend over the data, on a ground that lets it be read.
///
/// # Errors
/// Those of plotters.
pub fn draw_inside(
    area: &Area,
    legend: &[LegendEntry],
    (left, top): (i32, i32),
    style: &PanelStyle,
) -> Result<(), DrawError> {
    let corners = [
        (left, top),
        (
            left + width(legend, style) + style.em(0.5),
            top + height(legend, style),
        ),
    ];
    area.draw(&Rectangle::new(corners, WHITE.mix(0.85).filled()))?;
    area.draw(&Rectangle::new(corners, GRID.stroke_width(px(0.8) as u32)))?;
    for (i, key) in legend.iter().enumerate() {
        let middle = top + style.em(0.15 + LINE_HEIGHT * (i as f64 + 0.5));
        draw_key(area, key, (left + style.em(0.4), middle), style)?;
    }
    Ok(())
}

/// Draws a key of one line with its left end at a place.
fn draw_key(
    area: &Area,
    key: &LegendEntry,
    (left, middle): (i32, i32),
    style: &PanelStyle,
) -> Result<(), DrawError> {
    let text = anchored(style.text(1.0, INK), HPos::Left, VPos::Center);
    let (sample, indent) = (style.em(SAMPLE), style.em(INDENT));
    match key {
        LegendEntry::Heading(words) => area.draw_text(words, &text, (left, middle))?,
        LegendEntry::Line(stroke, words) => {
            let ends = vec![(left, middle), (left + sample, middle)];
            if stroke.is_dashed {
                let dashes = DashedPathElement::new(ends, px(5.0), px(3.0), style_of(stroke));
                area.draw(&dashes)?;
            } else {
                area.draw(&PathElement::new(ends, style_of(stroke)))?;
            }
            area.draw_text(words, &text, (left + indent, middle))?;
        }
        LegendEntry::Patch(color, words) => {
            let half = style.em(0.5);
            let corners = [(left, middle - half), (left + sample, middle + half)];
            area.draw(&Rectangle::new(corners, color.filled()))?;
            area.draw(&Rectangle::new(corners, INK.stroke_width(px(0.5) as u32)))?;
            area.draw_text(words, &text, (left + indent, middle))?;
        }
        LegendEntry::Ramp { .. } => {}
    }
    Ok(())
}

/// Draws a legend whose lines stand below each other; its ramps are pictures.
///
/// # Errors
/// Those of plotters.
pub fn draw(
    area: &Area,
    legend: &[LegendEntry],
    style: &PanelStyle,
) -> Result<Vec<Picture>, DrawError> {
    let text = anchored(style.text(1.0, INK), HPos::Left, VPos::Center);
    let (_, height) = area.dim_in_pixel();
    let line = style.em(LINE_HEIGHT);
    let mut pictures = Vec::new();
    let mut top = style.em(0.5);
    for (i, key) in legend.iter().enumerate() {
        if let LegendEntry::Ramp { span, labels } = key {
            let rest = (legend.len() - 1 - i) as i32 * line;
            let length = style
                .em(RAMP)
                .min(height as i32 - top - rest - style.em(4.0))
                .max(line);
            let top_of_ramp = top + style.em(0.5);
            let (left, rows) = area.get_pixel_range();
            pictures.push(Picture {
                at: (left.start, rows.start + top_of_ramp),
                size: (style.em(SAMPLE), length),
                cells: ramp(*span),
                words: Vec::new(),
            });
            for (at, words) in apart(labels, f64::from(length) / f64::from(style.em(1.1))) {
                let y = top_of_ramp + ((1.0 - at) * f64::from(length)).round() as i32;
                area.draw_text(words, &text, (style.em(INDENT), y))?;
            }
            top += length + style.em(0.8) - line / 2;
        } else {
            draw_key(area, key, (0, top + line / 2), style)?;
        }
        top += line;
    }
    Ok(pictures)
}

/// Viridis from the top down.
fn ramp(span: f64) -> Cells {
    let cells = (0..RAMP_CELLS).rev();
    Cells {
        columns: 1,
        rows: RAMP_CELLS,
        colors: cells
            .map(|i| viridis(span * i as f64 / (RAMP_CELLS - 1) as f64))
            .collect(),
    }
}

/// Labels of which no two say the same or touch, on a ramp as long as `lines`
/// lines of text.
fn apart(labels: &[(f64, String)], lines: f64) -> Vec<(f64, &str)> {
    let mut kept: Vec<(f64, &str)> = Vec::new();
    for (at, words) in labels {
        let is_free =
            |(other, said): &(f64, &str)| said != words && (at - other).abs() * lines >= 1.0;
        if kept.iter().all(is_free) {
            kept.push((*at, words));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_ramp_are_said_once_and_do_not_touch() {
        let labels = |all: &[(f64, &str)]| -> Vec<(f64, String)> {
            all.iter()
                .map(|(at, words)| (*at, (*words).to_owned()))
                .collect()
        };
        let one_layer = labels(&[(0.0, "1"), (0.5, "1"), (1.0, "1")]);
        assert_eq!(apart(&one_layer, 10.0), [(0.0, "1")]);
        let close = labels(&[(0.0, "a"), (0.05, "b"), (0.2, "c")]);
        assert_eq!(apart(&close, 10.0), [(0.0, "a"), (0.2, "c")]);
        assert_eq!(apart(&close, 100.0).len(), 3);
    }

    #[test]
    fn keys_stand_side_by_side_while_there_is_room() {
        let key = |words: &str| LegendEntry::Heading(words.to_owned());
        let legend = [key("one"), key("two"), key(""), key("three")];
        let style = PanelStyle::default();
        let counts =
            |width| -> Vec<usize> { rows(&legend, &style, width).iter().map(Vec::len).collect() };
        assert_eq!(counts(style.em(40.0)), [2, 1]);
        assert_eq!(counts(style.em(4.0)), [1, 1, 1]);
    }
}
