//! What came out of a target's runs.

use super::profile::Profile;
use crate::base::Problem;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::records::{Estimate, Run, Target};
use crate::lab::summary::Summary;
use crate::lab::text;
use crate::nn::architecture::Along;

/// A figure of a target. A lone file does not tell all of them.
#[derive(Clone, Debug, PartialEq)]
pub enum OutcomeFigure {
    /// Not known, or does not apply.
    Unknown,
    /// Of one run, with its standard error where there is one.
    One(f64, Option<f64>),
    /// Of several seeds: over them, and each by itself.
    Seeds(Estimate, Vec<f64>),
    /// Of several seeds, some of which have none or one that is not finite.
    Mixed(String),
}

/// The outcome of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeRow {
    /// How the runs ended: `completed`, `diverged`, `interrupted` or
    /// `unfinished`; empty for a lone file.
    pub status: String,
    /// `vanishing` …; empty where no layer has a norm. Several seeds of
    /// different verdicts are counted: "healthy 2, diverged 1".
    pub verdict: String,
    /// The same for people: both ends where they differ.
    pub ends: String,
    /// Whether the runs beat guessing: `yes`, `no`, or counted; empty where
    /// nothing tells.
    pub learned: String,
    /// The norm that decay is measured by.
    pub norm: String,
    /// What the path is made of that decay is measured along.
    pub along: Along,
    /// The figures, as [`FIGURES`] has them.
    pub figures: Vec<OutcomeFigure>,
}

/// A run's figure and its standard error, where it has one.
type Measured = (f64, Option<f64>);

/// A figure's name in JSON, its name for people, and the way to it in a run:
/// its value and standard error.
pub struct OutcomeKind {
    /// Name in JSON.
    pub key: &'static str,
    /// Name for people.
    name: &'static str,
    /// Whether people are shown it only where a target has it.
    pub is_rare: bool,
    taken: Taken,
}

