//! Limits of an axis that the user sets, and the parts of a line within them.

use std::str::FromStr;

/// Where an axis begins and ends; what is `None` is left to the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisLimits {
    /// Its lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl FromStr for AxisLimits {
    type Err = String;

    /// `LOW:HIGH`, of which one may be left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "two numbers with a colon between them were expected, such as 0:500 or 1e-6:, \
                    where an end left out is left to the data";
        let (low, high) = text.split_once(':').ok_or(form)?;
        let end = |text: &str| -> Result<Option<f64>, String> {
            let text = text.trim().replace('−', "-");
            if text.is_empty() {
                return Ok(None);
            }
            let number: f64 = text
                .parse()
                .map_err(|_| format!("`{text}` is no number; {form}"))?;
            if number.is_finite() {
                Ok(Some(number))
            } else {
                Err(format!("`{text}` is not finite; {form}"))
            }
        };
        let limits = Self {
            low: end(low)?,
            high: end(high)?,
        };
        match (limits.low, limits.high) {
            (None, None) => Err(form.to_owned()),
            (Some(low), Some(high)) if low >= high => Err(format!(
                "{low} is not below {high}; the lower end comes first"
            )),
            _ => Ok(limits),
        }
    }
}

impl AxisLimits {
    /// The ends of an axis that would reach over `low` to `high` without them.
    pub fn ends(&self, (low, high): (f64, f64)) -> (f64, f64) {
        (self.low.unwrap_or(low), self.high.unwrap_or(high))
    }
}

/// The parts of a line between two places on the first axis.
pub fn lines_within(points: &[(f64, f64)], (low, high): (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut part: Vec<(f64, f64)> = Vec::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if let Some(&(x0, y0)) = i.checked_sub(1).and_then(|i| points.get(i)) {
            let at = |edge: f64| (edge, y0 + (y - y0) * (edge - x0) / (x - x0));
            // Where it comes in and goes out, in the order it runs.
            let (first, second) = if x0 <= x { (low, high) } else { (high, low) };
            for edge in [first, second] {
                if (x0 < edge && edge < x) || (x < edge && edge < x0) {
                    part.push(at(edge));
                    let goes_out = edge == second;
                    if goes_out {
                        parts.push(std::mem::take(&mut part));
                    }
                }
            }
        }
        if (low..=high).contains(&x) {
            part.push((x, y));
        } else if !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts.retain(|part| part.len() > 1);
    parts
}

/// The parts of a line between two places on the second axis.
pub fn lines_between(points: &[(f64, f64)], ends: (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let turned = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().map(|(x, y)| (*y, *x)).collect()
    };
    let parts = lines_within(&turned(points), ends);
    parts.iter().map(|part| turned(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_two_numbers_one_of_which_may_be_missing() {
        let limits = |text: &str| text.parse::<AxisLimits>().map(|l| (l.low, l.high));
        assert_eq!(limits("0:500"), Ok((Some(0.0), Some(500.0))));
        assert_eq!(limits("1e-6:"), Ok((Some(1e-6), None)));
        assert_eq!(limits(":-2"), Ok((None, Some(-2.0))));
        for bad in ["", ":", "5", "a:b", "2:1", "1:1", "0:inf", "NaN:1"] {
            assert!(limits(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_comes_back() {
        let line = [(0.0, 0.0), (4.0, 4.0), (8.0, 0.0)];
        let parts = lines_within(&line, (1.0, 6.0));
        assert_eq!(parts, [[(1.0, 1.0), (4.0, 4.0), (6.0, 2.0)]]);
        let parts = lines_between(&line, (0.0, 1.0));
        assert_eq!(parts, [[(0.0, 0.0), (1.0, 1.0)], [(7.0, 1.0), (8.0, 0.0)]]);
        // Straight through, both ends outside.
        let parts = lines_between(&[(0.0, -1.0), (3.0, 2.0)], (0.0, 1.0));
        assert_eq!(parts, [[(1.0, 0.0), (2.0, 1.0)]]);
        let parts = lines_between(&[(0.0, 2.0), (3.0, -1.0)], (0.0, 1.0));
        assert_eq!(parts, [[(1.0, 1.0), (2.0, 0.0)]]);
        assert!(lines_within(&line, (9.0, 10.0)).is_empty());
    }
}
