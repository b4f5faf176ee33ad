//! Several seeds beside a baseline.

use serde_json::Value;

use super::gate::{cannot, check, csv, ends};
use crate::desk::{Desk, SMALL};

/// Folders of seeds without specs, each with the norms of one step.
fn write_group(desk: &Desk, group: &str, seeds: &[&[&str]]) {
    for (seed, norms) in seeds.iter().enumerate() {
        desk.write(&format!("{group}/seed-{seed}/gradients.csv"), csv(&[norms]));
    }
}

#[test]
fn seeds_without_specs_are_known_by_their_folders() {
    let desk = Desk::empty();
    write_group(&desk, "old", &[&["1e-2", "1"], &["1e-3", "1"]]);
    ends(&desk, "old --baseline b.json --accept", 0);
    ends(&desk, "old --baseline b.json --tolerance 0", 0);
    write_group(&desk, "new", &[&["1e-2", "1"], &["1e-7", "1"]]);
    let ended = ends(&desk, "new --baseline b.json --strict", 1);
    assert!(ended.stdout.contains("1 hidden_1"), "{}", ended.stdout);
}

#[test]
fn no_seed_is_dropped_beside_a_lone_file() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-2", "1"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    write_group(&desk, "group", &[&["1e-2", "1"], &["1e-9", "1"]]);
    let words = ["b.json", "no seed", "seeds 0 to 1"];
    cannot(&desk, "group --baseline b.json", &words);
    write_group(&desk, "single", &[&["1e-9", "1"]]);
    ends(&desk, "single --baseline b.json", 1);
    ends(&desk, "single --baseline c.json --accept", 0);
    ends(&desk, "single --baseline c.json", 0);
    // 1e-9 has become 1e-2: closer to healthy.
    ends(&desk, "a.csv --baseline c.json", 0);
    ends(&desk, "a.csv --baseline c.json --strict", 1);
}

#[test]
fn what_is_accepted_is_read_again_whatever_the_folders_are_called() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 2 --out group").fine();
    for (from, to) in [("seed-0", "x"), ("seed-1", "seed-0"), ("x", "seed-1")] {
        let [from, to] = [from, to].map(|name| desk.path(&format!("group/{name}")));
        std::fs::rename(from, to).unwrap();
    }
    ends(&desk, "group --baseline b.json --accept", 0);
    ends(&desk, "group --baseline b.json --tolerance 0", 0);
    ends(
        &desk,
        "trial.toml --seeds 2 --baseline b.json --tolerance 0",
        0,
    );
    // The same seed twice is no group of seeds.
    for file in ["gradients.csv", "spec.toml"] {
        desk.write(
            &format!("twice/seed-0/{file}"),
            desk.read(&format!("group/seed-0/{file}")),
        );
        desk.write(
            &format!("twice/seed-1/{file}"),
            desk.read(&format!("group/seed-0/{file}")),
        );
    }
    cannot(&desk, "twice --baseline c.json --accept", &["same seed"]);
    assert!(!desk.has("c.json"));
}

#[test]
fn changes_in_opposite_directions_are_told_by_the_larger() {
    let desk = Desk::empty();
    let norms = ["1e-2", "1e-2", "1"];
    write_group(&desk, "group", &[&norms, &norms]);
    ends(&desk, "group --baseline b.json --accept", 0);
    let moved = [0.3, -0.4].map(|decades| format!("{:e}", 10f64.powf(-2.0 + decades)));
    write_group(
        &desk,
        "group",
        &[&["1.8e-2", &moved[0], "1"], &["1.8e-2", &moved[1], "1"]],
    );
    let ended = check(&desk, "group --baseline b.json --format json");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let worst = &report["findings"][0];
    assert_eq!(
        (&worst["layer"], &worst["state"]),
        (&2.into(), &"fails".into())
    );
    for (key, expected) in [
        ("beyond_decades", 0.3),
        ("value", -2.4),
        ("baseline", -2.0),
        ("limit", -2.1),
        ("low", -2.4),
        ("high", -1.7),
    ] {
        assert!(
            (worst[key].as_f64().unwrap() - expected).abs() < 1e-3,
            "{key}: {worst:#}"
        );
    }
    let ended = check(&desk, "group --baseline b.json --format github");
    assert!(
        ended.stdout.contains("0.300 decades beyond"),
        "{}",
        ended.stdout
    );
    let errors = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("::error"));
    assert_eq!(errors.clone().count(), 1, "{}", ended.stdout);
    assert!(!errors.clone().any(|line| line.contains("within")));
    // Layer 1 moved closer to the last one, in both seeds.
    let better = "::notice title=baseline%3A activation_grad_norm at the initial step%3A improved";
    assert!(ended.stdout.contains(better), "{}", ended.stdout);
}

/// Each seed moved by more than the tolerance, and in one direction: what is told of them is
/// their mean, 0.5 decades, with what each has read.
#[test]
fn changes_in_one_direction_are_told_by_their_mean() {
    let desk = Desk::empty();
    let norms = ["1e-2", "1e-2", "1"];
    write_group(&desk, "group", &[&norms, &norms]);
    ends(&desk, "group --baseline b.json --accept", 0);
    let moved = [-0.2, -0.8].map(|decades| format!("{:e}", 10f64.powf(-2.0 + decades)));
    write_group(
        &desk,
        "group",
        &[&["1e-2", &moved[0], "1"], &["1e-2", &moved[1], "1"]],
    );
    let ended = check(&desk, "group --baseline b.json --format json");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let worst = &report["findings"][0];
    assert_eq!(worst["layer"], 2, "{worst:#}");
    let near = |value: &Value, expected: f64| {
        assert!(
            (value.as_f64().unwrap() - expected).abs() < 1e-3,
            "{worst:#}"
        );
    };
    near(&worst["value"], -2.5);
    near(&worst["baseline"], -2.0);
    near(&worst["min"], -2.8);
    near(&worst["max"], -2.2);
    near(&worst["by_seed"][0], -2.2);
    near(&worst["by_seed"][1], -2.8);
    // Student's t of one degree of freedom, 12.706 (scipy.stats.t.ppf), times 0.3.
    near(&worst["low"], -2.5 - 12.706 * 0.3);
}

#[test]
fn the_middle_of_two_seeds_lies_halfway_also_where_one_is_0() {
    let desk = Desk::empty();
    write_group(&desk, "group", &[&["0", "1"], &["1e-2", "1"]]);
    ends(&desk, "group --baseline b.json --accept", 0);
    let text = desk.read("b.json");
    let layer = text
        .lines()
        .find(|line| line.contains("\"layer\": 1"))
        .unwrap();
    assert!(layer.contains("\"median\": \"-inf\""), "{layer}");
    ends(&desk, "group --baseline b.json --tolerance 0", 0);
}

#[test]
fn a_list_of_equal_widths_is_the_same_network() {
    let desk = Desk::with(SMALL);
    ends(
        &desk,
        "trial.toml --set train.steps=0 --baseline b.json --accept",
        0,
    );
    desk.write(
        "list.toml",
        SMALL.replace("width = 8", "width = [8, 8, 8, 8]"),
    );
    ends(
        &desk,
        "list.toml --set train.steps=0 --baseline b.json --tolerance 0",
        0,
    );
    desk.write(
        "list.toml",
        SMALL.replace("width = 8", "width = [8, 8, 8, 7]"),
    );
    cannot(
        &desk,
        "list.toml --set train.steps=0 --baseline b.json --same-spec",
        &["network.width 8 → [8,8,8,7]"],
    );
}
