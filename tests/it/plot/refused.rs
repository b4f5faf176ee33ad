//! What cannot be drawn is refused, and leaves no file.

use super::snapshot::SMALL_CSV;
use crate::desk::{Desk, SMALL};

fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    desk
}

#[track_caller]
fn refused(line: &str, words: &[&str]) {
    let desk = desk();
    desk.vgrad(line.split(' ')).refused(words);
    assert_eq!(desk.list(""), ["small.csv"], "{line}");
}

#[test]
fn other_formats_are_refused() {
    refused("plot small.csv -o a.eps", &["a.eps", ".svg, .png or .pdf"]);
    refused("plot small.csv -o a", &[".svg, .png or .pdf"]);
    // A file of data is no figure, whatever it is called.
    let desk = desk();
    desk.write("data.svg", "step,layer\n");
    desk.vgrad(["plot", "small.csv", "-o", "data.svg"])
        .refused(&["data.svg", "not a figure", "another name"]);
    assert_eq!(desk.read("data.svg"), "step,layer\n");
}

#[test]
fn places_that_cannot_be_written_are_refused() {
    refused("plot small.csv -o none/a.svg", &["none/a.svg", "-o"]);
    let desk = desk();
    std::fs::create_dir(desk.path("folder.svg")).unwrap();
    desk.vgrad(["plot", "small.csv", "-o", "folder.svg"])
        .refused(&["folder.svg", "is a folder"]);
}

#[test]
fn missing_and_broken_runs_are_refused() {
    refused("plot none -o a.svg", &["none", "does not exist"]);
    refused("plot none", &["none", "does not exist"]);
    refused("plot . -o a.svg", &["holds no run"]);
    refused(
        "plot small.csv --quantity y_norm -o a.svg",
        &["no column `y_norm`", "x_norm"],
    );
    refused(
        "plot small.csv --quantity name",
        &["small.csv", "`name`", "not what was measured"],
    );
    let desk = desk();
    desk.write("bad.csv", "step,layer,x_norm\n0,1,one\n");
    desk.vgrad(["plot", "small.csv", "bad.csv", "-o", "a.svg"])
        .refused(&["bad.csv:2", "`one`"]);
    desk.write("other.csv", SMALL_CSV.replace("x_norm", "y_norm"));
    desk.vgrad(["plot", "small.csv", "other.csv"]).refused(&[
        "other.csv",
        "`y_norm`",
        "`x_norm`",
        "--quantity",
    ]);
    desk.write("empty.csv", "step,layer,x_norm\n0,1,\n");
    desk.vgrad(["plot", "empty.csv"])
        .refused(&["empty.csv", "no value in the column `x_norm`"]);
    assert!(!desk.has("a.svg"));
}

#[test]
fn figures_that_do_not_apply_are_refused() {
    refused(
        "plot small.csv --figure seeds -o a.svg",
        &["`seeds`", "several seeds"],
    );
    refused(
        "plot small.csv --figure curves -o a.svg",
        &["`curves`", "training.csv"],
    );
    refused("plot small.csv --figure pie -o a.svg", &["pie", "heatmap"]);
    refused("plot small.csv --figure layers", &["--out"]);
    refused("plot", &["RUN"]);
}

#[test]
fn too_little_room_is_refused() {
    refused(
        "plot small.csv --width 640 --height 300 -o a.svg",
        &["640 × 300", "--height"],
    );
    refused("plot small.csv --width 9 -o a.svg", &["9"]);
    refused(
        "plot small.csv --figure layers --width 300 --font-size 20 -o a.svg",
        &["300", "font size of 20", "--width 500", "--font-size"],
    );
}

#[test]
fn bad_values_are_refused_with_what_was_expected() {
    for (options, words) in [
        ("--xlim 5", &["--xlim", "5", "0:500"][..]),
        ("--figure layers --ylim 2:1", &["2 is not below 1"]),
        ("--figure layers --ylim a:1", &["`a`", "number"]),
        ("--figure layers --xlim :inf", &["`inf`", "finite"]),
        ("--xlim 0:2", &["--xlim", "--figure layers"]),
        ("--figure layers --xlim 7:9", &["--xlim", "nothing"]),
        ("--font-size 99", &["99", "5 to 48"]),
        ("--legend left", &["left", "outside", "inside", "none"]),
        ("--scale 2", &["a.svg", "--scale", "PNG"]),
        ("--label small.csv", &["--label", "`=`", "run-2"]),
        ("--label small.csv=", &["empty"]),
        (
            "--label smal.csv=b",
            &["`smal.csv`", "did you mean `small.csv`"],
        ),
    ] {
        refused(&format!("plot small.csv {options} -o a.svg"), words);
    }
    refused("plot small.csv --font-size 9", &["--out"]);
}

#[test]
fn a_diverged_run_is_drawn() {
    let desk = Desk::with(SMALL);
    desk.run("--set train.learning_rate=1e30 --set network.activation=relu --out trial")
        .fine();
    desk.vgrad(["plot", "trial", "-o", "a.png"]).fine();
    desk.vgrad(["plot", "trial"]).fine();
}

#[test]
fn a_spec_is_to_be_run_first() {
    let desk = Desk::with(SMALL);
    desk.write("dotted.toml", "data.source = \"digits\"\n");
    for line in [
        "plot trial.toml",
        "plot trial.toml --figure view -o a.png",
        "report trial.toml",
        "compare trial.toml trial.toml",
        "diagnose trial.toml",
        "read trial.toml",
    ] {
        let words = ["trial.toml: is a spec", "`vgrad run trial.toml`"];
        desk.vgrad(line.split(' ')).refused(&words);
        // Keys need no section of their own.
        let dotted = line.replace("trial", "dotted");
        let words = words.map(|words| words.replace("trial", "dotted"));
        desk.vgrad(dotted.split(' '))
            .refused(&words.each_ref().map(String::as_str));
    }
}
