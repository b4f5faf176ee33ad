//! Decades lost against accuracy, a point per cure that `vgrad remedies` tried.

use plotters::style::RGBColor;

use super::super::colors::{HELPED, INK, NO_HELP};
use super::super::labels_aside::make_room;
use super::super::panel::{LegendEntry, Mark, Panel, PointLabel, Room, Stroke};
use super::super::plot_data::PlotData;
use super::super::scale::Scale;
use super::Figure;
use crate::lab::json::Real;
use crate::lab::records::ValueRange;
use crate::lab::remedies::{CureRow, RankedCures};

pub struct CuresFigure;

impl Figure for CuresFigure {
    fn name(&self) -> &'static str {
        "cures"
    }

    fn help(&self) -> &'static str {
        "of a folder of remedies: the decades lost at step 0 against the accuracy, a point per cure"
    }

    fn needs(&self) -> &'static str {
        "a folder that `vgrad remedies` wrote"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let all = data.ranked.iter();
        all.filter_map(|ranked| panel(ranked, room)).collect()
    }
}

/// What a cure came to: a name and how to read it.
type Score = (&'static str, fn(&CureRow) -> Option<Real>);

/// The first that a cure has is what all are shown by.
const SCORES: [Score; 3] = [
    ("test accuracy", |row| row.test_accuracy),
    ("test loss", |row| row.test_loss),
    ("training loss", |row| row.train_loss),
];

/// A cure in the figure.
struct Point<'a> {
    row: &'a CureRow,
    at: (f64, f64),
    /// The ends of the interval over the seeds.
    interval: Option<(f64, f64)>,
    color: RGBColor,
}

fn panel(ranked: &RankedCures, room: Room) -> Option<Panel> {
    let rows = || [&ranked.baseline].into_iter().chain(&ranked.tried);
    let is_known = |(_, of): &Score| rows().any(|row| of(row).is_some());
    let (name, of) = SCORES.into_iter().find(is_known)?;
    let points: Vec<Point> = rows().filter_map(|row| point(row, name, of)).collect();
    let scale = |values: &mut dyn Iterator<Item = f64>| Scale::linear(&ValueRange::of(values));
    let lost = match ranked.baseline.loss_decades {
        Some(_) => "decades lost at step 0, those by the loss included",
        None => "decades lost at step 0",
    };
    let mut x = scale(&mut points.iter().map(|point| point.at.0)).axis(lost);
    make_room(&mut x);
    let ends = |point: &Point| {
        let (low, high) = point.interval.unwrap_or((point.at.1, point.at.1));
        [low, high]
    };
    let y = room.limited(scale(&mut points.iter().flat_map(ends)));
    let (low, high) = y.range();
    let is_shown = |point: &&Point| (low..=high).contains(&point.at.1);
    let shown: Vec<&Point> = points.iter().filter(is_shown).collect();
    let labels = shown.iter().map(|point| PointLabel {
        at: point.at,
        words: point.row.name.clone(),
    });
    let mut marks = vec![Mark::Labels(labels.collect())];
    for point in &shown {
        if let Some((bottom, top)) = point.interval {
            let ends = [bottom.max(low), top.min(high)];
            marks.push(Mark::Line {
                points: ends.map(|y| (point.at.0, y)).to_vec(),
                stroke: Stroke {
                    opacity: 0.3,
                    ..Stroke::solid(point.color, 1.5)
                },
            });
        }
    }
    // The spec as it is lies over the others.
    for point in shown.iter().rev() {
        let is_baseline = std::ptr::eq(point.row, &ranked.baseline);
        marks.push(Mark::Dots {
            points: vec![point.at],
            radius: if is_baseline { 5.0 } else { 3.5 },
            color: point.color,
        });
    }
    Some(Panel {
        title: format!("The cures of {}", ranked.label),
        x,
        y: y.axis(name),
        marks,
        legend: vec![
            LegendEntry::Patch(INK, "as it is".to_owned()),
            LegendEntry::Patch(HELPED, "helped".to_owned()),
            LegendEntry::Patch(NO_HELP, "did not help".to_owned()),
        ],
        caption: caption(ranked, &points),
    })
}

/// `None` where a number is missing or not finite.
fn point<'a>(row: &'a CureRow, name: &str, of: fn(&CureRow) -> Option<Real>) -> Option<Point<'a>> {
    let finite = |value: Option<Real>| value.map(|it| it.0).filter(|it| it.is_finite());
    let at = (finite(row.lost().map(Real))?, finite(of(row))?);
    let is_accuracy = name.ends_with("accuracy");
    let spread = finite(row.test_accuracy_spread).filter(|_| is_accuracy);
    Some(Point {
        row,
        at,
        interval: spread.map(|half| ((at.1 - half).max(0.0), (at.1 + half).min(1.0))),
        color: match row.helped {
            None => INK,
            Some(true) => HELPED,
            Some(false) => NO_HELP,
        },
    })
}

fn caption(ranked: &RankedCures, points: &[Point]) -> Vec<String> {
    let mut caption = Vec::new();
    if points.iter().any(|point| point.interval.is_some()) {
        caption.push("Bars: 95 % interval over the seeds".to_owned());
    }
    let is_drawn = |row: &CureRow| points.iter().any(|point| std::ptr::eq(point.row, row));
    let rows = [&ranked.baseline].into_iter().chain(&ranked.tried);
    let left_out: Vec<&str> = rows
        .filter(|row| !is_drawn(row))
        .map(|row| &*row.name)
        .collect();
    if !left_out.is_empty() {
        let names = left_out.join(", ");
        caption.push(format!("Not drawn, for want of a finite number: {names}"));
    }
    if !ranked.inapplicable.is_empty() {
        caption.push(match ranked.inapplicable.len() {
            1 => "1 cure does not apply".to_owned(),
            n => format!("{n} cures do not apply"),
        });
    }
    caption
}
