//! `vgrad diagnose`: why a run is as it is, through the real binary.

mod advice;
mod gallery;
mod generators;
mod healthy;
mod logs;
mod mechanisms;
mod recurrent;
mod rules;
mod steps;
mod tokens;

use serde_json::Value;

use crate::desk::Desk;

/// Three classes that two layers learn; a network of 16 units a layer.
const SPEC: &str = r#"
[data]
source = { blobs = { samples = 100, classes = 3 } }
[network]
depth = 8
width = 16
activation = "relu"
init = "he_normal"
[train]
steps = 40
batch_size = 16
learning_rate = 0.02
[log]
evaluate_every = 1000
"#;

/// `--set` before every change.
fn sets<'a>(changes: &[&'a str]) -> Vec<&'a str> {
    changes
        .iter()
        .flat_map(|change| ["--set", *change])
        .collect()
}

/// The diagnosis of a target in JSON, without trials.
fn diagnosis(desk: &Desk, target: &str) -> Value {
    let words = ["diagnose", target, "--no-advice", "--format", "json"];
    serde_json::from_str(&desk.vgrad(words).fine().stdout).unwrap()
}

/// The names of the mechanisms, in their order.
fn names(diagnosis: &Value) -> Vec<String> {
    let mechanisms = diagnosis["mechanisms"].as_array().unwrap().iter();
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    mechanisms.map(name).collect()
}

/// The diagnoses of five seeds of a changed [`SPEC`].
fn five_seeds(desk: &Desk, changes: &[&str]) -> Vec<Value> {
    let words = ["run", "trial.toml", "-q", "--seeds", "5", "--out", "five"];
    let words = words.into_iter().chain(sets(changes));
    desk.vgrad(words).fine();
    let whole = diagnosis(desk, "five");
    assert_eq!(whole["seeds"], 5);
    whole["by_seed"].as_array().unwrap().clone()
}
