//! One run in a few lines: the verdict in a sentence and the figures behind it.

use super::entry::Entry;
use crate::lab::decay::{Decay, Verdict};

/// The card of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The run's name on the page.
    pub label: String,
    /// Its place among the runs, which decides its colour, dash and marker.
    pub place: usize,
    /// The verdict's name, for people.
    pub verdict: String,
    /// The same for the style sheet: `good`, `warn`, `bad` or `none`.
    pub tone: &'static str,
    /// What the verdict means here: a text, perhaps a power of ten that
    /// stands after it, and the rest.
    pub sentence: (String, Option<String>, &'static str),
    /// Figures with their names.
    pub facts: Vec<(&'static str, String)>,
    /// What was left out, and what to be careful about.
    pub warnings: Vec<String>,
    /// The spec as TOML.
    pub spec: Option<String>,
}

/// The card of the run at a place.
pub fn card(entry: &Entry, place: usize) -> Card {
    let verdict = entry.survey.verdict;
    Card {
        label: entry.label.clone(),
        place,
        verdict: verdict.map_or("no verdict".to_owned(), |verdict| {
            verdict.name().replace('_', " ")
        }),
        tone: match verdict {
            Some(Verdict::Healthy) => "good",
            Some(Verdict::AtRisk) => "warn",
            Some(_) => "bad",
            None => "none",
        },
        sentence: match power(entry, verdict) {
            Some(power) => (
                "At the start the first layer receives ".to_owned(),
                Some(power),
                " times the gradient that the last hidden layer gets.",
            ),
            None => (sentence(entry, verdict), None, ""),
        },
        facts: facts(entry),
        warnings: entry.warnings.clone(),
        spec: entry.run.spec.as_ref().and_then(|spec| {
            let text = spec.to_toml("vgrad.schema.json").ok()?;
            // The first line names the schema, which lies elsewhere.
            text.split_once('\n')
                .map(|(_, rest)| rest.trim().to_owned())
        }),
    }
}

/// How much of the gradient is left, as an exponent of ten, where that says it
/// all: something is lost or gained, and every number is finite.
fn power(entry: &Entry, verdict: Option<Verdict>) -> Option<String> {
    let attenuation = entry.survey.initial.as_ref()?.attenuation_decades?;
    let tells = verdict != Some(Verdict::Diverged)
        && attenuation.is_finite()
        && attenuation.abs() >= 0.05
        && layers_on_path(entry) > 1;
    tells.then(|| format!("{:.1}", -attenuation).replace('-', "−"))
}

fn layers_on_path(entry: &Entry) -> usize {
    let layers = entry.survey.layers.iter();
    layers.filter(|layer| layer.position.is_some()).count()
}

/// The verdict in words alone.
fn sentence(entry: &Entry, verdict: Option<Verdict>) -> String {
    let survey = &entry.survey;
    if verdict == Some(Verdict::Diverged) {
        let ended = entry.run.summary.as_ref();
        let told = ended.and_then(|ended| ended.diverged.as_ref());
        let place = told.map(|at| (at.step, at.layer)).or_else(|| {
            survey
                .diverged
                .as_ref()
                .and_then(|at| at.step.zip(at.layer))
        });
        return match place {
            Some((step, layer)) => {
                format!("A number stopped being finite at step {step}, beginning at layer {layer}.")
            }
            None => "A number stopped being finite.".to_owned(),
        };
    }
    let Some(initial) = &survey.initial else {
        return format!("No layer on the main path has a {}.", survey.headline);
    };
    if initial.attenuation_decades == Some(f64::INFINITY) {
        "The first layer receives no gradient at all: it reads exactly 0."
    } else if layers_on_path(entry) < 2 {
        "With one layer there is nothing to lose on the way."
    } else {
        "At the start the first layer receives as much gradient as the last hidden layer."
    }
    .to_owned()
}

fn facts(entry: &Entry) -> Vec<(&'static str, String)> {
    let survey = &entry.survey;
    let ended = entry.run.summary.as_ref();
    let mut facts = Vec::new();
    for (slope, total, decay) in [
        (
            "Decay per layer, start",
            "Attenuation, start",
            &survey.initial,
        ),
        ("Decay per layer, end", "Attenuation, end", &survey.last),
    ] {
        let Some(decay) = decay else { continue };
        facts.push((slope, slope_text(decay)));
        facts.push((total, attenuation_text(decay)));
        if survey.logged_steps == 1 {
            break;
        }
    }
    if let Some(loss) = entry.curves.train_loss.last() {
        facts.push(("Training loss", format!("{loss:.4} (last logged batch)")));
    }
    if let Some(loss) = entry.curves.test_loss.last() {
        facts.push(("Test loss", format!("{loss:.4}")));
    }
    if let Some(accuracy) = entry.curves.test_accuracy.last() {
        let chance = ended
            .and_then(|ended| ended.chance_accuracy)
            .map_or(String::new(), |chance| {
                format!(" ({chance:.3} by guessing)")
            });
        facts.push(("Test accuracy", format!("{accuracy:.3}{chance}")));
    }
    facts.push((
        "Steps",
        format!(
            "{}, {} of them logged",
            survey.last_step, survey.logged_steps
        ),
    ));
    facts.push(("Layers", survey.layers.len().to_string()));
    let seed = ended
        .map(|ended| ended.seed)
        .or(entry.run.spec.as_ref().map(|spec| spec.seed));
    if let Some(seed) = seed {
        facts.push(("Seed", seed.to_string()));
    }
    facts.push(("Status", status(entry)));
    facts.push(("Quantity", survey.headline.clone()));
    facts.push(("Exact zeros", count(entry.zeros)));
    facts.push(("NaN or infinite", count(entry.non_finite)));
    facts
}

fn count(values: u64) -> String {
    match values {
        0 => "none".to_owned(),
        n => format!("{n} values"),
    }
}

fn slope_text(decay: &Decay) -> String {
    let left_out = match decay.layers_left_out {
        0 => String::new(),
        n => format!("; {n} layers left out"),
    };
    match decay.decay_decades_per_layer {
        None => format!("no slope{left_out}"),
        Some(slope) => {
            let error = decay
                .std_error
                .map_or(String::new(), |e| format!(" ± {e:.4}"));
            format!("{slope:+.4}{error} decades{left_out}")
        }
    }
}

fn attenuation_text(decay: &Decay) -> String {
    match decay.attenuation_decades {
        Some(f64::INFINITY) => "all: the first layer reads 0".to_owned(),
        Some(decades) if decades.is_finite() => format!("{decades:+.2} decades"),
        _ => "not finite".to_owned(),
    }
}

fn status(entry: &Entry) -> String {
    match (&entry.run.summary, entry.run.path.is_dir()) {
        (Some(summary), _) => summary.status.name().to_owned(),
        (None, true) => "unfinished: killed, or still going on".to_owned(),
        (None, false) => "a lone CSV file, which does not say".to_owned(),
    }
}