/// What a figure is taken from.
#[derive(Clone, Copy)]
enum Taken {
    /// Each run by itself.
    Run(fn(&Source) -> Option<Measured>),
    /// What the probabilities of each run are worth: the measure of this name.
    Probabilities(&'static str),
    /// What the mean probabilities of several seeds are worth: the measure of this name.
    Ensemble(&'static str),
}

impl OutcomeKind {
    /// Its name for people, of paths along layers or time steps; `has_seeds`: where a target has
    /// several, whose mean probabilities have figures of their own.
    pub fn named(&self, along: Along, has_seeds: bool) -> String {
        let name = along.speak(self.name);
        match self.taken {
            Taken::Probabilities(_) if has_seeds => format!("{name}, single networks"),
            Taken::Ensemble(_) => format!("{name}, ensemble"),
            _ => name,
        }
    }
}

/// Where a run's figures come from.
struct Source<'a> {
    profile: &'a Profile,
    summary: Option<&'a Summary>,
}

/// The figures of an outcome, in the order they are shown.
pub const FIGURES: &[OutcomeKind] = &[
    kind(
        "initial_decay_decades_per_layer",
        "decay per layer, initial",
        |source| slope(source.profile.stats.initial.as_ref()),
    ),
    kind(
        "final_decay_decades_per_layer",
        "decay per layer, final",
        |source| slope(source.profile.stats.last.as_ref()),
    ),
    kind(
        "initial_attenuation_decades",
        "attenuation, initial",
        |source| attenuation(source.profile.stats.initial.as_ref()),
    ),
    kind(
        "final_attenuation_decades",
        "attenuation, final",
        |source| attenuation(source.profile.stats.last.as_ref()),
    ),
    rare("initial_loss_decades", "+ by the loss, initial", |source| {
        by_loss(source.profile.stats.initial.as_ref())
    }),
    rare("final_loss_decades", "+ by the loss, final", |source| {
        by_loss(source.profile.stats.last.as_ref())
    }),
    kind("train_loss", "train loss", |source| {
        plain(source.summary?.train_loss)
    }),
    kind("test_loss", "test loss", |source| {
        plain(source.summary?.test_loss)
    }),
    kind("test_accuracy", "test accuracy", |source| {
        plain(source.summary?.test_accuracy)
    }),
    rare("test_psnr", "test PSNR in dB", |source| {
        plain(source.summary?.test_psnr)
    }),
    of_probabilities(
        "calibration_error",
        "calibration error",
        Taken::Probabilities("calibration_error"),
    ),
    of_probabilities(
        "ensemble_calibration_error",
        "calibration error",
        Taken::Ensemble("calibration_error"),
    ),
    of_probabilities(
        "predictive_entropy",
        "predictive entropy",
        Taken::Probabilities("predictive_entropy"),
    ),
    of_probabilities(
        "ensemble_predictive_entropy",
        "predictive entropy",
        Taken::Ensemble("predictive_entropy"),
    ),
    of_probabilities(
        "errors_in_most_uncertain_tenth",
        "errors in the most uncertain tenth",
        Taken::Probabilities("errors_in_most_uncertain_tenth"),
    ),
    of_probabilities(
        "ensemble_errors_in_most_uncertain_tenth",
        "errors in the most uncertain tenth",
        Taken::Ensemble("errors_in_most_uncertain_tenth"),
    ),
    kind("steps", "steps", |source| {
        let logged = source.profile.stats.last_step;
        plain(Some(
            source.summary.map_or(logged, |summary| summary.steps) as f64
        ))
    }),
];

const fn kind(
    key: &'static str,
    name: &'static str,
    get: fn(&Source) -> Option<Measured>,
) -> OutcomeKind {
    OutcomeKind {
        key,
        name,
        is_rare: false,
        taken: Taken::Run(get),
    }
}

const fn rare(
    key: &'static str,
    name: &'static str,
    get: fn(&Source) -> Option<Measured>,
) -> OutcomeKind {
    OutcomeKind {
        is_rare: true,
        ..kind(key, name, get)
    }
}

const fn of_probabilities(key: &'static str, name: &'static str, taken: Taken) -> OutcomeKind {
    OutcomeKind {
        key,
        name,
        is_rare: true,
        taken,
    }
}

fn plain(figure: Option<f64>) -> Option<Measured> {
    figure.map(|figure| (figure, None))
}

/// What the run's probabilities on the test set are worth, where they were judged.
fn judged(source: &Source, name: &str) -> Option<Measured> {
    let predictions = source.summary?.predictive.as_ref()?;
    plain(predictions.measures.named(name))
}

fn slope(decay: Option<&Decay>) -> Option<Measured> {
    let decay = decay?;
    Some((decay.decay_decades_per_layer?, decay.std_error))
}

fn attenuation(decay: Option<&Decay>) -> Option<Measured> {
    plain(decay?.attenuation_decades)
}

fn by_loss(decay: Option<&Decay>) -> Option<Measured> {
    plain(decay?.decades_by_loss())
}

impl OutcomeRow {
    /// Of a target with the profiles of its runs.
    ///
    /// # Errors
    /// If the probabilities of several seeds cannot be read.
    pub fn of(target: &Target, profiles: &[Profile]) -> Result<Self, Problem> {
        let sources: Vec<Source> = target
            .runs
            .iter()
            .zip(profiles)
            .map(|(run, profile)| Source {
                profile,
                summary: run.summary.as_ref(),
            })
            .collect();
        let together = target.ensemble()?;
        let each = |get: &dyn Fn(&Source) -> Option<Measured>| {
            over_seeds(&sources.iter().map(get).collect::<Vec<_>>())
        };
        let figure = |kind: &OutcomeKind| match kind.taken {
            Taken::Run(get) => each(&get),
            Taken::Probabilities(name) => each(&|source| judged(source, name)),
            Taken::Ensemble(name) => {
                let value = together.as_ref().and_then(|own| own.measures.named(name));
                value.map_or(OutcomeFigure::Unknown, |value| {
                    OutcomeFigure::One(value, None)
                })
            }
        };
        let verdict = |profile: &Profile| profile.verdict.map_or("", Verdict::name);
        Ok(Self {
            status: tally(target.runs.iter().map(status)),
            verdict: tally(profiles.iter().map(verdict)),
            ends: tally(profiles.iter().map(ends)),
            learned: tally(target.runs.iter().map(learned)),
            norm: profiles[0].stats.headline.clone(),
            along: Along::of_all(target.runs.iter().map(Run::along)),
            figures: FIGURES.iter().map(figure).collect(),
        })
    }
}

/// A run's verdict in words, of both ends where they differ.
fn ends(profile: &Profile) -> String {
    let Some(verdict) = profile.verdict else {
        return String::new();
    };
    let stats = &profile.stats;
    match (verdict, &stats.initial, &stats.last) {
        (Verdict::Diverged, ..) => text::word(verdict).to_owned(),
        (_, Some(initial), Some(last)) if initial.verdict != last.verdict => {
            text::ends(initial.verdict, last.verdict)
        }
        _ => text::word(verdict).to_owned(),
    }
}

fn learned(run: &Run) -> &'static str {
    match run.summary.as_ref().and_then(|summary| summary.learned) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn status(run: &Run) -> &str {
    match &run.summary {
        Some(summary) => summary.status.name(),
        // A folder whose run was killed or still goes on.
        None if run.path.is_dir() && run.foreign().is_none() => "unfinished",
        None => "",
    }
}

fn over_seeds(figures: &[Option<Measured>]) -> OutcomeFigure {
    if let [figure] = figures {
        return figure.map_or(OutcomeFigure::Unknown, |(figure, error)| {
            OutcomeFigure::One(figure, error)
        });
    }
    let known: Vec<f64> = figures
        .iter()
        .flatten()
        .map(|(figure, _)| *figure)
        .collect();
    let finite: Vec<f64> = known
        .iter()
        .copied()
        .filter(|figure| figure.is_finite())
        .collect();
    if finite.len() == figures.len() {
        OutcomeFigure::Seeds(Estimate::of(&finite), finite)
    } else if known.is_empty() {
        OutcomeFigure::Unknown
    } else {
        OutcomeFigure::Mixed(tally(figures.iter().map(|figure| match figure {
            None => "none".to_owned(),
            Some((figure, _)) if figure.is_finite() => "finite".to_owned(),
            Some((figure, _)) => figure.to_string(),
        })))
    }
}

/// What the seeds have in common, or how many have what: "healthy 2, diverged 1".
fn tally(words: impl Iterator<Item = impl Into<String>>) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for word in words.map(Into::into) {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    if let [(word, _)] = &*counts {
        return word.clone();
    }
    let words = counts.iter().map(|(word, count)| match &**word {
        "" => format!("unknown {count}"),
        word => format!("{word} {count}"),
    });
    words.collect::<Vec<_>>().join(", ")
}
