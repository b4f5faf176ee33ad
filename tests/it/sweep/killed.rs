//! Sweeps that are killed, again and again.
#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    // Longer cells, so that some are killed half-way.
    let spec = SWEPT.replace("steps = 4", "steps = 60");
    let desk = Desk::with(&spec);
    sweep(&desk, "--out whole").fine();
    for n in 0..40 {
        let mut program = desk.program();
        program.args(["sweep", "trial.toml", "--out", "killed", "-q"]);
        let mut child = program
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments that differ, and are the same in every run of this test.
        std::thread::sleep(Duration::from_millis(3 + 7 * (n * n % 11)));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever has the name of a cell is whole.
        for cell in done(&desk, "killed") {
            let summary = desk.summary(&format!("killed/cells/{cell}"));
            assert_eq!(summary["status"], "completed");
        }
    }
    sweep(&desk, "--out killed").fine();
    assert_eq!(everything(&desk, "killed"), everything(&desk, "whole"));
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
