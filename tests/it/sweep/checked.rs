//! The gate of a whole sweep.

use serde_json::Value;

use super::{SWEPT, done, sweep};
use crate::desk::Desk;

/// Six cells, without seeds, and a rule that some of them break.
fn ruled(limit: f64) -> String {
    let spec = SWEPT.replace("seed = [0, 1]\n", "");
    let rule = format!("[[check]]\nquantity = \"attenuation_decades\"\nmax = {limit:?}\n");
    spec.replace("[sweep]", &(rule + "[sweep]"))
}

fn json(desk: &Desk, arguments: &str) -> (Option<i32>, Value) {
    let words = format!("check runs/trial-sweep --format json {arguments}");
    let ended = desk.vgrad(words.split_whitespace());
    (ended.code, serde_json::from_str(&ended.stdout).unwrap())
}

fn verdicts(report: &Value) -> Vec<&str> {
    let cells = report["cells"].as_array().unwrap().iter();
    cells
        .map(|cell| cell["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn every_cell_is_judged_and_the_worst_counts() {
    let desk = Desk::with(&ruled(2.0));
    sweep(&desk, "").fine();
    let lost = desk.table("runs/trial-sweep/sweep.csv");
    let lost = lost.numbers("attenuation_decades");
    let expected: Vec<&str> = lost
        .iter()
        .map(|lost| if *lost > 2.0 { "fail" } else { "pass" })
        .collect();
    assert!(expected.contains(&"fail") && expected.contains(&"pass"));
    let (code, report) = json(&desk, "");
    assert_eq!(code, Some(1));
    assert_eq!(verdicts(&report), expected);
    let cells = report["cells"].as_array().unwrap();
    assert_eq!(cells[5]["cell"], "activation=sigmoid depth=8");
    let findings = report["findings"].as_array().unwrap();
    let values: Vec<f64> = findings
        .iter()
        .map(|finding| finding["value"].as_f64().unwrap())
        .collect();
    assert_eq!(values.len(), 6);
    assert_eq!(findings[0]["cell"], "activation=sigmoid depth=8");
    assert_eq!(values[0], lost[5]);

    let told = desk.vgrad(["check", "runs/trial-sweep"]);
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert!(
        lines[1].contains("fails") && lines[1].contains("sigmoid depth=8"),
        "{told:?}"
    );
    let fails = expected
        .iter()
        .filter(|verdict| **verdict == "fail")
        .count();
    let last = format!(
        "FAIL: {fails} fail, {0} hold of 6 checks ({fails} fail, {0} pass of the sweep's cells)",
        6 - fails
    );
    assert_eq!(lines.last(), Some(&&*last));
    // A failure is one whatever else is missing.
    let cell = desk.table("runs/trial-sweep/sweep.csv").cells("hash")[0].to_owned();
    std::fs::remove_dir_all(desk.path(&format!("runs/trial-sweep/cells/{cell}"))).unwrap();
    let (code, report) = json(&desk, "");
    assert_eq!((code, verdicts(&report)[0]), (Some(1), "cannot"));
}

#[test]
fn what_is_missing_or_failed_cannot_be_checked() {
    let desk = Desk::with(&ruled(99.0));
    sweep(&desk, "").fine();
    assert_eq!(desk.vgrad(["check", "runs/trial-sweep"]).code, Some(0));
    let cell = done(&desk, "runs/trial-sweep").remove(0);
    std::fs::remove_dir_all(desk.path(&format!("runs/trial-sweep/cells/{cell}"))).unwrap();
    let missing = desk.vgrad(["check", "runs/trial-sweep"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("is missing: `vgrad sweep` runs it"),
        "{missing:?}"
    );
    assert!(
        missing.stdout.contains("1 cannot be checked, 5 pass"),
        "{missing:?}"
    );
    // Of 60 samples 48 are for training: a batch of 50 is too large.
    assert_eq!(
        sweep(&desk, "--grid train.batch_size=[50,16]").code,
        Some(2)
    );
    let (code, report) = json(&desk, "");
    assert_eq!(code, Some(2));
    assert_eq!(verdicts(&report), ["cannot", "pass"].repeat(6));
    let errors = report["errors"][0].as_str().unwrap();
    assert!(
        errors.contains("failed") && errors.contains("larger than the training split"),
        "{errors}"
    );
}

#[test]
fn a_cell_that_diverged_fails_and_a_sweep_without_a_question_is_none() {
    let spec = SWEPT.replace(
        "\"network.depth\" = [2, 4, 8]",
        "\"train.learning_rate\" = [0.1, 1e30]",
    );
    let desk = Desk::with(&spec.replace("[\"tanh\", \"sigmoid\"]", "[\"relu\"]"));
    sweep(&desk, "").fine();
    let (code, report) = json(&desk, "");
    assert_eq!(code, Some(1));
    assert_eq!(report["cells"][1]["verdict"], "fail");
    assert_eq!(report["diverged"], true);
    let calm = Desk::with(SWEPT);
    sweep(&calm, "").fine();
    let ended = calm.vgrad(["check", "runs/trial-sweep"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("no rule and no baseline"),
        "{ended:?}"
    );
}

#[test]
fn every_cell_is_held_against_the_baseline() {
    let desk = Desk::with(&ruled(99.0));
    sweep(&desk, "").fine();
    let first = desk.table("runs/trial-sweep/sweep.csv").cells("hash")[0].to_owned();
    let accept =
        format!("check runs/trial-sweep/cells/{first} --baseline held.json --accept --force");
    desk.vgrad(accept.split_whitespace()).fine();
    let (code, report) = json(&desk, "--baseline held.json");
    assert_eq!(code, Some(1));
    let verdicts = verdicts(&report);
    assert_eq!(verdicts[0], "pass", "{report}");
    // Eight sigmoid layers instead of two tanh ones.
    assert_eq!(verdicts[5], "fail");
    let keys: Vec<&Value> = report["spec_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["key"])
        .collect();
    assert!(keys.contains(&&Value::from("network.depth")), "{keys:?}");
    let refused = desk
        .vgrad("check runs/trial-sweep --baseline new.json --accept --force".split_whitespace());
    assert_eq!(refused.code, Some(2));
    assert!(!desk.has("new.json") && refused.stderr.contains("a baseline holds one run"));
}
