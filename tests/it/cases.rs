//! Small logs rebuilt from what people reported, each with its right answer.

use std::path::Path;

use serde_json::Value;

use crate::desk::{Desk, Ended, SMALL};

/// A desk with the files of a folder of cases.
fn desk(folder: &str) -> Desk {
    let desk = Desk::empty();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases");
    for entry in std::fs::read_dir(cases.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        desk.write(&name, std::fs::read(entry.path()).unwrap());
    }
    desk
}

fn vgrad(desk: &Desk, arguments: &str) -> Ended {
    desk.vgrad(arguments.split_whitespace())
}

/// What `compare` says of two logs, and what it warned of.
fn compared(desk: &Desk, arguments: &str) -> (Value, String) {
    let ended = vgrad(desk, &format!("compare {arguments} --format json")).fine();
    (serde_json::from_str(&ended.stdout).unwrap(), ended.stderr)
}

fn outcome<'a>(whole: &'a Value, target: usize, key: &str) -> &'a Value {
    &whole["targets"][target]["outcome"][key]
}

/// The initial attenuation and decay per layer of a target.
fn decay(whole: &Value, target: usize) -> [f64; 2] {
    [
        "initial_attenuation_decades",
        "initial_decay_decades_per_layer",
    ]
    .map(|key| {
        let figure = outcome(whole, target, key);
        figure["median"]
            .as_f64()
            .unwrap_or_else(|| panic!("{whole}"))
    })
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
}

