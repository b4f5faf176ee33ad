//! Runs that go on after they were stopped or killed.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::Duration;

use super::tensorboard::scalars;
use crate::desk::{Desk, SMALL};

/// The options with which everything that a checkpoint holds matters: an optimizer's
/// state, dropout, running averages, weights, a part of an epoch.
const ALL: &str = "--set train.optimizer=adam --set network.norm=batch --set network.dropout=0.2 \
                   --set log.save_weights=true --set train.steps=400 --set log.checkpoint_every=7 \
                   --set log.evaluate_every=33 --set log.parameters=true --set log.tensorboard=true";

fn files(desk: &Desk, run: &str) -> Vec<Vec<u8>> {
    let names = [
        "gradients.csv",
        "training.csv",
        "parameters.csv",
        "weights/initial.safetensors",
        "weights/final.safetensors",
    ];
    names
        .map(|name| desk.bytes(&format!("{run}/{name}")))
        .to_vec()
}

/// What is left of a summary without times.
fn told(desk: &Desk, run: &str) -> serde_json::Value {
    let mut summary = desk.summary(run);
    summary["times"] = serde_json::Value::Null;
    summary
}

fn words(extra: &str) -> impl Iterator<Item = &str> {
    ["run", "trial.toml"]
        .into_iter()
        .chain(ALL.split_whitespace())
        .chain(extra.split_whitespace())
}

/// Killed 40 times: while a checkpoint is written, when it has just got its name, and at
/// any other moment.
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let is_unfinished = |name: &String| name.starts_with(".unfinished");
    let mut died_writing = 0;
    for precision in ["f32", "f64"] {
        let desk = Desk::with(SMALL);
        let own = format!(
            "--set precision={precision} --set train.steps=700 --set log.every=25 \
             --set log.checkpoint_every=1"
        );
        desk.vgrad(words(&format!("{own} --out whole"))).fine();
        let checkpoints = || desk.list("killed/checkpoints");
        let newest = |names: &[String]| {
            let whole = names.iter().filter(|name| !is_unfinished(name));
            whole.max().cloned()
        };
        for n in 0..20u64 {
            let earlier = checkpoints();
            let is_new = |name: &String| is_unfinished(name) && !earlier.contains(name);
            let is_due = |since: Duration| match n % 3 {
                0 => checkpoints().iter().any(is_new),
                1 => newest(&checkpoints()) > newest(&earlier),
                _ => since > Duration::from_millis(2 + 5 * (n * n % 13)),
            };
            let arguments = format!("{own} --out killed --resume -q");
            assert!(
                desk.kill_when(words(&arguments), is_due),
                "it was over before"
            );
            died_writing += u32::from(checkpoints().iter().any(is_unfinished));
        }
        desk.vgrad(words(&format!("{own} --out killed --resume")))
            .fine();
        assert_eq!(files(&desk, "killed"), files(&desk, "whole"), "{precision}");
        assert_eq!(told(&desk, "killed"), told(&desk, "whole"));
        // But for the times in them, the events are the same too.
        let [killed, whole] = ["killed", "whole"]
            .map(|run| scalars(&desk.bytes(&format!("{run}/events.out.tfevents.vgrad"))));
        assert_eq!(killed, whole);
        assert_eq!(
            desk.list("killed"),
            desk.list("whole"),
            "a run that is over leaves nothing else"
        );
    }
    assert!(died_writing > 0, "no kill was during the write");
}

#[test]
fn a_run_that_is_stopped_goes_on_where_it_was() {
    let desk = Desk::with(SMALL);
    let long =
        "--set train.steps=20000 --set log.every=100 --set log.checkpoint_every=0 --out stopped";
    let mut program = desk.program();
    program.args(words(long));
    let child = program
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !desk.has("stopped/gradients.csv") || desk.bytes("stopped/gradients.csv").len() < 2000 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(75));
    assert_eq!(desk.summary("stopped")["status"], "interrupted");
    let done = desk.summary("stopped")["steps"].as_u64().unwrap();
    assert_eq!(desk.list("stopped/checkpoints").len(), 1);
    // Another spec is not gone on with.
    let other = desk.vgrad(words(&format!("{long} --resume --set seed=5")));
    assert_eq!(other.code, Some(2));
    assert!(
        other.stderr.contains("is of another spec"),
        "{}",
        other.stderr
    );
    desk.vgrad(words(&format!("{long} --resume --set name=renamed")))
        .fine();
    let summary = desk.summary("stopped");
    assert_eq!(summary["status"], "completed");
    assert_eq!(summary["name"], "renamed");
    assert!(
        desk.read("stopped/spec.toml")
            .contains("name = \"renamed\"")
    );
    assert!(0 < done && done < 20000);
    // It did not begin anew: its speed is that of the rest.
    let times = &summary["times"];
    let rate =
        times["steps_per_second"].as_f64().unwrap() * times["training_seconds"].as_f64().unwrap();
    assert!((rate - (20000 - done) as f64).abs() < 1.0, "{rate} {done}");
}

