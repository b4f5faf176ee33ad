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
            format!(
                "{:.2} [{:.2}, {:.2}]",
                spread.median, spread.low, spread.high
            )
        }
        Ok(spread) => format!("{:.2}", spread.median),
        Err(lack) => lack.to_string(),
    }
}

/// The difference in decades, with its interval where there is one.
pub fn difference(layer: &LayerPair) -> String {
    layer.difference.map_or(NOTHING.to_owned(), |difference| {
        let middle = decades(difference.median);
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
        Figure::Seeds(Spread {
            median, low, high, ..
        }) if low == high => number(*median),
        Figure::Seeds(spread) => format!(
            "{} [{}, {}]",
            number(spread.median),
            number(spread.low),
            number(spread.high)
        ),
        Figure::Some(words) => words.clone(),
    }
}

/// Four digits after the point, or none for a whole number.
fn number(figure: f64) -> String {
    if figure.is_finite() && figure.fract() != 0.0 {
        if figure.abs() < 5e-5 || figure.abs() >= 1e6 {
            return format!("{figure:.1e}");
        }
        return format!("{figure:.4}");
    }
    format!("{figure}")
}
