//! Recurrent networks: a row of the log is what one time step adds to ∂L/∂W, an optimizer and
//! the published rules have the sum over all of them.

use serde_json::Value;

use super::{diagnosis, names};
use crate::desk::Desk;

/// Two stacked linear maps that keep a tenth of the gradient at each of 24 time steps: the
/// first one adds 1e-23 times as much to ∂L/∂W_hh as the last one.
const FADING: &str = "[data]\nsource = { gaussian = { samples = 16, features = 48 } }\n\
    test_fraction = 0.0\npositions = 24\n[network]\n\
    architecture = { recurrent = { cell = \"rnn\", recurrent_init = { orthogonal = { gain = 0.1 } } } }\n\
    depth = 2\nwidth = 32\nactivation = \"identity\"\n[train]\nsteps = 0\n\
    optimizer = { adam = { eps = 1e-8 } }\nbatch_size = \"full\"\nlearning_rate = 0.1\n";

fn diagnosed(spec: &str, change: &str) -> Value {
    let desk = Desk::with(spec);
    let run = ["run", "trial.toml", "--out=run", "-q", "--set", change];
    desk.vgrad(run).fine();
    diagnosis(&desk, "run")
}

fn open(found: &Value) -> Vec<&Value> {
    let open = found["unanswered"].as_array().unwrap().iter();
    let floor = open.filter(|one| one["mechanism"] == "optimizer_floor");
    floor.map(|one| &one["needs"][0]).collect()
}

fn has_floor(found: &Value) -> bool {
    names(found).iter().any(|name| name == "optimizer_floor")
}

#[test]
fn the_optimizer_floor_needs_the_sum_over_the_time_steps() {
    let found = diagnosed(FADING, "log.parameters=false");
    assert!(!has_floor(&found), "{:?}", names(&found));
    let open = open(&found);
    let needs = open[0].as_str().unwrap();
    assert!(needs.starts_with("log.parameters = true ("), "{needs}");
}

/// An entry of the sum has a size near 0.01.
#[test]
fn the_optimizer_floor_goes_by_whole_tensors() {
    let found = diagnosed(FADING, "log.parameters=true");
    assert!(!has_floor(&found) && open(&found).is_empty(), "{found:#}");
    let found = diagnosed(&FADING.replace("1e-8", "1.0"), "log.parameters=true");
    let mut mechanisms = found["mechanisms"].as_array().unwrap().iter();
    let floor = mechanisms.find(|one| one["name"] == "optimizer_floor");
    let floor = floor.unwrap_or_else(|| panic!("{found:#}"));
    let sentence = floor["sentence"].as_str().unwrap();
    let expected = "∂L/∂W_hh of stacked layers 1–2, summed over the time steps, has a size of 0.01";
    assert!(sentence.contains(expected), "{sentence}");
    assert_eq!(floor["layers"].as_array().unwrap().len(), 48);
}

#[test]
fn rules_on_weight_gradients_are_not_replayed_on_parts_of_them() {
    let found = diagnosed(FADING, "train.steps=2");
    for rule in found["rules"].as_array().unwrap() {
        let of_weights = [
            "VanishingGradient",
            "gradient vanish",
            "gradient explode",
            "dying ReLU",
            "vanishing gradient",
            "shrinking gradient",
            "norm per layer",
        ];
        let is_of_weights = of_weights.contains(&rule["rule"].as_str().unwrap());
        assert_eq!(rule["fires"].is_null(), is_of_weights, "{rule}");
        assert_eq!(rule["reason"].is_string(), is_of_weights, "{rule}");
        assert_eq!(rule["missing"].as_array().unwrap().len(), 0, "{rule}");
    }
}

/// Its gates are saturated: shut.
#[test]
fn a_forget_gate_that_is_shut_is_no_saturation_besides() {
    let spec = "[data]\nsource = \"digits\"\npositions = 8\n[network]\n\
        architecture = { recurrent = { cell = \"lstm\", forget_bias = -1e6 } }\n\
        depth = 1\nwidth = 16\n[train]\nsteps = 0\nbatch_size = 128\nlearning_rate = 0.1\n";
    let found = diagnosed(spec, "seed=0");
    let found = names(&found);
    assert_eq!(found[0], "forget_gate");
    assert!(!found.contains(&"saturation".to_owned()), "{found:?}");
}
