//! A cell is the same wherever it lies.

use super::{OVER_A_FILE, done};
use crate::desk::Desk;

/// A desk with a spec in `specs`.
fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("specs/trial.toml", OVER_A_FILE);
    desk.write("specs/data/rows.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
    desk
}

#[test]
fn a_hash_does_not_depend_on_the_folder() {
    let desk = desk();
    let hashes = |out: &str| {
        let plan = desk.vgrad(["sweep", "specs/trial.toml", "--plan", "--out", out]);
        let plan = plan.fine().stdout;
        let hashes = plan.lines().skip(1).map(|line| line.split('\t').nth(1));
        hashes
            .map(|hash| hash.unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = hashes("x");
    assert_eq!(first.len(), 4);
    for out in ["x/y/z", "specs/o", "specs", "data"] {
        assert_eq!(hashes(out), first, "{out}");
    }
}

/// Each node writes to a disk of its own.
#[test]
fn cells_of_several_folders_are_gathered_in_one_that_may_be_moved() {
    let desk = desk();
    for (shard, out) in [("0/2", "one/o"), ("1/2", "two/deep/er")] {
        let words = ["sweep", "specs/trial.toml", "--shard", shard, "--out", out];
        desk.vgrad(words).fine();
    }
    for cell in done(&desk, "two/deep/er") {
        let from = desk.path(&format!("two/deep/er/cells/{cell}"));
        std::fs::rename(from, desk.path(&format!("one/o/cells/{cell}"))).unwrap();
    }
    desk.vgrad(["gather", "one/o", "--strict"]).fine();
    let table = desk.read("one/o/sweep.csv");
    std::fs::create_dir_all(desk.path("else/where")).unwrap();
    std::fs::rename(desk.path("one/o"), desk.path("else/where/o")).unwrap();
    desk.vgrad(["gather", "else/where/o", "--strict"]).fine();
    assert_eq!(desk.read("else/where/o/sweep.csv"), table);
    // From the spec they are found done there, too.
    let words = ["sweep", "specs/trial.toml", "--out", "else/where/o"];
    let again = desk.vgrad(words).fine();
    assert!(again.stderr.contains("4 found done"), "{again:?}");
}

/// Their cells would be taken for those of the first.
#[test]
fn another_file_of_the_same_name_needs_another_folder() {
    let desk = desk();
    desk.vgrad(["sweep", "specs/trial.toml", "--out", "o"])
        .fine();
    desk.write("other/trial.toml", OVER_A_FILE);
    desk.write("other/data/rows.csv", "x,y\n9,a\n2,b\n3,a\n4,b\n");
    desk.vgrad(["sweep", "other/trial.toml", "--out", "o"])
        .refused(&["another file of the name \"data/rows.csv\"", "--out"]);
    desk.vgrad(["sweep", "other/trial.toml", "--out", "p"])
        .fine();
}