#[test]
fn of_a_resumed_run_the_later_rows_hold() {
    let desk = desk("resumed");
    for (file, line, steps) in [
        ("appended.csv", 140, "step 201 comes after step 212"),
        ("reset.csv", 32, "step 0 comes after step 4"),
        ("twice.csv", 42, "the header stands again"),
        ("twice_cols.csv", 42, "the header stands again"),
    ] {
        let (_, warnings) = compared(&desk, &format!("{file} {file} --at final"));
        assert!(
            warnings.contains(&format!("{file}:{line}: {steps}")),
            "{warnings}"
        );
        vgrad(&desk, &format!("compare {file} {file} --no-resume"))
            .refused(&[&format!("{file}:{line}"), "--no-resume"]);
    }
    // The first part ends healthy, the second begins with 4.5 decades lost.
    let (whole, _) = compared(&desk, "reset.csv reset.csv");
    near(decay(&whole, 0)[0], 4.5);
    let (whole, _) = compared(&desk, "appended.csv appended.csv --at 200");
    let part = |step: &str| {
        let log = desk.read("appended.csv");
        let rows = log
            .lines()
            .filter(|row| row.starts_with(&format!("{step},")));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    // Step 201 stands twice; its later rows are those that count.
    assert_eq!((part("200").len(), part("201").len()), (6, 12));
    assert_eq!(whole["pairs"][0]["equal"], 6);
    let last: f64 = part("201")[6].split(',').nth(2).unwrap().parse().unwrap();
    let (whole, _) = compared(&desk, "appended.csv appended.csv --at 201");
    let log = whole["pairs"][0]["layers"][0]["reference"]["log10"].as_f64();
    near(log.unwrap(), last.log10());
}

#[test]
fn a_file_sorted_by_layer_is_no_resumed_run() {
    let desk = Desk::empty();
    desk.write("log.csv", "step,layer,g_norm\n0,1,1\n1,1,1\n0,2,1\n1,2,1\n");
    vgrad(&desk, "compare log.csv log.csv").refused(&["log.csv:4", "sort the file by step"]);
}

#[test]
fn logs_of_other_shapes_are_read() {
    let desk = desk("shapes");
    let (whole, _) = compared(&desk, "names_in_layer.csv gradviz.csv wide.csv");
    for target in 0..3 {
        // 1e-4 to 10 over seven layers.
        near(decay(&whole, target)[0], 5.0);
        assert_eq!(outcome(&whole, target, "verdict"), "vanishing");
    }
    let names = |file: &str| {
        // Their names tell the order, so there is nothing to warn of but that they hold
        // gradients of weights.
        let (whole, warnings) = compared(&desk, &format!("{file} {file}"));
        let warnings: Vec<&str> = warnings.lines().collect();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("these are gradients of weights"));
        let layers = whole["pairs"][0]["layers"].as_array().unwrap();
        layers[0]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(names("names_in_layer.csv"), "model.0.conv.weight");
    assert_eq!(names("wide.csv"), "model.0.conv.weight");
    assert_eq!(names("gradviz.csv"), "model.0.conv");
    let (whole, warnings) = compared(&desk, "epoch.csv Step_cap.csv");
    assert_eq!(whole["pairs"][0]["equal"].as_u64(), Some(7), "{whole}");
    assert_eq!(warnings, "");
}

#[test]
fn every_spelling_of_a_csv_file_is_read() {
    let desk = desk("spellings");
    let files = "semicolon_dot.csv tab.tsv sepline.csv hash_top.csv upperE.csv.gz";
    let (whole, _) = compared(&desk, files);
    for pair in whole["pairs"].as_array().unwrap() {
        let layers = pair["layers"].as_array().unwrap().len();
        assert_eq!(pair["equal"], layers, "{pair}");
    }
    vgrad(&desk, "compare comma_semicolon.csv tab.tsv")
        .refused(&["comma_semicolon.csv:3", "decimal comma"]);
}

#[test]
fn empty_cells_are_not_comparable() {
    let desk = desk("spellings");
    let (whole, _) = compared(&desk, "empty_cells.csv empty_cells.csv");
    let layers = whole["pairs"][0]["layers"].as_array().unwrap();
    let empty = desk.read("empty_cells.csv");
    let rows = empty.lines().skip(1).filter(|row| row.starts_with("0,"));
    for (layer, row) in layers.iter().zip(rows) {
        let expected = ["equal", "not_comparable"][usize::from(row.ends_with(','))];
        assert_eq!(layer["result"], expected, "{row}");
    }
    let strict = vgrad(&desk, "compare empty_cells.csv empty_cells.csv --strict");
    assert_ne!(strict.code, Some(0), "{strict:?}");
}

#[test]
fn layers_that_are_frozen_in_training_are_no_cut_off_step() {
    let desk = desk("layers_come_and_go");
    let (whole, warnings) = compared(&desk, "full.csv freeze.csv --at final");
    assert!(!warnings.contains("left out"), "{warnings}");
    let (steps, rows) = (&whole["targets"][0]["steps"], &whole["targets"][1]["steps"]);
    assert_eq!(steps, rows);
    // Ranks, not numbers, are the positions: 1.4 decades over seven steps of one.
    let (whole, _) = compared(&desk, "gaps_in_ids.csv gaps_in_ids.csv");
    near(decay(&whole, 0)[0], 1.4);
    near(decay(&whole, 0)[1], 0.2);
}

#[test]
fn a_network_that_reads_0_everywhere_vanishes() {
    let desk = desk("zeros");
    let (whole, _) = compared(&desk, "zeros.csv zeros.csv");
    assert_eq!(outcome(&whole, 0, "verdict"), "vanishing");
}

#[test]
fn a_lone_log_that_dies_is_vanishing() {
    let desk = desk("dying");
    let (whole, _) = compared(&desk, "dies.csv dies.csv");
    assert_eq!(outcome(&whole, 0, "verdict"), "vanishing");
}

/// Not in the headline column, yet diverged for every reader.
#[test]
fn a_nan_in_any_norm_is_diverged_for_all() {
    let desk = Desk::empty();
    let log = "step,layer,activation_grad_norm,delta_norm\n0,1,1,1\n0,2,1,1\n1,1,1,1\n1,2,1,NaN\n";
    desk.write("log.csv", log);
    let (whole, _) = compared(&desk, "log.csv log.csv");
    assert_eq!(outcome(&whole, 0, "verdict"), "diverged");
    let checked = vgrad(&desk, "check log.csv");
    assert_eq!(checked.code, Some(1), "{checked:?}");
    vgrad(&desk, "report log.csv -o report.html").fine();
    assert!(desk.read("report.html").contains("diverged"));
}

#[test]
fn folders_of_different_depth_are_no_change_of_the_spec() {
    let csv: String = (0..40).map(|i| format!("{},{}\n", i % 7, i % 2)).collect();
    let spec = SMALL.replace(
        "{ blobs = { samples = 100, classes = 3 } }",
        "{ csv = { path = \"data.csv\", target = \"y\" } }",
    );
    let desk = Desk::with(&spec);
    desk.write("data.csv", format!("x,y\n{csv}"));
    desk.run("--out runs/a").fine();
    desk.run("--out deep/er/b").fine();
    let (whole, _) = compared(&desk, "runs/a deep/er/b");
    assert_eq!(
        whole["spec_changes"].as_array().unwrap().len(),
        0,
        "{whole}"
    );
    vgrad(&desk, "report runs/a deep/er/b -o report.html").fine();
    let page = desk.read("report.html");
    assert!(page.contains("The specs agree in every key."));
}
