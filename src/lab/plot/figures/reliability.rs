//! Confidence against accuracy on the test set: on the diagonal a network is right as
//! often as it is sure.

use super::super::colors::{FAINT_INK, of_run};
use super::super::panel::{LegendEntry, Mark, Panel, Room, Stroke};
use super::super::plot_data::PlotData;
use super::super::scale::Scale;
use super::super::words::NAME_LENGTH;
use super::Figure;
use crate::lab::predictive::{Method, Predictions};
use crate::lab::records::ValueRange;
use crate::lab::text::{self, shortened};

/// Radius in pixels of the dot of the confidence that most samples have.
const LARGEST: f64 = 6.0;

pub struct ReliabilityFigure;

impl Figure for ReliabilityFigure {
    fn name(&self) -> &'static str {
        "reliability"
    }

    fn help(&self) -> &'static str {
        "of runs with --predictive: how often a network is right against how sure it is, and the ensemble of several seeds"
    }

    fn needs(&self) -> &'static str {
        "a run with `--predictive`, or a folder of seeds of such runs"
    }

    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel> {
        let lines: Vec<Line> = (0..data.targets.len())
            .flat_map(|target| lines(data, target))
            .collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let whole = || Scale::linear(&ValueRange::of([0.0, 1.0]));
        let y = room.limited(whole());
        let right = Stroke::dashed(FAINT_INK, 1.0);
        let mut marks = vec![Mark::Line {
            points: vec![(0.0, 0.0), (1.0, 1.0)],
            stroke: right,
        }];
        let mut legend = Vec::new();
        let mut caption = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let color = of_run(i, lines.len());
            let bins = line.predictions.measures.bins.iter();
            let points: Vec<(f64, (f64, f64))> = bins
                .filter_map(|bin| Some((bin.samples as f64, bin.confidence.zip(bin.accuracy)?)))
                .collect();
            let most = points.iter().map(|(samples, _)| *samples);
            let most = most.fold(1.0, f64::max);
            let stroke = Stroke::solid(color, 1.0);
            marks.push(Mark::Line {
                points: points.iter().map(|(_, at)| *at).collect(),
                stroke,
            });
            // What few samples stand behind shall not look as sure as what many do.
            marks.extend(points.into_iter().map(|(samples, at)| Mark::Dots {
                points: vec![at],
                radius: (LARGEST * (samples / most).sqrt()).max(1.0),
                color,
            }));
            legend.push(LegendEntry::Line(stroke, line.label.clone()));
            caption.push(sentence(line));
        }
        caption.extend((0..data.targets.len()).filter_map(|target| left_out(data, target)));
        caption.push("a dot's area grows with the samples behind it".to_owned());
        legend.push(LegendEntry::Line(right, "as right as sure".to_owned()));
        vec![Panel {
            title: "Reliability on the test set".to_owned(),
            x: whole().axis("confidence"),
            y: y.axis("share that is right"),
            marks,
            legend,
            caption,
        }]
    }
}

/// Probabilities and whose they are.
struct Line<'a> {
    label: String,
    predictions: &'a Predictions,
}

/// What a target is shown by: its ensemble, else each of its runs that was judged, under
/// its own name.
fn lines(data: &PlotData, target: usize) -> Vec<Line<'_>> {
    if let Some(together) = &data.ensembles[target] {
        return vec![Line {
            label: data.targets[target].clone(),
            predictions: together,
        }];
    }
    let runs = data.of_target(target);
    let own = runs.filter_map(|run| {
        Some(Line {
            label: shortened(&run.label, NAME_LENGTH),
            predictions: run.run.summary.as_ref()?.predictive.as_ref()?,
        })
    });
    own.collect()
}

/// Which runs of a group are not shown.
fn left_out(data: &PlotData, target: usize) -> Option<String> {
    let told = data.of_target(target).map(|run| run.run.summary.as_ref());
    let told: Vec<_> = told.collect();
    let judged = told.iter().flatten();
    let judged = judged.filter(|summary| summary.predictive.is_some());
    let who = text::left_out(judged.count(), told.len())?;
    Some(format!("{}: {who}", data.targets[target]))
}

fn sentence(line: &Line) -> String {
    let Predictions {
        method,
        members,
        measures,
    } = line.predictions;
    let whose = match method {
        Method::Softmax => "softmax of one network".to_owned(),
        Method::McDropout => format!("mean of {members} passes with dropout"),
        Method::Ensemble => format!("ensemble of {members:.1} networks a sample"),
    };
    format!(
        "{}: {whose}, calibration error {:.3}",
        line.label, measures.calibration_error
    )
}
