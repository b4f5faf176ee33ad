//! `training.csv` read back: loss, accuracy and the whole gradient's norm over the steps,
//! kept to a bounded size however many rows there are.

use super::diverged::Diverged;
use super::halving::{Bounds, Halving, Neighbour};
use super::run_data::rounded_to;
use super::training::Training;
use super::value_range::ValueRange;
use crate::base::Problem;

/// The most points of a curve, an even number. A chart of common width can
/// tell no more apart.
const MOST_POINTS: usize = 400;

/// Neighbouring rows taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The step of the first.
    pub first: u64,
    /// The step of the last.
    pub last: u64,
    /// What they hold.
    pub values: Bounds,
}

impl Neighbour for Point {
    fn join(&mut self, next: Self) {
        self.last = next.last;
        self.values.join(&next.values);
    }
}

/// One column over the steps; rows without a value are no part of it. Where
/// there are too many, neighbours share a point that keeps their extremes.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    points: Halving<Point>,
    values: ValueRange,
    last: Option<f64>,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Halving::new(MOST_POINTS),
            values: ValueRange::default(),
            last: None,
        }
    }
}

impl Curve {
    fn add(&mut self, step: u64, value: f64) {
        self.last = Some(value);
        self.values.add(value);
        self.points.add(Point {
            first: step,
            last: step,
            values: Bounds::of(value),
        });
    }

    /// The points, by ascending step.
    pub fn points(&self) -> &[Point] {
        &self.points.kept
    }

    /// Values that share a point; 1 = every value has its own.
    pub fn per_point(&self) -> u64 {
        self.points.each
    }

    /// How far its values reach, each of them counted.
    pub fn values(&self) -> &ValueRange {
        &self.values
    }

    /// The exact last value.
    pub fn last(&self) -> Option<f64> {
        self.last
    }

    /// Whether no row has a value.
    pub fn is_empty(&self) -> bool {
        self.points.kept.is_empty()
    }
}

/// What readers show of a `training.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Loss of each step's batch.
    pub train_loss: Curve,
    /// Accuracy on each step's batch.
    pub train_accuracy: Curve,
    /// Loss on the test set.
    pub test_loss: Curve,
    /// Accuracy on the test set.
    pub test_accuracy: Curve,
    /// The whole gradient's norm. Where the writer of a log rounded one to 0 it stands at
    /// the log's resolution.
    pub grad_norm: Curve,
    /// That resolution, where there is such a norm.
    pub resolution: Option<f64>,
    /// The first and the last step; `None` without a row, as for a lone file.
    pub steps: Option<(u64, u64)>,
}

impl Curves {
    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.steps.is_none()
    }

    /// What a picture says of norms of the whole gradient that read 0.
    pub fn rounding(&self) -> Option<String> {
        self.resolution.map(rounded_to)
    }

    /// Losses and accuracies.
    pub fn all(&self) -> [&Curve; 4] {
        [
            &self.train_loss,
            &self.train_accuracy,
            &self.test_loss,
            &self.test_accuracy,
        ]
    }

    /// The most rows of any of these that share a point; 1 = none do.
    pub fn per_point(&self) -> u64 {
        let each = self.all().map(Curve::per_point);
        each.into_iter().max().unwrap_or(1)
    }
}

