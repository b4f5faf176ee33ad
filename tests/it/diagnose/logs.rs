//! Logs of other programs, groups of seeds, and what is read with them.

use serde_json::Value;

use crate::desk::{Desk, SMALL};

use super::{diagnosis, names, sets};

/// Ten layers, a decade apart.
const NORMS_ALONE: &str = "step,layer,activation_grad_norm\n\
    0,1,1e-9\n0,2,1e-8\n0,3,1e-7\n0,4,1e-6\n0,5,1e-5\n0,6,1e-4\n0,7,1e-3\n0,8,1e-2\n0,9,0.1\n0,10,1.0\n";

#[test]
fn a_log_without_columns_says_what_it_needs() {
    let desk = Desk::empty();
    desk.write("log.csv", NORMS_ALONE);
    let found = diagnosis(&desk, "log.csv");
    assert_eq!(found["verdict"], "vanishing");
    assert_eq!(names(&found), Vec::<String>::new());
    let open = found["unanswered"].as_array().unwrap();
    let needs = |name: &str| {
        let one = open.iter().find(|one| one["mechanism"] == name);
        one.unwrap_or_else(|| panic!("{name}: {open:?}"))["needs"].clone()
    };
    assert_eq!(needs("saturation"), Value::from(vec!["saturated_fraction"]));
    assert_eq!(needs("dead_units"), Value::from(vec!["dead_fraction"]));
    assert_eq!(needs("data_scale"), Value::from(vec!["spec.toml"]));
    // Layer 6 is four decades below the last one, and its neighbour a decade above it.
    assert_eq!(found["onset"]["layer"], 6);
    assert_eq!(found["onset"]["next_value"], 1e-3);
    let rules = found["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .all(|rule| rule["fires"].is_null() && !rule["missing"].as_array().unwrap().is_empty())
    );
    assert!(found["theory"]["reason"].as_str().unwrap().contains("spec"));
    let told = desk.vgrad(["diagnose", "log.csv"]).fine().stdout;
    assert!(
        told.contains("the log does not tell") && told.contains("dead_fraction"),
        "{told}"
    );
}

#[test]
fn what_was_found_is_not_asked_for() {
    let desk = Desk::empty();
    let norms = |step: usize, first: &str| {
        let rest = "1e-2 1e-3 1e-4".split(' ');
        let rows = [first].into_iter().chain(rest).enumerate();
        let rows = rows.map(|(i, norm)| format!("{step},{},{norm}\n", i + 1));
        rows.collect::<String>()
    };
    let text = ["step,layer,activation_grad_norm\n", &norms(0, "0.1")].concat();
    desk.write("log.csv", text + &norms(1, "NaN"));
    let found = diagnosis(&desk, "log.csv");
    assert_eq!(names(&found), ["expansion"]);
    let open = found["unanswered"].as_array().unwrap();
    let asks = |name: &str| open.iter().any(|one| one["mechanism"] == name);
    assert!(asks("saturation") && !asks("expansion"), "{open:?}");
}

#[test]
fn a_log_with_columns_is_diagnosed_by_them() {
    let desk = Desk::empty();
    let rows = (1..=10).map(|layer| {
        let norm = 10f64.powi(layer - 10);
        let saturated = if layer > 1 { 0.99 } else { 0.0 };
        format!("0,{layer},{norm:e},{saturated}\n")
    });
    let rows: String = rows.collect();
    desk.write(
        "log.csv",
        format!("step,layer,activation_grad_norm,saturated_fraction\n{rows}"),
    );
    let found = diagnosis(&desk, "log.csv");
    // A share of 99 % keeps √0.01 back, the whole decade of each layer.
    assert_eq!(names(&found), ["saturation"]);
    assert!((found["mechanisms"][0]["share"].as_f64().unwrap() - 1.0).abs() < 1e-6);
}

#[test]
fn json_has_no_number_that_is_none() {
    let desk = Desk::with(SMALL);
    desk.vgrad([
        "run",
        "trial.toml",
        "-q",
        "--out",
        "blown",
        "--set",
        "train.learning_rate=1e30",
        "--set",
        "network.activation=relu",
    ])
    .fine();
    let told = desk
        .vgrad(["diagnose", "blown", "--format", "json"])
        .fine()
        .stdout;
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(found["verdict"], "diverged");
    for word in [": NaN", ": inf", ": -inf"] {
        assert!(!told.contains(word), "{told}");
    }
}

#[test]
fn seeds_are_taken_together() {
    let desk = Desk::with(SMALL);
    let words = ["run", "trial.toml", "-q", "--seeds", "3", "--out", "three"];
    let changes = [
        "network.activation=sigmoid",
        "network.depth=12",
        "train.steps=0",
    ];
    desk.vgrad(words.into_iter().chain(sets(&changes))).fine();
    let found = diagnosis(&desk, "three");
    assert_eq!(
        (&found["seeds"], &found["mechanisms"][0]["seeds"]),
        (&3.into(), &3.into())
    );
    let by_seed = found["by_seed"].as_array().unwrap();
    let shares = by_seed
        .iter()
        .map(|one| one["mechanisms"][0]["share"].as_f64().unwrap());
    let mean = shares.sum::<f64>() / 3.0;
    assert!((found["mechanisms"][0]["share"].as_f64().unwrap() - mean).abs() < 1e-12);
    let told = desk
        .vgrad(["diagnose", "three", "--no-advice"])
        .fine()
        .stdout;
    // The share is a mean, the other numbers are one seed's.
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("in 3 of 3 seeds, here seed 0: "), "{told}");
    assert!(
        told.lines().all(|line| line.chars().count() <= 80),
        "{told}"
    );
}

/// Weights that are not what the init says are no longer theory's network.
#[test]
fn theory_stands_beside_measurement() {
    let desk = Desk::with(SMALL);
    let changes = [
        "network.depth=12",
        "network.width=32",
        "network.init=xavier_normal",
    ];
    let words = ["run", "trial.toml", "-q", "--out", "as-expected"];
    desk.vgrad(words.into_iter().chain(sets(&changes))).fine();
    let found = diagnosis(&desk, "as-expected");
    assert_eq!(found["theory"]["agrees"], true, "{:#}", found["theory"]);
    // The same log beside a spec of another init.
    let spec = desk
        .read("as-expected/spec.toml")
        .replace("gain = 1.0", "gain = 0.5");
    desk.write("as-expected/spec.toml", spec);
    let found = diagnosis(&desk, "as-expected");
    assert_eq!(found["theory"]["agrees"], false, "{:#}", found["theory"]);
    let told = desk
        .vgrad(["diagnose", "as-expected", "--no-advice"])
        .fine()
        .stdout;
    let told: Vec<&str> = told.split_whitespace().collect();
    assert!(
        told.join(" ")
            .contains("differ from the theory's assumptions")
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    let desk = Desk::empty();
    desk.vgrad(["diagnose", "nothing"])
        .refused(&["nothing", "does not exist"]);
    desk.write("log.csv", "step,layer,note\n0,1,x\n");
    desk.vgrad(["diagnose", "log.csv"])
        .refused(&["log.csv", "_norm"]);
}
