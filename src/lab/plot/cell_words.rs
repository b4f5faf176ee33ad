//! Words in the cells of a heat map, where there is room for them.

use std::ops::Range;

use plotters::prelude::Ranged as _;

use super::axis::Axis;
use super::canvas::{Words, width_of};
use super::colors::INK;
use super::panel::CellWords;
use super::style::PanelStyle;

/// The size of the words in font sizes.
const SIZE: f64 = 0.85;
/// The height of a line and what stays free at its sides, in font sizes.
const LINE: f64 = 1.05;
const ASIDE: f64 = 0.3;

/// Where words stand on `columns` × `rows` of the document: in one line, or, where cells are
/// too narrow, below each other. Where they are too small for that, nowhere.
pub fn placed(
    all: &[CellWords],
    (x, y): (&Axis, &Axis),
    (columns, rows): (Range<i32>, Range<i32>),
    style: &PanelStyle,
) -> Vec<Words> {
    let across = |at: f64| x.map(&at, (columns.start, columns.end));
    let up = |at: f64| y.map(&at, (rows.end, rows.start));
    let room = ((across(1.0) - across(0.0)).abs(), (up(1.0) - up(0.0)).abs());
    let font = style.text(SIZE, INK);
    let fits = |lines: &[String]| {
        let widest = lines.iter().map(|line| width_of(line, &font)).max();
        widest.unwrap_or(0) + 2 * style.em(ASIDE) <= room.0
            && style.em(LINE) * lines.len() as i32 <= room.1
    };
    let lines_of = |cell: &CellWords| {
        let one = vec![cell.words.join(" ")];
        [one, cell.words.clone()]
            .into_iter()
            .find(|lines| fits(lines))
    };
    // All or none: a lone one would look as if it were more than the others.
    let Some(lines) = all.iter().map(lines_of).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let cells = all.iter().zip(lines).flat_map(|(cell, lines)| {
        let middle = (across(cell.at.0), up(cell.at.1));
        let first = middle.1 - style.em(LINE) * (lines.len() as i32 - 1) / 2;
        let lines = lines.into_iter().enumerate();
        lines.map(move |(i, text)| Words {
            at: (middle.0, first + style.em(LINE) * i as i32),
            text,
            size: style.em(SIZE),
            color: cell.color,
        })
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::super::axis::Unit;
    use super::super::canvas::document;
    use super::*;

    fn axis(cells: usize) -> Axis {
        Axis {
            label: String::new(),
            low: -0.5,
            high: cells as f64 - 0.5,
            ticks: Vec::new(),
            fine: Vec::new(),
            bands: Vec::new(),
            unit: Unit::Name,
        }
    }

    #[test]
    fn words_stand_in_one_line_or_two_or_nowhere() {
        // It makes the font known.
        document((1, 1), |_| Ok(Vec::new())).unwrap();
        let cell = |column: usize| CellWords {
            at: (column as f64, 0.0),
            words: vec!["12.3".to_owned(), "± 0.41".to_owned()],
            color: INK,
        };
        let style = PanelStyle::default();
        let texts = |width: i32, height: i32| {
            let room = (0..2 * width, 0..height);
            let words = placed(&[cell(0), cell(1)], (&axis(2), &axis(1)), room, &style);
            words
                .into_iter()
                .map(|words| (words.text, words.at))
                .collect::<Vec<_>>()
        };
        let [wide, narrow] = [style.em(8.0), style.em(4.5)];
        let one = "12.3 ± 0.41".to_owned();
        let height = style.em(4.0);
        let middle = height / 2;
        assert_eq!(
            texts(wide, height),
            [
                (one.clone(), (wide / 2, middle)),
                (one, (wide * 3 / 2, middle))
            ]
        );
        let two = texts(narrow, height);
        assert_eq!(two.len(), 4, "{two:?}");
        assert!(two[0].1.1 < middle && middle < two[1].1.1, "{two:?}");
        assert!(texts(narrow, style.em(1.5)).is_empty());
        assert!(texts(style.em(1.0), height).is_empty());
    }
}
