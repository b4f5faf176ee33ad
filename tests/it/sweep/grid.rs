//! Which cells there are, and that each is run once.

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

#[test]
fn every_cell_has_a_row_in_the_order_of_the_plan() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "").fine();
    let table = desk.table("runs/trial-sweep/sweep.csv");
    let indices: Vec<String> = (0..12).map(|i: u32| i.to_string()).collect();
    assert_eq!(table.cells("index"), indices);
    // The last axis changes fastest.
    assert_eq!(table.cells("seed"), ["0", "1"].repeat(6));
    let depths: Vec<&str> = ["2", "4", "8"].iter().flat_map(|d| [*d; 2]).collect();
    assert_eq!(table.cells("network.depth"), depths.repeat(2));
    assert_eq!(table.cells("network.activation")[..6], ["tanh"; 6]);
    assert!(
        table
            .cells("status")
            .iter()
            .all(|status| *status == "completed")
    );
    // A cell is the run that its changes make.
    desk.vgrad("run trial.toml --out one --set network.depth=8 --set network.activation=sigmoid --seed 1 --set sweep={}".split_whitespace())
        .fine();
    let hash = table.cells("hash")[11];
    let cell = format!("runs/trial-sweep/cells/{hash}");
    assert_eq!(desk.csv_files(&cell), desk.csv_files("one"));
    let lost = desk.summary("one")["initial"]["attenuation_decades"].as_f64();
    assert_eq!(Some(table.numbers("attenuation_decades")[11]), lost);
}

#[test]
fn what_is_done_is_not_done_again_and_a_changed_spec_is_another_cell() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "").fine();
    let before = everything(&desk, "runs/trial-sweep");
    let again = sweep(&desk, "").fine();
    assert!(
        again.stderr.contains("0 cells run, 12 found done"),
        "{again:?}"
    );
    assert_eq!(everything(&desk, "runs/trial-sweep"), before);
    // One more depth: four further cells in the same folder.
    let more = sweep(&desk, "--grid network.depth=[2,4,8,9]").fine();
    assert!(
        more.stderr.contains("4 cells run, 12 found done"),
        "{more:?}"
    );
    assert_eq!(done(&desk, "runs/trial-sweep").len(), 16);
    // The name and the rules change no number; the rate does.
    let same = sweep(&desk, "--out runs/trial-sweep --set name=other").fine();
    assert!(same.stderr.contains("12 found done"), "{same:?}");
    let other = sweep(
        &desk,
        "--out runs/trial-sweep --set train.learning_rate=0.2",
    )
    .fine();
    assert!(other.stderr.contains("12 cells run"), "{other:?}");
    assert_eq!(done(&desk, "runs/trial-sweep").len(), 28);
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "--out a --threads 1").fine();
    sweep(&desk, "--out b --threads 3").fine();
    assert_eq!(everything(&desk, "a"), everything(&desk, "b"));
}

#[test]
fn axes_may_be_ranges_zipped_nested_and_named() {
    let spec = SWEPT.split("[sweep]").next().unwrap().to_owned()
        + r#"[sweep]
"train.learning_rate" = { from = 0.01, to = 1, count = 3, log = true }
[sweep.network]
depth = { from = 5, to = 80, count = 5, log = true }
[[sweep.zip]]
"network.width" = [4, 6]
"train.batch_size" = [8, 16]
[[sweep.variant]]
name = "plain"
set = {}
[[sweep.variant]]
name = "normed"
set = { "network.norm" = "batch", network.init = "he_normal" }
"#;
    let desk = Desk::with(&spec);
    let plan = sweep(&desk, "--plan").fine().stdout;
    let lines: Vec<&str> = plan.lines().collect();
    assert_eq!(lines.len(), 1 + 3 * 5 * 2 * 2);
    assert!(!desk.has("runs"), "a plan runs nothing");
    for expected in [
        "train.learning_rate=0.1 ",
        "network.depth=20 ",
        "network.width=6 --set train.batch_size=16",
        "network.norm=\"batch\"' --set 'network.init=\"he_normal\"'",
    ] {
        assert!(plan.contains(expected), "{expected}: {plan}");
    }
    // 5, 10, 20, 40, 80 are evenly spaced in their logarithm.
    for depth in [5, 10, 20, 40, 80] {
        let count = lines
            .iter()
            .filter(|line| line.contains(&format!("depth={depth} ")));
        assert_eq!(count.count(), 12, "{depth}");
    }
    let hashes: std::collections::BTreeSet<&str> = lines[1..]
        .iter()
        .map(|line| line.split('\t').nth(1).unwrap())
        .collect();
    assert_eq!(hashes.len(), 60, "no two cells are the same");
}

