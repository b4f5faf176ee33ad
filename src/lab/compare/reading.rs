//! A layer's figure as the comparison takes it: its log10, or why it has none.

use std::fmt;

use crate::lab::records::Estimate;

/// Why a figure has no log10.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// Exactly 0.
    Zero,
    /// Somewhere below this: the log's writer rounded.
    Below(f64),
    /// An empty cell: it does not apply.
    Empty,
    /// NaN.
    Nan,
    /// +∞.
    Infinite,
    /// Below 0.
    Negative,
    /// There is no such layer.
    Absent,
    /// No place in this run corresponds to the other's layer: what it lacks.
    Nowhere(String),
    /// Only some of the steps or seeds have one: a few words about it.
    Partly(String),
}

impl Missing {
    /// What computing gives for the log10, for files that hold numbers only.
    pub fn log10(&self) -> Option<f64> {
        match self {
            Self::Zero => Some(f64::NEG_INFINITY),
            Self::Infinite => Some(f64::INFINITY),
            Self::Nan | Self::Negative => Some(f64::NAN),
            Self::Below(_) | Self::Empty | Self::Absent | Self::Nowhere(_) | Self::Partly(_) => {
                None
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Below(bound) => return write!(f, "below {bound:e}"),
            Self::Zero => "0",
            Self::Empty => "empty",
            Self::Nan => "NaN",
            Self::Infinite => "inf",
            Self::Negative => "negative",
            Self::Absent => "absent",
            Self::Nowhere(_) => "none",
            Self::Partly(words) => words,
        })
    }
}

/// What one run says of a layer.
pub type Reading = Result<f64, Missing>;

/// What the seeds of a target say of a layer.
pub type Value = Result<Estimate, Missing>;

/// A layer's figures with their steps, ascending.
pub type Series = Vec<(u64, Option<f64>)>;

/// The log10 of a figure. One that is `resolution` at most is a bound.
pub fn log10(figure: Option<f64>, resolution: Option<f64>) -> Reading {
    if let (Some(figure), Some(bound)) = (figure, resolution)
        && (0.0..=bound).contains(&figure)
    {
        return Err(Missing::Below(bound));
    }
    match figure {
        None => Err(Missing::Empty),
        Some(figure) if figure.is_nan() => Err(Missing::Nan),
        Some(0.0) => Err(Missing::Zero),
        Some(figure) if figure < 0.0 => Err(Missing::Negative),
        Some(f64::INFINITY) => Err(Missing::Infinite),
        Some(figure) => Ok(figure.log10()),
    }
}

/// How far below and above its reading a figure may lie that a log's writer rounded, in decades.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoundingError {
    /// How far below.
    pub below: f64,
    /// How far above.
    pub above: f64,
}

impl RoundingError {
    /// The most of any of these readings, whose figures may be off by `rounding`.
    pub fn of(readings: &[Reading], rounding: Option<f64>) -> Self {
        let errors = readings.iter().map(|reading| match (reading, rounding) {
            (Ok(log), Some(rounding)) => {
                let share = rounding / 10f64.powf(*log);
                Self {
                    below: -(1.0 - share).max(0.0).log10(),
                    above: (1.0 + share).log10(),
                }
            }
            // A bound is the most that the figure can be.
            (Err(Missing::Below(_)), _) => Self {
                below: f64::INFINITY,
                above: 0.0,
            },
            _ => Self::default(),
        });
        errors.fold(Self::default(), |a, b| Self {
            below: a.below.max(b.below),
            above: a.above.max(b.above),
        })
    }
}

/// The readings of all seeds as one.
pub fn over_seeds(readings: &[Reading]) -> Value {
    let logs: Vec<f64> = readings.iter().flatten().copied().collect();
    let mut lacks = readings.iter().filter_map(|reading| reading.as_ref().err());
    let Some(first) = lacks.next() else {
        return Ok(Estimate::of(&logs));
    };
    let n = readings.len();
    if n == 1 || logs.is_empty() && lacks.all(|lack| lack == first) {
        return Err(first.clone());
    }
    let alike = |reading: &&Reading| reading.as_ref().err() == Some(first);
    let count = readings.iter().filter(alike).count();
    Err(Missing::Partly(format!("{first} in {count} of {n} seeds")))
}

