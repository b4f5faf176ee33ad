//! Every sample holds what `expected.json` says of it.

use serde_json::Value;

use super::{near, on_path, path, read, sample};
use crate::desk::Desk;

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(sample("expected.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    assert!(all[name].is_object(), "{name} is not expected");
    all[name].clone()
}

/// The parameter that a layer's weight gradient was made of, as the log names it, without what
/// was measured.
fn weight(layer: &Value) -> String {
    let mut parameters = layer["parameters"].as_array().unwrap().iter();
    let is_weight = |name: &&Value| !name.as_str().unwrap().ends_with("bias");
    let weight = parameters.find(is_weight).unwrap();
    weight.as_str().unwrap().to_owned()
}

/// A sample with a norm per layer: layers in forward order, steps, ends, decades.
#[track_caller]
fn layered(name: &str) {
    let expected = expected(name);
    let (json, warnings) = read(&Desk::empty(), &sample(name));
    assert_eq!(warnings, "", "{name}");
    let network = &json["networks"][0];
    let layers = on_path(&json, 0);
    let names: Vec<String> = layers.iter().map(|layer| weight(layer)).collect();
    let forward = expected["layers_forward"].as_array().unwrap().iter();
    let forward: Vec<&str> = forward.map(|name| name.as_str().unwrap()).collect();
    let bare = |name: &str| {
        let bare = name
            .split_once('/')
            .filter(|(first, _)| first.contains("norm"));
        bare.map_or(name, |(_, rest)| rest).to_owned()
    };
    let bare: Vec<String> = forward.iter().map(|name| bare(name)).collect();
    let is_long = name.contains("handmade_long");
    let names: Vec<String> = match is_long {
        true => path(&json, 0),
        false => names,
    };
    assert_eq!(names, bare, "{name}");
    let [first, last, count] = [0, 1, 2].map(|i| expected["steps"][i].as_u64().unwrap());
    assert_eq!(network["steps"]["first"], first, "{name}");
    assert_eq!(network["steps"]["last"], last, "{name}");
    assert_eq!(network["steps"]["count"], count, "{name}");
    let number = |key: &str| expected[key].as_f64().unwrap();
    let norm = |layer: &Value, end: &str| layer[end]["weight_grad_norm"].clone();
    near(
        &norm(layers[0], "initial"),
        number("first_layer_first_step"),
    );
    near(
        &norm(layers[layers.len() - 1], "initial"),
        number("last_layer_first_step"),
    );
    near(&norm(layers[0], "final"), number("first_layer_last_step"));
    let decades = number("decades_first_to_last_layer_at_first_step");
    near(&network["initial"]["attenuation_decades"], decades);
    assert_eq!(network["verdict"], "vanishing", "{name}");
}

#[test]
fn tables_with_a_column_per_layer() {
    layered("lightning_metrics_per_parameter.csv");
    layered("keras_csvlogger_gradnorms.csv");
    layered("wandb_history.csv");
}

#[test]
fn rows_per_layer_and_lines_of_json() {
    layered("handmade_long.csv");
    layered("handmade_metrics.jsonl");
}

#[test]
fn stores_of_metrics() {
    layered("mlruns");
    layered("tensorboard/scalars_simple_value");
    layered("tensorboard/scalars_tensor");
    layered("tensorboard/lightning_version_0");
}

/// The offline file holds what the exported history holds.
#[test]
fn the_offline_file_of_wandb() {
    let expected = expected("wandb_offline");
    for name in ["wandb_offline", "wandb_offline/run-25tq5um7.wandb"] {
        let (json, _) = read(&Desk::empty(), &sample(name));
        let (history, _) = read(&Desk::empty(), &sample("wandb_history.csv"));
        assert_eq!(json["rows"], expected["history_records"]);
        assert_eq!(
            path(&json, 0).len() as u64,
            expected["layers"].as_u64().unwrap()
        );
        assert_eq!(
            json["networks"][0]["layers"],
            history["networks"][0]["layers"]
        );
        assert_eq!(
            json["networks"][0]["initial"],
            history["networks"][0]["initial"]
        );
        // Of the 14 parameters `watch` logged histograms, which have no norms.
        assert_eq!(json["histograms"], 14);
    }
}

#[test]
fn logs_of_the_whole_gradient_alone() {
    let desk = Desk::empty();
    let of = |name: &str| {
        let (json, warnings) = read(&desk, &sample(name));
        assert_eq!(warnings, "", "{name}");
        assert_eq!(json["networks"].as_array().unwrap().len(), 0, "{name}");
        assert!(
            json["missing"][0]
                .as_str()
                .unwrap()
                .starts_with("norms per layer")
        );
        json["totals"][0]["grad_norm"].clone()
    };
    let steps = |norm: &Value| ["first", "last", "count"].map(|key| norm["steps"][key].clone());
    let norm = of("hf_trainer_state.json");
    let whole = expected("hf_trainer_state.json");
    assert_eq!(Value::from(steps(&norm).to_vec()), whole["steps"]);
    assert_eq!(
        [&norm["first"], &norm["last"]],
        [&whole["first"], &whole["last"]]
    );
    let norm = of("hf_trainer_state_nan.json");
    assert_eq!(
        norm["non_finite"],
        expected("hf_trainer_state_nan.json")["nan_grad_norm_rows"]
    );
    let norm = of("torchtitan_stdout.log");
    let whole = expected("torchtitan_stdout.log");
    assert_eq!(Value::from(steps(&norm).to_vec()), whole["steps"]);
    assert_eq!(norm["first"], whole["values"]["2"]);
    assert_eq!(norm["last"], whole["values"]["24"]);
    // Ten rows, steps 2, 4 … 20.
    let norm = of("mmengine_scalars.json");
    assert_eq!(steps(&norm), [2, 20, 10].map(Value::from));
    // Steps 4, 9, 14 and 19: the last batch of each interval of five.
    let norm = of("lightning_metrics_total.csv");
    assert_eq!(steps(&norm), [4, 19, 4].map(Value::from));
    // Lines of a dict, three as 4.x prints them and three as 5.x does.
    let norm = of("hf_stdout.log");
    assert_eq!(steps(&norm), [0, 5, 6].map(Value::from));
    assert_eq!(
        [&norm["first"], &norm["last"]],
        [&Value::from(0.66741943359375), &Value::from(0.6394)]
    );
}

/// Three decimals: two norms of 2e-4 read 0.000, which is no zero.
#[test]
fn what_megatron_rounds_is_no_zero() {
    let (json, _) = read(&Desk::empty(), &sample("megatron_stdout.log"));
    let total = &json["totals"][0];
    let whole = expected("megatron_stdout.log");
    let steps = ["first", "last", "count"].map(|key| total["grad_norm"]["steps"][key].clone());
    assert_eq!(Value::from(steps.to_vec()), whole["steps"]);
    assert_eq!(total["grad_norm"]["first"], whole["values"]["2"]);
    assert_eq!(total["grad_norm"]["first_non_finite_step"], 12);
    assert_eq!(total["grad_norm"]["non_finite"], 1);
    assert_eq!(total["grad_norm"]["zeros"], 2);
    near(&total["resolution"], 5e-4);
    let sentence = total["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("below 5e-4, neither zero nor dead"),
        "{sentence}"
    );
}

/// Six decimals hide fc1 to fc4, whose norms are 1.8e-8 to 2.1e-7: a bound that is enough.
#[test]
fn a_loop_that_prints_six_decimals_gives_bounds() {
    let (json, _) = read(&Desk::empty(), &sample("handmade_stdout.txt"));
    let network = &json["networks"][0];
    near(&network["columns"][0]["resolution"], 5e-7);
    let names = path(&json, 0);
    assert_eq!((names.len(), &*names[0], &*names[12]), (13, "fc1", "out"));
    let initial = &network["initial"];
    assert_eq!(initial["layers_below_resolution"], 4);
    // log10(0.354772 / 5e-7).
    near(&initial["attenuation_decades"], 5.850979);
    assert_eq!(network["verdict"], "vanishing");
    assert_eq!(network["onset"]["condition"], "loss");
    let sentence = network["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("at least 10^5.9 times smaller"),
        "{sentence}"
    );
    // It tells epochs, the first and the last of eight.
    assert_eq!(json["step"], "epoch");
    assert_eq!(
        [&network["steps"]["first"], &network["steps"]["last"]],
        [1, 8]
    );
}

#[test]
fn policy_and_value_are_judged_apart() {
    let expected = expected("sb3_progress.csv");
    let (json, warnings) = read(&Desk::empty(), &sample("sb3_progress.csv"));
    assert_eq!(warnings, "");
    assert_eq!(json["rows"], expected["rows"]);
    assert_eq!(json["step"], expected["step_column"]);
    assert_eq!(json["clipped"], true);
    for (i, chain) in ["policy", "value"].into_iter().enumerate() {
        assert_eq!(json["networks"][i]["chain"], chain);
        assert_eq!(Value::from(path(&json, i)), expected["branches"][chain]);
    }
    // The first row has no gradients: the second is the first with a norm.
    assert_eq!(json["networks"][0]["steps"]["first"], 128);
    let first = &on_path(&json, 0)[0]["initial"]["weight_grad_norm"];
    assert_eq!(*first, expected["policy_net_0_weight_row2"]);
}

#[test]
fn a_log_without_gradients_says_so() {
    let (json, _) = read(&Desk::empty(), &sample("keras_csvlogger.log"));
    assert_eq!(json["missing"][0], "norms of gradients");
    assert_eq!(json["totals"][0]["train_loss"]["steps"]["count"], 5);
    assert_eq!(json["totals"][0]["train_loss"]["first"], 1.402077555656433);
}

/// Each sample fits a terminal of 80 columns and ends in a verdict.
#[test]
fn every_sample_is_told_in_80_columns() {
    let desk = Desk::empty();
    let text = std::fs::read_to_string(sample("expected.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    for name in all.as_object().unwrap().keys() {
        let ended = desk.vgrad(["read", &sample(name)]).fine();
        let long = ended.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{name}");
        let verdict = ended
            .stdout
            .lines()
            .find(|line| line.starts_with("verdict"));
        assert!(verdict.is_some(), "{name}: {}", ended.stdout);
    }
}
