//! Sweeps that are killed, again and again.
#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

/// Names in the folders of checkpoints of cells that are being run.
fn checkpoints(desk: &Desk) -> Vec<String> {
    let cells = desk.list("killed/cells");
    let folders = cells.iter().filter(|cell| cell.starts_with('.'));
    let names = folders.flat_map(|cell| desk.list(&format!("killed/cells/{cell}/checkpoints")));
    names.collect()
}

/// Killed 40 times: while a checkpoint is written, when one has just got its name, and at
/// any other moment.
#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    // Longer cells, so that some are killed half-way.
    let spec = SWEPT.replace("steps = 4", "steps = 60");
    let desk = Desk::with(&(spec + "[log]\ncheckpoint_every = 1\n"));
    sweep(&desk, "--out whole").fine();
    let is_unfinished = |name: &String| name.starts_with(".unfinished");
    let (mut killed, mut died_writing) = (0, 0);
    for n in 0..40 {
        let earlier = checkpoints(&desk);
        let is_due = |since: Duration| match n % 3 {
            0 => checkpoints(&desk)
                .iter()
                .any(|name| is_unfinished(name) && !earlier.contains(name)),
            1 => checkpoints(&desk)
                .iter()
                .any(|name| !is_unfinished(name) && !earlier.contains(name)),
            // Moments that differ, and are the same in every run of this test.
            _ => since > Duration::from_millis(3 + 7 * (n * n % 11)),
        };
        let arguments = ["sweep", "trial.toml", "--out", "killed", "-q"];
        killed += u32::from(desk.kill_when(arguments, is_due));
        died_writing += u32::from(checkpoints(&desk).iter().any(is_unfinished));
        // Whatever has the name of a cell is whole.
        for cell in done(&desk, "killed") {
            let summary = desk.summary(&format!("killed/cells/{cell}"));
            assert_eq!(summary["status"], "completed");
        }
    }
    assert_eq!(killed, 40, "it was over before");
    assert!(died_writing > 0, "no kill was during the write");
    sweep(&desk, "--out killed").fine();
    assert_eq!(everything(&desk, "killed"), everything(&desk, "whole"));
    assert_eq!(
        desk.list("killed/cells"),
        desk.list("whole/cells"),
        "nothing else is left"
    );
}

#[test]
fn an_interrupted_sweep_keeps_what_is_done() {
    let spec = SWEPT.replace("steps = 4", "steps = 100000");
    let desk = Desk::with(&spec);
    let mut program = desk.program();
    program.args(["sweep", "trial.toml", "--out", "a", "--threads", "1"]);
    let child = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !desk.has("a/cells") || desk.list("a/cells").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = std::process::Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(75));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("the same command goes on"), "{said}");
}
