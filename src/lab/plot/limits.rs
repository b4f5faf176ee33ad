//! Limits of an axis that the user sets, and what is cut at them.

use std::str::FromStr;

use super::colors::ABSENT;
use super::panel::{Cells, Mark, Panel};

/// The columns a part of a heat map has at least, for its edges to be sharp.
const LEAST_COLUMNS: usize = 600;

/// Where an axis begins and ends; what is `None` is left to the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisLimits {
    /// Its lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl FromStr for AxisLimits {
    type Err = String;

    /// `LOW:HIGH`, of which one may be left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "two numbers with a colon between them were expected, such as 0:500 or 1e-6:, \
                    where an end left out is left to the data";
        let (low, high) = text.split_once(':').ok_or(form)?;
        let end = |text: &str| -> Result<Option<f64>, String> {
            let text = text.trim().replace('−', "-");
            if text.is_empty() {
                return Ok(None);
            }
            let number: f64 = text
                .parse()
                .map_err(|_| format!("`{text}` is no number; {form}"))?;
            if number.is_finite() {
                Ok(Some(number))
            } else {
                Err(format!("`{text}` is not finite; {form}"))
            }
        };
        let limits = Self {
            low: end(low)?,
            high: end(high)?,
        };
        match (limits.low, limits.high) {
            (None, None) => Err(form.to_owned()),
            (Some(low), Some(high)) if low >= high => Err(format!(
                "{low} is not below {high}; the lower end comes first"
            )),
            _ => Ok(limits),
        }
    }
}

impl AxisLimits {
    /// The ends of an axis that would reach over `low` to `high` without them.
    pub fn ends(&self, (low, high): (f64, f64)) -> (f64, f64) {
        (self.low.unwrap_or(low), self.high.unwrap_or(high))
    }
}

/// Sets the limits of a panel's x axis and cuts what it shows there. An axis of
/// names has none.
pub fn cut(panel: &mut Panel, limits: AxisLimits) {
    let before = (panel.x.low, panel.x.high);
    panel.x = panel.x.limited(limits);
    let columns = (panel.x.low, panel.x.high);
    if columns == before {
        return;
    }
    let marks = std::mem::take(&mut panel.marks).into_iter();
    panel.marks = marks
        .flat_map(|mark| match mark {
            Mark::Line { points, stroke } => lines_within(&points, columns)
                .into_iter()
                .map(|points| Mark::Line { points, stroke })
                .collect(),
            Mark::Dots {
                mut points,
                radius,
                color,
            } => {
                points.retain(|(x, _)| (columns.0..=columns.1).contains(x));
                let dots = Mark::Dots {
                    points,
                    radius,
                    color,
                };
                vec![dots]
            }
            Mark::Area { points, color } => {
                let edge = |high: bool| -> Vec<(f64, f64)> {
                    let points = points.iter();
                    points
                        .map(|(x, l, h)| (*x, if high { *h } else { *l }))
                        .collect()
                };
                let lower = lines_within(&edge(false), columns);
                let upper = lines_within(&edge(true), columns);
                let pieces = lower.into_iter().zip(upper);
                pieces
                    .map(|(lower, upper)| Mark::Area {
                        points: lower
                            .iter()
                            .zip(&upper)
                            .map(|(low, high)| (low.0, low.1, high.1))
                            .collect(),
                        color,
                    })
                    .collect()
            }
            Mark::Cells(cells) => vec![Mark::Cells(within(&cells, before, columns))],
        })
        .collect();
}