/// Of cells that are rarely meant so the first is named, and of those that are not none.
#[test]
fn what_is_rarely_meant_so_is_warned_about_once() {
    let alone = SWEPT.split("[sweep]").next().unwrap();
    let sines = alone.replace("\"tanh\"", "\"sine\"\ninit = \"siren\"");
    let desk = Desk::with(&sines);
    let grid = "--grid network.activation.sine.omega=[3.5,30.0] --grid network.depth=[2,4]";
    let told = sweep(&desk, grid).fine().stderr;
    assert!(told.contains("4 cells run"), "{told}");
    let warnings = told.lines().filter(|line| line.starts_with("warning: "));
    let [warning] = warnings.collect::<Vec<_>>()[..] else {
        panic!("expected one warning: {told}");
    };
    assert!(
        warning.starts_with("warning: cell ") && warning.contains("omega` = 3.5"),
        "{warning}"
    );
}

#[test]
fn a_cell_that_cannot_be_run_does_not_stop_the_others() {
    let desk = Desk::with(SWEPT);
    // Of 60 samples 48 are for training: a batch of 50 is too large.
    let grid = "--grid train.batch_size=[50,16]";
    let ended = sweep(&desk, grid);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("12 cells run, 12 failed"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("larger than the training split"),
        "{ended:?}"
    );
    let table = desk.table("runs/trial-sweep/sweep.csv");
    let failed = table
        .cells("status")
        .iter()
        .filter(|status| **status == "failed")
        .count();
    assert_eq!(failed, 12);
    // Failed is not done: it is tried again.
    let again = sweep(&desk, grid);
    assert!(
        again
            .stderr
            .contains("0 cells run, 12 found done, 12 failed"),
        "{again:?}"
    );
    let fast = sweep(&desk, &format!("{grid} --fail-fast --out fast --threads 1"));
    assert_eq!(fast.code, Some(2));
    assert!(fast.stderr.contains("1 failed"), "{fast:?}");
    assert!(done(&desk, "fast").len() < 12);
}

#[test]
fn what_is_wrong_with_an_axis_is_told_at_its_line() {
    for (axes, expected) in [
        ("\"network.dpeth\" = [1]", "unknown key `dpeth`"),
        ("\"network.depth\" = 3", "has no values"),
        ("\"network.depth\" = []", "has no values"),
        ("\"network.depth\" = [1, 0]", "is 0"),
        (
            "\"network.depth\" = { from = 1, to = 3, count = 5 }",
            "gives 2 twice",
        ),
        ("\"network.depth\" = { from = 1, to = 3 }", "is not whole"),
        (
            "\"network.depth\" = { from = 1, to = 3, count = 2, lgo = true }",
            "no key `lgo`",
        ),
        (
            "\"train.learning_rate\" = { from = 0, to = 1, count = 3, log = true }",
            "no logarithm",
        ),
        (
            "\"train.learning_rate\" = { from = -1, to = 1, count = 3 }",
            "is -1",
        ),
        (
            "[[sweep.zip]]\nseed = [1, 2]\n\"network.depth\" = [1]",
            "has 1 value,",
        ),
        ("seed = [1]\n[[sweep.zip]]\nseed = [1, 2]", "an axis twice"),
        (
            "[[sweep.variant]]\nname = \"a\"\nset = { \"network.nrom\" = 1 }",
            "unknown key `nrom`",
        ),
        ("name = [\"a\"]", "cannot be an axis"),
    ] {
        let spec = SWEPT.split("[sweep]").next().unwrap().to_owned() + "[sweep]\n" + axes;
        let desk = Desk::with(&spec);
        let ended = sweep(&desk, "--plan");
        assert_eq!(ended.code, Some(2), "{axes}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{axes}: {}", ended.stderr);
        assert!(ended.stderr.contains("trial.toml:"), "{}", ended.stderr);
    }
    let desk = Desk::with(SWEPT.split("[sweep]").next().unwrap());
    let none = sweep(&desk, "");
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("no axis to sweep"), "{}", none.stderr);
}

