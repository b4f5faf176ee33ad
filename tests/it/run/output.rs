//! What goes to stdout and what to stderr.

use serde_json::Value;

use crate::desk::{Desk, Ended, SMALL};

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

#[test]
fn a_person_reads_what_happened() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("").fine();
    for word in [
        "layer",
        "log10",
        "decades per layer",
        "R²",
        "verdict",
        "healthy",
        "from the last hidden layer to the first",
        "accuracy",
        "runs/trial",
        "try next",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    assert_eq!(ended.stderr, "");
    assert!(is_plain(&ended.stdout), "{:?}", ended.stdout);
}

#[test]
fn quiet_prints_the_folder_only() {
    let desk = Desk::with(SMALL);
    for flag in ["-q", "--quiet"] {
        let ended = desk.run(&format!("{flag} --force")).fine();
        assert_eq!(ended.stdout, "runs/trial\n");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn json_is_the_summary() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("--format json").fine();
    assert_eq!(ended.stdout, desk.read("runs/trial/summary.json"));
    let value: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(value.is_object());
    assert_eq!(ended.stderr, "");
    let quiet = desk.run("--format json -q --out quiet").fine();
    assert_eq!(quiet.stdout, desk.read("quiet/summary.json"));
}

#[test]
fn color_is_as_asked() {
    let desk = Desk::with(SMALL);
    let has_color = |ended: &Ended| ended.stdout.contains("\u{1b}[");
    assert!(has_color(&desk.run("--color always").fine()));
    assert!(!has_color(&desk.run("--color never").fine()));
    assert!(!has_color(&desk.run("--color auto").fine()));
    let with = |name: &str, value: &str, arguments: &[&str]| {
        let mut command = desk.program();
        command.env(name, value).args(["run", "trial.toml"]);
        Ended::of(command.args(arguments).output().unwrap()).fine()
    };
    assert!(has_color(&with("CLICOLOR_FORCE", "1", &[])));
    assert!(!has_color(&with(
        "CLICOLOR_FORCE",
        "1",
        &["--color", "never"]
    )));
    assert!(!has_color(&with("NO_COLOR", "1", &[])));
    // A flag outranks the environment.
    assert!(has_color(&with("NO_COLOR", "1", &["--color", "always"])));
    let error = desk.run("--color always --set network.depth=0");
    assert!(error.stderr.contains("\u{1b}["));
    let error = desk.run("--set network.depth=0");
    assert!(is_plain(&error.stderr), "{:?}", error.stderr);
}

#[test]
fn long_runs_say_now_and_then_where_they_are() {
    let desk = Desk::with(SMALL);
    // Long enough for a line after five seconds.
    let mut child = desk
        .program()
        .args(["run", "trial.toml", "--set", "train.steps=1000000000"])
        .args(["--set", "log.every=100000"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5700));
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(is_plain(&said), "{said:?}");
    assert!(said.starts_with("trial: step "), "{said:?}");
    for word in ["/1000000000", "loss", "accuracy", "steps/s", "left"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// Full devices are an error, a reader who has read enough is none.
#[cfg(target_os = "linux")]
#[test]
fn output_that_goes_nowhere() {
    let desk = Desk::with(SMALL);
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let mut command = desk.program();
    let output = command.args(["run", "trial.toml"]).stdout(full()).output();
    let ended = Ended::of(output.unwrap());
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("cannot be written"));
    // The run itself is whole.
    assert_eq!(desk.summary("runs/trial")["status"], "completed");

    let mut command = desk.program();
    let output = command.args(["run", "none.toml"]).stderr(full()).output();
    assert_eq!(output.unwrap().status.code(), Some(2));

    let mut child = desk
        .program()
        .args(["run", "trial.toml"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

#[test]
fn the_advice_goes_on_from_the_same_command() {
    let desk = Desk::with(SMALL);
    let ended = desk
        .run("--set network.activation=sigmoid --set network.depth=14 --seed 3")
        .fine();
    let advice = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("try next"));
    let advice = advice.unwrap().trim();
    let given =
        "vgrad run trial.toml --set network.activation=sigmoid --set network.depth=14 --seed 3 ";
    assert!(advice.starts_with(given), "{advice}");
    // And it can be followed.
    let words = advice.split_whitespace().skip(1);
    desk.vgrad(words).fine();
}
