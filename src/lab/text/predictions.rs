//! What probabilities are worth, in a line.

use crate::lab::predictive::{Method, Predictions};

/// How unsure, how well calibrated, and whether unsure where wrong.
pub fn predictions_line(predictions: &Predictions) -> String {
    let Predictions {
        method,
        members,
        measures,
    } = predictions;
    let whose = match method {
        Method::Softmax => "softmax".to_owned(),
        Method::McDropout => format!("{members} passes with dropout"),
        Method::Ensemble => {
            let is_whole = members.fract() == 0.0;
            let digits = if is_whole { 0 } else { 1 };
            format!(
                "ensemble of {members:.digits$} runs for each of {} test samples",
                measures.samples
            )
        }
    };
    let caught = match measures.errors_in_most_uncertain_tenth {
        Some(share) => format!(
            "{:.0} % of {} errors among the most uncertain tenth",
            100.0 * share,
            measures.errors
        ),
        None => "no error".to_owned(),
    };
    format!(
        "{whose}: accuracy {:.3}, entropy {:.3} nats, calibration error {:.3} (15 bins), {caught}",
        measures.accuracy, measures.entropy, measures.calibration_error
    )
}
