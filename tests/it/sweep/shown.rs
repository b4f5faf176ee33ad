//! Sweeps read by the commands that read runs.

use super::{OVER_A_FILE, SWEPT, sweep};
use crate::desk::Desk;

#[test]
fn a_quantity_is_drawn_over_one_axis_or_two() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "").fine();
    // Its runs are no logs of other programs.
    let words = ["the folder of a sweep", "cells", "vgrad report"];
    desk.vgrad(["read", "runs/trial-sweep"]).refused(&words);
    let map = "plot runs/trial-sweep --x network.depth --y network.activation --out map.svg";
    desk.vgrad(map.split_whitespace()).fine();
    let svg = desk.read("map.svg");
    for word in [
        "attenuation_decades",
        "depth",
        "activation",
        "sigmoid",
        "tanh",
    ] {
        assert!(svg.contains(word), "{word}");
    }
    assert!(svg.contains("Sweep of trial"));
    let told = desk.vgrad("plot runs/trial-sweep --x depth --y activation".split_whitespace());
    let told = told.fine().stdout;
    let table = desk.table("runs/trial-sweep/sweep.csv");
    // Sigmoid at depth 8, cells 10 and 11: the last one of its row.
    let lost = &table.numbers("attenuation_decades")[10..];
    let row = told.lines().find(|line| line.contains("sigmoid")).unwrap();
    let words: Vec<&str> = row.split_whitespace().rev().take(3).collect();
    let [half, sign, shown] = words[..] else {
        panic!("{told}")
    };
    let [half, shown] = [half, shown].map(|word| word.parse::<f64>().unwrap());
    assert!(
        (shown - (lost[0] + lost[1]) / 2.0).abs() < 1e-3 * shown.abs(),
        "{told}"
    );
    // Two values: s/√2 is half their difference, and t(0.975, 1) is 12.7062.
    let expected = 12.7062 * (lost[0] - lost[1]).abs() / 2.0;
    assert!((half - expected).abs() < 1e-3 * expected, "{told}");
    assert_eq!(sign, "±");
    // Six cells of a figure have room for it, too.
    let texts = svg.split("± ").skip(1);
    let is_number = |text: &&str| text.starts_with(|c: char| c.is_ascii_digit());
    assert_eq!(texts.filter(is_number).count(), 6);
    let line = "plot runs/trial-sweep --x depth --quantity test_accuracy --out line.svg";
    desk.vgrad(line.split_whitespace()).fine();
    let svg = desk.read("line.svg");
    assert!(svg.contains("activation=sigmoid") && svg.contains("test_accuracy"));
    assert!(!svg.contains("theory"), "an accuracy is not predicted");
    let line = "plot runs/trial-sweep --x depth --out theory.svg";
    desk.vgrad(line.split_whitespace()).fine();
    assert!(desk.read("theory.svg").contains("theory"));
    // Named without an axis it takes one of numbers.
    let chosen = "plot runs/trial-sweep --figure sweep --out chosen.svg";
    desk.vgrad(chosen.split_whitespace()).fine();
    assert_eq!(desk.read("chosen.svg"), desk.read("theory.svg"));
    let beside = "plot runs/trial-sweep --figure sweep --figure layers --out both.svg";
    desk.vgrad(beside.split_whitespace())
        .refused(&["`sweep` needs", "no other figure"]);
    for (wrong, expected) in [
        ("--x depht --out a.svg", "depht"),
        ("--x depth --quantity lossy --out a.svg", "lossy"),
    ] {
        let words = format!("plot runs/trial-sweep {wrong}");
        let ended = desk.vgrad(words.split_whitespace());
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

/// The spec in the folder names the file from there.
#[test]
fn cells_over_a_file_are_found_again() {
    let desk = Desk::with(&OVER_A_FILE.replace("[2, 3, 4, 5]", "[2, 3]"));
    desk.write("data/rows.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
    let first = sweep(&desk, "").fine();
    let shown = "plot runs/trial-sweep --x width --quantity train_loss";
    desk.vgrad(shown.split_whitespace()).fine();
    // Nor are they run again, from wherever the spec is read.
    let again = sweep(&desk, "").fine();
    assert_eq!(again.stdout, first.stdout);
    assert!(again.stderr.contains("2 found done"), "{}", again.stderr);
    let folder = "runs/trial-sweep";
    let words = ["sweep", &format!("{folder}/spec.toml"), "--out", folder];
    let copy = desk.vgrad(words).fine();
    assert!(copy.stderr.contains("2 found done"), "{}", copy.stderr);
}

/// Those of an axis would be looked for there.
#[test]
fn files_on_an_axis_are_named_in_full() {
    let spec = |file: &str| {
        format!(
            "[data]\nsource = {{ csv = {{ path = \"rows.csv\", target = \"y\" }} }}\n\
             [network]\ndepth = 1\nwidth = 2\nactivation = \"tanh\"\n\
             [train]\nsteps = 1\nbatch_size = 2\nlearning_rate = 0.1\n\
             [sweep]\n\"data.source.csv.path\" = [{file:?}]\n"
        )
    };
    let desk = Desk::with(&spec("rows.csv"));
    desk.write("rows.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
    let whole = desk.path("rows.csv").display().to_string();
    sweep(&desk, "").refused(&["data.source.csv.path", "rows.csv", "write its whole path"]);
    desk.write("trial.toml", spec(&whole));
    sweep(&desk, "").fine();
    let shown = "gather runs/trial-sweep --strict";
    desk.vgrad(shown.split_whitespace()).fine();
}

#[test]
fn a_sweep_is_compared_and_reported_kind_by_kind() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "").fine();
    let compared = desk.vgrad(["compare", "runs/trial-sweep"]);
    assert!(matches!(compared.code, Some(0 | 1)), "{compared:?}");
    // Six kinds of two seeds each, which differ in two keys.
    let kinds = compared.stdout.matches("(2 seeds").count();
    assert_eq!(kinds, 6, "{}", compared.stdout);
    for key in ["network.activation", "network.depth"] {
        assert!(compared.stdout.contains(key), "{key}: {}", compared.stdout);
    }
    desk.vgrad(["report", "runs/trial-sweep", "-o", "page.html"])
        .fine();
    assert!(
        desk.read("page.html")
            .contains("activation=sigmoid depth=8")
    );
}

#[test]
fn the_first_depth_that_stalls_is_named() {
    let spec = SWEPT
        .replace("steps = 4", "steps = 0")
        .replace("[2, 4, 8]", "[2, 40]")
        .replace("width = 6", "width = 16");
    let desk = Desk::with(&spec);
    let said = sweep(&desk, "").fine().stdout;
    // 39 factors of −½ log10 0.0557 = 0.627 decades: 24 are lost (Schoenholz 2017).
    assert!(
        said.contains("activation = sigmoid: stalls from depth 40 on"),
        "{said}"
    );
    // Tanh with Xavier is critical.
    assert!(
        said.contains("activation = tanh: does not stall up to depth 40"),
        "{said}"
    );
}

#[test]
fn depths_that_have_not_run_are_not_said_to_train() {
    let spec = SWEPT.replace("steps = 4", "steps = 0");
    let desk = Desk::with(&spec.replace("width = 6", "width = 16"));
    // Tanh at depths 2, 4 and 8 with seeds 0 and 1, then sigmoid: cell 0 alone.
    sweep(&desk, "--out a --shard 0/12").fine();
    let said = desk.vgrad(["gather", "a"]).fine().stdout;
    for line in [
        "activation = tanh: does not stall up to depth 2; depths 4, 8 have not run",
        "activation = sigmoid: nothing is known; depths 2, 4, 8 have not run",
    ] {
        assert!(said.lines().any(|own| own == line), "{line}: {said}");
    }
    sweep(&desk, "--out a --shard 4/12").fine();
    let said = desk.vgrad(["gather", "a"]).fine().stdout;
    let line = "activation = tanh: does not stall up to depth 8; depth 4 has not run";
    assert!(said.lines().any(|own| own == line), "{said}");
}
