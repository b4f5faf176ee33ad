//! Rules of the spec and of a file.

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::{Desk, SMALL};

/// What makes it diverge within some steps.
const WILD: &str = "--set network.activation=relu --set train.learning_rate=1e6 --set train.loss=mse \
                    --set train.steps=500 --set log.evaluate_every=1000";

#[test]
fn nothing_to_check_is_no_pass() {
    let desk = Desk::with(SMALL);
    cannot(&desk, "trial.toml", &["nothing to check", "--rules"]);
    // Unless it diverged: that is a failure without any rule.
    let ended = ends(&desk, &format!("trial.toml {WILD}"), 1);
    assert!(
        ended.stdout.contains("every number is finite"),
        "{}",
        ended.stdout
    );
    desk.write("nan.csv", csv(&[&["1", "1"], &["1", "NaN"]]));
    let ended = ends(&desk, "nan.csv", 1);
    assert!(ended.stdout.contains("2 hidden_2"), "{}", ended.stdout);
    desk.write("inf.csv", csv(&[&["1", "1"], &["inf", "1"]]));
    ends(&desk, "inf.csv", 1);
}

#[test]
fn a_norm_that_is_not_the_headline_diverges_too() {
    let desk = Desk::empty();
    desk.write(
        "a.csv",
        "step,layer,activation_grad_norm,delta_norm\n0,1,1,1\n0,2,1,NaN\n",
    );
    let ended = ends(&desk, "a.csv -v", 1);
    assert!(ended.stdout.contains("2"), "{}", ended.stdout);
}

#[test]
fn rules_of_the_spec_and_of_a_file_both_count() {
    let desk = Desk::with(&(SMALL.to_owned() + &rule("quantity = 'attenuation_decades'; max = 3")));
    let ended = ends(&desk, "trial.toml", 0);
    assert!(
        ended.stdout.contains("PASS: 1 hold of 1 check"),
        "{}",
        ended.stdout
    );
    desk.write(
        "more.toml",
        rule("quantity = 'train_loss'; at = 'final'; max = 1e-9"),
    );
    let ended = ends(&desk, "trial.toml --rules more.toml", 1);
    assert!(
        ended.stdout.contains("FAIL: 1 fail, 1 hold of 2 checks"),
        "{}",
        ended.stdout
    );
    // A run's own spec keeps its rules, and the run is not repeated.
    desk.run("--out kept").fine();
    ends(&desk, "kept", 0);
    cannot(&desk, "kept/gradients.csv", &["nothing to check"]);
    // `make` sees 2 for every failure; the last line tells them apart, alone if quiet.
    let quiet = ends(&desk, "kept --rules more.toml -q", 1);
    assert_eq!(quiet.stdout.lines().count(), 1);
}

#[test]
fn a_finding_names_rule_layer_value_limit_and_decades() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-9", "1e-3"], &["1e-5", "1e-2"]]));
    desk.write(
        "low.toml",
        rule("quantity = 'activation_grad_norm'; at = 'every'; min = 1e-7"),
    );
    let ended = ends(&desk, "a.csv --rules low.toml", 1);
    let worst = ended.stdout.lines().nth(1).unwrap();
    for part in [
        "fails",
        "activation_grad_norm ≥ 1e-7 at every step",
        "worst: 0",
        "1 hidden_1",
        "1.000e-9",
        "1.000e-7",
        "+2.000 decades",
    ] {
        assert!(worst.contains(part), "no {part:?} in {worst}");
    }
    // At the end it holds.
    desk.write(
        "end.toml",
        rule("quantity = 'activation_grad_norm'; at = 'final'; min = 1e-7"),
    );
    ends(&desk, "a.csv --rules end.toml", 0);
    desk.write(
        "start.toml",
        rule("quantity = 'activation_grad_norm'; min = 1e-7"),
    );
    ends(&desk, "a.csv --rules start.toml", 1);
    // Only the layers that the rule names count.
    desk.write(
        "second.toml",
        rule("quantity = 'activation_grad_norm'; min = 1e-7; layers = [2, 2]"),
    );
    ends(&desk, "a.csv --rules second.toml", 0);
    desk.write(
        "beyond.toml",
        rule("quantity = 'activation_grad_norm'; min = 1e-7; layers = [2, 3]"),
    );
    cannot(
        &desk,
        "a.csv --rules beyond.toml",
        &["beyond the layers", "1 to 2"],
    );
}