/// Rows that have changed since a run was stopped would make another run of its second half.
#[test]
fn a_run_does_not_go_on_with_other_data() {
    let source = "{ csv = { path = \"points.csv\", target = \"y\" } }";
    let desk = Desk::with(&SMALL.replace("{ blobs = { samples = 100, classes = 3 } }", source));
    let points = |first: &str| {
        let rows = (1..60).map(|i| format!("{i},{},{}\n", (i * 7) % 11, i % 3));
        format!("a,b,y\n{first}\n{}", rows.collect::<String>())
    };
    desk.write("points.csv", points("0,0,0"));
    let flags = "run trial.toml --out r -q --set train.steps=20000 --set log.every=1000 \
                 --set log.checkpoint_every=500";
    let is_kept = |_| {
        let kept = desk.list("r/checkpoints");
        kept.iter().any(|name| name.starts_with('0'))
    };
    let is_killed = desk.kill_when(flags.split_whitespace(), is_kept);
    assert!(is_killed, "it was over before");
    let resumed = || desk.vgrad(flags.split_whitespace().chain(["--resume"]));
    desk.write("points.csv", points("0,1,0"));
    resumed().refused(&[
        "r/checkpoints",
        "is of other data",
        "data.source",
        "--force",
    ]);
    desk.write("points.csv", points("0,0,0"));
    resumed().fine();
    assert_eq!(desk.summary("r")["steps"], 20000);
}

#[test]
fn what_is_over_is_left_as_it_is_and_what_is_not_there_is_begun() {
    let desk = Desk::with(SMALL);
    let first = desk.run("--resume").fine();
    assert!(first.stdout.contains("verdict"), "{first:?}");
    let before = desk.csv_files("runs/trial");
    let again = desk.run("--resume").fine();
    assert!(again.stderr.contains("nothing is changed"), "{again:?}");
    assert_eq!(desk.csv_files("runs/trial"), before);
    assert_eq!(desk.list("runs"), ["trial"]);
    // A checkpoint that was cut off is as good as none.
    desk.write(
        "broken/checkpoints/00000000000000000003.safetensors",
        b"half a",
    );
    desk.write("broken/gradients.csv", b"step,layer\n0,");
    desk.run("--resume --out broken").fine();
    assert_eq!(desk.csv_files("broken"), before);
}

/// Of two checkpoints the older one serves where the newer one is cut off.
#[test]
fn the_older_checkpoint_serves_where_the_newer_is_cut_off() {
    let desk = Desk::with(SMALL);
    desk.vgrad(words("--out whole")).fine();
    let mut program = desk.program();
    program.args(words("--set train.steps=400 --out killed -q"));
    let mut child = program
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while desk.list("killed/checkpoints").len() < 2 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it was over before two checkpoints"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept: Vec<String> = desk.list("killed/checkpoints");
    let newest = kept
        .iter()
        .rfind(|name| name.ends_with("safetensors"))
        .unwrap();
    let path = format!("killed/checkpoints/{newest}");
    let half = desk.bytes(&path);
    desk.write(&path, &half[..half.len() / 2]);
    desk.vgrad(words("--out killed --resume")).fine();
    assert_eq!(files(&desk, "killed"), files(&desk, "whole"));
}

/// Killed before its first checkpoint: it is begun anew, unless it is another run.
#[test]
fn what_was_left_of_another_spec_is_not_taken_away() {
    let desk = Desk::with(SMALL);
    desk.run("--out whole").fine();
    desk.run("--out left").fine();
    std::fs::remove_file(desk.path("left/summary.json")).unwrap();
    desk.write("left/.unfinished-summary", "half");
    let before = desk.csv_files("left");
    let other = desk.run("--resume --out left --set network.depth=5");
    assert_eq!(other.code, Some(2));
    assert!(
        other
            .stderr
            .contains("is of another spec: network.depth is 4 there and 5 here"),
        "{other:?}"
    );
    assert_eq!(desk.csv_files("left"), before);
    // What it is called and when it is saved is no other spec.
    desk.run("--resume --out left --set name=other --set log.checkpoint_every=3")
        .fine();
    assert_eq!(desk.csv_files("left"), desk.csv_files("whole"));
    assert_eq!(desk.summary("left")["name"], "other");
    assert_eq!(
        desk.list("left"),
        desk.list("whole"),
        "nothing half-written stays"
    );
}

#[test]
fn missing_seeds_are_added_to_a_group() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 4 --out all").fine();
    desk.run("--seeds 2 --out some").fine();
    let before = desk.csv_files("some/seed-1");
    desk.run("--seeds 4 --out some --resume").fine();
    assert_eq!(desk.csv_files("some/seed-1"), before);
    for seed in 0..4 {
        let run = format!("seed-{seed}");
        assert_eq!(
            desk.csv_files(&format!("some/{run}")),
            desk.csv_files(&format!("all/{run}"))
        );
    }
    // The group's file is that of runs that were never stopped.
    assert_eq!(desk.read("some/seeds.json"), desk.read("all/seeds.json"));
}

#[test]
fn what_is_over_of_another_spec_is_refused() {
    let desk = Desk::with(SMALL);
    desk.run("--out one").fine();
    let before = desk.summary("one");
    desk.run("--out one --resume --set network.depth=5 --set train.learning_rate=0.2")
        .refused(&[
            "one/spec.toml",
            "is of another spec: network.depth is 4 there and 5 here, train.learning_rate is 0.1 there and 0.2 here",
            "--out",
        ]);
    let same = desk.run("--out one --resume --set name=other --set log.checkpoint_every=3");
    assert!(same.fine().stderr.contains("nothing is changed"));
    assert_eq!(desk.summary("one"), before);
    // Nor are its seeds mixed with others.
    desk.run("--seeds 2 --out some").fine();
    let before = desk.read("some/seeds.json");
    desk.run("--seeds 4 --out some --resume --set network.depth=5")
        .refused(&[
            "some/seed-0/spec.toml",
            "network.depth is 4 there and 5 here",
        ]);
    assert_eq!(desk.list("some"), ["seed-0", "seed-1", "seeds.json"]);
    assert_eq!(desk.read("some/seeds.json"), before);
}
