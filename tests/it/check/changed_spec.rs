//! A run of another spec beside the baseline: how far the gradients moved, and
//! whether for better or worse.

use serde_json::Value;

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::{Desk, SMALL};

/// Twelve layers of sigmoids, which lose some six decades.
const DEEP: &str = "--set network.depth=12 --set network.activation=sigmoid";
/// Its cure.
const CURE: &str =
    "--set network.depth=12 --set network.activation=relu --set network.init=he_normal";

/// A desk with the baseline of a network with such changes.
fn accepted(changes: &str) -> Desk {
    let desk = Desk::with(SMALL);
    ends(
        &desk,
        &format!("trial.toml {changes} --baseline b.json --accept"),
        0,
    );
    desk
}

fn json(desk: &Desk, arguments: &str) -> Value {
    let ended = check(desk, &format!("{arguments} --format json"));
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
}

#[test]
fn a_cure_is_an_improvement_and_its_loss_fails() {
    let desk = accepted(DEEP);
    let cured = format!("trial.toml {CURE} --baseline b.json");
    let ended = ends(&desk, &cured, 0);
    // The changed keys stand above the findings.
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "the spec has changed since the baseline:");
    assert!(
        lines[1].contains("network.activation \"sigmoid\" → \"relu\""),
        "{lines:?}"
    );
    let first = |word: &str| lines.iter().position(|line| line.starts_with(word));
    assert!(
        first("improved") > first("  network.init") || first(" improved").is_some(),
        "{lines:?}"
    );
    assert!(!ended.stdout.contains("fails"), "{}", ended.stdout);
    ends(&desk, &format!("{cured} --strict"), 1);
    cannot(&desk, &format!("{cured} --same-spec"), &["another spec"]);
    let report = json(&desk, &cured);
    assert_eq!(report["spec_changes"][0]["key"], "network.activation");
    assert!(report["improved"].as_u64().unwrap() > 12, "{report:#}");
    // And back.
    let desk = accepted(CURE);
    let lost = format!("trial.toml {DEEP} --baseline b.json");
    ends(&desk, &lost, 1);
    let report = json(&desk, &lost);
    let whole = report["findings"].as_array().unwrap();
    let attenuation = whole
        .iter()
        .find(|finding| finding["quantity"] == "attenuation_decades")
        .unwrap();
    assert_eq!(attenuation["state"], "fails");
    let number = |key: &str| attenuation[key].as_f64().unwrap();
    assert!(number("difference") > 3.0);
    let moved = number("value") - number("baseline");
    assert!((number("difference") - moved).abs() < 1e-9);
    assert_eq!(attenuation["unit"], "decades");
}

#[test]
fn paths_of_unequal_length_are_held_at_their_ends() {
    let desk = accepted(CURE);
    let deeper = CURE.replace("12", "15");
    let arguments = format!("trial.toml {deeper} --baseline b.json --tolerance 5");
    let ended = ends(&desk, &arguments, 0);
    assert!(
        ended.stderr.contains("passes 12 layers, the run's 15"),
        "{}",
        ended.stderr
    );
    let report = json(&desk, &arguments);
    let mut layers: Vec<u64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["layer"].as_u64())
        .collect();
    layers.sort_unstable();
    // Two norms each.
    assert_eq!(layers, [1, 1, 15, 15]);
    // As long a path is matched layer by layer, the output too.
    let wider = format!("trial.toml {CURE} --set network.width=9 --baseline b.json --tolerance 5");
    let report = json(&desk, &wider);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2 + 2 * 13);
}

#[test]
fn what_acts_after_the_first_step_is_no_change_at_it() {
    let desk = accepted("");
    for change in [
        "train.learning_rate=0.3",
        "train.optimizer=adam",
        "train.steps=3",
        "log.every=3",
        "name=other",
    ] {
        let arguments = format!("trial.toml --set {change} --baseline b.json --same-spec");
        let ended = ends(&desk, &arguments, 0);
        assert!(!ended.stdout.contains("changed"), "{}", ended.stdout);
    }
    let batch = "trial.toml --set train.batch_size=15 --baseline b.json --same-spec";
    cannot(&desk, batch, &["train.batch_size 16 → 15"]);
    // At the final step they are changes, and a longer run ends elsewhere.
    ends(&desk, "trial.toml --baseline b.json --accept --at final", 0);
    let longer = "trial.toml --set train.steps=8 --baseline b.json --tolerance 3";
    let ended = ends(&desk, longer, 0);
    assert!(
        ended.stdout.contains("train.steps 6 → 8") && ended.stderr.contains("the run has step 8"),
        "{ended:?}"
    );
}

