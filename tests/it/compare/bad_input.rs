//! Files that cannot be compared, each with its error.

use super::sheet::{compare, numbers, one_step};
use crate::desk::Desk;

const GOOD: &str = "step,layer,n_norm\n0,1,1\n0,2,1\n1,1,1\n1,2,1\n";

#[test]
fn bad_files_are_named_with_their_line() {
    for (text, words) in [
        ("", &["bad.csv", "is empty"][..]),
        ("step,layer,n_norm", &["no whole line"]),
        ("step,layer,n_norm\n", &["no whole step"]),
        ("layer,n_norm\n1,1\n", &["no column `step`"]),
        ("step,n_norm\n0,1\n", &["no column `layer`"]),
        (
            "step,layer,x\n0,1,1\n",
            &["activation_grad_norm", "--quantity"],
        ),
        ("step,layer,n_norm\n0,1,1\n0,1,2\n", &["layer 1 twice"]),
        (
            "step,layer,n_norm\n0,1,one\n",
            &["bad.csv:2", "`one`", "n_norm"],
        ),
        (
            "step,layer,n_norm\n0,1,-1\n",
            &["bad.csv:2", "`-1`", "never negative"],
        ),
        ("step,layer,n_norm\n0,1\n", &["2 cells"]),
        ("step,layer,n_norm\n0,1.5,1\n", &["`1.5`", "layer"]),
        ("just some text\nand more\n", &["no column `step`"]),
    ] {
        let desk = Desk::empty();
        desk.write("good.csv", GOOD);
        desk.write("bad.csv", text);
        compare(&desk, "good.csv bad.csv").refused(words);
        compare(&desk, "bad.csv good.csv --format json").refused(words);
    }
}

#[test]
fn a_file_that_was_cut_off_is_read_up_to_its_last_whole_step() {
    let desk = Desk::empty();
    desk.write("whole.csv", GOOD);
    desk.write("cut.csv", format!("{GOOD}2,1,1\n2,2,0."));
    let ended = compare(&desk, "whole.csv cut.csv --at final --strict --format json").fine();
    assert!(
        ended
            .stderr
            .contains("warning: cut.csv: step 2 has 1 of 2 layers"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("last line is cut off"),
        "{}",
        ended.stderr
    );
    let whole: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(numbers(&whole, "difference"), [0.0; 2]);
    assert_eq!(whole["warnings"].as_array().unwrap().len(), 2);
}

#[test]
fn targets_that_are_no_runs_are_refused() {
    let desk = Desk::empty();
    desk.write("good.csv", GOOD);
    desk.write("runs/one/gradients.csv", GOOD);
    desk.write("empty/notes.txt", "nothing");
    compare(&desk, "good.csv nowhere").refused(&["nowhere", "does not exist"]);
    compare(&desk, "good.csv empty").refused(&["empty", "holds no run"]);
    compare(&desk, "good.csv runs").refused(&["holds no run", "runs/one"]);
    desk.write("runs/one/summary.json", "{");
    compare(&desk, "good.csv runs/one").refused(&["summary.json", "cannot be read"]);
    desk.write("runs/one/summary.json", b"\xff\xfe");
    compare(&desk, "good.csv runs/one").refused(&["summary.json"]);
}

#[test]
fn a_quantity_must_be_in_every_file() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,n_norm,extra\n0,1,1,1\n");
    desk.write("b.csv", "step,layer,n_norm\n0,1,1\n");
    compare(&desk, "a.csv b.csv --quantity extra").refused(&["b.csv", "no column `extra`"]);
    compare(&desk, "a.csv a.csv --quantity exrta").refused(&["did you mean `extra`?"]);
}

#[test]
fn usage_is_explained() {
    let desk = Desk::empty();
    desk.write("a.csv", one_step(&["1"]));
    for (arguments, word) in [
        ("", "TARGET"),
        ("a.csv", "2 values"),
        ("a.csv a.csv --at soon", "`initial`"),
        ("a.csv a.csv --at -1", "-1"),
        ("a.csv a.csv --tolerance -1", "decades"),
        ("a.csv a.csv --tolerance NaN", "decades"),
        ("a.csv a.csv --format yaml", "markdown"),
    ] {
        let ended = compare(&desk, arguments);
        assert_eq!(ended.code, Some(2), "{arguments}");
        assert!(ended.stderr.contains(word), "{arguments}: {}", ended.stderr);
    }
}

/// Numbers of layers are taken as they are; none may overflow.
#[test]
fn strange_layer_numbers_do_no_harm() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,n_norm\n0,0,1\n0,9007199254740992,1\n");
    desk.write(
        "b.csv",
        "step,layer,n_norm\n0,0,1\n0,5,1\n0,18446744073709551615,1\n",
    );
    compare(&desk, "a.csv b.csv").fine();
    compare(&desk, "b.csv a.csv").fine();
}
