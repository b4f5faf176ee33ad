//! What a sweep does with a folder that holds something, and with cells that are the same.

use std::collections::BTreeSet;

use super::{SWEPT, done, sweep};
use crate::desk::Desk;

#[test]
fn files_that_no_sweep_wrote_are_not_replaced() {
    let spec = format!("# why this is tried\n{SWEPT}");
    let desk = Desk::empty();
    for (file, content) in [
        ("spec.toml", spec.as_str()),
        ("sweep.csv", "my,own\n"),
        ("sweep.json", "{\"mine\": 1}"),
    ] {
        desk.write("trial.toml", &spec);
        let name = format!("{file}-folder/{file}");
        desk.write(&name, content);
        let folder = format!("{file}-folder");
        desk.vgrad(["sweep", "trial.toml", "--out", &folder])
            .refused(&[&name, "choose another folder with --out"]);
        assert_eq!(desk.read(&name), content);
        assert_eq!(desk.list(&folder), [file], "nothing is made beside it");
    }
    // Even if it is the spec itself.
    let words = [
        "sweep",
        "spec.toml-folder/spec.toml",
        "--out",
        "spec.toml-folder",
    ];
    desk.vgrad(words).refused(&["spec.toml-folder/spec.toml"]);
    // What is beside a sweep's own files is nobody's matter.
    desk.write("own/notes.txt", "n");
    sweep(&desk, "--out own").fine();
    let again = sweep(&desk, "--out own --set name=other").fine();
    assert!(again.stderr.contains("12 found done"), "{again:?}");
    assert_eq!(desk.read("own/notes.txt"), "n");
}

/// Values that stand on an axis twice, and variants that come to the same.
#[test]
fn a_cell_that_stands_in_the_plan_twice_is_run_once_and_has_two_rows() {
    let spec = SWEPT.replace("[2, 4, 8]", "[2, 2, 4]")
        + "[[sweep.variant]]\nname = \"plain\"\nset = {}\n\
           [[sweep.variant]]\nname = \"same\"\nset = { \"network.width\" = 6 }\n";
    let desk = Desk::with(&spec);
    for (folder, threads) in [("one", 1), ("many", 6)] {
        let ended = sweep(&desk, &format!("--out {folder} --threads {threads}")).fine();
        // Of 2 · 3 · 2 · 2 rows those of 2 · 2 · 2 cells.
        assert!(
            ended.stderr.contains("8 cells run, 16 found done"),
            "{ended:?}"
        );
        assert_eq!(done(&desk, folder).len(), 8);
        assert_eq!(desk.list(&format!("{folder}/cells")).len(), 8);
        let table = desk.table(&format!("{folder}/sweep.csv"));
        assert_eq!(table.cells("status"), ["completed"; 24]);
        let hashes: BTreeSet<&str> = table.cells("hash").into_iter().collect();
        assert_eq!(hashes.len(), 8);
    }
    assert_eq!(desk.read("one/sweep.csv"), desk.read("many/sweep.csv"));
    // Two seeds of each depth are two runs, however often the depth stands there.
    let shown = sweep(&desk, "--out one").fine().stdout;
    let rows = shown
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows: Vec<_> = rows.filter(|row| row.first() == Some(&"tanh")).collect();
    assert_eq!(rows.len(), 4, "{shown}");
    // Activation, depth, variant, cells.
    assert!(rows.iter().all(|row| row[3] == "2"), "{shown}");
}

#[test]
fn a_cell_that_fails_fails_wherever_it_stands() {
    let desk = Desk::with(&SWEPT.replace("[2, 4, 8]", "[2, 2]"));
    // Of 60 samples 48 are for training.
    let ended = sweep(&desk, "--set train.batch_size=50 --threads 6 --out all");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("0 cells run, 8 failed"), "{ended:?}");
    let table = desk.table("all/sweep.csv");
    assert_eq!(table.cells("status"), ["failed"; 8]);
}
