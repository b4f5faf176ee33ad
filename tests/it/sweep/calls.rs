//! What a sweep asks of a file system, cell by cell, as benches/README.md tells it.

use std::collections::BTreeMap;

use super::{SWEPT, done, sweep};
use crate::desk::Desk;

/// The numbers of the table in benches/README.md, by the words in its first column.
fn told() -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/README.md"));
    let text = text.unwrap();
    let section = text.split("## What a sweep asks of a file system").nth(1);
    let lines = section.expect("the section").lines();
    let rows = lines.filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (what, count) = (cells.next()?, cells.next()?);
        let count = count.replace([' ', '|'], "");
        Some((what.to_owned(), count.parse().ok()?))
    });
    rows.collect()
}

#[test]
fn a_cell_leaves_as_many_files_as_is_told() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "").fine();
    let told = told();
    let cells = done(&desk, "runs/trial-sweep");
    assert_eq!(cells.len(), 12);
    for cell in &cells {
        let files = desk.list(&format!("runs/trial-sweep/cells/{cell}"));
        assert_eq!(
            files,
            ["gradients.csv", "spec.toml", "summary.json", "training.csv"]
        );
        assert_eq!(files.len() as u64, told["files"]);
    }
    assert_eq!(told["folders"], 1);
    // Beside them the sweep has files of its own, as many for any number of cells.
    assert_eq!(desk.list("runs/trial-sweep/cells").len(), 12);
    assert_eq!(
        desk.list("runs/trial-sweep"),
        ["cells", "spec.toml", "sweep.csv", "sweep.json"]
    );
}

/// What 100 000 cells come to is what one does, 100 000 times.
#[test]
fn many_cells_are_as_many_times_one() {
    let told = told();
    let calls = [
        "files created",
        "folders created",
        "renames",
        "files removed",
        "files opened",
        "locks",
        "other look-ups",
    ];
    let each: u64 = calls.iter().map(|call| told[*call]).sum();
    for (whole, each) in [
        ("files of all", told["files"]),
        ("folders of all", told["folders"]),
        ("calls of all", each),
        ("waits of all", told["waits for the disk"]),
    ] {
        assert_eq!(told[whole], 100_000 * each, "{whole}");
    }
    // On 200 nodes of 32 cores, a minute for each cell.
    let cells_per_s = 200.0 * 32.0 / 60.0;
    assert_eq!(
        told["calls a second"],
        (cells_per_s * each as f64).round() as u64
    );
    assert_eq!(
        told["waits a second"],
        (cells_per_s * told["waits for the disk"] as f64).round() as u64
    );
}

/// Calls of a sweep of so many cells that name a file, or wait for the disk, by what they do.
#[cfg(target_os = "linux")]
fn calls(cells: usize) -> BTreeMap<&'static str, i64> {
    let desk = Desk::with(SWEPT);
    let seeds: Vec<String> = (0..cells).map(|seed| seed.to_string()).collect();
    let grid = format!("seed=[{}]", seeds.join(","));
    let program = env!("CARGO_BIN_EXE_vgrad");
    let arguments = "sweep trial.toml -q --threads 1 --out a --grid network.activation=[\"tanh\"] --grid network.depth=[2] --grid";
    let traced = std::process::Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            "calls",
            "-e",
            "trace=%file,fsync,fdatasync,flock,getdents64",
            program,
        ])
        .args(arguments.split_whitespace())
        .arg(grid)
        .current_dir(desk.path("."))
        .output()
        .unwrap();
    assert!(traced.status.success(), "{traced:?}");
    let mut counts = BTreeMap::new();
    for line in desk.read("calls").lines() {
        // What is read of the system is no file of the sweep's.
        let is_own = |line: &str| {
            line.contains("cells")
                || line.contains("sync(")
                || line.contains("flock(")
                || line.contains("getdents")
        };
        if !is_own(line) || line.contains("resumed>") {
            continue;
        }
        let what = match line {
            _ if line.contains("O_CREAT") => "files created",
            _ if line.contains("rename") => "renames",
            _ if line.contains("unlink") || line.contains("rmdir") => "files removed",
            _ if line.contains("mkdir") => "folders created",
            _ if line.contains("sync(") => "waits for the disk",
            _ if line.contains("openat") => "files opened",
            _ if line.contains("flock") => "locks",
            _ if line.contains("getdents") => "folders listed",
            _ => "other look-ups",
        };
        *counts.entry(what).or_default() += 1;
    }
    counts
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs strace"]
fn a_cell_makes_as_many_calls_as_is_told() {
    let (few, many) = (calls(3), calls(13));
    let told = told();
    for (what, count) in &many {
        let each = (count - few.get(what).copied().unwrap_or(0)) as f64 / 10.0;
        let expected = told.get(*what).copied().unwrap_or(0);
        assert_eq!(each, expected as f64, "{what}: {few:?} {many:?}");
    }
}
