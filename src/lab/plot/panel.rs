//! What a panel shows: axes, marks, a legend and a caption, in no drawing
//! library's words.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::limits::{AxisLimits, lines_between};
use super::scale::{AxisPlace, Scale};

/// One chart.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Above it.
    pub title: String,
    /// Steps or layers.
    pub x: Axis,
    /// Values.
    pub y: Axis,
    /// What is drawn, the first one lowest.
    pub marks: Vec<Mark>,
    /// What the marks stand for.
    pub legend: Vec<LegendEntry>,
    /// Below it, sentence by sentence.
    pub caption: Vec<String>,
}

impl Panel {
    /// Whether a picture stands in place of a plot.
    pub fn is_image(&self) -> bool {
        matches!(self.marks[..], [Mark::Image(_)])
    }
}

/// Pixels that the data of a panel may take, for a figure to know how much it
/// can show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// From left to right.
    pub columns: usize,
    /// From top to bottom.
    pub rows: usize,
    /// The most runs that may have a panel of their own.
    pub panels: usize,
    /// The ends of the axis of values or, in a heat map, of layers.
    pub y: Option<AxisLimits>,
}

impl Room {
    /// From left to right and from top to bottom.
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// A scale of values with the ends that were asked for.
    pub fn limited(&self, scale: Scale) -> Scale {
        match self.y {
            Some(limits) => scale.limited(limits),
            None => scale,
        }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub color: RGBColor,
    /// Pixels.
    pub width: f64,
    /// Whether it is dashed.
    pub is_dashed: bool,
    /// From 0 to 1.
    pub opacity: f64,
}

impl Stroke {
    /// A full line.
    pub fn solid(color: RGBColor, width: f64) -> Self {
        Self {
            color,
            width,
            is_dashed: false,
            opacity: 1.0,
        }
    }

    /// A dashed line.
    pub fn dashed(color: RGBColor, width: f64) -> Self {
        Self {
            is_dashed: true,
            ..Self::solid(color, width)
        }
    }
}

/// Something drawn, its places in units of the axes.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A line through points.
    Line {
        /// From left to right.
        points: Vec<(f64, f64)>,
        /// Its look.
        stroke: Stroke,
    },
    /// Points.
    Dots {
        /// Their middles.
        points: Vec<(f64, f64)>,
        /// Radius in pixels.
        radius: f64,
        /// Their colour.
        color: RGBColor,
    },
    /// The area between two lines with the same x.
    Area {
        /// x, lower and upper y.
        points: Vec<(f64, f64, f64)>,
        /// Its colour, drawn lightly.
        color: RGBColor,
    },
    /// Names of points, beside them.
    Labels(Vec<PointLabel>),
    /// A heat map that fills the plot.
    Cells(Cells),
    /// Words in the middle of the cells of a heat map, where there is room for them.
    Words(Vec<CellWords>),
    /// A picture of square cells in place of a plot: its panel has no axes.
    Image(Cells),
}

/// A point's name.
#[derive(Clone, Debug, PartialEq)]
pub struct PointLabel {
    /// The point, in units of the axes.
    pub at: (f64, f64),
    /// Its name.
    pub words: String,
}

/// Words in a cell of width and height 1.
#[derive(Clone, Debug, PartialEq)]
pub struct CellWords {
    /// The middle of the cell, in units of the axes.
    pub at: (f64, f64),
    /// In one line, or below each other.
    pub words: Vec<String>,
    /// Their colour.
    pub color: RGBColor,
}

/// Coloured cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// Cells from left to right.
    pub columns: usize,
    /// From top to bottom.
    pub rows: usize,
    /// Row by row from the top.
    pub colors: Vec<RGBColor>,
}

/// A line of a legend.
#[derive(Clone, Debug)]
pub enum LegendEntry {
    /// Words above others.
    Heading(String),
    /// A line and what it stands for.
    Line(Stroke, String),
    /// A colour and what it stands for.
    Patch(RGBColor, String),
    /// Viridis from the bottom up with labels at places from 0 to 1.
    Ramp {
        /// How much of viridis it spans, up to 1.
        span: f64,
        /// The labels.
        labels: Vec<(f64, String)>,
    },
}

/// A series of values to be drawn on a scale.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// How its line looks.
    pub stroke: Stroke,
    /// Where in a band for 0 or NaN it stands, from 0 to 1.
    pub lane: f64,
    /// Whether its points are marked.
    pub has_dots: bool,
}

