//! A quantity of a sweep's cells: over one axis as lines, over two as a map.

use plotters::style::{RGBColor, WHITE};

use super::super::axis::{Axis, Tick, Unit};
use super::super::colors::{ABSENT, INK, NON_FINITE, of_run, viridis};
use super::super::group::{SeedSeries, band, means, reach};
use super::super::panel::{CellWords, Cells, LegendEntry, Mark, Panel, Room, Stroke, Trace};
use super::super::plot_data::PlotData;
use super::super::scale::Scale;
use super::Figure;
use crate::lab::records::{ValueRange, mean};
use crate::lab::sweep::{SweepView, ViewAxis};
use crate::lab::text::significant;

pub struct SweepFigure;

impl Figure for SweepFigure {
    fn name(&self) -> &'static str {
        "sweep"
    }

    fn help(&self) -> &'static str {
        "of a folder of a sweep: a quantity over the axis --x, or over --x and --y as colours"
    }

    fn needs(&self) -> &'static str {
        "a folder that `vgrad sweep` wrote, and no other figure beside it"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let panel = |view: &SweepView| match &view.y {
            Some(y) => map(view, y),
            None => curves(view, room),
        };
        data.sweeps.iter().map(panel).collect()
    }
}

/// An axis whose places have names, each in the middle of a cell of width 1.
fn named(axis: &ViewAxis) -> Axis {
    let ticks = axis.labels.iter().enumerate().map(|(i, label)| Tick {
        at: i as f64,
        text: label.clone(),
    });
    Axis {
        label: axis.name().to_owned(),
        low: -0.5,
        high: axis.labels.len() as f64 - 0.5,
        ticks: ticks.collect(),
        fine: Vec::new(),
        bands: Vec::new(),
        unit: Unit::Name,
    }
}

/// The colour of words on a ground, by its luma (Rec. 601).
fn ink_on(ground: RGBColor) -> RGBColor {
    let RGBColor(red, green, blue) = ground;
    let luma = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
    if luma < 128.0 { WHITE } else { INK }
}

fn map(view: &SweepView, y: &ViewAxis) -> Panel {
    let places = view.map();
    let means: Vec<Vec<Option<f64>>> = places
        .iter()
        .map(|row| {
            let of_cell = |values: &Vec<f64>| (!values.is_empty()).then(|| mean(values));
            row.iter().map(of_cell).collect()
        })
        .collect();
    let all = means.iter().flatten().flatten().copied();
    let scale = Scale::linear(&ValueRange::of(all.filter(|value| value.is_finite())));
    let has_odd = means
        .iter()
        .flatten()
        .flatten()
        .any(|value| !value.is_finite());
    let color = |value: &Option<f64>| match value {
        None => ABSENT,
        Some(value) if !value.is_finite() => NON_FINITE,
        Some(value) => viridis(scale.share(*value).unwrap_or(0.0)),
    };
    let words = places
        .iter()
        .zip(&means)
        .enumerate()
        .flat_map(|(row, own)| {
            let cells = own.0.iter().zip(own.1).enumerate();
            cells.filter_map(move |(column, (values, mean))| {
                let half = view.half_width(values);
                let half = half.map(|half| format!("± {}", significant(half)));
                Some(CellWords {
                    at: (column as f64, row as f64),
                    words: [significant((*mean)?)].into_iter().chain(half).collect(),
                    color: ink_on(color(mean)),
                })
            })
        });
    let mut legend = vec![
        LegendEntry::Heading(view.quantity.to_owned()),
        LegendEntry::Ramp {
            span: 1.0,
            labels: scale.shares(),
        },
    ];
    if has_odd {
        legend.push(LegendEntry::Patch(NON_FINITE, "inf/NaN".to_owned()));
    }
    let said = match view.is_over_seeds() {
        true => {
            "Each cell is the mean over the seeds, ± half its 95 % interval by Student's t; white: \
             none is done"
        }
        false => {
            "Each cell is the mean over the seeds and whatever else varies; white: none is done"
        }
    };
    Panel {
        title: format!("{}: {}", view.name, view.quantity),
        x: named(&view.x),
        y: named(y),
        marks: vec![
            Mark::Cells(Cells {
                columns: view.x.labels.len(),
                rows: y.labels.len(),
                // From the top down.
                colors: means.iter().rev().flatten().map(color).collect(),
            }),
            Mark::Words(words.collect()),
        ],
        legend,
        caption: [said.to_owned()].into_iter().chain(view.beside()).collect(),
    }
}

fn curves(view: &SweepView, room: Room) -> Panel {
    let numbers = view.x.numbers();
    let x = |place: usize| {
        numbers
            .as_ref()
            .map_or(place as f64, |numbers| numbers[place])
    };
    let series = |values: &[Vec<f64>]| -> SeedSeries {
        let mut series: SeedSeries = values
            .iter()
            .enumerate()
            .map(|(place, values)| (x(place), values.clone()))
            .collect();
        series.sort_by(|a, b| a.0.total_cmp(&b.0));
        series
    };
    let lines: Vec<(String, [SeedSeries; 2])> = view
        .curves()
        .into_iter()
        .map(|(words, both)| (words, both.map(|values| series(&values))))
        .collect();
    let values = || {
        let all = lines.iter().flat_map(|(_, both)| both).flatten();
        all.flat_map(|(_, values)| values.iter().copied())
    };
    let rough = Scale::linear(&ValueRange::of(values()));
    let reached = lines.iter().flat_map(|(_, [own, _])| reach(own, &rough));
    let scale = room.limited(Scale::linear(&ValueRange::of(values().chain(reached))));
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    let count = lines.len();
    let mut has_theory = false;
    for (i, (words, [own, predicted])) in lines.iter().enumerate() {
        let color = of_run(i, count);
        marks.extend(band(own, &scale, color));
        let trace = |stroke, has_dots| Trace {
            stroke,
            lane: (i as f64 + 0.5) / count as f64,
            has_dots,
        };
        let expected = means(predicted, &scale);
        if expected.iter().any(|(_, value)| value.is_some()) {
            has_theory = true;
            marks.extend(trace(Stroke::dashed(color, 1.2), false).marks(&scale, &expected));
        }
        let solid = trace(Stroke::solid(color, 1.8), true);
        marks.extend(solid.marks(&scale, &means(own, &scale)));
        if !words.is_empty() {
            legend.push(LegendEntry::Line(Stroke::solid(color, 2.5), words.clone()));
        }
    }
    if has_theory {
        legend.push(LegendEntry::Heading(String::new()));
        legend.push(LegendEntry::Line(
            Stroke::solid(INK, 1.8),
            "measured".to_owned(),
        ));
        legend.push(LegendEntry::Line(
            Stroke::dashed(INK, 1.2),
            "theory".to_owned(),
        ));
    }
    let x_axis = match &numbers {
        Some(numbers) => {
            Scale::linear(&ValueRange::of(numbers.iter().copied())).axis(view.x.name())
        }
        None => named(&view.x),
    };
    Panel {
        title: format!("{}: {}", view.name, view.quantity),
        x: x_axis,
        y: scale.axis(view.quantity),
        marks,
        legend,
        caption: ["Line: mean over the seeds, area: its 95 % interval by Student's t".to_owned()]
            .into_iter()
            .chain(view.beside())
            .collect(),
    }
}
