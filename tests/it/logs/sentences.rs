//! What the verdict's sentence says of ends that read 0, of layers without a value, and of
//! numbers that are no norms.

use serde_json::Value;

use super::read;
use crate::desk::Desk;

/// The network of a wide CSV of three layers with these rows.
fn network(rows: &[&str]) -> Value {
    let desk = Desk::empty();
    let rows: Vec<String> = (0..)
        .zip(rows)
        .map(|(step, row): (u32, _)| format!("{step},{row}\n"))
        .collect();
    let header = "step,grad_norm/fc1,grad_norm/fc2,grad_norm/fc3\n";
    desk.write("l.csv", header.to_owned() + &rows.concat());
    read(&desk, "l.csv").0["networks"][0].clone()
}

#[track_caller]
fn says(network: &Value, verdict: &str, words: &str) {
    let sentence = network["sentence"].as_str().unwrap();
    assert!(sentence.starts_with(verdict), "{sentence}");
    assert!(sentence.contains(words), "{sentence}");
}

#[test]
fn which_end_reads_zero_is_told() {
    let first = "the first layer (fc1) gets exactly 0 where the last (fc3) gets a gradient";
    says(&network(&["0,1,1"; 2]), "vanishing", first);
    let last = "the last layer (fc3) gets exactly 0 where the first (fc1) gets a gradient";
    says(&network(&["1,1,0"; 2]), "exploding", last);
    says(
        &network(&["0,0,0"; 2]),
        "vanishing",
        "every layer gets exactly 0",
    );
    let both = "the first layer (fc1) and the last (fc3) get exactly 0, and layers between them";
    says(&network(&["0,1,0"; 2]), "vanishing", both);
}

#[test]
fn layers_without_a_value_are_left_out_and_counted() {
    // fc1 is empty at both ends: the first that has a value is fc2, four decades below fc3.
    let network = network(&[",1e-4,1", "1e-6,1e-4,1", ",1e-4,1"]);
    says(
        &network,
        "vanishing",
        "the gradient of the first layer (fc2)",
    );
    says(
        &network,
        "vanishing",
        "1 layer has no value at step 0 and is left out",
    );
    assert_eq!(network["initial"]["attenuation_decades"], 4.0);
    assert_eq!(network["initial"]["layers_left_out"], 1);
}

#[test]
fn one_layer_with_a_value_has_no_verdict() {
    let network = network(&[",1e-4,", "1,1,1"]);
    assert_eq!(network["initial"]["layers_left_out"], 2, "{network:#}");
    says(&network, "no verdict", "only one layer (fc2) has a value");
}

#[test]
fn what_is_below_zero_is_no_norm() {
    for rows in [["-1e-4,-1e-2,-1"; 2], ["-4.2,-2.1,-0.0"; 2]] {
        let network = network(&rows);
        says(&network, "no verdict", "below 0, which no norm is");
        assert!(
            network["verdict"].is_null() && network["initial"].is_null(),
            "{network:#}"
        );
    }
}
