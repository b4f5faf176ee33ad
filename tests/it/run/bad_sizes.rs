//! Sizes that cannot be: answered at once, with how much it would take.

use std::time::{Duration, Instant};

use crate::desk::{Desk, SMALL};

#[test]
fn what_does_not_fit_is_refused_at_once() {
    let desk = Desk::with(SMALL);
    let cases = [
        "--set network.depth=1000000000",
        "--set network.width=1000000 --set network.depth=10",
        "--set network.depth=9223372036854775807",
        "--set network.width=9223372036854775807",
        "--set network.depth=1000000000 --set network.skip.identity.every=999999999",
        "--set network.depth=1000000001 --set network.skip.identity.every=500000000",
        "--set network.width=[8,1000000,1000000,8]",
        "--set network.depth=1000000000 --set precision=f64 --set train.optimizer=adam",
    ];
    for flags in cases {
        let started = Instant::now();
        let ended = desk.run(flags).refused(&["network", "memory"]);
        let taken = started.elapsed();
        assert!(taken < Duration::from_secs(2), "{flags} took {taken:?}");
        let says_how_much = ["GiB", "TiB", "PiB", "EiB"]
            .iter()
            .any(|unit| ended.stderr.contains(unit));
        assert!(says_how_much, "{}", ended.stderr);
        assert!(!desk.has("runs"));
    }
}

#[test]
fn a_skip_over_a_deep_network_takes_what_it_takes() {
    // The bytes of networks that do run are the same by either way of counting.
    let desk = Desk::with(SMALL);
    let bytes = |flags: &str| {
        let ended = desk.run(&format!("{flags} --set train.steps=0 --format json"));
        let summary: serde_json::Value = serde_json::from_str(&ended.fine().stdout).unwrap();
        summary["engine_bytes"].as_f64().unwrap()
    };
    for every in [1, 3, 20, 60] {
        let flags = format!("--set network.depth=61 --set network.skip.identity.every={every}");
        let one_width = bytes(&flags);
        let list = vec!["8"; 61].join(",");
        let listed = bytes(&format!("{flags} --set network.width=[{list}]"));
        assert!(
            (one_width / listed - 1.0).abs() < 1e-9,
            "{every}: {one_width} {listed}"
        );
    }
}

#[test]
fn a_batch_must_fit_into_the_training_split() {
    let desk = Desk::with(SMALL);
    desk.run("--set train.batch_size=81")
        .refused(&["train.batch_size", "81", "80", "full"]);
    desk.run("--set train.batch_size=80").fine();
}

#[test]
fn more_threads_than_anybody_has_are_no_harm() {
    let desk = Desk::with(SMALL);
    desk.run("--out one --threads 1").fine();
    desk.run("--out many --threads 1000000").fine();
    assert!(desk.csv_files("one") == desk.csv_files("many"));
    desk.run("--threads 0").refused(&["--threads"]);
}

#[test]
fn a_full_batch_of_one_has_no_batch_norm() {
    let desk = Desk::with(SMALL);
    let one = "--set data.source.blobs.samples=4 --set data.test_fraction=0.7 --set train.batch_size=full";
    desk.run(&format!("{one} --set network.norm=batch"))
        .refused(&["train.batch_size", "batch norm"]);
    assert!(!desk.has("runs"));
    desk.run(one).fine();
}
