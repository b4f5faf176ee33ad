//! Beside a limit: within, beyond, or too scattered to tell.

use super::figure::{difference, ends, interval};
use super::finding::{DistanceScale, State};

/// Which side of the limit is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The smallest value that passes.
    Min(f64),
    /// The largest value that passes.
    Max(f64),
}

impl Limit {
    /// The number.
    pub fn value(self) -> f64 {
        match self {
            Self::Min(limit) | Self::Max(limit) => limit,
        }
    }

    /// How far `value` lies beyond it; negative within.
    fn beyond(self, value: f64) -> f64 {
        match self {
            Self::Min(limit) => difference(limit, value),
            Self::Max(limit) => difference(value, limit),
        }
    }
}

/// Values beside a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The answer.
    pub state: State,
    /// The mean; of infinite values the middle one.
    pub value: f64,
    /// The interval.
    pub interval: (f64, f64),
    /// How far it lies beyond the limit.
    pub beyond: f64,
    /// The same in decades.
    pub beyond_decades: Option<f64>,
}

/// Puts the values of the seeds, at least one, beside a limit.
pub fn judge(values: &[f64], limit: Limit, scale: DistanceScale) -> Judged {
    let both_positive = limit.value() > 0.0 && values.iter().all(|value| *value >= 0.0);
    let as_logs = scale == DistanceScale::Norm && both_positive;
    let (raise, limit_on_scale): (fn(f64) -> f64, _) = match (as_logs, limit) {
        (false, limit) => (|value| value, limit),
        (true, Limit::Min(limit)) => (f64::log10, Limit::Min(limit.log10())),
        (true, Limit::Max(limit)) => (f64::log10, Limit::Max(limit.log10())),
    };
    let on_scale: Vec<f64> = values.iter().map(|value| raise(*value)).collect();
    let (state, middle, low, high) = place(&on_scale, limit_on_scale);
    let back = |value: f64| if as_logs { 10f64.powf(value) } else { value };
    // A single value is told with all its digits.
    let value = match values {
        [only] => *only,
        _ => back(middle),
    };
    let ends = match values {
        [only] => (*only, *only),
        _ => (back(low), back(high)),
    };
    let decades = match scale {
        DistanceScale::Decades => Some(limit.beyond(value)),
        // An accuracy or a loss is no number of decades.
        DistanceScale::Plain => None,
        DistanceScale::Norm if both_positive && value >= 0.0 => Some(match limit {
            Limit::Min(limit) => difference(limit.log10(), value.log10()),
            Limit::Max(limit) => difference(value.log10(), limit.log10()),
        }),
        DistanceScale::Norm => None,
    };
    Judged {
        state,
        value,
        interval: ends,
        beyond: limit.beyond(value),
        beyond_decades: decades,
    }
}

