//! Figures as text for people.

use crate::lab::compare::{LayerPair, OutcomeFigure, Value};
use crate::lab::records::Estimate;
use crate::lab::text::{decades, estimate, fixed, number, signed};

/// What is not known or does not apply.
pub const NOTHING: &str = "–";

/// log10 of a layer's figure, or what the figure is.
pub fn value(value: &Value) -> String {
    match value {
        Ok(spread) => {
            let interval = spread.has_interval().then_some([spread.low, spread.high]);
            estimate(spread.mean, interval, |log| fixed(log, 2))
        }
        Err(lack) => lack.to_string(),
    }
}

/// The difference in decades, with its interval where there is one.
pub fn difference(layer: &LayerPair) -> String {
    layer.difference.map_or(NOTHING.to_owned(), |difference| {
        let middle = decades(difference.mean);
        if difference.high > difference.low {
            let ends = [difference.low, difference.high].map(|end| signed(end, 2));
            format!("{middle} [{}]", ends.join(", "))
        } else {
            middle
        }
    })
}

/// A figure of the outcome.
pub fn outcome(figure: &OutcomeFigure) -> String {
    match figure {
        OutcomeFigure::Unknown => NOTHING.to_owned(),
        OutcomeFigure::One(figure, None) => number(*figure),
        OutcomeFigure::One(figure, Some(error)) => {
            format!("{} ± {}", number(*figure), number(*error))
        }
        OutcomeFigure::Seeds(
            Estimate {
                mean, low, high, ..
            },
            _,
        ) if low == high => number(*mean),
        OutcomeFigure::Seeds(spread, _) => {
            estimate(spread.mean, Some([spread.low, spread.high]), number)
        }
        OutcomeFigure::Mixed(words) => words.clone(),
    }
}
