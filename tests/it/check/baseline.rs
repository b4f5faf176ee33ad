//! Accepting a baseline and comparing with it.

use super::gate::{cannot, check, command, csv, ends, rule};
use crate::desk::{Desk, SMALL};

/// A desk with an accepted CSV file.
fn accepted() -> Desk {
    let desk = Desk::empty();
    desk.write(
        "a.csv",
        csv(&[&["1e-6", "1e-4", "1e-2"], &["1e-7", "1e-4", "1e-2"]]),
    );
    let ended = ends(&desk, "a.csv --baseline b.json --accept", 0);
    assert!(
        ended.stdout.contains("accepted, b.json"),
        "{}",
        ended.stdout
    );
    desk
}

#[test]
fn a_missing_baseline_is_told_with_the_command_that_makes_it() {
    let desk = Desk::with(SMALL);
    let arguments = "trial.toml --seeds 2 --set train.steps=1 --baseline new/b.json --at final";
    let ended = ends(&desk, arguments, 2);
    let line = ended
        .stderr
        .lines()
        .find(|line| line.contains("vgrad check"))
        .unwrap();
    let (_, accept) = line.split_once("vgrad check ").unwrap();
    // A shell takes the quotes off.
    let accept = &accept.replace('\'', "");
    assert!(!desk.has("new/b.json"));
    ends(&desk, accept, 0);
    assert!(desk.has("new/b.json"));
    ends(&desk, arguments, 0);
}

#[test]
fn both_directions_beyond_the_tolerance_fail_and_name_the_layer() {
    let desk = accepted();
    ends(&desk, "a.csv --baseline b.json --tolerance 0", 0);
    for (norm, code, decades) in [
        ("1.58489e-4", 1, "+0.100"),
        ("6.30957e-5", 1, "+0.100"),
        ("1.25892e-4", 0, ""),
        ("7.94329e-5", 0, ""),
        ("0", 1, "+inf"),
    ] {
        desk.write("c.csv", csv(&[&["1e-6", norm, "1e-2"]]));
        let ended = ends(&desk, "c.csv --baseline b.json", code);
        if code == 1 {
            let worst = ended.stdout.lines().nth(1).unwrap();
            assert!(
                worst.contains("2 hidden_2") && worst.contains(decades),
                "{worst}"
            );
        }
        if norm != "0" {
            ends(&desk, "c.csv --baseline b.json --tolerance 0.3", 0);
        }
    }
}

#[test]
fn a_change_of_the_whole_network_fails_though_each_layer_holds() {
    let desk = accepted();
    // Both ends move by 0.08 decades, in opposite directions: 0.16 in all.
    desk.write("c.csv", csv(&[&["0.83176e-6", "1e-4", "1.20226e-2"]]));
    let ended = ends(&desk, "c.csv --baseline b.json", 1);
    let failed: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| line.contains("fails"))
        .collect();
    assert_eq!(failed.len(), 2, "{}", ended.stdout);
    assert!(failed.iter().all(|line| line.contains("all")), "{failed:?}");
    assert!(failed[0].contains("+0.060"), "{failed:?}");
}

