//! A line over the steps as the page's script reads it.

use serde::Serialize;

use super::decades::Rounded;
use crate::lab::records;

/// Values over the steps, a list per part of a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChartCurve {
    /// Values that share a point; 1 = every one has its own.
    pub per_point: u64,
    /// The first step of each point.
    pub first: Vec<u64>,
    /// The last step of each point.
    pub last: Vec<u64>,
    /// The smallest finite value of each point; NaN if there is none.
    pub low: Vec<Rounded>,
    /// The largest value of each point; NaN if one is NaN or infinite.
    pub high: Vec<Rounded>,
}

impl From<&records::Curve> for ChartCurve {
    fn from(curve: &records::Curve) -> Self {
        let points = || curve.points().iter();
        let high = points().map(|point| match point.values.non_finite {
            0 => point.values.high,
            _ => f64::NAN,
        });
        Self {
            per_point: curve.per_point(),
            first: points().map(|point| point.first).collect(),
            last: points().map(|point| point.last).collect(),
            low: points()
                .map(|point| Rounded(Some(point.values.low)))
                .collect(),
            high: high.map(|high| Rounded(Some(high))).collect(),
        }
    }
}
