//! What to try next, to read and to paste.

use super::diagnosis::Diagnosis;
use super::hint::Hint;
use crate::base::counted;
use crate::lab::decay::VANISHING_DECADES;
use crate::lab::text::{self, decades, labelled};

/// Columns of the labels.
const LABEL: usize = 10;

/// What to try next, each ready to paste.
pub fn hint_lines(diagnosis: &Diagnosis, width: usize) -> String {
    let mut text = String::new();
    for (i, hint) in diagnosis.advice.iter().enumerate() {
        let label = if i == 0 { "try next" } else { "" };
        // A command stays one line, to be pasted.
        text += &format!("{label:LABEL$}{}", command_without(diagnosis, hint));
        for set in &hint.set {
            text += &format!(" --set {}", text::quoted(set));
        }
        text.push('\n');
        text += &labelled("", &hint_line(hint), [LABEL + 2, width]);
    }
    if let Some(command) = &diagnosis.further {
        let label = if text.is_empty() { "try next" } else { "" };
        let line = "time ran out before every cure was tried; the rest:";
        text += &labelled(label, line, [LABEL, width]);
        text += &format!("{:LABEL$}{command}\n", "");
    }
    text
}

/// The command that a hint is added to, without the changes that the hint takes back.
fn command_without(diagnosis: &Diagnosis, hint: &Hint) -> String {
    let key = |set: &str| set.split('=').next().unwrap_or_default().to_owned();
    let changed: Vec<String> = hint.set.iter().map(|set| key(set)).collect();
    let mut command = diagnosis.command.clone().unwrap_or_default();
    for given in &diagnosis.given {
        if changed.contains(&key(given)) {
            let told = format!(" --set {}", text::quoted(given));
            command = command.replacen(&told, "", 1);
        }
    }
    command
}

fn hint_line(hint: &Hint) -> String {
    let ([before, after], [was, is]) = ([hint.before.0, hint.after.0], hint.shown());
    if hint.is_about_gradients() {
        let before = match before.is_finite() {
            true => format!(" instead of {was}"),
            false => String::new(),
        };
        let theory = match hint.predicted {
            Some(expected) => format!(" (theory: {})", decades(expected.0)),
            None => String::new(),
        };
        let later = hint.later.map_or(String::new(), |later| {
            let steps = counted(later.step as usize, "step");
            format!(", {} after {steps}", decades(later.lost_decades.0))
        });
        let rest = match after >= VANISHING_DECADES {
            true => ", still vanishing: a further change is needed",
            false => "",
        };
        return format!(
            "{}: {is} decades at step 0{before}{theory}{later}{rest}",
            hint.why
        );
    }
    if hint.is_about_tokens() {
        return format!(
            "{}: 1 − the cosine of two tokens behind the last block is {is} at step 0 instead of \
             {was}",
            hint.why
        );
    }
    let steps = counted(hint.step as usize, "step");
    if hint.is_about_divergence() {
        return format!(
            "{}: after {steps} all numbers are finite, where it diverges at step {was} now",
            hint.why
        );
    }
    let before = match before.is_nan() {
        true => "where it diverges now".to_owned(),
        false => format!("instead of {was}"),
    };
    format!(
        "{}: after {steps} the loss is {is} times that of guessing, {before}",
        hint.why
    )
}
