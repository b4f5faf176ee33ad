//! What theory expects, in a line beside what was measured.

use crate::lab::prediction::{Forecast, Prediction};
use crate::nn::architecture::Along;

/// The decay that theory expects of the first step, with the interval of 19 draws in 20; or why
/// it expects nothing.
pub fn forecast_line(forecast: &Forecast, along: Along) -> String {
    match forecast {
        Forecast::Known(prediction) => format!("theory: {}", expected(prediction, along)),
        Forecast::Unknown { why, .. } => {
            format!("theory: none, because of `{}`: {}", why.key, why.reason)
        }
    }
}

fn expected(prediction: &Prediction, along: Along) -> String {
    let one = along.one();
    let decades = prediction.attenuation_decades.0;
    if prediction.layers.len() < 2 {
        return "one hidden layer, no decay to speak of".to_owned();
    }
    if !decades.is_finite() {
        return "nothing is left of the gradient".to_owned();
    }
    let slope = prediction.decay_decades_per_layer;
    let slope = slope.map_or(String::new(), |slope| {
        format!("{:+.4} decades per {one}, ", slope.0)
    });
    let [low, high] = prediction.attenuation_interval.map(|end| end.0);
    let width = if prediction.finite_width_dominates {
        "; finite width dominates"
    } else {
        ""
    };
    format!("{slope}{decades:+.2} in all [{low:+.2}, {high:+.2}]{width}")
}
