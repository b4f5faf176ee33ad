//! The seeds of a target drawn as one: their mean with its 95 % band, and lines
//! that lie on each other told apart.

use plotters::style::RGBColor;

use super::panel::{Mark, Trace};
use super::scale::{AxisPlace, Scale};
use crate::lab::records::Estimate;

/// Lines nearer than this share of the axis count as one.
const NEAR: f64 = 0.004;
/// How much wider a line is than the one drawn over it, in pixels.
const RIM: f64 = 2.4;

/// A series over several seeds: x and a value per seed that has one.
pub type SeedSeries = Vec<(f64, Vec<f64>)>;

/// The mean over the seeds and its 95 % interval by Student's t in units of the
/// axis, so that on a log axis it is that of log10. A seed that reads 0 there
/// makes the mean 0, and one that is not finite makes it NaN; then there is no
/// interval, nor is there one of a single seed.
fn mean(values: &[f64], scale: &Scale) -> Option<(f64, Option<(f64, f64)>)> {
    if let [value] = values {
        return Some((*value, None));
    }
    let mut heights = Vec::with_capacity(values.len());
    let mut has_zero = false;
    for value in values {
        match scale.place(*value) {
            AxisPlace::At(at) => heights.push(at),
            AxisPlace::Zero => has_zero = true,
            AxisPlace::NonFinite => return Some((f64::NAN, None)),
        }
    }
    if has_zero {
        return Some((0.0, None));
    }
    if heights.is_empty() {
        return None;
    }
    let estimate = Estimate::of(&heights);
    let value = if scale.is_log() {
        10f64.powf(estimate.mean)
    } else {
        estimate.mean
    };
    let interval = [estimate.low, estimate.high];
    let has_interval = estimate.has_interval() && interval.iter().all(|end| end.is_finite());
    Some((value, has_interval.then_some((estimate.low, estimate.high))))
}

/// The mean of a series over the seeds as a line, `None` where no seed has a value.
pub fn means(series: &SeedSeries, scale: &Scale) -> Vec<(f64, Option<f64>)> {
    series
        .iter()
        .map(|(x, values)| (*x, mean(values, scale).map(|(value, _)| value)))
        .collect()
}

/// The band around that line, in as many pieces as it has gaps.
pub fn band(series: &SeedSeries, scale: &Scale, color: RGBColor) -> Vec<Mark> {
    let (floor, ceiling) = scale.range();
    let mut marks = Vec::new();
    let mut points: Vec<(f64, f64, f64)> = Vec::new();
    let mut end = |points: &mut Vec<(f64, f64, f64)>| {
        let points = std::mem::take(points);
        if points.len() > 1 {
            marks.push(Mark::Area { points, color });
        }
    };
    for (x, values) in series {
        match mean(values, scale).and_then(|(_, interval)| interval) {
            Some((low, high)) => {
                points.push((*x, low.clamp(floor, ceiling), high.clamp(floor, ceiling)))
            }
            None => end(&mut points),
        }
    }
    end(&mut points);
    marks
}

/// How far the bands of some series reach, as values: what the axis must hold.
pub fn reach(series: &SeedSeries, scale: &Scale) -> Vec<f64> {
    let value = |at: f64| if scale.is_log() { 10f64.powf(at) } else { at };
    let intervals = series
        .iter()
        .filter_map(|(_, values)| mean(values, scale)?.1);
    intervals
        .flat_map(|(low, high)| [value(low), value(high)])
        .filter(|value| value.is_finite())
        .collect()
}

/// How much wider each line is drawn, in pixels, the first one lowest: one that
/// others cover shows on both sides of them.
pub fn rims(lines: &[Vec<(f64, Option<f64>)>], scale: &Scale) -> Vec<f64> {
    let (low, high) = scale.range();
    let height = |value: &Option<f64>| match scale.place((*value)?) {
        AxisPlace::At(at) => Some(at / (high - low)),
        _ => None,
    };
    let is_same = |a: &[(f64, Option<f64>)], b: &[(f64, Option<f64>)]| {
        let mut pairs = a.iter().zip(b);
        a.len() == b.len()
            && pairs.all(|((x, a), (x1, b))| {
                let near = match (height(a), height(b)) {
                    (Some(a), Some(b)) => (a - b).abs() < NEAR,
                    (a, b) => a.is_none() && b.is_none(),
                };
                x == x1 && near
            })
    };
    let over = |i: usize| lines[i + 1..].iter().filter(move |l| is_same(&lines[i], l));
    (0..lines.len())
        .map(|i| over(i).count() as f64 * RIM)
        .collect()
}

/// The same trace with a wider line.
pub fn widened(trace: Trace, rim: f64) -> Trace {
    let mut wide = trace;
    wide.stroke.width += rim;
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::records::ValueRange;

    fn log() -> Scale {
        Scale::log(&ValueRange::of([1e-6, 1.0]))
    }

    /// Values 1e-4, 1e-3, 1e-2: mean −3, s = 1, t(0.975, 2) = 4.30265
    /// (scipy.stats.t.ppf), half the width 4.30265 / √3 = 2.48414.
    #[test]
    fn a_band_is_students_of_log10() {
        let (value, interval) = mean(&[1e-4, 1e-3, 1e-2], &log()).unwrap();
        assert!((value.log10() + 3.0).abs() < 1e-12);
        let (low, high) = interval.unwrap();
        assert!((high - low - 2.0 * 2.484_14).abs() < 1e-4, "{low} {high}");
        assert!((high + low + 6.0).abs() < 1e-9);
    }

    #[test]
    fn zeros_nan_and_single_seeds_have_no_band() {
        assert_eq!(mean(&[1e-3, 0.0], &log()), Some((0.0, None)));
        assert!(mean(&[1e-3, f64::NAN, 0.0], &log()).unwrap().0.is_nan());
        assert_eq!(mean(&[1.0], &log()), Some((1.0, None)));
        assert_eq!(mean(&[], &log()), None);
        let series = vec![
            (1.0, vec![1e-3, 1e-2]),
            (2.0, vec![1e-3, 1e-2]),
            (3.0, vec![0.0, 1e-2]),
            (4.0, vec![1e-3, 1e-2]),
        ];
        // The lone place after the gap makes no area.
        assert_eq!(band(&series, &log(), RGBColor(0, 0, 0)).len(), 1);
        assert_eq!(means(&series, &log())[2], (3.0, Some(0.0)));
    }

    #[test]
    fn a_line_under_others_is_wider() {
        let line = |y: f64| vec![(1.0, Some(y)), (2.0, Some(1.0)), (3.0, None)];
        let lines = [line(1e-3), line(1e-1), line(1.001e-3), line(1e-3)];
        let rims = rims(&lines, &log());
        assert_eq!(rims, [2.0 * RIM, 0.0, RIM, 0.0]);
    }
}
