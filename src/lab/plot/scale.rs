//! Scales of values: where a value stands, and which of them have a label.

use super::axis::{Axis, Tick, Unit, multiples, next_step, nice_step};
use super::limits::AxisLimits;
use super::words::{plain, power_of_ten};
use crate::lab::records::ValueRange;

/// The most labels of a decade axis.
const MOST_LABELS: usize = 10;
/// Height of a band for 0 or NaN as a share of the axis.
const BAND: f64 = 0.07;

/// Where a value stands on a [`Scale`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AxisPlace {
    /// At this height, in units of the axis.
    At(f64),
    /// In the band for exact zeros.
    Zero,
    /// In the band for NaN and infinite values.
    NonFinite,
}

/// A value axis: linear, or log with a band of their own for zeros; NaN and
/// infinite values have a band either way.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    is_log: bool,
    low: f64,
    high: f64,
    ticks: Vec<Tick>,
    step: f64,
    zeros: Option<(f64, f64)>,
    non_finite: Option<(f64, f64)>,
}

impl Scale {
    /// A log axis over whole decades. It has no floor: what is not above 0 has
    /// no place among the decades.
    pub fn log(extent: &ValueRange) -> Self {
        let is_empty = extent.lowest_positive > extent.highest;
        let (low, high) = if is_empty {
            (0.0, 1.0)
        } else {
            let low = extent.lowest_positive.log10().floor();
            let high = extent.highest.log10().ceil();
            (low, if high > low { high } else { low + 1.0 })
        };
        let step = decade_step(high - low);
        let ticks = if is_empty {
            Vec::new()
        } else {
            multiples(low, high, step)
        };
        Self {
            is_log: true,
            low,
            high,
            ticks: ticks.into_iter().map(decade).collect(),
            step,
            zeros: None,
            non_finite: None,
        }
        .with_bands([extent.zeros > 0, extent.non_finite > 0])
    }

    /// A linear axis.
    pub fn linear(extent: &ValueRange) -> Self {
        let (mut low, mut high) = (extent.lowest, extent.highest);
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low <= high.abs().max(low.abs()) * 1e-9 {
            let half = if high == 0.0 { 1.0 } else { high.abs() / 2.0 };
            (low, high) = (low - half, high + half);
        }
        let step = nice_step(high - low, 6);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self {
            is_log: false,
            low,
            high,
            ticks: values(low, high, step),
            step,
            zeros: None,
            non_finite: None,
        }
        .with_bands([false, extent.non_finite > 0])
    }

    fn with_bands(self, [zeros, non_finite]: [bool; 2]) -> Self {
        let (low, high) = (self.low, self.high);
        let height = (high - low) * BAND;
        let gap = height / 3.0;
        Self {
            zeros: zeros.then_some((low - gap - height, low - gap)),
            non_finite: non_finite.then_some((high + gap, high + gap + height)),
            ..self
        }
    }

    /// The same scale with other ends, in units of the values. What lies beyond
    /// them has a place all the same: a trace ends there. Ends that leave
    /// nothing, or on a log axis are not above 0, are passed over.
    pub fn limited(self, limits: AxisLimits) -> Self {
        let end = |value: Option<f64>| match value {
            Some(value) if self.is_log => (value > 0.0).then(|| value.log10()),
            value => value,
        };
        let limits = AxisLimits {
            low: end(limits.low),
            high: end(limits.high),
        };
        let (low, high) = limits.ends((self.low, self.high));
        if low >= high {
            return self;
        }
        let bands = [self.zeros.is_some(), self.non_finite.is_some()];
        let mut step = nice_step(high - low, 6);
        let ticks = if !self.is_log {
            values(low, high, step)
        } else if high - low >= 2.0 {
            step = decade_step(high - low);
            let decades = multiples(low, high, step);
            decades.into_iter().map(decade).collect()
        } else {
            // Within a decade or two there are too few powers of ten.
            let (from, to) = (10f64.powf(low), 10f64.powf(high));
            let ticks = values(from, to, nice_step(to - from, 6)).into_iter();
            ticks
                .filter_map(|tick| {
                    let value = tick.at;
                    let at = value.log10();
                    (value > 0.0).then_some(Tick { at, ..tick })
                })
                .collect()
        };
        Self {
            low,
            high,
            ticks,
            step,
            ..self
        }
        .with_bands(bands)
    }

