//! Which layer is held against which, and where in the runs.

use super::sheet::{compare, json, json_of_nothing, numbers, of_layers, one_step, sheets};
use crate::desk::Desk;

#[test]
fn another_depth_is_compared_by_relative_depth() {
    // Relative depths 0, 1/2, 1 of three layers fall on layers 1, 2.5 and 4 of
    // four; halfway between 1e-1 and 1e-3 in log10 is 1e-2.
    let desk = sheets(&[&["1", "1", "1"], &["1", "1e-1", "1e-3", "1e-6"]]);
    let whole = json(&desk, "a.csv b.csv");
    assert_eq!(whole["pairs"][0]["matched_by"], "relative_depth");
    assert_eq!(numbers(&whole, "other_layer"), [1.0, 2.5, 4.0]);
    assert_eq!(numbers(&whole, "difference"), [0.0, -2.0, -6.0]);
    let text = compare(&desk, "a.csv b.csv").fine().stdout;
    assert!(text.contains("B has 4 hidden layers, A has 3"), "{text}");
    assert!(text.contains("largest: layer 3 (4 in B), -6.00"), "{text}");
}

/// Gradients that decay by as much over the whole depth are the same to a
/// comparison by relative depth, whatever the depths.
#[test]
fn profiles_of_one_shape_agree_at_any_depth() {
    let desk = Desk::empty();
    let profile = |depth: usize| {
        let log = |l: usize| -9.0 + 8.0 * l as f64 / (depth - 1) as f64;
        let cells: Vec<String> = (0..depth)
            .map(|l| format!("{:e}", 10f64.powf(log(l))))
            .collect();
        one_step(&cells.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (a, b) in [(2, 9), (9, 2), (7, 30), (30, 7), (30, 31)] {
        desk.write("a.csv", profile(a));
        desk.write("b.csv", profile(b));
        let whole = json(&desk, "a.csv b.csv --strict --tolerance 1e-9");
        assert_eq!(numbers(&whole, "difference").len(), a);
    }
}

#[test]
fn outputs_are_held_against_outputs() {
    let named = |hidden: &[&str], output: &str| {
        let mut text = "step,layer,name,n_norm\n".to_owned();
        for (i, cell) in hidden.iter().enumerate() {
            text += &format!("0,{0},hidden_{0},{cell}\n", i + 1);
        }
        text + &format!("0,{},output,{output}\n", hidden.len() + 1)
    };
    let desk = Desk::empty();
    desk.write("a.csv", named(&["1", "1e-2"], "1e-5"));
    desk.write("b.csv", named(&["1", "1e-1", "1e-2"], "1e-6"));
    let whole = json(&desk, "a.csv b.csv");
    assert_eq!(numbers(&whole, "other_layer"), [1.0, 3.0, 4.0]);
    let found = numbers(&whole, "difference");
    assert!(
        found[0] == 0.0 && found[1] == 0.0 && (found[2] + 1.0).abs() < 1e-12,
        "{found:?}"
    );
    // A file without names may number the same layers and call all of them hidden.
    let plain = "step,layer,n_norm\n0,1,1\n0,2,1e-2\n0,3,1e-5\n";
    desk.write("plain.csv", plain);
    let whole = json(&desk, "a.csv plain.csv --strict");
    assert_eq!(whole["pairs"][0]["matched_by"], "number");
    assert!(
        whole["remarks"][0]
            .as_str()
            .unwrap()
            .contains("only one names its output")
    );
    // Where one has an output and the other has none, that is said.
    desk.write(
        "other.csv",
        "step,layer,n_norm\n0,1,1\n0,2,1e-2\n0,3,1e-5\n0,4,1\n0,5,1\n",
    );
    let whole = json(&desk, "other.csv a.csv");
    let reason = whole["pairs"][0]["not_comparable"][0].as_str().unwrap();
    assert!(reason.contains("B has an output layer"), "{reason}");
    let whole = json(&desk, "a.csv other.csv");
    assert_eq!(
        of_layers(&whole, "reason")[2],
        "B has no layer named output"
    );
}

/// A hook knows which layer is the output and has it off the path, whatever its name; a logger
/// has all layers on it.
#[test]
fn an_output_of_another_name_is_matched_by_number() {
    let desk = Desk::empty();
    let norms = ["1e-5", "1e-3", "1e-1", "1"];
    let names = ["layers.0", "layers.1", "layers.2", "head"];
    let mut rows = "step,layer,name,weight_grad_norm,position\n".to_owned();
    for (i, (name, norm)) in names.iter().zip(norms).enumerate() {
        let position = if i < 3 {
            (i + 1).to_string()
        } else {
            String::new()
        };
        rows += &format!("0,{},{name},{norm},{position}\n", i + 1);
    }
    desk.write("hook.csv", rows);
    let columns = names.map(|name| format!("grad_2.0_norm/{name}.weight"));
    let row = norms.join(",");
    let table = format!("step,{}\n0,{row}\n", columns.join(","));
    desk.write("logger.csv", table);
    for files in ["hook.csv logger.csv", "logger.csv hook.csv"] {
        let whole = json(&desk, &format!("{files} --at initial --strict"));
        let pair = &whole["pairs"][0];
        assert_eq!(pair["matched_by"], "number", "{whole:#}");
        assert_eq!(pair["equal"], 4, "{whole:#}");
        let remark = whole["remarks"][0].as_str().unwrap();
        assert!(remark.contains("only one names its output"), "{remark}");
    }
    // The gate holds layers to layers, and not the decay of one path to that of another.
    let check =
        |arguments: &str| desk.vgrad(["check"].into_iter().chain(arguments.split_whitespace()));
    check("hook.csv --baseline b.json --accept").fine();
    let ended = check("logger.csv --baseline b.json");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("4 hold of 4"), "{ended:?}");
}

/// The spec of a transformer counts blocks and that of a GAN one network's layers; the file names
/// all of them, and the output.
#[test]
fn a_run_and_its_own_file_name_the_same_output() {
    let desk = Desk::with(
        r#"
        data = { source = { gaussian = { samples = 40, features = 12, classes = 3 } }, positions = 4 }
        train = { steps = 2, batch_size = 32, learning_rate = 0.01 }
        [network]
        architecture = { transformer = { heads = 2, feedforward = 2 } }
        depth = 2
        width = 4
        activation = "relu"
        "#,
    );
    desk.run("--out kept").fine();
    let whole = json(&desk, "kept kept/gradients.csv --strict");
    assert_eq!(whole["pairs"][0]["matched_by"], "number");
    assert_eq!(whole["remarks"], serde_json::json!([]), "{whole:#}");
}

#[test]
fn one_hidden_layer_has_no_relative_depth() {
    let desk = sheets(&[&["1"], &["1", "1"]]);
    let whole = json_of_nothing(&desk, "a.csv b.csv");
    let reason = of_layers(&whole, "reason")[0].clone();
    assert!(
        reason.as_str().unwrap().contains("B has no relative depth"),
        "{reason}"
    );
    assert_eq!(compare(&desk, "b.csv a.csv --strict").code, Some(1));
}

/// Backward hooks see the last layer first; nothing but `step`, `layer` and a
/// norm is needed, in any order of columns.
#[test]
fn hooks_may_write_layers_from_the_last_to_the_first() {
    let desk = Desk::empty();
    desk.write(
        "up.csv",
        "step,layer,grad_norm\n0,1,1e-3\n0,2,1e-2\n0,3,1e-1\n",
    );
    desk.write(
        "down.csv",
        "grad_norm,layer,step\n1e-1,3,0\n1e-2,2,0\n1e-3,1,0\n",
    );
    let whole = json(&desk, "up.csv down.csv --strict --tolerance 0");
    assert_eq!(numbers(&whole, "difference"), [0.0; 3]);
    assert_eq!(whole["targets"][1]["quantity"], "grad_norm");
    assert_eq!(whole["targets"][1]["outcome"]["verdict"], "healthy");
}

/// Three steps with the norms 1, 1e-2 and 1e-6 in every layer.
const THREE_STEPS: &str =
    "step,layer,n_norm\n0,1,1\n0,2,1\n5,1,1e-2\n5,2,1e-2\n9,1,1e-6\n9,2,1e-6\n";

#[test]
fn steps_are_chosen_by_at() {
    let desk = Desk::empty();
    desk.write("a.csv", THREE_STEPS);
    desk.write(
        "b.csv",
        "step,layer,n_norm\n0,1,10\n0,2,10\n5,1,1\n5,2,1\n7,1,1\n7,2,1\n",
    );
    // Both have the steps 0 and 5: the means of log10 of 1, 1e-2 and of 10, 1 are -1 and 0.5.
    for (at, expected) in [("initial", 1.0), ("final", 6.0), ("5", 2.0), ("mean", 1.5)] {
        let whole = json(&desk, &format!("a.csv b.csv --at {at}"));
        for difference in numbers(&whole, "difference") {
            assert!((difference - expected).abs() < 1e-12, "{at}: {difference}");
        }
    }
    let whole = json(&desk, "a.csv b.csv --at final");
    assert_eq!(whole["remarks"][0], "B is read at step 7, A at step 9");
    let whole = json(&desk, "a.csv b.csv --at mean");
    assert_eq!(
        whole["remarks"][0],
        "the means cover the steps that all targets have: layers 1–2: 2 of 3 steps"
    );
    assert_eq!(whole["targets"][1]["steps"], "2 steps from 0 to 5");
}

#[test]
fn a_step_that_was_not_logged_names_its_neighbours() {
    let desk = Desk::empty();
    desk.write("a.csv", THREE_STEPS);
    desk.write("b.csv", THREE_STEPS);
    desk.write(
        "c.csv",
        "step,layer,n_norm\n0,1,1\n0,2,1\n4,1,1\n4,2,1\n6,1,1\n6,2,1\n",
    );
    // One of two: it is listed, and never a pass.
    let arguments = "a.csv b.csv c.csv --at 5";
    let whole = json(&desk, arguments);
    assert_eq!(whole["pairs"][0]["equal"], 2);
    let reason = whole["pairs"][1]["not_comparable"][0].as_str().unwrap();
    assert_eq!(
        reason,
        "step 5 was not logged in C; the nearest are 4 and 6"
    );
    assert_eq!(whole["holds"], false);
    let strict = compare(&desk, &format!("{arguments} --strict"));
    assert_eq!(strict.code, Some(1));
    assert!(strict.stdout.contains(reason), "{}", strict.stdout);
    let csv = compare(&desk, &format!("{arguments} --format csv"))
        .fine()
        .stdout;
    assert!(csv.contains("step 5 was not logged"), "{csv}");
    // All of them: nothing was compared.
    compare(&desk, "a.csv c.csv --at 5").refused(&["step 5", "in B", "4 and 6"]);
    compare(&desk, "c.csv a.csv b.csv --at 9").refused(&["step 9", "in A", "nearest is 6"]);
}

#[test]
fn a_layer_that_one_of_them_lacks_is_listed() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,n_norm\n0,1,1\n0,2,1\n0,4,1\n");
    desk.write("b.csv", "step,layer,n_norm\n0,1,1\n0,3,1\n0,4,1\n");
    let whole = json(&desk, "a.csv b.csv");
    assert_eq!(of_layers(&whole, "layer"), [1, 2, 3, 4]);
    assert_eq!(of_layers(&whole, "reason")[1], "B has no such layer");
    assert_eq!(of_layers(&whole, "reason")[2], "A has no such layer");
    assert_eq!(whole["pairs"][0]["not_comparable_layers"], 2);
    assert_eq!(compare(&desk, "a.csv b.csv --strict").code, Some(1));
}

