//! The figures of a run, or of the seeds of one, in full.

use super::group::{Group, lost};
use super::overview::tone;
use crate::base::counted;
use crate::lab::decay::Decay;
use crate::lab::prediction::Forecast;
use crate::lab::records::RunData;
use crate::lab::text::{NO_INTERVAL, Numbering, number, signed};
use crate::nn::architecture::Along;

/// The card of a run or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The name on the page.
    pub label: String,
    /// Its place among the targets, which decides its colour, dash and marker.
    pub place: usize,
    /// The verdict, for people.
    pub verdict: String,
    /// The same for the style sheet.
    pub tone: &'static str,
    /// What the verdict means here.
    pub sentence: String,
    /// Figures with their names.
    pub facts: Vec<(String, String)>,
    /// The spec as TOML, of several seeds that of the first.
    pub spec: Option<String>,
}

/// Of a run or a group.
pub fn card(group: &Group) -> Card {
    Card {
        label: group.label.to_owned(),
        place: group.place,
        verdict: group.verdict(),
        tone: tone(group.tone()),
        sentence: group.sentence(),
        facts: facts(group),
        spec: group.entries[0].run.spec.as_ref().and_then(|spec| {
            let text = spec.to_toml("vgrad.schema.json").ok()?;
            // The first line names the schema, which lies elsewhere.
            text.split_once('\n')
                .map(|(_, rest)| rest.trim().to_owned())
        }),
    }
}

