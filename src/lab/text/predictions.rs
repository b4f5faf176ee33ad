//! What probabilities are worth, in a line.

use crate::lab::predictive::{Method, Predictions};
use crate::lab::summary::Status;

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

/// Why a run's probabilities were not judged.
pub fn not_judged(status: Status) -> &'static str {
    match status {
        Status::Completed => "not judged",
        Status::Diverged => "not judged: the run diverged",
        Status::Interrupted => "not judged: the run was stopped early",
    }
}

/// Whose probabilities were left out of those of a group; `None` where none were.
pub fn left_out(judged: usize, runs: usize) -> Option<String> {
    let were = if runs - judged == 1 { "was" } else { "were" };
    (judged < runs).then(|| {
        format!(
            "{} of {runs} runs {were} not judged, having diverged or been stopped",
            runs - judged
        )
    })
}

/// Why the runs of a group, of which so many were judged, have no probabilities together.
pub fn no_ensemble(judged: usize, runs: usize) -> String {
    let why = match judged {
        0 | 1 => left_out(judged, runs).unwrap_or_else(|| "there is one run".to_owned()),
        _ => "no sample of the data was held out by two runs".to_owned(),
    };
    format!("no ensemble: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_were_not_judged_are_counted() {
        assert_eq!(left_out(4, 4), None);
        let one = "1 of 4 runs was not judged, having diverged or been stopped";
        assert_eq!(left_out(3, 4).as_deref(), Some(one));
        let all = "no ensemble: 3 of 3 runs were not judged, having diverged or been stopped";
        assert_eq!(no_ensemble(0, 3), all);
        assert!(no_ensemble(2, 3).contains("held out by two"));
    }
}
