//! Logs that other programs wrote, read through the real program. The samples in
//! `tests/fixtures/logs` were made with the real loggers; `expected.json` beside them says
//! what each holds.

mod bounds;
mod commands;
mod expected;
mod handmade;
mod hostile;
mod layers;
mod left_out;
mod order;
mod sentences;
mod variants;

use serde_json::Value;

use crate::desk::Desk;

/// A sample's path.
pub fn sample(name: &str) -> String {
    format!("{}/tests/fixtures/logs/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What `vgrad read` says of a log, for programs, and what it said aside.
#[track_caller]
pub fn read(desk: &Desk, arguments: &str) -> (Value, String) {
    let all = format!("read --format json {arguments}");
    let ended = desk.vgrad(all.split_whitespace()).fine();
    let json = serde_json::from_str(&ended.stdout);
    let json = json.unwrap_or_else(|error| panic!("{arguments}: {error}\n{}", ended.stdout));
    (json, ended.stderr)
}

/// The layers on the path of the `i`-th network.
#[track_caller]
pub fn on_path(json: &Value, i: usize) -> Vec<&Value> {
    let layers = json["networks"][i]["layers"].as_array();
    let layers = layers.unwrap_or_else(|| panic!("no network {i}: {json:#}"));
    let on_path = layers.iter().filter(|layer| !layer["position"].is_null());
    on_path.collect()
}

/// Their names.
#[track_caller]
pub fn path(json: &Value, i: usize) -> Vec<String> {
    let names = on_path(json, i).into_iter();
    names
        .map(|layer| layer["name"].as_str().unwrap().to_owned())
        .collect()
}

/// That two numbers are equal to one part in a million.
#[track_caller]
pub fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found / expected - 1.0).abs() < 1e-6, "{found}, {expected}");
}
