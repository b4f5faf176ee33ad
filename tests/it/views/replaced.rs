//! What is written takes the place of its like alone.

use crate::desk::{Desk, SMALL};

/// Every file of a folder with its content.
fn content(desk: &Desk, folder: &str) -> Vec<(String, Vec<u8>)> {
    let names = desk.list(folder).into_iter();
    let files = names.filter(|name| desk.path(&format!("{folder}/{name}")).is_file());
    files
        .map(|name| {
            let bytes = desk.bytes(&format!("{folder}/{name}"));
            (name, bytes)
        })
        .collect()
}

#[test]
fn no_file_of_a_run_and_no_spec_is_lost() {
    let desk = Desk::with(SMALL);
    desk.run("--out run").fine();
    desk.write("data.svg", "step,layer\n");
    desk.write("junit.svg", "<?xml version=\"1.0\"?>\n<testsuites/>\n");
    let before = (content(&desk, "run"), content(&desk, "."));
    for file in [
        "run/summary.json",
        "run/spec.toml",
        "run/gradients.csv",
        "run/training.csv",
        "trial.toml",
        "data.svg",
    ] {
        desk.vgrad(["report", "run", "-o", file])
            .refused(&[file, "is not an HTML page and is not replaced"]);
    }
    for file in ["data.svg", "junit.svg"] {
        desk.vgrad(["plot", "run", "-o", file]).refused(&[
            file,
            "is not a figure (SVG, PNG or PDF) and is not replaced",
        ]);
    }
    assert_eq!((content(&desk, "run"), content(&desk, ".")), before);
}

#[test]
fn an_earlier_one_and_an_empty_file_are_replaced() {
    let desk = Desk::with(SMALL);
    desk.run("--out run").fine();
    desk.write("a.html", "");
    desk.write("a.svg", "");
    for _ in 0..2 {
        desk.vgrad(["report", "run", "-o", "a.html"]).fine();
        desk.vgrad(["plot", "run", "-o", "a.svg"]).fine();
        desk.vgrad(["plot", "run", "-o", "a.png"]).fine();
    }
    assert!(desk.read("a.html").starts_with("<!DOCTYPE html>"));
    assert!(desk.read("a.svg").starts_with("<svg"));
}