/// The parts of a line between two places on the first axis.
pub fn lines_within(points: &[(f64, f64)], (low, high): (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut part: Vec<(f64, f64)> = Vec::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if let Some(&(x0, y0)) = i.checked_sub(1).and_then(|i| points.get(i)) {
            let at = |edge: f64| (edge, y0 + (y - y0) * (edge - x0) / (x - x0));
            // Where it comes in and goes out, in the order it runs.
            let (first, second) = if x0 <= x { (low, high) } else { (high, low) };
            for edge in [first, second] {
                if (x0 < edge && edge < x) || (x < edge && edge < x0) {
                    part.push(at(edge));
                    let goes_out = edge == second;
                    if goes_out {
                        parts.push(std::mem::take(&mut part));
                    }
                }
            }
        }
        if (low..=high).contains(&x) {
            part.push((x, y));
        } else if !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts.retain(|part| part.len() > 1);
    parts
}

/// The parts of a line between two places on the second axis.
pub fn lines_between(points: &[(f64, f64)], ends: (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let turned = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().map(|(x, y)| (*y, *x)).collect()
    };
    let parts = lines_within(&turned(points), ends);
    parts.iter().map(|part| turned(part)).collect()
}

/// The part of a map from `low` to `high` that reaches over `from`: each new
/// column is the one at its middle, and beyond the map there is nothing.
fn within(cells: &Cells, from: (f64, f64), (low, high): (f64, f64)) -> Cells {
    let columns = cells.columns.max(LEAST_COLUMNS);
    let old = |column: usize| {
        let at = low + (high - low) * (column as f64 + 0.5) / columns as f64;
        let place = (at - from.0) / (from.1 - from.0) * cells.columns as f64;
        (0.0..cells.columns as f64)
            .contains(&place)
            .then_some(place as usize)
    };
    let old: Vec<Option<usize>> = (0..columns).map(old).collect();
    let rows = cells.colors.chunks(cells.columns);
    Cells {
        columns,
        rows: cells.rows,
        colors: rows
            .flat_map(|row| old.iter().map(|at| at.map_or(ABSENT, |at| row[at])))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::RGBColor;

    #[test]
    fn limits_are_two_numbers_one_of_which_may_be_missing() {
        let limits = |text: &str| text.parse::<AxisLimits>().map(|l| (l.low, l.high));
        assert_eq!(limits("0:500"), Ok((Some(0.0), Some(500.0))));
        assert_eq!(limits("1e-6:"), Ok((Some(1e-6), None)));
        assert_eq!(limits(":-2"), Ok((None, Some(-2.0))));
        for bad in ["", ":", "5", "a:b", "2:1", "1:1", "0:inf", "NaN:1"] {
            assert!(limits(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_comes_back() {
        let line = [(0.0, 0.0), (4.0, 4.0), (8.0, 0.0)];
        let parts = lines_within(&line, (1.0, 6.0));
        assert_eq!(parts, [[(1.0, 1.0), (4.0, 4.0), (6.0, 2.0)]]);
        let parts = lines_between(&line, (0.0, 1.0));
        assert_eq!(parts, [[(0.0, 0.0), (1.0, 1.0)], [(7.0, 1.0), (8.0, 0.0)]]);
        // Straight through, both ends outside.
        let parts = lines_between(&[(0.0, -1.0), (3.0, 2.0)], (0.0, 1.0));
        assert_eq!(parts, [[(1.0, 0.0), (2.0, 1.0)]]);
        let parts = lines_between(&[(0.0, 2.0), (3.0, -1.0)], (0.0, 1.0));
        assert_eq!(parts, [[(1.0, 1.0), (2.0, 0.0)]]);
        assert!(lines_within(&line, (9.0, 10.0)).is_empty());
    }

    #[test]
    fn a_map_keeps_the_cells_within() {
        let cells = Cells {
            columns: 4,
            rows: 2,
            colors: (0..8).map(|i| RGBColor(i, 0, 0)).collect(),
        };
        let cut = within(&cells, (0.0, 4.0), (2.0, 8.0));
        let reds = |row: usize| -> Vec<u8> {
            let row = cut.colors.chunks(cut.columns).nth(row).unwrap();
            let mut reds: Vec<u8> = row.iter().map(|c| c.0).collect();
            reds.dedup();
            reds
        };
        // The later half of the steps, and beyond them nothing, which is white.
        assert_eq!((reds(0), reds(1)), (vec![2, 3, 255], vec![6, 7, 255]));
        let third = cut.colors.iter().filter(|c| c.0 == 3).count();
        assert_eq!(third * 6, cut.columns);
    }
}
