//! Confidence against accuracy on the test set: on the diagonal a network is right as
//! often as it is sure.

use super::super::colors::{FAINT_INK, of_run};
use super::super::panel::{LegendEntry, Mark, Panel, Room, Stroke};
use super::super::plot_data::PlotData;
use super::super::scale::Scale;
use super::Figure;
use crate::lab::predictive::{Method, Predictions};
use crate::lab::records::ValueRange;

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
            .filter_map(|target| line(data, target))
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
            let points: Vec<(f64, f64)> = line
                .predictions
                .measures
                .bins
                .iter()
                .filter_map(|bin| bin.confidence.zip(bin.accuracy))
                .collect();
            let stroke = Stroke::solid(color, 1.5);
            marks.push(Mark::Line {
                points: points.clone(),
                stroke,
            });
            marks.push(Mark::Dots {
                points,
                radius: 3.0,
                color,
            });
            legend.push(LegendEntry::Line(stroke, line.label.clone()));
            caption.push(sentence(line));
        }
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

/// What a target is shown by: its ensemble, else its first run that was judged.
struct Line<'a> {
    label: String,
    predictions: &'a Predictions,
}

fn line(data: &PlotData, target: usize) -> Option<Line<'_>> {
    let of_run = data
        .of_target(target)
        .find_map(|run| run.run.summary.as_ref()?.predictive.as_ref());
    let predictions = data.ensembles[target].as_ref().or(of_run)?;
    Some(Line {
        label: data.targets[target].clone(),
        predictions,
    })
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