/// The mean of log10 over the steps.
#[derive(Clone, Debug, Default)]
pub struct Mean {
    sum: f64,
    /// Steps with a log10.
    with: u64,
    /// Steps without one, empty cells left aside.
    without: u64,
    /// Why the first of those has none, and how many are like it.
    lack: Option<(Missing, u64)>,
}

impl Mean {
    /// Adds a step. An empty cell says that the figure does not apply there.
    pub fn add(&mut self, reading: Reading) {
        match reading {
            Ok(log) => {
                self.sum += log;
                self.with += 1;
            }
            Err(Missing::Empty) => {}
            Err(lack) => {
                self.without += 1;
                let (first, alike) = self.lack.get_or_insert((lack.clone(), 0));
                *alike += u64::from(*first == lack);
            }
        }
    }

    /// The mean; figures without a log10 have none. With some zeros among them
    /// it would be 0 whatever the others are, so only zeros alone count as 0.
    pub fn reading(&self) -> Reading {
        let steps = self.with + self.without;
        match &self.lack {
            None if steps == 0 => Err(Missing::Empty),
            None => Ok(self.sum / self.with as f64),
            Some((lack, alike)) if *alike == steps => Err(lack.clone()),
            Some((lack, alike)) => Err(Missing::Partly(format!(
                "{lack} at {alike} of {steps} steps"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_log_says_why() {
        assert_eq!(log10(Some(1e-300), None), Ok(-300.0));
        assert_eq!(log10(Some(1e-3), Some(1e-4)), Ok(-3.0));
        for figure in [0.0, 1e-4] {
            let below = log10(Some(figure), Some(1e-4));
            assert_eq!(below, Err(Missing::Below(1e-4)));
        }
        for (figure, lack) in [
            (None, Missing::Empty),
            (Some(0.0), Missing::Zero),
            (Some(-0.0), Missing::Zero),
            (Some(f64::NAN), Missing::Nan),
            (Some(f64::INFINITY), Missing::Infinite),
            (Some(f64::NEG_INFINITY), Missing::Negative),
            (Some(-1.0), Missing::Negative),
        ] {
            assert_eq!(log10(figure, None), Err(lack));
        }
    }

    #[test]
    fn few_digits_leave_room_on_both_sides() {
        // 0.001 of three decimals is 0.0005 to 0.0015: log10(1.5) = 0.176, log10(2) = 0.301.
        let error = RoundingError::of(&[Ok(0.0), Ok(-3.0)], Some(5e-4));
        assert!((error.above - 1.5f64.log10()).abs() < 1e-12, "{error:?}");
        assert!((error.below - 2f64.log10()).abs() < 1e-9, "{error:?}");
        let exact = RoundingError::of(&[Ok(-3.0), Err(Missing::Zero)], None);
        assert_eq!(exact, RoundingError::default());
        let bound = RoundingError::of(&[Err(Missing::Below(5e-4))], None);
        assert_eq!((bound.below, bound.above), (f64::INFINITY, 0.0));
    }

    #[test]
    fn seeds_that_disagree_have_no_value() {
        assert_eq!(over_seeds(&[Ok(1.0), Ok(3.0)]).unwrap().median, 2.0);
        let zero = || Err(Missing::Zero);
        assert_eq!(over_seeds(&[zero(), zero()]), Err(Missing::Zero));
        for (readings, words) in [
            ([zero(), Ok(1.0), zero()], "0 in 2 of 3 seeds"),
            ([zero(), Err(Missing::Nan), zero()], "0 in 2 of 3 seeds"),
        ] {
            assert_eq!(over_seeds(&readings).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn means_are_geometric() {
        let mean = |figures: &[Option<f64>]| {
            let mut mean = Mean::default();
            let readings = figures.iter().map(|figure| log10(*figure, None));
            readings.for_each(|reading| mean.add(reading));
            mean.reading()
        };
        assert_eq!(mean(&[Some(1.0), None, Some(1e-4)]), Ok(-2.0));
        assert_eq!(mean(&[None, None]), Err(Missing::Empty));
        assert_eq!(mean(&[Some(0.0), Some(0.0)]), Err(Missing::Zero));
        let partly = mean(&[Some(0.0), Some(1.0), Some(f64::NAN)]);
        assert_eq!(partly.unwrap_err().to_string(), "0 at 1 of 3 steps");
    }
}