/// Ten million cells: their plan streams, and running them is refused.
#[test]
fn a_grid_that_is_too_large_is_planned_and_not_run() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let desk = Desk::with(SWEPT);
    let grid = ["--grid", "seed={from=0,to=9999999,count=10000000}"];
    let refused = desk.vgrad(["sweep", "trial.toml"].into_iter().chain(grid));
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .stderr
            .contains("60000000 cells are more than can be run"),
        "{}",
        refused.stderr
    );
    let mut plan = desk
        .program()
        .args(["sweep", "trial.toml", "--plan"])
        .args(grid)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(plan.stdout.take().unwrap()).lines();
    assert_eq!(lines.take(100).count(), 100);
    // Whoever reads has gone.
    assert_eq!(plan.wait().unwrap().code(), Some(0));
}

#[test]
fn seeds_are_an_axis() {
    let desk = Desk::with(&SWEPT.replace("seed = [0, 1]\n", ""));
    sweep(&desk, "--out a --seeds 3 --seed 5").fine();
    let table = desk.table("a/sweep.csv");
    assert_eq!(table.cells("seed"), ["5", "6", "7"].repeat(6));
    let same = sweep(&desk, "--out a --grid seed=[5,6,7]").fine();
    assert!(same.stderr.contains("18 found done"), "{same:?}");
    for engine in ["slurm", "lines"] {
        let script = sweep(
            &desk,
            &format!("--seeds 3 --emit {engine} --shards 2 --out a"),
        );
        assert!(script.fine().stdout.contains("--seeds 3 "), "{engine}");
    }
    let has_axis = Desk::with(SWEPT);
    sweep(&has_axis, "--seeds 3").refused(&["`seed` varies already", "--grid seed="]);
    assert!(!has_axis.has("runs"));
}

/// What a cell is called does not depend on what is in its files.
#[test]
fn cells_are_run_anew_where_that_is_asked_for() {
    let source = "{ csv = { path = \"rows.csv\", target = \"y\" } }";
    let spec = SWEPT
        .replace("{ blobs = { samples = 60, classes = 3 } }", source)
        .replace("batch_size = 16", "batch_size = 2");
    let desk = Desk::with(&spec);
    desk.write("rows.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
    sweep(&desk, "--out a").fine();
    let before = everything(&desk, "a");
    desk.write("rows.csv", "x,y\n9,a\n2,b\n3,a\n4,b\n");
    let kept = sweep(&desk, "--out a").fine();
    assert!(kept.stderr.contains("12 found done"), "{kept:?}");
    let anew = sweep(&desk, "--out a --force").fine();
    assert!(anew.stderr.contains("12 cells run"), "{anew:?}");
    sweep(&desk, "--out b").fine();
    assert_ne!(everything(&desk, "a"), before);
    assert_eq!(everything(&desk, "a"), everything(&desk, "b"));
    assert_eq!(desk.list("a/cells"), desk.list("b/cells"));
}
