//! A desk with `vgrad check`.

use std::process::Command;

use crate::desk::{Desk, Ended};

/// `vgrad check` with arguments in one line.
pub fn command(desk: &Desk, arguments: &str) -> Command {
    let mut command = desk.program();
    command.arg("check").args(arguments.split_whitespace());
    command
}

/// Runs it to its end.
pub fn check(desk: &Desk, arguments: &str) -> Ended {
    Ended::of(command(desk, arguments).output().unwrap())
}

/// Runs it; it must end with this exit code, and its last line of stdout must say so.
#[track_caller]
pub fn ends(desk: &Desk, arguments: &str, code: i32) -> Ended {
    let ended = check(desk, arguments);
    assert_eq!(ended.code, Some(code), "{arguments}: {ended:?}");
    let last = ended.stdout.lines().last().unwrap_or("");
    let word = ["PASS", "FAIL", "CANNOT"][code as usize];
    assert!(last.starts_with(word), "{arguments}: {ended:?}");
    ended
}

/// It must end with exit code 2 and one error that says all of `words`.
#[track_caller]
pub fn cannot(desk: &Desk, arguments: &str, words: &[&str]) {
    let ended = ends(desk, arguments, 2);
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "no {word:?} in: {}",
            ended.stderr
        );
    }
}

/// A CSV file of one norm: per step a value per layer.
pub fn csv(steps: &[&[&str]]) -> String {
    let mut text = "step,layer,name,activation_grad_norm\n".to_owned();
    for (step, norms) in steps.iter().enumerate() {
        for (i, norm) in norms.iter().enumerate() {
            text += &format!("{step},{},hidden_{},{norm}\n", i + 1, i + 1);
        }
    }
    text
}

/// One `[[check]]`.
pub fn rule(text: &str) -> String {
    format!("[[check]]\n{}\n", text.replace("; ", "\n"))
}
