//! Numbers as the page's data holds them: short, and with a place for what is
//! no number.

use serde::{Serialize, Serializer};

/// A norm as log10 in thousandths of a decade, a whole number, which takes
/// half the bytes of a fraction. 0 is `"-inf"`; NaN and infinity are strings
/// too, and what does not apply is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decades(pub Option<f64>);

impl Serialize for Decades {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(norm) if norm > 0.0 && norm.is_finite() => {
                serializer.serialize_i32((norm.log10() * 1000.0).round() as i32)
            }
            Some(0.0) => serializer.serialize_str("-inf"),
            other => crate::lab::json::number(&other, serializer),
        }
    }
}

/// A figure on a linear scale, to six digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded(pub Option<f64>);

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rounded = self.0.map(|value| match value.is_finite() {
            true => format!("{value:.5e}").parse().unwrap_or(value),
            false => value,
        });
        crate::lab::json::number(&rounded, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_are_thousandths_of_a_decade() {
        let norms = [1.0, 1e-30, 2.0, 5e-324, 0.0, f64::NAN, f64::INFINITY];
        let mut cells: Vec<Decades> = norms.map(|norm| Decades(Some(norm))).into();
        cells.push(Decades(None));
        // log10 2 = 0.30103, log10 5e-324 = -323.306.
        assert_eq!(
            serde_json::to_string(&cells).unwrap(),
            r#"[0,-30000,301,-323306,"-inf","NaN","inf",null]"#
        );
    }

    #[test]
    fn figures_have_six_digits() {
        let figures = [1.234_567_89, 0.1, 0.0, f64::NAN, f64::NEG_INFINITY];
        let figures = figures.map(|value| Rounded(Some(value)));
        assert_eq!(
            serde_json::to_string(&figures).unwrap(),
            r#"[1.23457,0.1,0.0,"NaN","-inf"]"#
        );
    }
}
