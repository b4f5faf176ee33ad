//! What is drawn on the terminal fits it.

use super::snapshot::SMALL_CSV;
use crate::desk::{Desk, Ended, SMALL};

/// Without the sequences that colour.
fn plain(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |whole, part| whole + part.split_once('m').unwrap().1)
}

fn drawn(desk: &Desk, columns: &str, arguments: &[&str]) -> String {
    let mut program = desk.program();
    program.env("COLUMNS", columns).env_remove("COLORTERM");
    let ended = Ended::of(program.arg("plot").args(arguments).output().unwrap());
    ended.fine().stdout
}

#[test]
fn it_fits_the_width_with_and_without_colour() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 2 --out a_run_with_quite_a_long_name_that_goes_on_and_on")
        .fine();
    let mut deep = "step,layer,activation_grad_norm\n".to_owned();
    for step in 0..300 {
        for layer in 1..=150 {
            deep += &format!("{step},{layer},1e-{layer}\n");
        }
    }
    desk.write("deep.csv", deep);
    let small = SMALL_CSV.replace("x_norm", "activation_grad_norm");
    desk.write("small.csv", small);
    let run = "a_run_with_quite_a_long_name_that_goes_on_and_on";
    for width in [40, 60, 80, 120] {
        for color in ["always", "never"] {
            let runs = [run, "deep.csv", "small.csv", "--color", color];
            let text = drawn(&desk, &width.to_string(), &runs);
            assert_eq!(text.contains('\x1b'), color == "always");
            let plain = plain(&text);
            for line in plain.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            // It uses the width it has.
            let longest = plain.lines().map(|line| line.chars().count()).max();
            assert_eq!(longest, Some(width));
        }
    }
}

#[test]
fn without_colour_there_are_shades() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    // Not a terminal, so no colours unless asked for.
    let text = drawn(&desk, "60", &["small.csv"]);
    assert!(!text.contains('▀') && text.contains('░') && text.contains('█'));
    for part in ["layer", "step 30", "0 = 0", "! = inf/NaN", "10⁻⁶", "10⁰"] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let first_row = text.lines().find(|line| line.starts_with("     1 │"));
    assert!(first_row.unwrap().contains("000"), "{text}");
    assert!(text.contains("2 values are exactly 0, 1 value is NaN or"));
}

#[test]
fn colours_follow_the_terminal() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    let shown = |variables: &[(&str, &str)]| {
        let mut program = desk.program();
        program.env("COLUMNS", "60").env_remove("COLORTERM");
        program.envs(variables.iter().copied());
        let arguments = ["plot", "small.csv", "--color", "always"];
        Ended::of(program.args(arguments).output().unwrap())
            .fine()
            .stdout
    };
    assert!(shown(&[]).contains("\x1b[38;5;"));
    assert!(shown(&[("COLORTERM", "truecolor")]).contains("\x1b[38;2;"));
}

#[test]
fn a_nonsensical_width_is_not_believed() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    for columns in ["0", "-3", "wide", "1", "99999"] {
        drawn(&desk, columns, &["small.csv"]);
    }
}