#[test]
fn zeros_are_kept_and_hold() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["0", "1e-4", "1e-2"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    assert!(desk.read("b.json").contains("\"median\": \"-inf\""));
    ends(&desk, "a.csv --baseline b.json", 0);
    // What was lost and now arrives is an improvement, however little it is.
    desk.write("c.csv", csv(&[&["1e-300", "1e-4", "1e-2"]]));
    let ended = ends(&desk, "c.csv --baseline b.json", 0);
    assert!(ended.stdout.contains("improved"), "{}", ended.stdout);
    ends(&desk, "c.csv --baseline b.json --strict", 1);
    // The other way round it fails, as far as can be.
    ends(&desk, "c.csv --baseline c.json --accept", 0);
    let ended = check(&desk, "a.csv --baseline c.json --format json");
    assert_eq!(ended.code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let worst = &report["findings"][0];
    assert_eq!(worst["beyond_decades"], "inf");
    let layers = report["findings"].as_array().unwrap().iter();
    assert!(
        layers
            .filter(|f| f["state"] == "fails")
            .any(|f| f["layer"] == 1),
        "{report:#}"
    );
}

#[test]
fn what_cannot_be_compared_is_no_pass() {
    let desk = accepted();
    desk.write("c.csv", csv(&[&["1e-6", "1e-4"]]));
    cannot(
        &desk,
        "c.csv --baseline b.json",
        &["b.json", "lacks layer 3 (hidden_3)"],
    );
    desk.write("c.csv", csv(&[&["1e-6", "1e-4", "1e-2", "1"]]));
    cannot(
        &desk,
        "c.csv --baseline b.json",
        &["layer 4 (hidden_4) is new"],
    );
    let other = csv(&[&["1e-6", "1e-4", "1e-2"]]).replace("activation_grad_norm", "x_norm");
    desk.write("c.csv", other);
    cannot(
        &desk,
        "c.csv --baseline b.json",
        &["activation_grad_norm", "x_norm"],
    );
    desk.write("c.csv", csv(&[&["1e-6", "", "1e-2"]]));
    cannot(&desk, "c.csv --baseline b.json", &["layer 2"]);
    cannot(
        &desk,
        "a.csv --baseline b.json --at final",
        &["does not hold the step final", "--accept"],
    );
    desk.write("trial.toml", SMALL);
    cannot(&desk, "trial.toml --baseline b.json", &["lone CSV file"]);
}

#[test]
fn another_spec_or_seed_is_told_by_its_keys() {
    let desk = Desk::with(SMALL);
    ends(&desk, "trial.toml --baseline b.json --accept", 0);
    ends(&desk, "trial.toml --baseline b.json", 0);
    cannot(
        &desk,
        "trial.toml --set network.depth=5 --baseline b.json --same-spec",
        &["another spec", "network.depth 4 → 5"],
    );
    cannot(
        &desk,
        "trial.toml --seed 1 --baseline b.json",
        &["seed 0", "seed 1"],
    );
    // The seeds that both have are compared.
    let ended = ends(&desk, "trial.toml --seeds 2 --baseline b.json", 0);
    assert!(
        ended.stderr.contains("compared are seed 0"),
        "{}",
        ended.stderr
    );
    // Name, log and rules do not matter.
    ends(
        &desk,
        "trial.toml --set name=other --set log.every=2 --baseline b.json",
        0,
    );
}

#[test]
fn several_seeds_are_compared_pair_by_pair() {
    let desk = Desk::with(SMALL);
    ends(&desk, "trial.toml --seeds 3 --baseline b.json --accept", 0);
    // The seeds scatter by far more than the tolerance, and yet nothing is unclear.
    let ended = ends(&desk, "trial.toml --seeds 3 --baseline b.json --strict", 0);
    assert!(!ended.stdout.contains("unclear"), "{}", ended.stdout);
    // Other seeds: only the means are left, and they cannot tell.
    let ended = ends(
        &desk,
        "trial.toml --seed 7 --seeds 3 --baseline b.json --tolerance 0.01 --strict",
        1,
    );
    assert!(ended.stdout.contains("unclear"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("only their means"),
        "{}",
        ended.stderr
    );
    // One layer scaled by 10^0.2 in every seed fails.
    desk.run("--seeds 3 --out group").fine();
    for seed in 0..3 {
        let file = format!("group/seed-{seed}/gradients.csv");
        desk.write(
            &file,
            scaled(&desk.read(&file), "hidden_2", 10f64.powf(0.2)),
        );
    }
    let ended = ends(&desk, "group --baseline b.json", 1);
    let worst = ended.stdout.lines().nth(1).unwrap();
    assert!(
        worst.contains("2 hidden_2") && worst.contains("+0.100"),
        "{worst}"
    );
    ends(&desk, "group --baseline b.json --tolerance 0.3", 0);
    // Shifts that differ from seed to seed do not hide behind their own scatter.
    for (seed, decades) in [(0, 0.1), (1, -0.6), (2, 0.1)] {
        let file = format!("group/seed-{seed}/gradients.csv");
        let factor = 10f64.powf(decades);
        desk.write(&file, scaled(&desk.read(&file), "hidden_2", factor));
    }
    let ended = ends(&desk, "group --baseline b.json", 1);
    assert!(ended.stdout.contains("2 hidden_2"), "{}", ended.stdout);
    // One seed alone is no more than unclear.
    for (seed, decades) in [(1, 0.4), (2, -0.3)] {
        let file = format!("group/seed-{seed}/gradients.csv");
        let factor = 10f64.powf(decades);
        desk.write(&file, scaled(&desk.read(&file), "hidden_2", factor));
    }
    let ended = ends(&desk, "group --baseline b.json", 0);
    assert!(ended.stdout.contains("unclear"), "{}", ended.stdout);
    ends(&desk, "group --baseline b.json --strict", 1);
    // The seed that both have is compared alone, with itself.
    let ended = ends(
        &desk,
        "trial.toml --seed 1 --baseline b.json --tolerance 0",
        0,
    );
    assert!(
        ended.stderr.contains("compared are seed 1"),
        "{}",
        ended.stderr
    );
}

/// `gradients.csv` with the activation gradient of one layer scaled.
fn scaled(text: &str, layer: &str, factor: f64) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if cells[3] == layer {
            cells[4] = (cells[4].parse::<f64>().unwrap() * factor).to_string();
        }
        lines.push(cells.join(","));
    }
    lines.join("\n") + "\n"
}