    /// Its ends, in units of the axis, without the bands.
    pub fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Whether it counts in decades.
    pub fn is_log(&self) -> bool {
        self.is_log
    }

    /// Where a value stands.
    pub fn place(&self, value: f64) -> AxisPlace {
        if !value.is_finite() {
            AxisPlace::NonFinite
        } else if !self.is_log {
            AxisPlace::At(value)
        } else if value > 0.0 {
            AxisPlace::At(value.log10())
        } else {
            AxisPlace::Zero
        }
    }

    /// The height of a lane, from 0 to 1, within the band of a place apart.
    pub fn lane(&self, place: AxisPlace, lane: f64) -> Option<f64> {
        let (low, high) = match place {
            AxisPlace::At(_) => None,
            AxisPlace::Zero => self.zeros,
            AxisPlace::NonFinite => self.non_finite,
        }?;
        Some(low + (high - low) * (0.15 + 0.7 * lane))
    }

    /// How far up a value stands, from 0 to 1; `None` for those apart.
    pub fn share(&self, value: f64) -> Option<f64> {
        match self.place(value) {
            AxisPlace::At(at) => Some((at - self.low) / (self.high - self.low)),
            _ => None,
        }
    }

    /// Its labels with their [`Scale::share`].
    pub fn shares(&self) -> Vec<(f64, String)> {
        let share = |at: f64| (at - self.low) / (self.high - self.low);
        let ticks = self.ticks.iter();
        ticks.map(|t| (share(t.at), t.text.clone())).collect()
    }

    /// Its ends as text.
    pub fn ends(&self) -> [String; 2] {
        [self.text(self.low), self.text(self.high)]
    }

    fn text(&self, at: f64) -> String {
        if self.is_log {
            power_of_ten(at as i64)
        } else {
            plain(at, self.step)
        }
    }

    /// The axis to draw.
    pub fn axis(&self, label: impl Into<String>) -> Axis {
        let tick = |at: f64, text: String| Tick { at, text };
        let mut ticks = self.ticks.clone();
        let middle = |(low, high): (f64, f64)| (low + high) / 2.0;
        if let Some(band) = self.zeros {
            ticks.push(tick(middle(band), "0".to_owned()));
        }
        if let Some(band) = self.non_finite {
            ticks.push(tick(middle(band), "inf/NaN".to_owned()));
        }
        let fine = if !self.is_log || self.ticks.is_empty() {
            Vec::new()
        } else if self.high - self.low <= 4.0 {
            // The lines of 2 … 9 between decades.
            let decades = multiples(self.low.floor(), self.high, 1.0);
            let lines = decades
                .iter()
                .flat_map(|decade| (2..10).map(move |n| decade + f64::from(n).log10()));
            lines
                .filter(|at| (self.low..self.high).contains(at))
                .collect()
        } else if self.step > 1.0 && self.high - self.low <= 60.0 {
            multiples(self.low, self.high, 1.0)
        } else {
            Vec::new()
        };
        Axis {
            label: label.into(),
            low: self.zeros.map_or(self.low, |band| band.0),
            high: self.non_finite.map_or(self.high, |band| band.1),
            ticks,
            fine,
            bands: self.zeros.into_iter().chain(self.non_finite).collect(),
            unit: Unit::Value,
        }
    }
}

/// A labelled power of ten.
fn decade(at: f64) -> Tick {
    Tick {
        at,
        text: power_of_ten(at as i64),
    }
}

/// Labelled values `step` apart.
fn values(low: f64, high: f64, step: f64) -> Vec<Tick> {
    let ticks = multiples(low, high, step).into_iter();
    ticks
        .map(|at| Tick {
            at,
            text: plain(at, step),
        })
        .collect()
}

