//! Rules: what they look at, and what a diverged run is told.

use serde_json::Value;

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::{Desk, SMALL};

/// A rule about layers 1 to 3.
fn range(at: &str) -> String {
    rule(&format!(
        "quantity = 'bias_grad_norm'; at = '{at}'; layers = [1, 3]; min = 0.5"
    ))
}

fn biases(steps: &[&[&str]]) -> String {
    csv(steps).replace("activation_grad_norm", "bias_grad_norm")
}

#[test]
fn a_range_without_one_of_its_layers_is_no_pass() {
    let desk = Desk::empty();
    desk.write("a.csv", biases(&[&["1", "", "1"]]));
    desk.write("r.toml", range("initial"));
    let words = ["bias_grad_norm", "layer 2 without a value", "step 0"];
    cannot(&desk, "a.csv --rules r.toml", &words);
    // Nor where only a later step lacks it, be it a cell or the row.
    desk.write("r.toml", range("every"));
    let whole = biases(&[&["1", "1", "1"], &["1", "", "1"], &["1", "1", "1"]]);
    for text in [whole.clone(), whole.replace("1,2,hidden_2,\n", "")] {
        desk.write("a.csv", text);
        let words = ["layer 2 without a value", "step 1"];
        cannot(&desk, "a.csv --rules r.toml", &words);
    }
    // A step that the quantity does not apply to at all is none to look at.
    desk.write("a.csv", biases(&[&["1", "1", "1"], &["", "", ""]]));
    ends(&desk, "a.csv --rules r.toml", 0);
    desk.write(
        "a.csv",
        biases(&[&["", "", ""], &["1", "1", "1"], &["0.1", "1", "1"]]),
    );
    ends(&desk, "a.csv --rules r.toml", 1);
}

#[test]
fn the_update_after_the_last_step_is_not_missed() {
    let desk = Desk::with(SMALL);
    desk.run("--out kept").fine();
    desk.write(
        "r.toml",
        rule("quantity = 'update_ratio'; at = 'every'; layers = [1, 5]; min = 0"),
    );
    let ended = ends(&desk, "kept --rules r.toml", 0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_layer_that_only_some_steps_or_seeds_have_is_told() {
    let desk = Desk::empty();
    let anywhere = rule("quantity = 'bias_grad_norm'; at = 'every'; min = 0.5");
    desk.write("r.toml", anywhere);
    desk.write("a.csv", biases(&[&["1", "1"], &["1", ""], &["1", "1"]]));
    let ended = ends(&desk, "a.csv --rules r.toml -q", 0);
    let warning = "warning: r.toml: the rule `bias_grad_norm ≥ 0.5 at every step`: layer 2 without a value at step 1";
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
    desk.write("group/seed-0/gradients.csv", biases(&[&["1", "1", "1"]]));
    desk.write("group/seed-1/gradients.csv", biases(&[&["1", "", "1"]]));
    let ended = ends(&desk, "group --rules r.toml", 0);
    assert!(
        ended
            .stderr
            .contains("layer 2 without a value in some of the seeds"),
        "{}",
        ended.stderr
    );
    desk.write("r.toml", range("every"));
    cannot(
        &desk,
        "group --rules r.toml",
        &["layer 2 without a value", "seed 1"],
    );
    // What never applies to a layer is no fault.
    desk.write(
        "r.toml",
        rule("quantity = 'bias_grad_norm'; at = 'every'; min = 0.5"),
    );
    desk.write("a.csv", biases(&[&["1", ""], &["1", ""]]));
    assert_eq!(ends(&desk, "a.csv --rules r.toml", 0).stderr, "");
}

#[test]
fn a_layer_of_the_path_without_a_norm_is_told_and_a_single_one_is_not_judged() {
    let desk = Desk::empty();
    for at in ["initial", "final", "every"] {
        for quantity in ["attenuation_decades", "decay_decades_per_layer", "r2"] {
            let text = format!("quantity = '{quantity}'; at = '{at}'; max = 8");
            desk.write("r.toml", rule(&text));
            desk.write("a.csv", csv(&[&["", "1e-2", "1e-1", "1"]]));
            let ended = ends(&desk, "a.csv --rules r.toml -q", 0);
            let lacks = "layer 1 without a value at step 0";
            assert!(ended.stderr.contains(lacks), "{text}: {}", ended.stderr);
            desk.write("a.csv", csv(&[&["", "", "", "1"]]));
            cannot(
                &desk,
                "a.csv --rules r.toml",
                &[quantity, "layers 1–3 without a norm at step 0"],
            );
        }
    }
    // A network of one layer loses nothing between layers.
    desk.write(
        "r.toml",
        rule("quantity = 'attenuation_decades'; at = 'final'; max = 8"),
    );
    desk.write("a.csv", csv(&[&["1"]]));
    assert_eq!(ends(&desk, "a.csv --rules r.toml", 0).stderr, "");
}

#[test]
fn a_diverged_run_fails_though_its_data_are_gone() {
    let data: String = (0..40)
        .map(|i| format!("{},{},{}\n", i % 7, (i * i) % 5, i % 2))
        .collect();
    let desk = Desk::with(&SMALL.replace(
        "{ blobs = { samples = 100, classes = 3 } }",
        "{ csv = { path = \"data.csv\", target = \"y\" } }",
    ));
    desk.write("data.csv", format!("x,z,y\n{data}"));
    ends(&desk, "trial.toml --baseline b.json --accept", 0);
    let before = desk.read("b.json");
    desk.run("--out kept").fine();
    let rows = desk.read("kept/gradients.csv");
    std::fs::remove_file(desk.path("data.csv")).unwrap();
    let words = ["data.csv", "data.source.csv.path"];
    cannot(&desk, "kept --baseline b.json", &words);
    cannot(&desk, "kept --baseline b.json --accept", &words);
    // The whole first row but its coordinates.
    let first = rows.lines().nth(1).unwrap();
    let cells: Vec<&str> = first.split(',').collect();
    let diverged = rows.replacen(cells[4], "NaN", 1);
    desk.write("kept/gradients.csv", diverged);
    for arguments in ["kept --baseline b.json", "kept --baseline b.json --accept"] {
        let ended = ends(&desk, arguments, 1);
        assert!(
            ended.stdout.contains("every number is finite"),
            "{}",
            ended.stdout
        );
        assert!(ended.stderr.contains("data.csv"), "{}", ended.stderr);
    }
    assert_eq!(desk.read("b.json"), before);
}

#[test]
fn the_step_told_is_the_one_of_the_seed_that_is_nan() {
    let desk = Desk::empty();
    let text = |steps: &[&[&str]]| {
        biases(steps)
            .replace("bias_grad_norm", "update_ratio,n_norm")
            .replace('\n', ",1\n")
            .replacen(",1\n", "\n", 1)
    };
    desk.write(
        "group/seed-0/gradients.csv",
        text(&[&["1"], &["1"], &["NaN"]]),
    );
    desk.write(
        "group/seed-1/gradients.csv",
        text(&[&["1"], &["0.1"], &["1"]]),
    );
    for limit in ["min = 0.5", "max = 2"] {
        desk.write(
            "r.toml",
            rule(&format!("quantity = 'update_ratio'; at = 'every'; {limit}")),
        );
        let ended = check(&desk, "group --rules r.toml --format json");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        let worst = &report["findings"][0];
        assert_eq!(
            (&worst["step"], &worst["value"]),
            (&2.into(), &"NaN".into()),
            "{limit}: {worst:#}"
        );
    }
}