/// Layers that were frozen at step 5 are compared over the steps before.
#[test]
fn a_mean_covers_common_steps_and_says_so() {
    let desk = Desk::empty();
    for (name, text) in [
        (
            "freeze.csv",
            include_str!("../../fixtures/cases/layers_come_and_go/freeze.csv"),
        ),
        (
            "full.csv",
            include_str!("../../fixtures/cases/layers_come_and_go/full.csv"),
        ),
    ] {
        desk.write(name, text);
    }
    let whole = json(&desk, "freeze.csv full.csv --at mean");
    assert_eq!(of_layers(&whole, "result"), ["equal"; 8]);
    let remarks = whole["remarks"].to_string();
    assert!(remarks.contains("layers 1–4: 5 of 10 steps"), "{remarks}");
}

/// A shell's pattern sorts by letters; depth-10 is no neighbour of depth-1.
#[test]
fn a_pattern_is_taken_in_natural_order_in_one_table() {
    let desk = Desk::empty();
    for (depth, norm) in [("2", "1"), ("10", "1e-1"), ("100", "1e-2")] {
        desk.write(&format!("depth-{depth}.csv"), one_step(&[norm, "1"]));
    }
    let ended = compare(&desk, "depth-10.csv depth-100.csv depth-2.csv").fine();
    let order = "natural order of their names: depth-2.csv, depth-10.csv, depth-100.csv";
    assert!(ended.stderr.contains(order), "{}", ended.stderr);
    let table: Vec<&str> = (ended.stdout.lines())
        .skip_while(|line| !line.trim_start().starts_with("layer"))
        .take(3)
        .collect();
    let words =
        |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
    assert_eq!(words(table[0]), ["layer", "A", "B", "C"]);
    assert_eq!(words(table[1]), ["1", "0.00", "-1.00", "≠", "-2.00", "≠"]);
    assert_eq!(words(table[2]), ["2", "0.00", "0.00", "=", "0.00", "="]);
}

/// A recurrent network's path is its last layer over time: as long with two layers as with one.
#[test]
fn stacked_recurrent_networks_match_along_time() {
    let log = |below: &str| {
        let mut text = "step,layer,name,n_norm,position\n".to_owned();
        let first = below.lines().count();
        text += below;
        for t in 1..=3 {
            text += &format!(
                "0,{},hidden_{}.{t},1e-{},{t}\n",
                first + t,
                1 + first / 3,
                3 - t
            );
        }
        text + &format!("0,{},output,1,\n", first + 4)
    };
    let desk = Desk::empty();
    desk.write("one.csv", log(""));
    let below = "0,1,hidden_1.1,1e-9,\n0,2,hidden_1.2,1e-9,\n0,3,hidden_1.3,1e-9,\n";
    desk.write("two.csv", log(below));
    let whole = json(&desk, "one.csv two.csv --strict --tolerance 1e-9");
    assert_eq!(numbers(&whole, "other_layer"), [4.0, 5.0, 6.0, 7.0]);
    let remark = whole["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("3 time steps of 2 stacked layers"),
        "{remark}"
    );
}
