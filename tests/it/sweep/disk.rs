//! Sweeps on a disk that is full or cannot be written.
#![cfg(target_os = "linux")]

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;
use crate::small_disk::SmallDisk;

/// A whole cell takes some 20 kB, so that a few of twelve fit.
#[test]
#[ignore = "needs the right to mount"]
fn a_full_disk_stops_a_sweep_that_goes_on_once_there_is_room() {
    let desk = Desk::with(&SWEPT.replace("steps = 4", "steps = 40"));
    sweep(&desk, "--out whole").fine();
    let disk = SmallDisk::mount(desk.path("disk"), "200k");
    for _ in 0..2 {
        let ended = sweep(&desk, "--out disk/swept");
        assert_eq!(ended.code, Some(2));
        for part in [
            "disk/swept",
            "could not be",
            "No space left",
            "choose another",
        ] {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
        let cells = done(&desk, "disk/swept");
        assert!((1..12).contains(&cells.len()), "{cells:?}");
        for cell in cells {
            let [own, whole] = ["disk/swept", "whole"]
                .map(|folder| desk.csv_files(&format!("{folder}/cells/{cell}")));
            assert_eq!(own, whole);
        }
    }
    disk.change("size=4m");
    let more = sweep(&desk, "--out disk/swept").fine();
    assert!(more.stderr.contains("found done"), "{more:?}");
    assert_eq!(everything(&desk, "disk/swept"), everything(&desk, "whole"));
    assert_eq!(
        desk.list("disk/swept/cells"),
        desk.list("whole/cells"),
        "nothing else is left"
    );
}

#[test]
#[ignore = "needs the right to mount"]
fn a_folder_that_cannot_be_written_is_named_and_left_as_it_is() {
    let desk = Desk::with(SWEPT);
    sweep(&desk, "--out whole").fine();
    let disk = SmallDisk::mount(desk.path("disk"), "4m");
    sweep(&desk, "--out disk/swept --shard 0/2").fine();
    let before = desk.list("disk/swept/cells");
    disk.change("ro");
    for arguments in ["--out disk/swept", "--out disk/other"] {
        let ended = sweep(&desk, arguments);
        assert_eq!(ended.code, Some(2));
        for part in ["disk/", "could not be", "Read-only file system", "--out"] {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
    }
    assert_eq!(desk.list("disk/swept/cells"), before);
    disk.change("rw");
    sweep(&desk, "--out disk/swept").fine();
    assert_eq!(everything(&desk, "disk/swept"), everything(&desk, "whole"));
}