/// The answer, the mean and the interval.
fn place(values: &[f64], limit: Limit) -> (State, f64, f64, f64) {
    // NaN is beyond every limit.
    let is_beyond = |value: f64| value.is_nan() || limit.beyond(value) > 0.0;
    if values.iter().all(|value| value.is_finite()) {
        let [low, mean, high] = interval(values);
        let state = match [low, high].map(is_beyond) {
            [false, false] => State::Holds,
            [true, true] => State::Fails,
            _ => State::Unclear,
        };
        return (state, mean, low, high);
    }
    // No interval can be had; the seeds vote.
    let beyond = values.iter().filter(|value| is_beyond(**value)).count();
    let [low, middle, high] = ends(values);
    // One NaN is enough to fail, so that it is what there is to tell.
    let nan = values.iter().copied().find(|value| value.is_nan());
    let state = if nan.is_some() || beyond == values.len() {
        State::Fails
    } else if beyond == 0 {
        State::Holds
    } else {
        State::Unclear
    };
    (state, nan.unwrap_or(middle), low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_within_or_beyond() {
        let norm = |value, limit| judge(&[value], limit, DistanceScale::Norm);
        let far = norm(1e-9, Limit::Min(1e-7));
        assert_eq!((far.state, far.value), (State::Fails, 1e-9));
        assert!((far.beyond_decades.unwrap() - 2.0).abs() < 1e-12);
        assert!((far.beyond - 9.9e-8).abs() < 1e-20);
        let near = norm(1e-5, Limit::Min(1e-7));
        assert_eq!(near.state, State::Holds);
        assert!((near.beyond_decades.unwrap() + 2.0).abs() < 1e-12);
        // The limit itself still holds.
        assert_eq!(norm(1e-7, Limit::Min(1e-7)).state, State::Holds);
        assert_eq!(norm(1e-7, Limit::Max(1e-7)).state, State::Holds);
    }

    #[test]
    fn decades_are_told_only_where_there_are_any() {
        let decades = |value, limit, scale| judge(&[value], limit, scale).beyond_decades;
        assert_eq!(
            decades(5.0, Limit::Max(3.0), DistanceScale::Decades),
            Some(2.0)
        );
        assert_eq!(
            decades(-5.0, Limit::Min(-3.0), DistanceScale::Decades),
            Some(2.0)
        );
        assert_eq!(decades(0.5, Limit::Max(0.0), DistanceScale::Plain), None);
        assert_eq!(decades(-0.5, Limit::Max(0.2), DistanceScale::Plain), None);
        assert_eq!(decades(0.09, Limit::Min(0.9), DistanceScale::Plain), None);
    }

    #[test]
    fn zero_infinite_and_nan_are_answered() {
        let zero = judge(&[0.0], Limit::Min(1e-30), DistanceScale::Norm);
        assert_eq!(
            (zero.state, zero.beyond_decades),
            (State::Fails, Some(f64::INFINITY))
        );
        assert_eq!(
            judge(&[0.0], Limit::Max(1.0), DistanceScale::Norm).state,
            State::Holds
        );
        let lost = judge(&[f64::INFINITY], Limit::Max(3.0), DistanceScale::Decades);
        assert_eq!(
            (lost.state, lost.beyond_decades),
            (State::Fails, Some(f64::INFINITY))
        );
        for limit in [Limit::Min(-1e300), Limit::Max(1e300)] {
            for scale in [
                DistanceScale::Norm,
                DistanceScale::Plain,
                DistanceScale::Decades,
            ] {
                assert_eq!(judge(&[f64::NAN], limit, scale).state, State::Fails);
                assert_eq!(judge(&[1.0, f64::NAN], limit, scale).state, State::Fails);
            }
        }
        let some = judge(&[0.0, 1.0], Limit::Min(1e-30), DistanceScale::Norm);
        assert_eq!((some.state, some.value), (State::Unclear, 0.0));
        let most = judge(&[1.0, 1.0, f64::NAN], Limit::Max(2.0), DistanceScale::Norm);
        assert!(most.value.is_nan() && most.state == State::Fails);
    }

    #[test]
    fn seeds_that_scatter_over_the_limit_leave_it_unclear() {
        // The interval of 1, 2, 3 is 2 ± 4.302653/√3 = 2 ± 2.484 (see `interval`).
        let state = |limit| judge(&[1.0, 2.0, 3.0], Limit::Max(limit), DistanceScale::Plain).state;
        assert_eq!(state(4.49), State::Holds);
        assert_eq!(state(4.48), State::Unclear);
        assert_eq!(state(-0.48), State::Unclear);
        assert_eq!(state(-0.49), State::Fails);
        // Norms scatter by decades: 10^1, 10^2, 10^3 reach to 10^4.484.
        let norm = |limit| {
            judge(
                &[10.0, 100.0, 1000.0],
                Limit::Max(limit),
                DistanceScale::Norm,
            )
        };
        assert_eq!(norm(10f64.powf(4.49)).state, State::Holds);
        assert_eq!(norm(10f64.powf(4.48)).state, State::Unclear);
        assert!((norm(1.0).value - 100.0).abs() < 1e-9);
    }
}
