//! Runs that are stopped from outside.
#![cfg(unix)]

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Ended, SMALL};

const ENDLESS: [&str; 8] = [
    "run",
    "trial.toml",
    "--set",
    "train.steps=1000000000",
    "--set",
    "log.save_weights=true",
    "--out",
    "runs/trial",
];

/// An endless run, which a failing test must not leave behind.
struct Running(Option<Child>);

impl Running {
    /// Waits for its end.
    fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(desk: &Desk, arguments: &[&str]) -> Running {
    let mut command = desk.program();
    command.args(ENDLESS).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(Some(command.spawn().unwrap()))
}

fn signal(run: &Running, name: &str) {
    let id = run.0.as_ref().unwrap().id().to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status();
    assert!(sent.unwrap().success());
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wait_for_rows(desk: &Desk, file: &str) {
    let length = || std::fs::metadata(desk.path(file)).map_or(0, |found| found.len());
    wait_until(file, || length() > 2000);
}

#[test]
fn an_interrupted_run_keeps_what_there_is() {
    for (name, threads) in [
        ("INT", "1"),
        ("TERM", "2"),
        ("HUP", "2"),
        ("USR1", "1"),
        ("USR2", "1"),
        ("XCPU", "1"),
    ] {
        let desk = Desk::with(SMALL);
        let child = spawn(&desk, &["--threads", threads]);
        wait_for_rows(&desk, "runs/trial/gradients.csv");
        signal(&child, name);
        let ended = Ended::of(child.output());
        assert_eq!(ended.code, Some(75), "{name}: {ended:?}");
        assert!(ended.stdout.contains("interrupted"), "{}", ended.stdout);
        let summary = desk.summary("runs/trial");
        assert_eq!(summary["status"], "interrupted");
        let steps = summary["steps"].as_u64().unwrap();
        assert!(steps > 0 && steps < 1_000_000_000);
        // Every row of every step made, and none half.
        let table = desk.table("runs/trial/gradients.csv");
        assert_eq!(table.rows.len() as u64, steps * 5);
        assert_eq!(summary["final"]["step"], steps - 1);
        let training = desk.table("runs/trial/training.csv");
        assert_eq!(training.rows.len() as u64, steps);
        assert!(desk.has("runs/trial/weights/final.safetensors"));
        // A finished run in every other way: nothing overwrites it.
        desk.run("--out runs/trial").refused(&["--force"]);
    }
}

#[test]
fn json_tells_of_an_interruption_too() {
    let desk = Desk::with(SMALL);
    let child = spawn(
        &desk,
        &["--format", "json", "--seeds", "3", "--threads", "1"],
    );
    wait_for_rows(&desk, "runs/trial/seed-0/gradients.csv");
    signal(&child, "INT");
    let ended = Ended::of(child.output());
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let printed: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed.as_array().unwrap().len(), 1);
    assert_eq!(printed[0]["status"], "interrupted");
    assert_eq!(desk.list("runs/trial"), ["seed-0", "seeds.json"]);
}

#[test]
fn a_killed_run_leaves_readable_rows() {
    // Steps that are rare in the log, and so wait for the clock to be flushed.
    let desk = Desk::with(SMALL);
    let child = spawn(&desk, &["--set", "log.every=5000"]);
    wait_until("header", || {
        desk.has("runs/trial/training.csv") && desk.read("runs/trial/training.csv").contains('\n')
    });
    std::thread::sleep(Duration::from_millis(1200));
    drop(child);
    assert!(!desk.has("runs/trial/summary.json"));
    let text = desk.read("runs/trial/gradients.csv");
    let whole = &text[..=text.rfind('\n').unwrap()];
    assert!(!crate::table::Table::parse(whole).rows.is_empty());
    // The folder of a killed run is taken until --force frees it.
    desk.run("--out runs/trial").refused(&["--force"]);
    desk.run("--out runs/trial --force").fine();
}

#[test]
fn rows_are_flushed_while_a_single_step_takes_long() {
    // Step 1 begins with a long look at the test set; the rows of step 0 must
    // not wait for its end.
    let desk = Desk::with(SMALL);
    let sizes = [
        "--threads=1",
        "--set=data.source.blobs.samples=8000",
        "--set=data.test_fraction=0.997",
        "--set=network.width=400",
        "--set=log.evaluate_every=1",
    ];
    let child = spawn(&desk, &sizes);
    wait_until("row of step 0", || {
        desk.has("runs/trial/gradients.csv")
            && desk.read("runs/trial/gradients.csv").contains("\n0,")
    });
    let seen_training = desk.read("runs/trial/training.csv");
    drop(child);
    assert!(
        !seen_training.contains("\n2,"),
        "the steps are too short for this test"
    );
}

/// A signal before the first row: nothing is worth keeping.
#[test]
fn a_run_stopped_before_its_first_row_leaves_no_folder() {
    use std::sync::atomic::AtomicBool;
    use vgrad::base::Problem;
    use vgrad::lab::config::{Overrides, Spec};
    use vgrad::lab::experiment::{RunCallback, RunOptions, run};
    use vgrad::lab::run_folder::Destination;
    use vgrad::study::train::{Callback, StepRecord};

    struct Nobody;
    impl Callback for Nobody {
        fn on_step(&mut self, _: &StepRecord) -> Result<(), Problem> {
            Ok(())
        }
    }
    impl RunCallback for Nobody {
        fn begin(&mut self, _: &str, _: u64) {}
        fn end(&mut self) {}
    }

    let desk = Desk::with(SMALL);
    let loaded = Spec::load(&desk.path("trial.toml"), &Overrides::default()).unwrap();
    let stop = AtomicBool::new(true);
    let destinations = [
        Destination::Exactly(desk.path("mine")),
        Destination::Numbered {
            parent: desk.path("runs"),
            name: "trial".into(),
        },
    ];
    for destination in destinations {
        let options = RunOptions {
            destination,
            force: false,
            threads: 1,
            stop: &stop,
        };
        let outcome = run(&loaded, &options, &mut Nobody).unwrap();
        assert!(outcome.is_none());
    }
    assert!(!desk.has("mine"));
    assert_eq!(desk.list("runs"), [""; 0]);
}

#[test]
fn a_signal_during_preparation_ends_with_130() {
    // lsuv walks a large network several times before the first step.
    let desk = Desk::with(SMALL);
    let sizes = [
        "--threads=1",
        "--set=network.init=lsuv",
        "--set=network.depth=20",
        "--set=network.width=300",
    ];
    let child = spawn(&desk, &sizes);
    // Long enough for the signal to be listened for, too short for lsuv.
    std::thread::sleep(Duration::from_millis(150));
    signal(&child, "INT");
    let ended = Ended::of(child.output());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(desk.list("runs"), [""; 0]);
}
