//! A panel cut at the limits of its x axis.

use super::axis::{Axis, Unit, counting};
use super::colors::ABSENT;
use super::limits::{AxisLimits, lines_within};
use super::panel::{Cells, Mark, Panel};
use super::scale::Scale;
use crate::lab::records::ValueRange;

/// The columns a part of a heat map has at least, for its edges to be sharp.
const LEAST_COLUMNS: usize = 600;

/// The same axis with other ends; one of names stays as it is.
fn limited(axis: &Axis, limits: AxisLimits) -> Axis {
    let (low, high) = limits.ends((axis.low, axis.high));
    match axis.unit {
        _ if low >= high => axis.clone(),
        Unit::Name => axis.clone(),
        Unit::Whole => counting(&axis.label, low, high),
        Unit::Value => Scale::linear(&ValueRange::of([low, high]))
            .limited(AxisLimits {
                low: Some(low),
                high: Some(high),
            })
            .axis(axis.label.clone()),
    }
}

/// Sets the limits of a panel's x axis and cuts what it shows there. An axis of
/// names has none.
pub fn cut(panel: &mut Panel, limits: AxisLimits) {
    let before = (panel.x.low, panel.x.high);
    panel.x = limited(&panel.x, limits);
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
                let is_within = !points.is_empty();
                let dots = is_within.then_some(Mark::Dots {
                    points,
                    radius,
                    color,
                });
                dots.into_iter().collect()
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
            Mark::Labels(mut labels) => {
                labels.retain(|label| (columns.0..=columns.1).contains(&label.at.0));
                let is_within = !labels.is_empty();
                let labels = is_within.then_some(Mark::Labels(labels));
                labels.into_iter().collect()
            }
            Mark::Words(mut words) => {
                words.retain(|cell| (columns.0..=columns.1).contains(&cell.at.0));
                vec![Mark::Words(words)]
            }
            Mark::Cells(cells) => vec![Mark::Cells(within(&cells, before, columns))],
            Mark::Image(cells) => vec![Mark::Image(cells)],
        })
        .collect();
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