/// A fact: its name, its figure and how that is written.
type Fact = (&'static str, fn(&RunData) -> Option<f64>, fn(f64) -> String);

/// The facts that are means over seeds.
const FIGURES: &[Fact] = &[
    (
        "Decay per layer, start",
        |e| slope(&e.stats.initial),
        decades,
    ),
    ("Decay per layer, end", |e| slope(&e.stats.last), decades),
    (
        "Training loss, last logged batch",
        |e| e.stats.curves.train_loss.last(),
        number,
    ),
    ("Test loss", |e| e.stats.curves.test_loss.last(), number),
    (
        "Test accuracy",
        |e| e.stats.curves.test_accuracy.last(),
        number,
    ),
];

/// What probabilities on the test set are worth: the measure and its name on the page.
const MEASURES: &[(&str, &str)] = &[
    ("calibration_error", "Calibration error"),
    ("predictive_entropy", "Predictive entropy in nats"),
    (
        "errors_in_most_uncertain_tenth",
        "Errors in the most uncertain tenth",
    ),
];

fn is_picture(entry: &RunData) -> bool {
    let spec = entry.run.spec.as_ref();
    spec.is_some_and(|spec| spec.data.source.is_picture())
}

fn slope(decay: &Option<Decay>) -> Option<f64> {
    decay.as_ref()?.decay_decades_per_layer
}

fn decades(slope: f64) -> String {
    signed(slope, 4).replace('-', "−")
}

fn facts(group: &Group) -> Vec<(String, String)> {
    let figures = FIGURES.iter();
    let lost = ["Decades lost, start", "Decades lost, end"]
        .into_iter()
        .enumerate();
    let lost = lost.filter_map(|(end, name)| Some((name, group.lost(end)?)));
    let figures = figures.filter_map(|(name, get, show)| Some((*name, group.figure(get, *show)?)));
    let psnr = group
        .psnr()
        .map(|psnr| match is_picture(&group.entries[0]) {
            true => ("PSNR of the pixels held out", psnr),
            false => ("PSNR of the view held out", psnr),
        });
    let mut facts: Vec<(&'static str, String)> = lost.chain(figures).chain(psnr).collect();
    facts.extend(theory(group));
    let each = |get: &dyn Fn(&RunData) -> String| {
        let mut all: Vec<String> = group.entries.iter().map(get).collect();
        all.dedup();
        all.join(", ")
    };
    let left_out = |decay: &Option<Decay>| decay.as_ref().map_or(0, |d| d.layers_left_out);
    let most = |get: &dyn Fn(&RunData) -> usize| group.entries.iter().map(get).max().unwrap_or(0);
    let ends = [
        (
            "Layers left out, start",
            most(&|e| left_out(&e.stats.initial)),
        ),
        ("Layers left out, end", most(&|e| left_out(&e.stats.last))),
    ];
    facts.extend(
        ends.into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| (name, n.to_string())),
    );
    let steps = |entry: &RunData| {
        let stats = &entry.stats;
        format!("{}, {} of them logged", stats.last_step, stats.logged_steps)
    };
    facts.push(("Steps", each(&steps)));
    let layers = |entry: &RunData| {
        let networks = entry.networks().map(|networks| format!(": {networks}"));
        match entry.numbering() {
            Numbering::Layers => format!(
                "{}{}",
                entry.stats.layers.len(),
                networks.unwrap_or_default()
            ),
            Numbering::Time { steps, stacked: 1 } => steps.to_string(),
            Numbering::Time { steps, stacked } => {
                format!("{steps} of each of {stacked} stacked layers")
            }
        }
    };
    facts.push(("Layers", each(&layers)));
    let seed = |entry: &RunData| {
        entry
            .run
            .seed()
            .map_or(String::new(), |seed| seed.to_string())
    };
    let seeds = each(&seed);
    if !seeds.is_empty() {
        let name = if group.seeds().is_some() {
            "Seeds"
        } else {
            "Seed"
        };
        facts.push((name, seeds));
    }
    facts.push(("Status", each(&|entry| status(entry).to_owned())));
    facts.push(("Quantity", each(&|entry| entry.stats.headline.clone())));
    let count = |get: fn(&RunData) -> u64| match group.entries.iter().map(get).sum() {
        0 => "none".to_owned(),
        n => counted(n as usize, "value"),
    };
    facts.push(("Exact zeros", count(|entry| entry.values.zeros)));
    facts.push(("NaN or infinite", count(|entry| entry.values.non_finite)));
    let along = Along::of_all(group.entries.iter().map(|own| own.run.along()));
    let named = facts.into_iter();
    let judged = MEASURES.iter().flat_map(|(measure, name)| {
        let told = group.probabilities(measure).into_iter();
        told.map(move |(whose, value)| (format!("{name}{whose}"), value))
    });
    named
        .map(|(name, value)| (along.speak(name), value))
        .chain(judged)
        .collect()
}

/// What theory expects of the start, of several seeds of the first: they differ in the data
/// alone.
fn theory(group: &Group) -> Vec<(&'static str, String)> {
    let summary = group.entries[0].run.summary.as_ref();
    match summary.and_then(|summary| summary.predicted.as_ref()) {
        None => Vec::new(),
        Some(Forecast::Unknown { why, .. }) => {
            vec![("Theory", format!("none, because of {}: {why}", why.key))]
        }
        Some(Forecast::Known(prediction)) => {
            let own = lost(prediction.attenuation_decades.0);
            let width = match prediction.finite_width_dominates {
                true => "; finite width dominates",
                false => "",
            };
            let slope = prediction.decay_decades_per_layer;
            let slope = slope.map(|slope| ("Decay per layer, theory", decades(slope.0)));
            let within = match prediction.attenuation_interval {
                Some([low, high]) => {
                    let [low, high] = [low, high].map(|end| lost(end.0));
                    let within = format!("{own} [{low},\u{a0}{high}]{width}");
                    ("Decades lost, theory [19 draws in 20]", within)
                }
                None => (
                    "Decades lost, theory",
                    format!("{own}; {NO_INTERVAL}{width}"),
                ),
            };
            [within].into_iter().chain(slope).collect()
        }
    }
}

fn status(entry: &RunData) -> &'static str {
    match (&entry.run.summary, entry.run.path.is_dir()) {
        (Some(summary), _) => summary.status.name(),
        (None, _) if entry.run.foreign().is_some() => {
            "a log of another program, which does not say"
        }
        (None, true) => "unfinished: killed, or still going on",
        (None, false) => "a lone CSV file, which does not say",
    }
}
