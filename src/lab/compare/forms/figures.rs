//! Figures as text for people.

use crate::lab::compare::conclusion::decades;
use crate::lab::compare::{Figure, LayerPair, Value};
use crate::lab::records::Spread;

/// What is not known or does not apply.
pub const NOTHING: &str = "–";

/// log10 of a layer's figure, or what the figure is.
pub fn value(value: &Value) -> String {
    match value {
        Ok(spread) if spread.has_interval() => {
            format!("{:.2} [{:.2}, {:.2}]", spread.mean, spread.low, spread.high)
        }
        Ok(spread) => format!("{:.2}", spread.mean),
        Err(lack) => lack.to_string(),
    }
}

/// The difference in decades, with its interval where there is one.
pub fn difference(layer: &LayerPair) -> String {
    layer.difference.map_or(NOTHING.to_owned(), |difference| {
        let middle = decades(difference.mean);
        if difference.high > difference.low {
            format!("{middle} [{:+.2}, {:+.2}]", difference.low, difference.high)
        } else {
            middle
        }
    })
}

/// A figure of the outcome.
pub fn outcome(figure: &Figure) -> String {
    match figure {
        Figure::Unknown => NOTHING.to_owned(),
        Figure::One(figure, None) => number(*figure),
        Figure::One(figure, Some(error)) => format!("{} ± {}", number(*figure), number(*error)),
        Figure::Seeds(
            Spread {
                mean, low, high, ..
            },
            _,
        ) if low == high => number(*mean),
        Figure::Seeds(spread, _) => format!(
            "{} [{}, {}]",
            number(spread.mean),
            number(spread.low),
            number(spread.high)
        ),
        Figure::Mixed(words) => words.clone(),
    }
}

/// Four digits after the point, or none for a whole number; very small and very
/// large ones by their size.
fn number(figure: f64) -> String {
    let size = figure.abs();
    if !figure.is_finite() || (figure.fract() == 0.0 && size < 1e15) {
        format!("{figure}")
    } else if (5e-5..1e6).contains(&size) {
        format!("{figure:.4}")
    } else {
        format!("{figure:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_four_digits_or_say_their_size() {
        let texts = [
            2.30424,
            220.0,
            0.00012,
            1.3e-7,
            -2.5e9,
            f64::INFINITY,
            f64::NAN,
        ]
        .map(number);
        assert_eq!(
            texts,
            [
                "2.3042",
                "220",
                "0.0001",
                "1.3e-7",
                "-2500000000",
                "inf",
                "NaN"
            ]
        );
        assert_eq!(number(1.5e300), "1.5e300");
    }
}
