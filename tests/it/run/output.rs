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
        "bars: ",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    assert_eq!(ended.stderr, DATA);
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
    assert_eq!(ended.stderr, DATA);
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
    let said = said.strip_prefix(DATA).unwrap();
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
    assert_eq!((ended.code, &*ended.stderr), (Some(0), DATA));
}

/// What was read, told before the run.
const DATA: &str = "data: blobs: 100 rows, 2 features, 3 classes; 80 to train, 20 to test\n";

/// Fourteen sigmoid layers lose 8 decades at the start.
const VANISHING: &str = "--set network.activation=sigmoid --set network.depth=14 --seed 3";

#[test]
fn the_advice_goes_on_from_the_same_command() {
    let desk = Desk::with(SMALL);
    let ended = desk.run(VANISHING).fine();
    let advice = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("try next"));
    let advice = advice.unwrap().trim();
    // What it sets anew is not said twice.
    let given = "vgrad run trial.toml --set network.depth=14 --seed 3 --set network.activation=";
    assert!(advice.starts_with(given), "{advice}");
    assert!(!advice.contains("sigmoid"), "{advice}");
    // And it can be followed.
    let words = advice.split_whitespace().skip(1);
    desk.vgrad(words).fine();
}

#[test]
fn every_hint_keeps_its_promise() {
    let desk = Desk::with(SMALL);
    let ended = desk.run(VANISHING).fine();
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let before = desk.summary("runs/trial")["initial"]["attenuation_decades"].clone();
    let commands = (0..lines.len()).filter(|&i| lines[i].contains("vgrad run "));
    let mut found = 0;
    for i in commands {
        let (_, command) = lines[i].split_once("vgrad ").unwrap();
        let out = format!("hint-{i}");
        let words = command.split_whitespace();
        let words = words.chain(["--set", "train.steps=0", "--out", &out]);
        desk.vgrad(words).fine();
        let after = desk.summary(&out)["initial"]["attenuation_decades"].as_f64();
        // "+0.31 decades at step 0 instead of +8.12", over one or two lines.
        let told = lines[i + 1..].iter().take(2).map(|line| line.trim());
        let told = told.collect::<Vec<_>>().join(" ");
        let (head, _) = told.split_once(" decades at step 0").unwrap();
        let claimed: f64 = head.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((after.unwrap() - claimed).abs() < 0.006, "{told}");
        assert!(claimed.abs() < before.as_f64().unwrap().abs() - 1.0);
        found += 1;
    }
    assert!((1..=3).contains(&found), "{}", ended.stdout);
}

#[test]
fn a_network_whose_gradients_arrive_gets_no_cure() {
    let desk = Desk::with(SMALL);
    assert!(!desk.run("").fine().stdout.contains("try next"));
}

/// Targets of 1e8 blow every step up, and no init or norm helps against that.
#[test]
fn hints_that_would_fail_are_not_given() {
    let desk = Desk::empty();
    let rows = (0..128).map(|i| format!("{}.5,{}e8\n", i - 64, (i * 37) % 128));
    desk.write("data.csv", format!("x,y\n{}", rows.collect::<String>()));
    desk.write(
        "trial.toml",
        r#"
[data]
source = { csv = { path = "data.csv", target = "y" } }
test_fraction = 0.0
[network]
depth = 12
width = 16
activation = "sigmoid"
[train]
steps = 20
batch_size = 32
learning_rate = 0.1
loss = "mse"
"#,
    );
    let ended = desk.run("").fine();
    for line in ended
        .stdout
        .lines()
        .filter(|line| line.contains("vgrad run"))
    {
        let (_, command) = line.split_once("vgrad ").unwrap();
        let words = command.split_whitespace();
        desk.vgrad(words.chain(["--out", "pasted", "--force"]))
            .fine();
        assert_eq!(desk.summary("pasted")["status"], "completed", "{line}");
    }
}

#[test]
fn bars_stay_within_the_terminal() {
    let desk = Desk::with(SMALL);
    let at = |columns: &str| {
        let mut command = desk.program();
        command.env("COLUMNS", columns).args(["run", "trial.toml"]);
        Ended::of(command.output().unwrap()).fine().stdout
    };
    let longest = |text: &str| text.lines().map(|line| line.chars().count()).max();
    let (narrow, wide) = (at("80"), at("130"));
    assert!(longest(&narrow) <= Some(80), "{narrow}");
    let bar = |text: &str| text.matches('█').count();
    assert!(bar(&wide) > bar(&narrow));
    assert!(narrow.contains("bars: 4 decades"), "{narrow}");
    // The layer next to the output stands on top, as in `vgrad plot`.
    let layers: Vec<&str> = narrow
        .lines()
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(layers[..4], ["4", "3", "2", "1"]);
}

/// A ReLU network that Adam at a rate of 0.3 kills.
#[test]
fn what_died_in_training_is_told_with_both_ends() {
    let dying = include_str!("../../fixtures/cases/dying/dies.toml");
    let desk = Desk::with(dying);
    let ended = desk
        .run("--color always --set train.optimizer=adam --set train.learning_rate=0.3")
        .fine();
    let text: Vec<&str> = ended.stdout.split_whitespace().collect();
    let text = text.join(" ");
    for words in [
        "healthy at the start, vanishing at the end: layer",
        "nothing since step",
        "nothing was learned: accuracy",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // No green in it.
    assert!(!ended.stdout.contains("\u{1b}[32m"), "{:?}", ended.stdout);
}

#[test]
fn sines_with_the_init_of_another_omega_are_warned_about() {
    let rule = "[[check]]\nquantity = \"attenuation_decades\"\nmax = 1000\n";
    let sines = SMALL.replace("\"tanh\"", "\"sine\"\ninit = \"siren\"");
    let desk = Desk::with(&format!("{sines}{rule}"));
    for command in ["run", "predict", "check"] {
        let fine = desk.vgrad([command, "trial.toml"]);
        assert!(!fine.stderr.contains("omega"), "{command}: {fine:?}");
        let changed = "network.activation.sine.omega=3.5";
        let told = desk.vgrad([command, "trial.toml", "--set", changed]);
        assert_eq!((fine.code, told.code), (Some(0), Some(0)), "{told:?}");
        let warnings = told
            .stderr
            .lines()
            .filter(|line| line.starts_with("warning: ") && line.contains("omega"));
        let [warning] = warnings.collect::<Vec<_>>()[..] else {
            panic!("expected one warning: {}", told.stderr);
        };
        for part in [
            "`network.init.siren.omega` = 30 ",
            "`network.activation.sine.omega` = 3.5",
            "(6/fan_in)/omega",
            "Sitzmann 2020",
        ] {
            assert!(warning.contains(part), "{warning}");
        }
    }
}
