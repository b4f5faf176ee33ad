//! The first table: what each run or group of seeds is and what came of it.

use super::group::{Group, lost};
use crate::lab::records::specs::Setting;
use crate::lab::records::{RunData, Score};
use crate::lab::text::{ENERGY_DISTANCE, Tone, number};

/// The first table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether there is anything to tell what was changed from.
    pub has_changes: bool,
    /// What the score is: accuracy, loss, or either.
    pub score: &'static str,
    /// A row per run or group.
    pub rows: Vec<OverviewRow>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewRow {
    /// The name.
    pub label: String,
    /// Its place among the targets, which decides its colour and dash.
    pub place: usize,
    /// Seeds; `None` of a single run.
    pub seeds: Option<usize>,
    /// The settings in which the specs differ.
    pub changed: Vec<Setting>,
    /// Decades lost on the way to the first layer: at the start, by theory where it says
    /// something, and at the end where that is another step.
    pub lost: Vec<(&'static str, String)>,
    /// What was reached.
    pub score: String,
    /// What else is known of that, by its name: the PSNR, the calibration error.
    pub beside: Vec<(String, String)>,
    /// What guessing reaches.
    pub guessing: String,
    /// For the style sheet.
    pub tone: &'static str,
    /// The verdict.
    pub verdict: String,
    /// Whether it learned; empty where nothing tells.
    pub learned: String,
    /// Verdict and learning in a sentence.
    pub sentence: String,
}

/// What a figure that nothing tells is shown as.
const UNKNOWN: &str = "–";

/// Of groups and the settings in which each differs from others.
pub fn overview(groups: &[Group], settings: Vec<Vec<Setting>>) -> Overview {
    let scores: Vec<Score> = groups
        .iter()
        .flat_map(|group| group.entries.iter().filter_map(RunData::score))
        .collect();
    let is_accuracy: Vec<bool> = scores.iter().map(Score::is_accuracy).collect();
    Overview {
        has_changes: groups.len() > 1,
        score: match (is_accuracy.contains(&true), is_accuracy.contains(&false)) {
            (true, true) => "Accuracy or loss",
            (false, true) => "Loss",
            _ => "Accuracy",
        },
        rows: groups
            .iter()
            .zip(settings)
            .map(|(group, changed)| row(group, changed))
            .collect(),
    }
}

fn row(group: &Group, changed: Vec<Setting>) -> OverviewRow {
    let [initial, last] = [0, 1].map(|end| group.lost(end));
    let is_one_step = group.entries.iter().all(|e| e.stats.logged_steps == 1);
    let mut ends = vec![("start", initial.unwrap_or_else(|| UNKNOWN.to_owned()))];
    let expected = |entry: &RunData| Some(entry.prediction()?.attenuation_decades.0);
    if let Some(expected) = group.entries.iter().find_map(expected) {
        ends.push(("theory", lost(expected)));
    }
    if !is_one_step {
        ends.push(("end", last.unwrap_or_else(|| UNKNOWN.to_owned())));
    }
    let is_accuracy = group.entries[0].score().is_none_or(|s| s.is_accuracy());
    let show: fn(f64) -> String = match is_accuracy {
        true => |value| format!("{value:.3}"),
        false => number,
    };
    let figure = |get: fn(&Score) -> Option<f64>| {
        let text = group.figure(|entry| get(&entry.score()?), show);
        text.unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let kind = match group.entries[0].is_generator() {
        _ if is_accuracy => String::new(),
        true => format!("{ENERGY_DISTANCE} "),
        false => "loss ".to_owned(),
    };
    let score = figure(|score| Some(score.value));
    OverviewRow {
        label: group.label.to_owned(),
        place: group.place,
        seeds: group.seeds(),
        changed,
        lost: ends,
        score: if score == UNKNOWN {
            score
        } else {
            format!("{kind}{score}")
        },
        beside: beside(group),
        guessing: figure(|score| score.guessing),
        tone: tone(group.tone()),
        verdict: group.verdict(),
        learned: group.learned(),
        sentence: group.sentence(),
    }
}

/// What is known beside the score: of several seeds' probabilities those of the ensemble.
fn beside(group: &Group) -> Vec<(String, String)> {
    let psnr = group.psnr().map(|psnr| ("PSNR".to_owned(), psnr));
    let judged = group.probabilities("calibration_error").into_iter().next();
    let judged = judged.map(|(whose, figure)| (format!("calibration error{whose}"), figure));
    psnr.into_iter().chain(judged).collect()
}

/// A tone's name in the style sheet.
pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Doubtful => "doubtful",
        Tone::Bad => "bad",
    }
}
