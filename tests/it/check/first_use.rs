//! What a first user of the gate ran into.

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::{Desk, SMALL};

#[test]
fn a_finished_run_whose_rows_are_gone_has_no_last_step() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    let text = desk.read("kept/gradients.csv");
    desk.write("kept/gradients.csv", &text[..text.len() - 200]);
    for (at, code) in [("initial", 0), ("final", 2), ("every", 2)] {
        desk.write(
            "r.toml",
            rule(&format!(
                "quantity = 'attenuation_decades'; at = '{at}'; max = 30"
            )),
        );
        let ended = ends(&desk, "kept --rules r.toml", code);
        assert!(ended.stderr.contains("tells of step"), "{}", ended.stderr);
    }
    let accept = "kept --baseline b.json --accept --at final";
    cannot(&desk, accept, &["kept/gradients.csv", "tells of step"]);
    assert!(!desk.has("b.json"));
}

#[test]
fn a_baseline_that_was_cut_or_edited_is_no_pass() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    ends(&desk, "kept --baseline b.json --accept", 0);
    ends(&desk, "kept --baseline b.json", 0);
    let good: serde_json::Value = serde_json::from_str(&desk.read("b.json")).unwrap();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = good.clone();
        change(&mut value);
        value.to_string()
    };
    let step = |value: &mut serde_json::Value, key: &str| {
        value["steps"][0].as_object_mut().unwrap().remove(key);
    };
    for (text, word) in [
        (
            with(&|v| step(v, "attenuation_decades")),
            "attenuation_decades",
        ),
        (
            with(&|v| step(v, "decay_decades_per_layer")),
            "decay_decades_per_layer",
        ),
        (
            with(&|v| {
                v.as_object_mut().unwrap().remove("spec");
            }),
            "spec",
        ),
        (
            with(&|v| v["spec"]["train.learning_rate"] = 7.into()),
            "train.learning_rate",
        ),
        (
            with(&|v| v["spec"] = serde_json::json!({})),
            "cut or edited by hand",
        ),
    ] {
        desk.write("b.json", text);
        cannot(&desk, "kept --baseline b.json", &["b.json", word]);
    }
}

#[cfg(unix)]
#[test]
fn a_baseline_is_a_regular_file() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-2", "1"]]));
    for flags in ["", " --accept"] {
        let arguments = format!("a.csv --baseline /dev/zero{flags}");
        cannot(&desk, &arguments, &["/dev/zero", "no regular file"]);
    }
}

#[test]
fn what_holds_is_told_as_within_and_zero_as_zero() {
    let desk = Desk::empty();
    desk.write(
        "a.csv",
        "step,layer,activation_grad_norm\n0,1,0\n0,2,1e-6\n",
    );
    desk.write(
        "r.toml",
        rule("quantity = 'activation_grad_norm'; max = 1e-5"),
    );
    let ended = ends(&desk, "a.csv --rules r.toml", 0);
    assert!(ended.stdout.contains("1.000 decades within"), "{ended:?}");
    let ended = ends(&desk, "a.csv --rules r.toml -v", 0);
    assert!(!ended.stdout.contains("0.0000"), "{ended:?}");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    let ended = ends(&desk, "a.csv --rules r.toml --color always", 0);
    assert!(ended.stdout.contains("\u{1b}[32mholds"), "{ended:?}");
}

#[test]
fn a_spec_without_its_ending_is_told_so() {
    let desk = Desk::empty();
    desk.write("trial", SMALL);
    cannot(&desk, "trial", &["trial", "end in .toml"]);
}

#[test]
fn a_step_summary_tells_what_holds_in_a_line() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-2", "1"], &["1e-2", "1"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    desk.write("s.md", "no newline");
    let mut command = super::gate::command(&desk, "a.csv --baseline b.json --format github");
    command.env("GITHUB_STEP_SUMMARY", desk.path("s.md"));
    assert!(command.status().unwrap().success());
    let text = desk.read("s.md");
    assert!(text.contains("no newline\n### "), "{text}");
    assert!(text.contains("2 layers, nearest:"), "{text}");
    assert_eq!(text.matches("| holds |").count(), 3, "{text}");
    let ended = check(&desk, "a.csv --baseline b.json --strict");
    assert!(ended.stdout.ends_with("checks\n"), "{ended:?}");
}

#[test]
fn a_file_of_rules_is_spoken_of_as_one() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-2", "1"]]));
    cannot(&desk, "a.csv --rules none.toml", &["the rules cannot be"]);
    desk.write("r.toml", "");
    cannot(&desk, "a.csv --rules r.toml", &["file of rules is empty"]);
    desk.write(
        "r.toml",
        rule("quantity = 'activation_grad_norm'; max = 1; layers = [5, 2]"),
    );
    cannot(&desk, "a.csv --rules r.toml", &["no greater than the last"]);
}
