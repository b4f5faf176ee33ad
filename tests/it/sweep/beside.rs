//! Sweeps beside what other processes do, or have left.
#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

/// A sweep of one cell, long enough to be disturbed.
fn long() -> String {
    let spec = SWEPT
        .replace("steps = 4", "steps = 20000")
        .replace("[\"tanh\", \"sigmoid\"]", "[\"tanh\"]")
        .replace("[2, 4, 8]", "[2]")
        .replace("seed = [0, 1]", "seed = [0]");
    spec + "[log]\nevery = 100\ncheckpoint_every = 1000\n"
}

/// The folder of a cell that is being run.
fn workshop(desk: &Desk, folder: &str) -> Option<String> {
    let cells = format!("{folder}/cells");
    let mut names = desk.list(&cells).into_iter();
    let name = names.find(|name| name.starts_with('.'))?;
    Some(format!("{cells}/{name}"))
}

#[test]
fn a_shard_looks_at_its_own_cells_alone() {
    let desk = Desk::with(SWEPT);
    let plan = sweep(&desk, "--plan").fine().stdout;
    let second = plan.lines().nth(2).unwrap();
    let hash = second.split('\t').nth(1).unwrap();
    // Somebody at work on another machine has just made the folder of cell 1.
    let other = format!("parts/cells/.{hash}.1-2-3/spec.toml");
    desk.write(&other, "half");
    sweep(&desk, "--out parts --shard 0/2").fine();
    assert_eq!(desk.read(&other), "half");
    assert_eq!(done(&desk, "parts").len(), 6);
    sweep(&desk, "--out parts --shard 1/2").fine();
    assert!(!desk.has(&other), "its cell is done");
    assert_eq!(desk.list("parts/cells").len(), 12);
}

/// What a machine left that is gone, as seen from another.
#[test]
fn a_cell_goes_on_on_another_machine() {
    let desk = Desk::with(&long());
    sweep(&desk, "--out whole").fine();
    let has_checkpoint = |_: Duration| {
        let checkpoints = workshop(&desk, "moved").map(|own| format!("{own}/checkpoints"));
        let names = checkpoints.map_or(Vec::new(), |own| desk.list(&own));
        names.iter().any(|name| name.ends_with(".safetensors"))
    };
    let arguments = ["sweep", "trial.toml", "--out", "moved", "-q"];
    assert!(
        desk.kill_when(arguments, has_checkpoint),
        "it was over before"
    );
    let left = workshop(&desk, "moved").unwrap();
    let elsewhere = left.rsplit_once('.').unwrap().0.to_owned() + ".1-2-3";
    std::fs::rename(desk.path(&left), desk.path(&elsewhere)).unwrap();
    sweep(&desk, "--out moved").fine();
    assert_eq!(everything(&desk, "moved"), everything(&desk, "whole"));
    assert_eq!(
        desk.list("moved/cells"),
        desk.list("whole/cells"),
        "nothing else is left"
    );
    // It did not begin anew: its speed is that of the rest.
    let cell = &done(&desk, "moved")[0];
    let times = &desk.summary(&format!("moved/cells/{cell}"))["times"];
    let number = |key: &str| times[key].as_f64().unwrap();
    let steps = number("steps_per_second") * number("training_seconds");
    assert!(steps < 19_500.0, "{steps}");
}

#[test]
fn a_cell_whose_folder_is_taken_away_is_done_anew() {
    let desk = Desk::with(&long());
    sweep(&desk, "--out whole").fine();
    let mut program = desk.program();
    program.args(["sweep", "trial.toml", "--out", "robbed", "-q"]);
    let child = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let own = loop {
        match workshop(&desk, "robbed") {
            Some(own) if desk.has(&format!("{own}/gradients.csv")) => break own,
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    std::fs::rename(desk.path(&own), desk.path("taken")).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(everything(&desk, "robbed"), everything(&desk, "whole"));
    assert_eq!(desk.list("robbed/cells"), desk.list("whole/cells"));
}

/// A file system without locks.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_locked() {
    let desk = Desk::with(&long());
    let mut program = desk.program();
    program.args(["sweep", "trial.toml", "--out", "a", "-q"]);
    let mut child = program
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let own = loop {
        match workshop(&desk, "a") {
            Some(own) if desk.has(&format!("{own}/gradients.csv")) => break own,
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let files = desk.list(&own);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!files.contains(&".lock".to_owned()), "{files:?}");
}
