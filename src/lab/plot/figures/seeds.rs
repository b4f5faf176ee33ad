//! How far the seeds of a run lie apart.

use std::collections::BTreeSet;

use super::super::axis::{Axis, Tick, Unit, counting};
use super::super::colors::{INK, of_run};
use super::super::panel::{LegendEntry, Mark, Panel, Room, Stroke, Trace};
use super::super::plot_data::{PlotData, apart};
use super::super::scale::{AxisPlace, Scale};
use super::{Figure, layer_axis};
use crate::lab::decay::{AT_RISK_DECADES, Decay, VANISHING_DECADES};
use crate::lab::records::{self, Estimate, RunData, Step, ValueRange};
use crate::lab::text::symbol;
use crate::nn::architecture::Along;

/// Bins over the height of the strip plot: dots in one of them stand side by side.
const BINS: f64 = 36.0;

pub struct SeedsFigure;

impl Figure for SeedsFigure {
    fn name(&self) -> &'static str {
        "seeds"
    }

    fn help(&self) -> &'static str {
        "the spread over the seeds: norms over the layers, and a strip plot of the decades lost"
    }

    fn needs(&self) -> &'static str {
        "a run of several seeds, as `vgrad run --seeds N` leaves it"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let several: Vec<usize> = (0..data.targets.len())
            .filter(|target| data.of_target(*target).count() > 1)
            .collect();
        if several.is_empty() {
            return Vec::new();
        }
        let mut panels = vec![range(data, &several, room)];
        panels.extend(strip_plot(data, &several));
        panels
    }
}

/// The median over the seeds and their range, layer by layer.
fn range(data: &PlotData, several: &[usize], room: Room) -> Panel {
    let seeds = |target: usize| data.of_target(target).map(|p| &p.last);
    let values = several
        .iter()
        .flat_map(|target| seeds(*target))
        .flat_map(|step| step.column(0).filter_map(|(_, value)| value));
    let extent = ValueRange::of(values);
    let scale = room.limited(data.scale(&extent));
    let (floor, ceiling) = scale.range();
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    let (mut low, mut high) = (usize::MAX, 0);
    for (n, &target) in several.iter().enumerate() {
        let color = of_run(target, data.targets.len());
        let profiles: Vec<&Step> = seeds(target).collect();
        let numberings: Vec<_> = data.of_target(target).map(RunData::numbering).collect();
        let mut medians = Vec::new();
        let mut area: Vec<(f64, f64, f64)> = Vec::new();
        let layers = profiles.iter().flat_map(|step| &step.layers);
        let layers: BTreeSet<usize> = layers.copied().collect();
        for layer in layers {
            (low, high) = (low.min(layer), high.max(layer));
            let values = profiles.iter().filter_map(|step| step.of_layer(layer, 0));
            let values: Vec<f64> = values.collect();
            medians.push((layer as f64, median(&values, scale.is_log())));
            let is_end = numberings.iter().any(|own| own.ends_stacked(layer));
            if is_end {
                medians.push((layer as f64 + 0.5, None));
            }
            let heights: Vec<f64> = values
                .iter()
                .filter_map(|value| match scale.place(*value) {
                    AxisPlace::At(at) => Some(at),
                    _ => None,
                })
                .collect();
            if heights.len() == values.len() && !values.is_empty() {
                let least = heights.iter().copied().fold(f64::INFINITY, f64::min);
                let most = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let within = |at: f64| at.clamp(floor, ceiling);
                area.push((layer as f64, within(least), within(most)));
            }
            if heights.len() < values.len() || values.is_empty() || is_end {
                let points = std::mem::take(&mut area);
                if points.len() > 1 {
                    marks.push(Mark::Area { points, color });
                }
            }
        }
        if area.len() > 1 {
            marks.push(Mark::Area {
                points: area,
                color,
            });
        }
        let trace = Trace {
            stroke: Stroke::solid(color, 1.8),
            lane: (n as f64 + 0.5) / several.len() as f64,
            has_dots: false,
        };
        marks.extend(trace.marks(&scale, &medians));
        legend.push(LegendEntry::Line(
            Stroke::solid(color, 2.5),
            data.targets[target].clone(),
        ));
    }
    let mut caption = vec![format!(
        "Line: the median over the seeds at the last step, area: from the smallest to the largest; seeds: {}",
        counts(data, several)
    )];
    caption.extend(apart(&extent, data.is_log()));
    Panel {
        title: format!("{}: spread over the seeds", symbol(&data.quantity)),
        x: counting(layer_axis(&data.runs), low as f64, high as f64),
        y: scale.axis(symbol(&data.quantity)),
        marks,
        legend,
        caption,
    }
}

/// The median, of two values in the middle the point halfway between them on
/// the axis shown. On a log axis that is 0 where one of the two is 0. `None` of
/// nothing.
fn median(values: &[f64], is_log: bool) -> Option<f64> {
    if values.is_empty() || !is_log {
        return (!values.is_empty()).then(|| records::median(values));
    }
    let mut sorted = values.to_vec();
    // NaN stands above all.
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    Some(if below == above {
        below
    } else {
        // The root of the product, which might overflow.
        below.sqrt() * above.sqrt()
    })
}

fn counts(data: &PlotData, several: &[usize]) -> String {
    let counts = several.iter().map(|target| data.of_target(*target).count());
    let counts: Vec<String> = counts.map(|count| count.to_string()).collect();
    counts.join(", ")
}