/// The decades from one label to the next, so that there are not too many.
fn decade_step(span: f64) -> f64 {
    let mut step = 1.0;
    while (span / step) as usize + 1 > MOST_LABELS {
        step = next_step(step);
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: &Scale) -> Vec<String> {
        let axis = scale.axis("");
        axis.ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn decades_are_labelled_at_round_places() {
        let narrow = Scale::log(&ValueRange::of([2e-3, 0.5]));
        assert_eq!(texts(&narrow), ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        let wide = Scale::log(&ValueRange::of([3e-19, 0.5]));
        assert_eq!(texts(&wide).first().unwrap(), "10⁻¹⁸");
        // The whole range of f64 with its subnormal numbers.
        let widest = Scale::log(&ValueRange::of([5e-324, f64::MAX]));
        assert!(texts(&widest).len() <= MOST_LABELS, "{widest:?}");
        assert!(texts(&widest).len() >= 5);
    }

    #[test]
    fn zeros_and_nan_stand_in_bands_outside_of_the_decades() {
        let scale = Scale::log(&ValueRange::of([0.0, 1e-3, f64::NAN, 1.0]));
        let axis = scale.axis("");
        assert_eq!(axis.bands.len(), 2);
        assert!(axis.low < -3.0 && axis.high > 0.0);
        assert_eq!(scale.place(0.0), AxisPlace::Zero);
        let zero = scale.lane(AxisPlace::Zero, 0.5).unwrap();
        assert!(zero < -3.0 && zero > axis.low);
        let odd = scale.lane(AxisPlace::NonFinite, 1.0).unwrap();
        assert!(odd > 0.0 && odd < axis.high);
        assert!(texts(&scale).contains(&"0".to_owned()));
        assert!(texts(&scale).contains(&"inf/NaN".to_owned()));
        // Far below 1e-8 a value still has a place of its own.
        assert_eq!(scale.place(1e-300), AxisPlace::At(-300.0));
        let without = Scale::log(&ValueRange::of([1e-3, 1.0]));
        assert_eq!(without.lane(AxisPlace::Zero, 0.0), None);
    }

    #[test]
    fn nothing_but_zeros_has_no_decades() {
        let scale = Scale::log(&ValueRange::of([0.0, 0.0]));
        assert_eq!(texts(&scale), ["0"]);
    }

    #[test]
    fn linear_ticks_are_round() {
        let scale = Scale::linear(&ValueRange::of([0.13, 2.31]));
        assert_eq!(texts(&scale), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        for (low, high) in [(0.0, 0.0), (5.0, 5.0), (-1e300, 1e300), (1e-9, 1.1e-9)] {
            let scale = Scale::linear(&ValueRange::of([low, high]));
            assert!((2..10).contains(&texts(&scale).len()), "{low} {high}");
        }
    }

    #[test]
    fn a_scale_may_end_where_the_user_says() {
        let ends = |low, high| AxisLimits { low, high };
        let scale = Scale::log(&ValueRange::of([1e-9, 1.0])).limited(ends(Some(1e-4), None));
        assert_eq!(texts(&scale), ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(scale.place(1e-6), AxisPlace::At(-6.0));
        let scale = Scale::log(&ValueRange::of([1e-9, 1.0])).limited(ends(Some(2e-2), Some(1e-1)));
        assert_eq!(texts(&scale), ["0.02", "0.04", "0.06", "0.08", "0.10"]);
        let scale = Scale::linear(&ValueRange::of([0.0, 9.0])).limited(ends(Some(0.0), Some(2.5)));
        assert_eq!(texts(&scale), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(scale.range(), (0.0, 2.5));
        // Of an axis of decades 0 is no end.
        let scale = Scale::log(&ValueRange::of([1e-2, 1.0])).limited(ends(Some(0.0), None));
        assert_eq!(scale.range(), (-2.0, 0.0));
    }

    #[test]
    fn bands_keep_their_labels() {
        let mut axis = Scale::log(&ValueRange::of([0.0, 1e-8, 1.0])).axis("");
        axis.thin(10.0, |_| 20.0);
        assert_eq!(axis.ticks.last().unwrap().text, "0");
        assert_eq!(axis.ticks.len(), 2);
    }
}