#[test]
fn every_step_counts_and_the_worst_is_told() {
    let desk = Desk::empty();
    let steps: [&[&str]; 4] = [&["1", "1"], &["1e-2", "1"], &["1e3", "1"], &["1", "1"]];
    desk.write("a.csv", csv(&steps));
    for (limit, step, decades) in [("min = 1e-1", 1, "+1.000"), ("max = 1e1", 2, "+2.000")] {
        for at in ["initial", "final"] {
            desk.write(
                "r.toml",
                rule(&format!(
                    "quantity = 'activation_grad_norm'; at = '{at}'; {limit}"
                )),
            );
            ends(&desk, "a.csv --rules r.toml", 0);
        }
        desk.write(
            "r.toml",
            rule(&format!(
                "quantity = 'activation_grad_norm'; at = 'every'; {limit}"
            )),
        );
        let ended = ends(&desk, "a.csv --rules r.toml", 1);
        let worst = ended.stdout.lines().nth(1).unwrap();
        assert!(
            worst.contains(&format!("worst: {step}")) && worst.contains(decades),
            "{worst}"
        );
    }
}

#[test]
fn both_directions_of_decay_can_be_ruled() {
    let desk = Desk::empty();
    desk.write("lost.csv", csv(&[&["1e-5", "1e-3", "1"]]));
    desk.write("grown.csv", csv(&[&["1e5", "1e3", "1"]]));
    desk.write("zero.csv", csv(&[&["0", "1e-3", "1"]]));
    desk.write(
        "r.toml",
        rule("quantity = 'attenuation_decades'; min = -3; max = 3"),
    );
    for (file, beyond) in [("lost", "+2.000"), ("grown", "+2.000"), ("zero", "+inf")] {
        let ended = ends(&desk, &format!("{file}.csv --rules r.toml"), 1);
        assert!(ended.stdout.contains(beyond), "{file}: {}", ended.stdout);
    }
    desk.write(
        "d.toml",
        rule("quantity = 'decay_decades_per_layer'; at = 'every'; max = 2.6"),
    );
    ends(&desk, "lost.csv --rules d.toml", 0);
    desk.write(
        "d.toml",
        rule("quantity = 'decay_decades_per_layer'; at = 'every'; max = 2.4"),
    );
    ends(&desk, "lost.csv --rules d.toml", 1);
    desk.write("z.toml", rule("quantity = 'layers_left_out'; max = 0"));
    ends(&desk, "zero.csv --rules z.toml", 1);
    ends(&desk, "lost.csv --rules z.toml", 0);
}

#[test]
fn columns_of_the_training_count() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    for (rule_text, code) in [
        ("quantity = 'test_accuracy'; at = 'final'; min = 0", 0),
        ("quantity = 'test_accuracy'; at = 'final'; min = 1.5", 1),
        ("quantity = 'train_loss'; at = 'every'; max = 100", 0),
        (
            "quantity = 'learning_rate'; at = 'every'; min = 0.1; max = 0.1",
            0,
        ),
        ("quantity = 'clipped'; at = 'every'; max = 0", 0),
        ("quantity = 'diverged'; at = 'final'; max = 0", 0),
        // The last row makes no update.
        ("quantity = 'update_ratio'; min = 0", 0),
        ("quantity = 'update_ratio'; at = 'final'; min = 0", 2),
    ] {
        desk.write("r.toml", rule(rule_text));
        ends(&desk, "kept --rules r.toml", code);
    }
    desk.write(
        "r.toml",
        rule("quantity = 'test_accuracy'; at = 'final'; min = 0"),
    );
    cannot(
        &desk,
        "kept/gradients.csv --rules r.toml",
        &["training.csv"],
    );
    desk.write("r.toml", rule("quantity = 'delta_norm'; min = 0"));
    desk.write("a.csv", csv(&[&["1", "1"]]));
    cannot(
        &desk,
        "a.csv --rules r.toml",
        &["a.csv:1", "no column `delta_norm`"],
    );
}

