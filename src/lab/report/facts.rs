//! What the specs say: where they differ, or for one run what it is.

use toml::Value;

use super::entry::Entry;
use crate::lab::config::{Spec, changed_keys};

/// A table of spec keys, a column per run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Above it.
    pub heading: &'static str,
    /// What it says, in a sentence.
    pub sentence: String,
    /// Names of the runs.
    pub runs: Vec<String>,
    /// A key and its value per run.
    pub rows: Vec<(String, Vec<String>)>,
}

/// The keys told of a single run, where its spec has them.
const KEYS: &[&str] = &[
    "data.source",
    "network.depth",
    "network.width",
    "network.activation",
    "network.init",
    "network.norm",
    "network.order",
    "network.skip",
    "network.dropout",
    "train.steps",
    "train.epochs",
    "train.batch_size",
    "train.optimizer",
    "train.learning_rate",
    "train.schedule",
    "train.loss",
    "train.clip_grad_norm",
    "precision",
    "seed",
];

/// Of all runs that have a spec; `None` where none has.
pub fn facts(entries: &[Entry]) -> Option<Facts> {
    // With absolute paths: the folders lie in different depths.
    let resolved: Vec<(&str, Spec)> = entries
        .iter()
        .filter_map(|entry| Some((&*entry.label, entry.run.resolved_spec()?)))
        .collect();
    let with_spec: Vec<(&str, &Spec)> = resolved
        .iter()
        .map(|(label, spec)| (*label, spec))
        .collect();
    match with_spec[..] {
        [] => None,
        [(label, spec)] => Some(Facts {
            heading: "The spec",
            sentence: "What this run was made from; defaults are filled in.".to_owned(),
            runs: vec![label.to_owned()],
            rows: of_one(spec),
        }),
        _ => Some(differences(&with_spec, entries.len())),
    }
}

fn of_one(spec: &Spec) -> Vec<(String, Vec<String>)> {
    let Ok(whole) = Value::try_from(spec) else {
        return Vec::new();
    };
    let find = |key: &str| {
        let mut parts = key.split('.');
        parts.try_fold(&whole, |value, part| value.get(part))
    };
    KEYS.iter()
        .filter_map(|key| Some(((*key).to_owned(), vec![find(key)?.to_string()])))
        .collect()
}

fn differences(with_spec: &[(&str, &Spec)], runs: usize) -> Facts {
    let specs: Vec<&Spec> = with_spec.iter().map(|(_, spec)| *spec).collect();
    let changed = changed_keys(&specs);
    let mut sentence = match changed.len() {
        0 => "The specs agree in every key.".to_owned(),
        1 => "The specs differ in one key; all others agree.".to_owned(),
        n => format!("The specs differ in {n} keys; all others agree."),
    };
    let without = runs - with_spec.len();
    if without > 0 {
        sentence += &format!(" {without} of {runs} runs are lone files without a spec.");
    }
    let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    Facts {
        heading: "What differs between the specs",
        sentence,
        runs: with_spec
            .iter()
            .map(|(label, _)| (*label).to_owned())
            .collect(),
        rows: changed
            .into_iter()
            .map(|changed| (changed.key, changed.values.into_iter().map(text).collect()))
            .collect(),
    }
}
