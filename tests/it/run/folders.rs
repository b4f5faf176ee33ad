//! Which folder a run gets, and when it gets none.

use std::process::Stdio;

use crate::desk::{Desk, SMALL};

#[test]
fn a_finished_run_is_never_overwritten() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let first = desk.csv_files("runs/trial");
    for _ in 0..2 {
        desk.run("--seed 1").fine();
    }
    assert_eq!(desk.list("runs"), ["trial", "trial-2", "trial-3"]);
    assert_eq!(desk.csv_files("runs/trial"), first);
    assert_eq!(desk.summary("runs/trial-3")["seed"], 1);
}

#[test]
fn force_replaces_the_run() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.save_weights=true").fine();
    desk.run("--force --seed 1").fine();
    assert_eq!(desk.list("runs"), ["trial"]);
    assert_eq!(desk.summary("runs/trial")["seed"], 1);
    assert!(
        !desk.has("runs/trial/weights"),
        "the old run's weights stay"
    );
    desk.run("--out here/and/there").fine();
    desk.run("--out here/and/there --force --seed 2").fine();
    assert_eq!(desk.summary("here/and/there")["seed"], 2);
}

#[test]
fn an_occupied_out_names_the_ways_on() {
    let desk = Desk::with(SMALL);
    desk.run("--out mine").fine();
    let before = desk.csv_files("mine");
    desk.run("--out mine --seed 3")
        .refused(&["mine", "--force", "--resume"]);
    assert_eq!(desk.csv_files("mine"), before);
    // An unfinished run is one too.
    std::fs::remove_file(desk.path("mine/summary.json")).unwrap();
    desk.run("--out mine")
        .refused(&["mine", "--force", "--resume"]);
    assert_eq!(desk.csv_files("mine"), before);
    assert!(!desk.has("mine-2"));
}

#[test]
fn a_folder_that_holds_no_run_may_be_used() {
    let desk = Desk::with(SMALL);
    desk.write("notes/todo.txt", "keep me");
    desk.run("--out notes").fine();
    desk.run("--out notes --force").fine();
    assert_eq!(desk.read("notes/todo.txt"), "keep me");
    assert!(desk.has("notes/summary.json"));
}

#[test]
fn a_folder_that_cannot_be_is_an_error() {
    let desk = Desk::with(SMALL);
    desk.write("taken", "a file");
    desk.run("--out taken").refused(&["taken", "file"]);
    desk.run("--out taken --force").refused(&["taken", "file"]);
    desk.run("--out taken/below").refused(&["taken"]);
    assert_eq!(desk.read("taken"), "a file");
    // `runs` itself may be in the way.
    desk.write("runs", "a file");
    desk.run("").refused(&["runs"]);
}

/// Nobody may create folders there, not even root.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let desk = Desk::with(SMALL);
    desk.run("--out /proc/vgrad-trial")
        .refused(&["/proc/vgrad-trial", "--out"]);
    desk.run("--out /dev/null/trial").refused(&["/dev/null"]);
}

#[test]
fn processes_started_at_once_never_share_a_folder() {
    let desk = Desk::with(SMALL);
    let spawn = |arguments: &[&str]| {
        desk.program()
            .args(["run", "trial.toml", "-q"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running: Vec<_> = (0..6).map(|_| spawn(&[])).collect();
    let mut folders: Vec<String> = running
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 6, "{folders:?}");
    assert_eq!(desk.list("runs").len(), 6);

    // Of those that ask for the same folder, one gets it.
    let running: Vec<_> = (0..6).map(|_| spawn(&["--out", "one"])).collect();
    let mut codes: Vec<Option<i32>> = running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code())
        .collect();
    codes.sort();
    assert_eq!(codes, [0, 2, 2, 2, 2, 2].map(Some));
    assert_eq!(desk.summary("one")["status"], "completed");
}

#[test]
fn bad_input_leaves_no_folder() {
    let desk = Desk::with(SMALL);
    for flags in [
        "--set train.batch_size=1000",
        "--set network.weights=none.safetensors",
        "--set network.depth=0",
    ] {
        desk.run(flags).refused(&[]);
        desk.run(&format!("--out mine {flags}")).refused(&[]);
        desk.run(&format!("--seeds 2 {flags}")).refused(&[]);
        desk.run(&format!("--seeds 2 --out many {flags}"))
            .refused(&[]);
        assert_eq!(desk.list("."), ["trial.toml"], "{flags}");
    }
}

#[test]
fn bad_input_leaves_the_old_run_even_with_force() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let before = desk.csv_files("runs/trial");
    desk.run("--force --set train.batch_size=1000").refused(&[]);
    assert_eq!(desk.csv_files("runs/trial"), before);
    assert!(desk.has("runs/trial/summary.json"));
}

#[test]
fn force_never_takes_away_the_runs_own_input() {
    let desk = Desk::with(SMALL);
    desk.run("--out first --set log.save_weights=true").fine();
    let weights = desk.bytes("first/weights/final.safetensors");
    let flags = "--out first --force --set network.weights=first/weights/final.safetensors";
    desk.run(flags)
        .refused(&["first/weights/final.safetensors", "--out"]);
    assert_eq!(desk.bytes("first/weights/final.safetensors"), weights);
    assert!(desk.has("first/summary.json"));
    // What is not a run's stays, whatever it is called.
    desk.write("first/weights/mine.safetensors", "mine");
    desk.run("--out first --force").fine();
    assert_eq!(desk.list("first/weights"), ["mine.safetensors"]);
}