#[test]
fn a_gradient_norm_of_the_training_that_is_not_finite_is_a_divergence() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    desk.write(
        "r.toml",
        rule("quantity = 'diverged'; at = 'final'; max = 0"),
    );
    ends(&desk, "kept --rules r.toml", 0);
    let training = desk.table("kept/training.csv");
    let column = training.column("grad_norm");
    for odd in ["inf", "NaN"] {
        let mut rows = training.rows.clone();
        rows[3][column] = odd.to_owned();
        let lines = [&training.header].into_iter().chain(&rows);
        let text: String = lines.map(|cells| cells.join(",") + "\n").collect();
        desk.write("kept/training.csv", text);
        let ended = ends(&desk, "kept --rules r.toml", 1);
        assert!(ended.stdout.contains("grad_norm"), "{}", ended.stdout);
    }
}

#[test]
fn a_divergence_is_of_the_whole_run_and_not_of_its_initial_step() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1", "1"], &["NaN", "1"], &["1", "1"]]));
    desk.write("r.toml", rule("quantity = 'diverged'; max = 0"));
    let ended = ends(&desk, "a.csv --rules r.toml", 1);
    assert!(ended.stdout.contains("diverged ≤ 0 "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("initial"), "{}", ended.stdout);
    let ended = check(&desk, "a.csv --rules r.toml --format json");
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|own| own["rule"] == "diverged ≤ 0");
    let found = found.unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(
        (&found["at"], &found["step"], &found["state"]),
        (&"every".into(), &1.into(), &"fails".into())
    );
}

#[test]
fn an_unfinished_run_has_no_final_step() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    std::fs::remove_file(desk.path("kept/summary.json")).unwrap();
    desk.write(
        "r.toml",
        rule("quantity = 'attenuation_decades'; at = 'final'; max = 3"),
    );
    cannot(&desk, "kept --rules r.toml", &["no final step"]);
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 3"));
    ends(&desk, "kept --rules r.toml", 0);
}

#[test]
fn seeds_that_scatter_over_the_limit_are_unclear() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("--seeds 3 --out group --format json").fine();
    let seeds: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let seeds = seeds.as_array().unwrap().iter();
    let losses: Vec<f64> = seeds
        .map(|seed| seed["train_loss"].as_f64().unwrap())
        .collect();
    let mut sorted = losses.clone();
    sorted.sort_by(f64::total_cmp);
    let limit = |max: f64| {
        desk.write(
            "r.toml",
            rule(&format!(
                "quantity = 'train_loss'; at = 'final'; max = {max}"
            )),
        )
    };
    limit(sorted[1]);
    let ended = ends(&desk, "group --rules r.toml", 0);
    assert!(
        ended.stdout.contains("PASS: 1 unclear of 1 check"),
        "{}",
        ended.stdout
    );
    let ended = ends(&desk, "group --rules r.toml --strict", 1);
    assert!(
        ended.stdout.contains("FAIL: 1 unclear of 1 check"),
        "{}",
        ended.stdout
    );
    limit(100.0);
    ends(&desk, "group --rules r.toml --strict", 0);
    // Run first, the seeds are the same.
    limit(sorted[1]);
    ends(&desk, "trial.toml --seeds 3 --rules r.toml --strict", 1);
}

#[test]
fn a_spec_is_run_first_and_leaves_nothing_unless_asked_to() {
    let desk = Desk::with(&(SMALL.to_owned() + &rule("quantity = 'r2'; min = 0")));
    let before = desk.list(".");
    ends(&desk, "trial.toml --set train.steps=2", 0);
    assert_eq!(desk.list("."), before);
    ends(&desk, "trial.toml --seed 3 --seeds 2 --out kept", 0);
    assert_eq!(desk.list("kept"), ["seed-3", "seed-4", "seeds.json"]);
    cannot(
        &desk,
        "trial.toml --seed 3 --seeds 2 --out kept",
        &["--force"],
    );
    for flags in ["--seeds 2", "--seed 1", "--set seed=1", "--out x"] {
        cannot(
            &desk,
            &format!("kept/seed-3 {flags}"),
            &["is no spec", flags.split(' ').next().unwrap()],
        );
    }
    cannot(&desk, "trial.toml --set network.dpth=3", &["did you mean"]);
}