/// A pile of equal values is as wide as it has seeds.
fn strip_plot(data: &PlotData, several: &[usize]) -> Option<Panel> {
    // What the limits are of.
    let lost = |decay: &Option<Decay>| decay.as_ref().and_then(Decay::lost_decades);
    // A place for the first and one for the last step of each target.
    let get: [fn(&RunData) -> &Option<Decay>; 2] = [|p| &p.stats.initial, |p| &p.stats.last];
    let mut places: Vec<(usize, usize, Vec<f64>)> = Vec::new();
    for &target in several {
        for (end, get) in get.iter().enumerate() {
            let values: Vec<f64> = data
                .of_target(target)
                .filter_map(|p| lost(get(p)))
                .collect();
            places.push((target, end, values));
        }
    }
    let extent = ValueRange::of(
        places
            .iter()
            .flat_map(|(_, _, values)| values.iter().copied()),
    );
    if extent == ValueRange::default() {
        return None;
    }
    let scale = Scale::linear(&extent);
    let y = scale.axis("attenuation in decades");
    let bin = (y.high - y.low) / BINS;
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    let end = places.len() as f64;
    for limit in [-AT_RISK_DECADES, AT_RISK_DECADES, VANISHING_DECADES] {
        if (y.low..y.high).contains(&limit) {
            marks.push(Mark::Line {
                points: vec![(0.0, limit), (end, limit)],
                stroke: Stroke::dashed(INK, 0.8),
            });
        }
    }
    for (n, (target, _, values)) in places.iter().enumerate() {
        let color = of_run(*target, data.targets.len());
        let middle = n as f64 + 0.5;
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        if !finite.is_empty() {
            let spread = Estimate::of(&finite);
            marks.push(Mark::Line {
                points: vec![(middle - 0.3, spread.median), (middle + 0.3, spread.median)],
                stroke: Stroke::solid(color, 2.5),
            });
        }
        marks.push(Mark::Dots {
            points: piles(values, middle, bin, &scale),
            radius: 3.5,
            color,
        });
    }
    for &target in several {
        let color = of_run(target, data.targets.len());
        legend.push(LegendEntry::Line(
            Stroke::solid(color, 2.5),
            data.targets[target].clone(),
        ));
    }
    let ticks = places.iter().enumerate().map(|(n, (_, end, _))| Tick {
        at: n as f64 + 0.5,
        text: ["first", "last"][*end].to_owned(),
    });
    let mut caption = vec![
        "A dot per seed, equal ones side by side; bar: their median".to_owned(),
        "dashed: the limits of `at_risk` (3), `vanishing` (4), `exploding` (−3), where within reach".to_owned(),
    ];
    if data.runs.iter().any(RunData::is_generator) {
        caption.push("what a generator's loss takes off all layers is counted in".to_owned());
    }
    caption.extend(apart(&extent, false));
    let along = Along::of_all(data.runs.iter().map(|own| own.run.along()));
    Some(Panel {
        title: along.speak("Decades lost on the way to layer 1: strip plot over the seeds"),
        x: Axis {
            label: "step".to_owned(),
            low: 0.0,
            high: end,
            ticks: ticks.collect(),
            fine: Vec::new(),
            bands: Vec::new(),
            unit: Unit::Name,
        },
        y,
        marks,
        legend,
        caption,
    })
}

/// The values as dots, those in one bin side by side.
fn piles(values: &[f64], middle: f64, bin: f64, scale: &Scale) -> Vec<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let bin_of = |value: f64| match scale.place(value) {
        AxisPlace::At(at) => ((at / bin).round(), at),
        apart => (f64::INFINITY, scale.lane(apart, 0.5).unwrap_or(0.0)),
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    let placed: Vec<(f64, f64)> = sorted.iter().map(|value| bin_of(*value)).collect();
    for pile in placed.chunk_by(|a, b| a.0 == b.0) {
        let apart = (0.8 / pile.len() as f64).min(0.09);
        for (i, (_, at)) in pile.iter().enumerate() {
            let aside = (i as f64 - (pile.len() - 1) as f64 / 2.0) * apart;
            points.push((middle + aside, *at));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_stand_side_by_side() {
        let values = [1.0, 1.0, 5.0, 1.0];
        let scale = Scale::linear(&ValueRange::of(values));
        let points = piles(&values, 0.5, 0.1, &scale);
        let xs: Vec<f64> = points.iter().map(|(x, _)| *x).collect();
        assert!(xs[0] < xs[1] && xs[1] < xs[2], "{points:?}");
        assert!((xs[1] - 0.5).abs() < 1e-12 && (xs[3] - 0.5).abs() < 1e-12);
        assert_eq!(points[3].1, 5.0);
    }

    #[test]
    fn a_median_lies_halfway_on_the_axis_shown() {
        assert_eq!(median(&[3.0, 1.0, 2.0], true), Some(2.0));
        let halfway = median(&[1e-6, 1e-2], true).unwrap();
        assert!((halfway / 1e-4 - 1.0).abs() < 1e-12, "{halfway}");
        assert_eq!(median(&[1.0, 3.0], false), Some(2.0));
        assert_eq!(median(&[-3.0, 1.0], false), Some(-1.0));
        assert_eq!(median(&[5e-324, 5e-324], true), Some(5e-324));
        let halfway = median(&[1e-320, 1e300], true).unwrap();
        assert!((halfway.log10() + 10.0).abs() < 1e-3, "{halfway}");
        assert_eq!(median(&[0.0, 1.0], true), Some(0.0));
        assert_eq!(median(&[0.0, 0.0], true), Some(0.0));
        assert_eq!(median(&[], true), None);
    }

    #[test]
    fn a_median_with_nan_is_nan_only_if_the_middle_is() {
        assert_eq!(median(&[1.0, f64::NAN, 2.0], true), Some(2.0));
        assert!(median(&[1.0, f64::NAN, f64::NAN], true).unwrap().is_nan());
        assert!(median(&[1.0, f64::NAN], true).unwrap().is_nan());
        assert_eq!(median(&[1.0, f64::INFINITY], true), Some(f64::INFINITY));
    }
}
