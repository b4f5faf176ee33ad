//! Layers and cells that are not there at every step, and columns of others.

use serde_json::json;

use crate::desk::{Desk, Ended};
use crate::recorded::{data, markup};

/// Layer 2 is there at the first step only, layer 4 from the second on.
const LATE: &str = "\
step,layer,x_norm
0,1,1e-6
0,2,1e-5
0,3,1e-4
1,1,1e-3
1,3,1e-2
1,4,1e-1
2,1,1e-3
2,3,1e-2
2,4,1e-1
";

/// The last of three layers' steps is cut off.
const CUT: &str = "\
step,layer,x_norm
0,1,1e-6
0,2,1e-5
0,3,1e-4
1,1,1e-6
1,2,1e-5
1,3,1e-4
2,1,1e-3
";

/// Layer 2 has no value at step 1, NaN at step 2.
const HOLE: &str = "\
step,layer,x_norm
0,1,1
0,2,1
1,1,1
1,2,
2,1,1
2,2,NaN
";

#[test]
fn the_terminal_gives_every_layer_its_own_value() {
    let desk = Desk::empty();
    desk.write("late.csv", LATE);
    let mut program = desk.program();
    program.env("COLUMNS", "80").args(["plot", "late.csv"]);
    let shown = Ended::of(program.output().unwrap()).fine().stdout;
    let (_, profile) = shown.split_once("log10 x_norm, step 0").unwrap();
    // The numbers of the rows, bars left out, from the last layer down.
    let rows: Vec<Vec<&str>> = profile
        .lines()
        .skip(1)
        .map(|line| {
            let words = line.split_whitespace();
            words.filter(|word| word.parse::<f64>().is_ok()).collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec!["4", "-1.00"],
            vec!["3", "-4.00", "-2.00"],
            vec!["2", "-5.00"],
            vec!["1", "-6.00", "-3.00"],
        ],
        "{shown}"
    );
}

/// The axis of the figure reaches as far as its lines do.
#[test]
fn a_layer_of_the_last_step_alone_lies_within_the_figure() {
    let desk = Desk::empty();
    desk.write("late.csv", LATE);
    desk.vgrad(["plot", "late.csv", "--figure", "layers", "-o", "a.svg"])
        .fine();
    let svg = desk.read("a.svg");
    assert!(svg.contains(">\n4\n</text>"));
}

#[test]
fn an_empty_cell_of_a_report_is_no_nan() {
    let desk = Desk::empty();
    desk.write("hole.csv", HOLE);
    desk.vgrad(["report", "hole.csv"]).fine();
    let run = &data(&desk, "report.html")["runs"][0];
    assert_eq!(run["low"], json!([[0, 0], [0, null], [0, "NaN"]]));
    assert!(markup(&desk, "report.html").contains("<dt>NaN or infinite</dt><dd>1 value</dd>"));
}

#[test]
fn columns_that_nobody_asked_for_may_hold_anything() {
    let desk = Desk::empty();
    desk.write(
        "own.csv",
        "step,layer,activation_grad_norm,batch_norm,weight_norm\n0,1,1,yes,2\n0,2,1,no,2\n",
    );
    desk.vgrad(["report", "own.csv"]).fine();
    let run = &data(&desk, "report.html")["runs"][0];
    assert_eq!(
        run["table"]["columns"],
        json!(["activation_grad_norm", "weight_norm"])
    );
    // Asked for, it is read.
    desk.vgrad(["report", "own.csv", "--quantity", "batch_norm"])
        .refused(&["own.csv:2", "`yes`", "batch_norm"]);
}

/// What is left out of a file is told on stderr, by the report on its page too.
#[test]
fn what_is_left_out_is_told_by_both() {
    let desk = Desk::empty();
    desk.write("cut.csv", CUT);
    let words = "cut.csv: step 2 has 1 of 3 layers";
    for line in [
        "plot cut.csv -q",
        "plot cut.csv -o a.svg -q",
        "report cut.csv -q",
    ] {
        let ended = desk.vgrad(line.split(' ')).fine();
        assert!(
            ended.stderr.contains(&format!("warning: {words}")),
            "{line}"
        );
    }
    assert!(markup(&desk, "report.html").contains(words));
}