/// Reads the rows per step, the steps ascending, and finds where the loss or the
/// whole gradient's norm stopped being finite; what is left out is told in
/// `warnings`.
///
/// # Errors
/// If they cannot be read, a cell is no number, or the steps do not ascend.
pub(super) fn curves(
    mut rows: Training,
    warnings: &mut Vec<String>,
) -> Result<(Curves, Option<Diverged>), Problem> {
    const COLUMNS: [&str; 5] = [
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "grad_norm",
    ];
    let mut curves = Curves::default();
    let mut diverged = None;
    let there: Vec<(usize, usize)> = (0..COLUMNS.len())
        .filter_map(|at| Some((at, rows.find(COLUMNS[at])?)))
        .collect();
    let norm = rows.find("grad_norm");
    curves.resolution = norm.and_then(|place| rows.resolution(place));
    let places: Vec<usize> = there.iter().map(|(_, place)| *place).collect();
    while let Some(row) = rows.next_row(&places)? {
        let step = row.step;
        let (first, last) = curves.steps.unwrap_or((step, step));
        if curves.steps.is_some() && step <= last {
            let problem = rows.problem(format!("step {step} comes after step {last}"));
            return Err(problem.help("a file holds one run: one row per step, the steps ascending"));
        }
        curves.steps = Some((first, step));
        for ((at, _), value) in there.iter().zip(row.values) {
            let Some(value) = value else { continue };
            match (COLUMNS[*at], curves.resolution) {
                ("train_loss", _) => curves.train_loss.add(step, value),
                ("train_accuracy", _) => curves.train_accuracy.add(step, value),
                ("test_loss", _) => curves.test_loss.add(step, value),
                ("test_accuracy", _) => curves.test_accuracy.add(step, value),
                (_, Some(resolution)) if value == 0.0 => curves.grad_norm.add(step, resolution),
                _ => curves.grad_norm.add(step, value),
            }
            let is_watched = matches!(COLUMNS[*at], "train_loss" | "grad_norm");
            if is_watched && !value.is_finite() && diverged.is_none() {
                diverged = Some(Diverged {
                    step: Some(step),
                    layer: None,
                    quantity: COLUMNS[*at].to_owned(),
                    value: Some(value),
                });
            }
        }
    }
    warnings.extend(rows.cut_warning());
    Ok((curves, diverged))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: impl IntoIterator<Item = f64>) -> Curve {
        let mut curve = Curve::default();
        for (step, value) in (0..).zip(values) {
            curve.add(step, value);
        }
        curve
    }

    #[test]
    fn few_values_stay_as_they_are() {
        let curve = curve([2.0, 1.0, f64::INFINITY]);
        assert_eq!((curve.per_point(), curve.points().len()), (1, 3));
        assert_eq!(
            (curve.points()[1].first, curve.points()[1].values),
            (1, Bounds::of(1.0))
        );
        assert_eq!(curve.points()[2].values.non_finite, 1);
        assert_eq!(curve.last(), Some(f64::INFINITY));
        assert_eq!(
            (Curve::default().last(), Curve::default().points()),
            (None, &[][..])
        );
    }

    /// Against all values at hand, for every length around the doublings.
    #[test]
    fn many_values_keep_their_extremes_in_bounded_memory() {
        let most = MOST_POINTS as u64;
        for count in [
            most,
            most + 1,
            most + 2,
            2 * most - 1,
            2 * most,
            2 * most + 1,
            9999,
        ] {
            // Restless without chance.
            let value = |step: u64| (step * 7919 % 1009) as f64;
            let curve = curve((0..count).map(value));
            let points = curve.points();
            assert!(points.len() as u64 <= most && points.len() as u64 >= most.min(count) / 2);
            let mut next = 0;
            for point in points {
                assert_eq!(point.first, next);
                let own = || (point.first..=point.last).map(value);
                assert_eq!(point.values.low, own().fold(f64::INFINITY, f64::min));
                assert_eq!(point.values.high, own().fold(f64::NEG_INFINITY, f64::max));
                assert!(point.last - point.first < curve.per_point());
                next = point.last + 1;
            }
            assert_eq!(next, count);
            assert_eq!(curve.last(), Some(value(count - 1)));
        }
    }

    #[test]
    fn nan_hides_no_neighbour_and_is_counted() {
        let count = 4 * MOST_POINTS;
        let odd = |step: usize| [f64::NAN, f64::INFINITY][step % 2];
        let curve = curve((0..count).map(|step| if step < 6 { odd(step) } else { 3.0 }));
        assert_eq!(curve.per_point(), 4);
        let values: Vec<Bounds> = curve.points().iter().map(|point| point.values).collect();
        let [first, second, third, ..] = values[..] else {
            panic!()
        };
        assert!(first.low.is_nan() && first.high.is_nan());
        assert_eq!(first.non_finite, 4);
        assert_eq!((second.low, second.high, second.non_finite), (3.0, 3.0, 2));
        assert_eq!(third.non_finite, 0);
    }
}
