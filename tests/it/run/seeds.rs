//! Several seeds of one experiment.

use serde_json::Value;

use crate::desk::{Desk, SMALL};

#[test]
fn every_seed_gets_a_folder() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("--seeds 3 --format json").fine();
    assert_eq!(desk.list("runs"), ["trial"]);
    assert_eq!(desk.list("runs/trial"), ["seed-0", "seed-1", "seed-2"]);
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let printed = printed.as_array().unwrap();
    assert_eq!(printed.len(), 3);
    for (seed, printed) in printed.iter().enumerate() {
        assert_eq!(*printed, desk.summary(&format!("runs/trial/seed-{seed}")));
        assert_eq!(printed["seed"], seed);
    }
    // The same as one by one.
    desk.run("--seed 1 --out alone").fine();
    assert!(desk.csv_files("alone") == desk.csv_files("runs/trial/seed-1"));
    desk.vgrad(["run", "runs/trial/seed-1/spec.toml", "--out", "again"])
        .fine();
    assert!(desk.csv_files("alone") == desk.csv_files("again"));
}

#[test]
fn the_next_group_is_numbered() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let ended = desk.run("--seeds 2 --seed 8 -q").fine();
    assert_eq!(ended.stdout, "runs/trial-2/seed-8\nruns/trial-2/seed-9\n");
}

#[test]
fn an_occupied_group_is_refused_before_anything_is_run() {
    let desk = Desk::with(SMALL);
    desk.run("--out group/seed-1 --seed 1").fine();
    desk.run("--seeds 2 --out group")
        .refused(&["seed-1", "--force"]);
    assert_eq!(desk.list("group"), ["seed-1"]);
    desk.run("--seeds 2 --out group --force").fine();
    assert_eq!(desk.list("group"), ["seed-0", "seed-1"]);
    // A group's folder is no place for a run of its own, forced or not.
    desk.run("--out group")
        .refused(&["group", "holds the seeds"]);
    desk.run("--out group --force")
        .refused(&["group", "holds the seeds"]);
    assert_eq!(desk.list("group"), ["seed-0", "seed-1"]);
    // A run's own folder is no place for a group.
    desk.run("--out single").fine();
    desk.run("--seeds 2 --out single").refused(&["single"]);
    assert!(!desk.has("single/seed-0"));
}