#[test]
fn accepting_writes_only_what_was_asked_for() {
    let desk = accepted();
    let first = desk.read("b.json");
    assert!(!first.contains("final"));
    // Again the same bytes.
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    assert_eq!(desk.read("b.json"), first);
    ends(
        &desk,
        "a.csv --baseline b.json --accept --at final --at 1",
        0,
    );
    let all = desk.read("b.json");
    for at in ["\"at\": \"initial\"", "\"at\": \"1\"", "\"at\": \"final\""] {
        assert!(all.contains(at), "{all}");
    }
    // What the file held stays in it, and every step is compared.
    desk.write(
        "c.csv",
        csv(&[&["1e-6", "1e-4", "1e-2"], &["1e-8", "1e-4", "1e-2"]]),
    );
    let ended = ends(&desk, "c.csv --baseline b.json", 1);
    assert!(
        ended.stdout.contains("at the final step"),
        "{}",
        ended.stdout
    );
    let ended = ends(&desk, "c.csv --baseline b.json --accept", 0);
    assert!(
        ended
            .stderr
            .contains("layer 1 (hidden_1): activation_grad_norm 10^-7.000 → 10^-8.000"),
        "{}",
        ended.stderr
    );
    assert!(desk.read("b.json").contains("\"at\": \"final\""));
    cannot(
        &desk,
        "c.csv --baseline b.json --accept --at 7",
        &["step 7 was not logged"],
    );
    assert_eq!(desk.list("."), ["a.csv", "b.json", "c.csv"]);
}

#[test]
fn layers_stand_in_lines_of_their_own_with_four_decimals() {
    let desk = accepted();
    let text = desk.read("b.json");
    assert!(text.ends_with("}\n"));
    let layers: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("\"layer\":"))
        .collect();
    assert_eq!(layers.len(), 3);
    let norm = "\"activation_grad_norm\": {\"high\": -4.0, \"low\": -4.0, \"mean\": -4.0, \"median\": -4.0}";
    assert!(layers[1].contains(norm), "{}", layers[1]);
    desk.write("c.csv", csv(&[&["1.00001e-6", "1.00001e-4", "0.99999e-2"]]));
    ends(&desk, "c.csv --baseline b.json --accept", 0);
    assert_eq!(desk.read("b.json"), text);
}

#[test]
fn a_gate_does_not_accept_in_ci_unless_forced() {
    let desk = accepted();
    let before = desk.read("b.json");
    desk.write("c.csv", csv(&[&["1e-9", "1e-4", "1e-2"]]));
    let in_ci = |value: &str, flags: &str| {
        let mut command = command(&desk, &format!("c.csv --baseline b.json --accept {flags}"));
        command.env("CI", value).output().unwrap().status.code()
    };
    assert_eq!(in_ci("true", ""), Some(2));
    assert_eq!(desk.read("b.json"), before);
    assert_eq!(in_ci("true", "--force"), Some(0));
    assert_ne!(desk.read("b.json"), before);
    assert_eq!(in_ci("false", ""), Some(0));
    assert_eq!(in_ci("", ""), Some(0));
}

#[test]
fn what_fails_is_not_accepted() {
    let desk = accepted();
    let before = desk.read("b.json");
    desk.write("c.csv", csv(&[&["1e-9", "1e-4", "1e-2"]]));
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 5"));
    let ended = ends(&desk, "c.csv --rules r.toml --baseline b.json --accept", 1);
    assert!(ended.stderr.contains("not written"), "{}", ended.stderr);
    desk.write("c.csv", csv(&[&["NaN", "1e-4", "1e-2"]]));
    ends(&desk, "c.csv --baseline b.json --accept", 1);
    assert_eq!(desk.read("b.json"), before);
    // Nor is a file replaced that is no baseline.
    cannot(
        &desk,
        "a.csv --baseline a.csv --accept",
        &["a.csv", "not replaced"],
    );
    assert!(desk.read("a.csv").starts_with("step,layer"));
    let usage = check(&desk, "a.csv --accept");
    assert_eq!(usage.code, Some(2));
}