impl Trace {
    /// Draws a series; `None` is a gap. Zeros (on a log scale) and NaN break
    /// the line and are drawn in the band they belong to.
    pub fn marks(&self, scale: &Scale, series: &[(f64, Option<f64>)]) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut run = Run::new();
        for (x, value) in series {
            let place = value.map(|value| scale.place(value));
            let kind = place.map(|place| std::mem::discriminant(&place));
            if kind != run.kind {
                self.end(scale, &mut run, &mut marks);
                run.kind = kind;
            }
            match place {
                None => {}
                Some(AxisPlace::At(y)) => run.points.push((*x, y)),
                Some(apart) => {
                    run.is_apart = true;
                    if let Some(y) = scale.lane(apart, self.lane) {
                        run.points.push((*x, y));
                    }
                }
            }
        }
        self.end(scale, &mut run, &mut marks);
        marks
    }

    /// Draws what has come together.
    fn end(&self, scale: &Scale, run: &mut Run, marks: &mut Vec<Mark>) {
        let is_apart = std::mem::take(&mut run.is_apart);
        let points = std::mem::take(&mut run.points);
        let color = self.stroke.color;
        if points.is_empty() {
            return;
        }
        if is_apart {
            // Neighbours apart are one bar: its ends say all.
            let ends = vec![points[0], points[points.len() - 1]];
            if points.len() > 1 {
                marks.push(Mark::Line {
                    points: ends.clone(),
                    stroke: Stroke::solid(color, 3.0),
                });
            }
            marks.push(Mark::Dots {
                points: ends[..points.len().min(2)].to_vec(),
                radius: 2.0,
                color,
            });
            return;
        }
        let ends = scale.range();
        let is_within = |(_, y): &(f64, f64)| (ends.0..=ends.1).contains(y);
        if self.has_dots || points.len() == 1 {
            let dots = points.iter().copied().filter(is_within);
            marks.push(Mark::Dots {
                points: dots.collect(),
                radius: 1.8,
                color,
            });
        }
        if points.len() > 1 {
            let parts = if points.iter().all(is_within) {
                vec![points]
            } else {
                lines_between(&points, ends)
            };
            let stroke = self.stroke;
            marks.extend(
                parts
                    .into_iter()
                    .map(|points| Mark::Line { points, stroke }),
            );
        }
    }
}

/// Neighbouring points of one kind.
struct Run {
    kind: Option<std::mem::Discriminant<AxisPlace>>,
    is_apart: bool,
    points: Vec<(f64, f64)>,
}

impl Run {
    fn new() -> Self {
        Self {
            kind: None,
            is_apart: false,
            points: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::records::ValueRange;

    /// The marks of a series at x = 0, 1, 2 …: (points, whether it is a line).
    fn marks(values: &[Option<f64>]) -> Vec<(Vec<(f64, f64)>, bool)> {
        let extent = ValueRange::of(values.iter().copied().flatten());
        let series: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(x, value)| (x as f64, *value))
            .collect();
        let trace = Trace {
            stroke: Stroke::solid(RGBColor(0, 0, 0), 1.0),
            lane: 0.5,
            has_dots: false,
        };
        let marks = trace.marks(&Scale::log(&extent), &series);
        marks
            .into_iter()
            .map(|mark| match mark {
                Mark::Line { points, .. } => (points, true),
                Mark::Dots { points, .. } => (points, false),
                _ => panic!("{mark:?}"),
            })
            .collect()
    }

    #[test]
    fn zeros_break_a_line_and_stay_visible() {
        let found = marks(&[
            Some(1.0),
            Some(10.0),
            Some(0.0),
            Some(0.0),
            Some(100.0),
            None,
            Some(f64::NAN),
        ]);
        let [line, bar, ends, lone, odd] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(*line, (vec![(0.0, 0.0), (1.0, 1.0)], true));
        assert!(bar.1 && bar.0.len() == 2 && bar.0[0].1 < 0.0, "{bar:?}");
        assert_eq!(ends.0.len(), 2);
        assert_eq!(*lone, (vec![(4.0, 2.0)], false));
        assert!(!odd.1 && odd.0.len() == 1 && odd.0[0].1 > 2.0, "{odd:?}");
    }

    #[test]
    fn a_gap_breaks_a_line_too() {
        let found = marks(&[Some(1.0), Some(1.0), None, Some(1.0), Some(1.0)]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