#[test]
fn what_fails_wins_over_what_cannot_be_told() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-9", "1"]]));
    desk.write(
        "r.toml",
        rule("quantity = 'attenuation_decades'; max = 3")
            + &rule("quantity = 'layers_left_out'; max = 0")
            + &rule("quantity = 'train_loss'; max = 1"),
    );
    let ended = ends(&desk, "a.csv --rules r.toml", 1);
    assert!(
        ended
            .stdout
            .ends_with("FAIL: 1 fail, 1 hold, 1 could not be made of 3 checks\n"),
        "{}",
        ended.stdout
    );
    assert!(ended.stderr.contains("train_loss"), "{}", ended.stderr);
    // Without the failure it cannot be told.
    desk.write("a.csv", csv(&[&["1", "1"]]));
    let ended = ends(&desk, "a.csv --rules r.toml", 2);
    assert!(
        ended
            .stdout
            .contains("1 could not be made, 2 hold of 3 checks"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_log_of_zeros_is_no_baseline() {
    let desk = Desk::empty();
    let zeros = include_str!("../../fixtures/cases/zeros/zeros.csv");
    desk.write("zeros.csv", zeros);
    let words = ["b.json", "exactly 0"];
    cannot(&desk, "zeros.csv --baseline b.json --accept", &words);
    assert!(!desk.has("b.json"));
}

#[test]
fn a_collapse_of_all_norms_is_no_improvement() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-6", "1e-4", "1e-2"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    // Level, but nothing arrives any more.
    desk.write("c.csv", csv(&[&["1e-9", "1e-9", "1e-9"]]));
    let ended = ends(&desk, "c.csv --baseline b.json", 1);
    let failing: Vec<&str> = (ended.stdout.lines())
        .filter(|line| line.trim_start().starts_with("fails"))
        .collect();
    assert_eq!(failing.len(), 1, "{}", ended.stdout);
    assert!(failing[0].contains("3 hidden_3"), "{failing:?}");
    // Level where it was: better.
    desk.write("c.csv", csv(&[&["1e-2", "1e-2", "1e-2"]]));
    ends(&desk, "c.csv --baseline b.json", 0);
}

#[test]
fn a_margin_is_in_the_unit_of_its_quantity() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    desk.write(
        "r.toml",
        rule("quantity = 'test_accuracy'; at = 'final'; min = 1.5")
            + &rule("quantity = 'update_ratio'; max = 10")
            + &rule("quantity = 'clipped'; max = 0"),
    );
    let ended = ends(&desk, "kept --rules r.toml", 1);
    let accuracy = ended.stdout.lines().nth(1).unwrap();
    assert!(
        accuracy.contains("test_accuracy") && !accuracy.contains("decades"),
        "{accuracy}"
    );
    // 0 lies within a largest value by more decades than there are.
    desk.write("a.csv", csv(&[&["0", "1e-6"]]));
    desk.write("r.toml", rule("quantity = 'activation_grad_norm'; max = 1"));
    let ended = ends(&desk, "a.csv --rules r.toml -v", 0);
    assert!(!ended.stdout.contains("inf"), "{}", ended.stdout);
}

/// A column that no run of ours has, or has elsewhere, is held layer by layer.
#[test]
fn a_rule_names_any_column_of_a_foreign_log() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.join("tests/fixtures/cases/foreign_rule");
    let desk = Desk::empty();
    for file in [
        "probe.csv",
        "r_grad_norm.toml",
        "r_blk_grad.toml",
        "r_w_norm.toml",
    ] {
        desk.write(file, std::fs::read(folder.join(file)).unwrap());
    }
    for column in ["grad_norm", "blk_grad", "w_norm"] {
        let ended = ends(&desk, &format!("probe.csv --rules r_{column}.toml"), 0);
        assert!(ended.stdout.contains("12 hold of 12"), "{}", ended.stdout);
        if column == "grad_norm" {
            // Of a run of ours it is one number, which has no layers to choose.
            continue;
        }
        desk.write(
            "low.toml",
            rule(&format!(
                "quantity = '{column}'; min = 0.27; layers = {{ from = 1, to = 6 }}"
            )),
        );
        let ended = check(&desk, "probe.csv --rules low.toml --format json");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        // 0.5 everywhere; 0 everywhere.
        let fails = [("blk_grad", 0), ("w_norm", 6)];
        let expected = fails.iter().find(|(own, _)| *own == column).unwrap().1;
        assert_eq!(report["fails"], expected, "{column}: {report:#}");
        assert_eq!(report["findings"].as_array().unwrap().len(), 6);
    }
}
