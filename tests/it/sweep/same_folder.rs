//! What a sweep does with a folder that holds something, and with cells that are the same.

use super::{SWEPT, done, sweep};
use crate::desk::Desk;

#[test]
fn files_that_no_sweep_wrote_are_not_replaced() {
    let spec = format!("# why this is tried\n{SWEPT}");
    let desk = Desk::empty();
    for (file, content) in [
        ("spec.toml", spec.as_str()),
        ("sweep.csv", "my,own\n"),
        ("sweep.json", "{\"mine\": 1}"),
    ] {
        desk.write("trial.toml", &spec);
        let name = format!("{file}-folder/{file}");
        desk.write(&name, content);
        let folder = format!("{file}-folder");
        desk.vgrad(["sweep", "trial.toml", "--out", &folder])
            .refused(&[&name, "choose another folder with --out"]);
        assert_eq!(desk.read(&name), content);
        assert_eq!(desk.list(&folder), [file], "nothing is made beside it");
    }
    // Even if it is the spec itself.
    let words = [
        "sweep",
        "spec.toml-folder/spec.toml",
        "--out",
        "spec.toml-folder",
    ];
    desk.vgrad(words).refused(&["spec.toml-folder/spec.toml"]);
    // What is beside a sweep's own files is nobody's matter.
    desk.write("own/notes.txt", "n");
    sweep(&desk, "--out own").fine();
    let again = sweep(&desk, "--out own --set name=other").fine();
    assert!(again.stderr.contains("12 found done"), "{again:?}");
    assert_eq!(desk.read("own/notes.txt"), "n");
}
