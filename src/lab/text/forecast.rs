//! What theory expects, in a line beside what was measured.

use super::number::signed;
use crate::lab::prediction::{Forecast, Prediction};
use crate::nn::architecture::Along;

/// Why no interval is given of single draws through time.
pub const NO_INTERVAL: &str =
    "no interval of single draws, as one recurrent map is used at every time step";

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
        format!("{} decades per {one}, ", signed(slope.0, 4))
    });
    let interval = match prediction.attenuation_interval {
        Some([low, high]) => format!(" [{}, {}]", signed(low.0, 2), signed(high.0, 2)),
        None => format!("; {NO_INTERVAL}"),
    };
    let width = if prediction.finite_width_dominates {
        "; finite width dominates"
    } else {
        ""
    };
    let decades = signed(decades, 2);
    format!("{slope}{decades} in all{interval}{width}")
}
