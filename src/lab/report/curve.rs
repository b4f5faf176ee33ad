//! A line over the steps, of a bounded number of points.

use serde::Serialize;

use super::decades::Figure;

/// The most points of a line.
const MOST_POINTS: usize = 400;

/// Values over the steps. Where there are too many, neighbours share a point
/// that keeps the smallest and the largest of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Steps that share a point; 1 = every one has its own.
    pub per_point: usize,
    /// The first step of each point.
    pub first: Vec<u64>,
    /// The last step of each point.
    pub last: Vec<u64>,
    /// The smallest value of each point.
    pub low: Vec<Figure>,
    /// The largest value of each point; NaN if one of them is.
    pub high: Vec<Figure>,
}

impl Curve {
    /// Of (step, value), the steps ascending.
    pub fn of(values: &[(u64, f64)]) -> Self {
        let per_point = values.len().div_ceil(MOST_POINTS).max(1);
        let mut curve = Self {
            per_point,
            ..Self::default()
        };
        for point in values.chunks(per_point) {
            curve.first.push(point[0].0);
            curve.last.push(point[point.len() - 1].0);
            // f64::min passes over NaN, so `low` is NaN only where all are.
            let low = point.iter().map(|(_, value)| *value).reduce(f64::min);
            let any_nan = point.iter().any(|(_, value)| value.is_nan());
            let high = match any_nan {
                true => Some(f64::NAN),
                false => point.iter().map(|(_, value)| *value).reduce(f64::max),
            };
            curve.low.push(Figure(low));
            curve.high.push(Figure(high));
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_stay_as_they_are() {
        let curve = Curve::of(&[(0, 2.0), (5, 1.0)]);
        assert_eq!((curve.per_point, &curve.first[..]), (1, &[0, 5][..]));
        assert_eq!(curve.low, curve.high);
        assert_eq!(Curve::of(&[]).first.len(), 0);
    }

    #[test]
    fn many_points_keep_their_extremes() {
        let values: Vec<(u64, f64)> = (0..1001).map(|step| (step, step as f64)).collect();
        let curve = Curve::of(&values);
        // 1001 values at 3 per point.
        assert_eq!((curve.per_point, curve.first.len()), (3, 334));
        assert_eq!((curve.first[1], curve.last[1]), (3, 5));
        assert_eq!(curve.low[1], Figure(Some(3.0)));
        assert_eq!(curve.high[1], Figure(Some(5.0)));
        assert_eq!(curve.last[333], 1000);
    }

    #[test]
    fn a_nan_among_numbers_shows() {
        let mut values: Vec<(u64, f64)> = (0..800).map(|step| (step, 1.0)).collect();
        values[3].1 = f64::NAN;
        let curve = Curve::of(&values);
        assert_eq!(curve.low[1], Figure(Some(1.0)));
        assert!(curve.high[1].0.unwrap().is_nan());
        assert_eq!(curve.high[0], Figure(Some(1.0)));
    }
}
