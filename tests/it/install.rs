//! What brings the program to people: man pages, the GitHub action, the wheel.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_yaml_ng::Value;

use crate::desk::{Desk, Ended, SMALL};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A file of the repository, as YAML.
fn yaml(path: &str) -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(Path::new(ROOT).join(path)).unwrap()).unwrap()
}

/// The commands that the help lists, but `help` itself.
fn commands(desk: &Desk) -> Vec<String> {
    let help = desk.vgrad(["--help"]).fine().stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap();
    let listed = listed.split("\n\n").next().unwrap();
    // Two spaces and the name; a line that goes on stands further in.
    let names = listed.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names = names.map(|line| line.split(' ').next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_man_page() {
    let desk = Desk::empty();
    let written = desk.vgrad(["man", "--out", "man"]).fine();
    let mut expected: Vec<String> = commands(&desk)
        .iter()
        .map(|command| format!("vgrad-{command}.1"))
        .chain(["vgrad.1".to_owned()])
        .collect();
    expected.sort();
    assert!(expected.len() > 15, "{expected:?}");
    assert_eq!(desk.list("man"), expected);
    assert_eq!(written.stdout.lines().count(), expected.len());
    let page = desk.vgrad(["man", "check"]).fine().stdout;
    assert_eq!(page, desk.read("man/vgrad-check.1"));
    assert!(page.contains(".TH vgrad-check 1"), "{page}");
    desk.vgrad(["man", "chek"])
        .refused(&["there is no command `chek`", "did you mean `check`"]);
}

#[test]
#[ignore = "needs man-db and groff"]
fn man_renders_every_page() {
    let desk = Desk::empty();
    desk.vgrad(["man", "--out", "man"]).fine();
    for name in desk.list("man") {
        let page = desk.path(&format!("man/{name}"));
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l"]).arg(&page);
        let shown = man.env("MANWIDTH", "80").env("MANPAGER", "cat");
        let shown = Ended::of(shown.output().unwrap()).fine();
        assert_eq!(shown.stderr, "", "{name}");
        let command = name.trim_end_matches(".1").replace('-', " ");
        // Lines are spread to the margin.
        let words: Vec<&str> = shown.stdout.split_whitespace().collect();
        let text = words.join(" ");
        for part in ["NAME", "SYNOPSIS", "OPTIONS", &command] {
            assert!(text.contains(part), "{name}: no {part}");
        }
    }
}

/// Runs the steps of the action one after another, until one fails.
fn act(desk: &Desk, target: &str, arguments: &str) -> Ended {
    let action = yaml(".github/actions/check/action.yml");
    let program = Path::new(env!("CARGO_BIN_EXE_vgrad")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut last = None;
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        assert_eq!(step["shell"], "bash");
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(step["run"].as_str().unwrap())
            .current_dir(desk.path("."))
            .env("PATH", format!("{}:{path}", program.display()))
            .env("RUNNER_TEMP", desk.path("temp"))
            .env("GITHUB_PATH", desk.path("path"))
            .env_remove("GITHUB_ACTIONS");
        for (name, value) in step["env"].as_mapping().unwrap() {
            let value = value.as_str().unwrap();
            let filled = value
                .replace("${{ inputs.target }}", target)
                .replace("${{ inputs.arguments }}", arguments)
                .replace("${{ inputs.version }}", "");
            assert!(!filled.contains("${{"), "{value}");
            bash.env(name.as_str().unwrap(), filled);
        }
        let ended = Ended::of(bash.output().unwrap());
        let is_over = ended.code != Some(0);
        last = Some(ended);
        if is_over {
            break;
        }
    }
    last.unwrap()
}

#[test]
fn the_action_passes_and_fails_with_the_gate() {
    let desk = Desk::with(SMALL);
    let rules = "[[check]]\nquantity = \"attenuation_decades\"\nat = \"initial\"\nmax = 3.0\n";
    desk.write("my rules.toml", rules);
    let arguments = "--rules 'my rules.toml' --out run --force";
    let passed = act(&desk, "trial.toml", arguments);
    assert_eq!(passed.code, Some(0), "{passed:?}");
    // What it installs is not needed: the program is there.
    assert!(!desk.has("temp"));
    // The log that it left is a target too.
    let log = act(&desk, "run/gradients.csv", "--rules 'my rules.toml'");
    assert_eq!(log.code, Some(0), "{log:?}");
    desk.write("my rules.toml", rules.replace("3.0", "-9.0"));
    let failed = act(&desk, "trial.toml", arguments);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    // A quotation mark left open would drop what stands behind it, rules and baselines too.
    let open = act(&desk, "run/gradients.csv", "--quiet 'x --rules my.toml");
    assert_eq!(open.code, Some(2), "{open:?}");
    assert!(open.stdout.contains("quotation mark"), "{open:?}");
    let missing = act(&desk, "nothing.toml", "");
    assert_eq!(missing.code, Some(2), "{missing:?}");
}

#[test]
fn the_workflows_name_commands_and_folders_that_exist() {
    let desk = Desk::empty();
    let known = commands(&desk);
    let workflow = yaml(".github/workflows/release.yml");
    let steps = &workflow["jobs"]["build"]["steps"];
    let scripts = steps.as_sequence().unwrap().iter();
    let scripts: Vec<&str> = scripts.filter_map(|step| step["run"].as_str()).collect();
    let mut seen = 0;
    for line in scripts.iter().flat_map(|script| script.lines()) {
        let Some(rest) = line.split("\"$program\" ").nth(1) else {
            continue;
        };
        let command = rest.split(' ').next().unwrap();
        let exists = known.iter().any(|name| name == command);
        assert!(exists || command == "--version", "{line}");
        seen += 1;
        for file in rest.split(' ').filter(|word| word.ends_with(".toml")) {
            assert!(Path::new(ROOT).join(file).exists(), "{file}");
        }
    }
    assert_eq!(seen, 4);
    // A wheel's version is the program's.
    let project = fs::read_to_string(Path::new(ROOT).join("pyproject.toml")).unwrap();
    let project: toml::Table = toml::from_str(&project).unwrap();
    let said = &project["project"];
    assert_eq!(said["dynamic"].as_array().unwrap().len(), 1);
    assert!(said.get("version").is_none());
    let description = said["description"].as_str().unwrap();
    assert_eq!(description, env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(said["license"].as_str().unwrap(), env!("CARGO_PKG_LICENSE"));
}

#[test]
#[ignore = "needs python3 with venv and maturin (MATURIN, or from PyPI)"]
fn the_wheel_is_installed_and_runs() {
    let script = Path::new(ROOT).join(".ci/wheel");
    let ended = Ended::of(Command::new(script).arg("dev").output().unwrap()).fine();
    assert!(ended.stdout.contains("installed and run"), "{ended:?}");
}
