//! Sweeps in shards, and two at once.

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

#[test]
fn shards_gathered_are_the_whole_sweep() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "--out whole").fine();
    for shard in [2, 0] {
        sweep(&desk, &format!("--out parts --shard {shard}/3")).fine();
    }
    assert!(
        !desk.has("parts/sweep.csv"),
        "a shard writes its own cells alone"
    );
    let missing = desk.vgrad(["gather", "parts", "--strict"]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing
            .stderr
            .contains("4 of 12 cells are missing or failed: 1, 4, 7, 10"),
        "{missing:?}"
    );
    assert!(missing.stderr.contains("--array=1\n"), "{missing:?}");
    let lenient = desk.vgrad(["gather", "parts"]);
    assert_eq!(lenient.code, Some(0));
    let statuses = desk.table("parts/sweep.csv");
    assert_eq!(
        statuses.cells("status")[..3],
        ["completed", "missing", "completed"]
    );
    sweep(&desk, "--out parts --shard 1/3").fine();
    desk.vgrad(["gather", "parts", "--strict"]).fine();
    assert_eq!(everything(&desk, "parts"), everything(&desk, "whole"));
}

#[test]
fn two_at_once_do_every_cell_with_the_same_bytes() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "--out whole").fine();
    let start = || {
        let mut program = desk.program();
        program.args(["sweep", "trial.toml", "--out", "both", "-q"]);
        program.spawn().unwrap()
    };
    let both = [start(), start()];
    for mut one in both {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(done(&desk, "both").len(), 12);
    assert_eq!(desk.list("both/cells").len(), 12, "nothing else is left");
    assert_eq!(everything(&desk, "both"), everything(&desk, "whole"));
}

#[test]
fn a_shard_is_one_of_so_many() {
    let desk = Desk::with(SWEPT);
    for wrong in ["3/3", "1", "a/b"] {
        let ended = sweep(&desk, &format!("--out a --shard {wrong}"));
        assert_eq!(ended.code, Some(2));
        assert!(
            ended.stderr.contains("expected I/N with 0 ≤ I < N"),
            "{}",
            ended.stderr
        );
    }
    let none = desk.vgrad(["gather", "."]);
    assert_eq!(none.code, Some(2));
    assert!(
        none.stderr.contains("is not the folder of a sweep"),
        "{}",
        none.stderr
    );
}
