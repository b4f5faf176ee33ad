//! The last line, whatever goes wrong, and the forms of two rules alike.

use std::process::Stdio;

use super::gate::{check, command, csv, ends, rule};
use crate::desk::{Desk, Ended, SMALL};

const FORMS: [&str; 5] = ["human", "json", "github", "junit", "benchmark"];

/// A desk with a file and rules of which one fails.
fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-9", "1"]]));
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 3"));
    desk
}

#[track_caller]
fn last(text: &str, word: &str) {
    let last = text.lines().last().unwrap_or("");
    assert!(last.starts_with(word), "{text}");
}

#[test]
fn a_step_summary_that_cannot_be_written_is_a_warning() {
    let desk = desk();
    let mut command = command(&desk, "a.csv --rules r.toml --format github");
    command.env("GITHUB_STEP_SUMMARY", desk.path("no/such/folder/s.md"));
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("warning: ") && ended.stderr.contains("s.md"),
        "{ended:?}"
    );
    last(&ended.stderr, "FAIL");
}

#[test]
fn bad_usage_ends_with_it_too() {
    let desk = desk();
    for bad in ["--bogus", "--tolerance x", "--at 1 --quiet", "--rules"] {
        let ended = check(&desk, &format!("a.csv {bad}"));
        assert_eq!(ended.code, Some(2), "{bad}: {ended:?}");
        last(&ended.stdout, "CANNOT");
        let ended = check(&desk, &format!("a.csv --format json {bad}"));
        assert_eq!(
            (ended.code, &*ended.stdout),
            (Some(2), ""),
            "{bad}: {ended:?}"
        );
        last(&ended.stderr, "CANNOT");
    }
    assert_eq!(check(&desk, "").code, Some(2));
    last(&check(&desk, "").stdout, "CANNOT");
    // Other commands know no such line, and help is no failure.
    let other = desk.vgrad(["compare", "a.csv"]);
    assert!(!format!("{other:?}").contains("CANNOT"), "{other:?}");
    let help = check(&desk, "--help").fine();
    assert!(
        !help.stdout.contains("\nCANNOT") && help.stdout.contains("[default: 0.1]"),
        "{}",
        help.stdout
    );
}

#[test]
fn whoever_stops_reading_stdout_gets_it_on_stderr() {
    let desk = desk();
    for form in &FORMS[1..] {
        let mut command = command(&desk, &format!("a.csv --rules r.toml --format {form}"));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(1), "{form}");
        last(&String::from_utf8(ended.stderr).unwrap(), "FAIL");
    }
}

/// Ctrl-C ends the run; the line must not point at an error that is not there.
#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_is_told_as_such() {
    let desk = Desk::with(&SMALL.replace("steps = 6", "steps = 100000000"));
    let rule = rule("quantity = 'r2'; min = 0");
    desk.write("r.toml", rule);
    let mut command = command(&desk, "trial.toml --rules r.toml --out kept");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !desk.has("kept/gradients.csv") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let stopped = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert!(matches!(ended.code, Some(75 | 130)), "{ended:?}");
    last(&ended.stdout, "CANNOT");
    let error = ended.stderr.lines().find(|line| line.starts_with("error"));
    assert!(
        error.is_some_and(|line| line.contains("stopped")),
        "{ended:?}"
    );
}

#[test]
fn two_rules_that_read_the_same_are_two_cases() {
    let desk = desk();
    let one = rule("quantity = 'attenuation_decades'; max = 3");
    desk.write("r.toml", one.repeat(2));
    let ended = check(&desk, "a.csv --rules r.toml --format junit");
    let document = roxmltree::Document::parse(&ended.stdout).unwrap();
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let mut names: Vec<&str> = cases.filter_map(|case| case.attribute("name")).collect();
    names.sort_unstable();
    let name = "attenuation_decades ≤ 3 at the initial step";
    assert_eq!(
        names,
        [format!("{name} (rule 1)"), format!("{name} (rule 2)")]
    );
}

#[test]
fn warnings_are_told_also_to_the_quiet() {
    let desk = desk();
    let text = desk.read("a.csv").replace("\n0,", "\n3,");
    desk.write("a.csv", text);
    let ended = ends(&desk, "a.csv --rules r.toml --quiet", 1);
    assert!(ended.stderr.starts_with("warning: "), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[test]
fn a_negative_tolerance_is_told_as_such() {
    let desk = desk();
    let ended = check(&desk, "a.csv --rules r.toml --tolerance -1");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("a number of decades from 0 on"),
        "{}",
        ended.stderr
    );
}
