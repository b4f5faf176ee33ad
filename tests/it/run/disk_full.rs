//! A disk that fills up in the middle of a run.
#![cfg(target_os = "linux")]

use std::process::Command;

use crate::desk::{Desk, Ended, SMALL};
use crate::small_disk::SmallDisk;

/// `vgrad run trial.toml` where no file may grow beyond `blocks` of 1 KiB.
fn limited(desk: &Desk, blocks: u32, flags: &str) -> Ended {
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec '{}' run trial.toml --out runs/trial {flags}",
        env!("CARGO_BIN_EXE_vgrad")
    );
    // bash counts in KiB; sh may be another shell that counts half as much.
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(desk.path("."));
    Ended::of(command.output().unwrap())
}

#[test]
fn rows_that_do_not_fit_end_the_run() {
    // Rows written by the training thread, and by one of their own.
    for threads in [1, 2] {
        let desk = Desk::with(SMALL);
        let flags = format!("--set train.steps=3000 --threads {threads}");
        limited(&desk, 40, &flags).refused(&["gradients.csv", "could not be written", "help"]);
        assert_eq!(
            desk.list("runs/trial"),
            ["gradients.csv", "spec.toml", "training.csv"]
        );
        // What had been written is readable up to the last whole line.
        let text = desk.read("runs/trial/gradients.csv");
        assert!(text.len() > 20_000);
        let whole = &text[..=text.rfind('\n').unwrap()];
        assert!(crate::table::Table::parse(whole).rows.len() > 50);
    }
}

#[test]
fn weights_that_do_not_fit_leave_nothing_half_made() {
    let desk = Desk::with(SMALL);
    let flags = "--set log.save_weights=true --set network.width=100 --set train.steps=1";
    limited(&desk, 40, flags).refused(&["initial.safetensors", "could not be written"]);
    assert_eq!(desk.list("runs"), [""; 0], "nothing was measured yet");
}

/// Tells apart a full disk from a limit on one file.
#[test]
#[ignore = "needs the right to mount"]
fn a_full_disk_ends_the_run() {
    let desk = Desk::with(SMALL);
    let disk = SmallDisk::mount(desk.path("disk"), "64k");
    let ended = desk.run("--out disk/run --set train.steps=3000");
    let left = desk.list("disk/run");
    drop(disk);
    ended.refused(&["disk/run", "could not be written", "No space left"]);
    assert!(left.contains(&"gradients.csv".to_owned()), "{left:?}");
    assert!(!left.contains(&"summary.json".to_owned()), "{left:?}");
    assert!(
        !left.iter().any(|name| name.starts_with(".unfinished")),
        "{left:?}"
    );
}
