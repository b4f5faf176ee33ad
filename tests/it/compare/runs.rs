//! Real runs against each other and against themselves.

use serde_json::Value;

use super::sheet::{compare, json, json_of_nothing, numbers, of_layers};
use crate::desk::{Desk, SMALL};

/// The runs `tanh` and `sigmoid`, which differ in the activation and the steps.
fn two_runs() -> Desk {
    let desk = Desk::with(SMALL);
    desk.run("--out tanh").fine();
    desk.run("--set network.activation=sigmoid --set train.steps=9 --out sigmoid")
        .fine();
    desk
}

#[test]
fn the_specs_differ_in_what_was_changed_and_nothing_else() {
    let desk = two_runs();
    let whole = json(&desk, "tanh sigmoid");
    let changes = whole["spec_changes"].as_array().unwrap();
    let keys: Vec<_> = changes
        .iter()
        .map(|change| change["key"].as_str().unwrap())
        .collect();
    // One test set per epoch of five steps, but at least ten steps: the same for both.
    assert_eq!(keys, ["network.activation", "train.steps"], "{changes:#?}");
    assert_eq!(
        changes[0]["values"],
        serde_json::json!(["\"tanh\"", "\"sigmoid\""])
    );
    let text = compare(&desk, "tanh sigmoid").fine().stdout;
    assert!(
        text.contains("network.activation") && !text.contains("network.width"),
        "{text}"
    );
    let text = compare(&desk, "tanh tanh").fine().stdout;
    assert!(text.contains("the specs are the same"), "{text}");
}

#[test]
fn outcomes_are_those_of_the_summaries() {
    let desk = two_runs();
    let whole = json(&desk, "tanh sigmoid");
    for (i, run) in ["tanh", "sigmoid"].into_iter().enumerate() {
        let outcome = &whole["targets"][i]["outcome"];
        let summary = desk.summary(run);
        assert_eq!(outcome["verdict"], summary["verdict"]);
        assert_eq!(outcome["status"], summary["status"]);
        for key in ["train_loss", "test_loss", "test_accuracy"] {
            assert_eq!(outcome[key]["median"], summary[key], "{key}");
        }
        assert_eq!(outcome["steps"]["median"].as_u64(), None);
        assert_eq!(
            outcome["steps"]["median"].as_f64(),
            summary["steps"].as_f64()
        );
        for end in ["initial", "final"] {
            let decay = &outcome[format!("{end}_decay_decades_per_layer")];
            let expected = &summary[end];
            close(&decay["median"], &expected["decay_decades_per_layer"]);
            close(&decay["std_error"], &expected["std_error"]);
            close(
                &outcome[format!("{end}_attenuation_decades")]["median"],
                &expected["attenuation_decades"],
            );
        }
    }
}

#[track_caller]
fn close(a: &Value, b: &Value) {
    let [a, b] = [a, b].map(|value| value.as_f64().unwrap());
    assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} and {b}");
}

#[test]
fn layers_show_log10_of_what_the_files_hold() {
    let desk = two_runs();
    let whole = json(&desk, "tanh sigmoid --at final --quantity weight_norm");
    let logs = |run: &str, step: &str| -> Vec<f64> {
        let table = desk
            .table(&format!("{run}/gradients.csv"))
            .only("step", step);
        table
            .numbers("weight_norm")
            .iter()
            .map(|norm| norm.log10())
            .collect()
    };
    let (tanh, sigmoid) = (logs("tanh", "6"), logs("sigmoid", "9"));
    for (i, difference) in numbers(&whole, "difference").into_iter().enumerate() {
        assert_eq!(difference, sigmoid[i] - tanh[i]);
    }
    assert_eq!(of_layers(&whole, "name")[4], "output");
    // It compares step 6 with step 9, and says so.
    let remark = whole["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("step 9") && remark.contains("step 6"),
        "{remark}"
    );
}

#[test]
fn a_run_compared_with_itself_differs_by_exactly_nothing() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --out group").fine();
    desk.run("--out one").fine();
    for at in ["initial", "final", "mean", "4"] {
        for target in ["one", "group", "one/gradients.csv"] {
            let arguments = format!("{target} {target} --strict --tolerance 0 --at {at}");
            let whole = json(&desk, &arguments);
            assert_eq!(numbers(&whole, "difference"), [0.0; 5], "{arguments}");
            assert_eq!(whole["holds"], true);
            assert_eq!(whole["pairs"][0]["equal"], 5);
            let csv = compare(&desk, &format!("{arguments} --format csv"))
                .fine()
                .stdout;
            let csv = crate::table::Table::parse(&csv);
            assert_eq!(csv.cells("difference"), ["0"; 5]);
            for form in ["human", "markdown"] {
                let text = compare(&desk, &format!("{arguments} --format {form}"))
                    .fine()
                    .stdout;
                assert!(
                    text.contains("all 5 layers are equal, to the last digit"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_folder_without_a_summary_is_unfinished() {
    let desk = two_runs();
    std::fs::remove_file(desk.path("sigmoid/summary.json")).unwrap();
    let whole = json(&desk, "tanh sigmoid");
    let outcome = &whole["targets"][1]["outcome"];
    assert_eq!(outcome["status"], "unfinished");
    assert_eq!(outcome["steps"]["median"], 9.0);
    assert_eq!(outcome["train_loss"], Value::Null);
    // A lone file does not tell how its run ended.
    let whole = json(&desk, "tanh sigmoid/gradients.csv");
    assert_eq!(whole["targets"][1]["outcome"]["status"], Value::Null);
}

#[test]
fn a_diverged_run_is_told_as_one() {
    let desk = Desk::with(SMALL);
    desk.run("--out fine").fine();
    desk.run("--out wild --set train.learning_rate=1e30 --set network.activation=relu")
        .fine();
    let whole = json_of_nothing(&desk, "fine wild --at final");
    assert_eq!(whole["targets"][1]["outcome"]["verdict"], "diverged");
    assert_eq!(whole["holds"], false);
}

/// Saved specs name their data relative to where they lie.
#[test]
fn data_files_are_compared_and_not_the_way_to_them() {
    let desk = Desk::with(&SMALL.replace(
        "{ blobs = { samples = 100, classes = 3 } }",
        "{ csv = { path = 'd.csv', target = 'y' } }",
    ));
    let rows: String = (0..40).map(|i| format!("{},{}\n", i % 7, i % 2)).collect();
    for folder in ["", "p1/", "p2/"] {
        desk.write(&format!("{folder}d.csv"), format!("x,y\n{rows}"));
        desk.write(&format!("{folder}trial.toml"), desk.read("trial.toml"));
    }
    for out in ["a", "deep/er/b"] {
        desk.vgrad(["run", "trial.toml", "--out", out]).fine();
    }
    for folder in ["p1", "p2"] {
        let (spec, out) = (format!("{folder}/trial.toml"), format!("{folder}/run"));
        desk.vgrad(["run", &spec, "--out", &out]).fine();
    }
    let keys = |runs: &str| -> Vec<String> {
        let whole = json(&desk, runs);
        let specs = whole["spec_changes"].as_array().unwrap().iter();
        specs
            .map(|changed| changed["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys("a deep/er/b"), [""; 0]);
    assert_eq!(keys("p1/run p2/run"), ["data.source.csv.path"]);
}
