//! Points with names: the names stand in two columns beside the points, each with a thin line
//! to its own, so that none covers another.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::canvas::{Area, DrawError, anchored, px, width_of};
use super::colors::{FAINT_INK, INK};
use super::panel::PointLabel;
use super::style::PanelStyle;
use crate::lab::text::shortened;

/// The share of a chart's width that a column of names takes.
const COLUMN: f64 = 0.27;
/// The height of a name in sizes of its font.
const LINE: f64 = 1.35;
/// The longest name in letters.
const LONGEST: usize = 40;

/// Makes room for a column of names at either end of an axis.
pub fn make_room(x: &mut Axis) {
    let more = (x.high - x.low) * COLUMN / (1.0 - 2.0 * COLUMN);
    x.low -= more;
    x.high += more;
}

/// A point and its name in fine units of the document.
struct Placed<'a> {
    point: (i32, i32),
    words: &'a str,
    /// The height of the name.
    row: i32,
}

/// Draws names on `columns` × `rows` of the document. Where there are more than fit, the last
/// ones have none.
///
/// # Errors
/// Those of plotters.
pub fn draw(
    area: &Area,
    labels: &[PointLabel],
    (x, y): (&Axis, &Axis),
    (columns, rows): (Range<i32>, Range<i32>),
    style: &PanelStyle,
) -> Result<(), DrawError> {
    let line = style.em(LINE);
    let most = ((rows.end - rows.start) / line).max(1) as usize;
    let mut placed: Vec<Placed> = labels
        .iter()
        .take(2 * most)
        .map(|label| {
            let column = x.map(&label.at.0, (columns.start, columns.end));
            let row = y.map(&label.at.1, (rows.end, rows.start));
            Placed {
                point: (column, row),
                words: &label.words,
                row,
            }
        })
        .collect();
    placed.sort_by_key(|label| label.point.0);
    let middle = (columns.start + columns.end) / 2;
    let on_the_left = placed.partition_point(|label| label.point.0 <= middle);
    let fewest = placed.len().saturating_sub(most);
    let right = placed.split_off(on_the_left.clamp(fewest, most.min(placed.len())));
    let width = ((columns.end - columns.start) as f64 * COLUMN) as i32 - style.em(1.2);
    let origin = area.get_base_pixel();
    for (mut side, is_left) in [(placed, true), (right, false)] {
        spread(&mut side, &rows, line);
        let edge = if is_left {
            columns.start + style.em(0.6) + width
        } else {
            columns.end - style.em(0.6) - width
        };
        let towards = if is_left { HPos::Right } else { HPos::Left };
        let font = anchored(style.text(0.92, INK), towards, VPos::Center);
        let gap = if is_left {
            style.em(0.25)
        } else {
            -style.em(0.25)
        };
        for label in side {
            let here = |(x, y): (i32, i32)| (x - origin.0, y - origin.1);
            let ends = vec![here((edge + gap, label.row)), here(label.point)];
            area.draw(&PathElement::new(
                ends,
                FAINT_INK.mix(0.4).stroke_width(px(0.7) as u32),
            ))?;
            let lengths = (1..=LONGEST.min(label.words.chars().count())).rev();
            let mut shorter = lengths.map(|most| shortened(label.words, most));
            let words = shorter.find(|words| width_of(words, &font) <= width);
            area.draw_text(&words.unwrap_or_default(), &font, here((edge, label.row)))?;
        }
    }
    Ok(())
}

/// Moves the names of a column so that they lie a line apart within the rows.
fn spread(side: &mut [Placed], rows: &Range<i32>, line: i32) {
    side.sort_by_key(|label| label.point.1);
    let mut least = rows.start + line / 2;
    for label in side.iter_mut() {
        label.row = label.row.max(least);
        least = label.row + line;
    }
    let mut most = rows.end - line / 2;
    for label in side.iter_mut().rev() {
        label.row = label.row.min(most);
        most = label.row - line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_a_line_apart_in_the_order_of_their_points() {
        let rows: Vec<i32> = vec![10, 12, 12, 14, 95, 99, 50];
        let mut side: Vec<Placed> = rows
            .iter()
            .map(|row| Placed {
                point: (0, *row),
                words: "",
                row: *row,
            })
            .collect();
        spread(&mut side, &(0..100), 10);
        assert!(side.is_sorted_by_key(|label| label.point.1));
        let placed: Vec<i32> = side.iter().map(|label| label.row).collect();
        assert_eq!(placed, [10, 20, 30, 40, 50, 85, 95]);
    }
}
