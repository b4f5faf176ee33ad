//! `list`, `schema`, `completions`, `new` and the shape of the command line,
//! through the real binary.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use assert_cmd::Command;
use serde_json::Value;

fn vgrad(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("vgrad").unwrap();
    command.current_dir(folder).env_clear();
    command.args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = vgrad(folder.path(), arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = vgrad(folder, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(
        output.stdout.is_empty() && !error.contains("panicked"),
        "{error}"
    );
    error
}

#[test]
fn list_names_every_kind_with_a_line_of_help() {
    let all: Value = serde_json::from_str(&stdout(&["list", "--format", "json"])).unwrap();
    let kinds: Vec<&String> = all.as_object().unwrap().keys().collect();
    let expected = [
        "architectures",
        "activations",
        "inits",
        "norms",
        "skips",
        "optimizers",
        "schedules",
        "losses",
        "gan_losses",
        "sources",
        "columns",
        "quantities",
        "hooks",
        "mechanisms",
        "rules",
    ];
    assert_eq!(kinds, expected);
    for (kind, entries) in all.as_object().unwrap() {
        let human = stdout(&["list", kind]);
        for entry in entries.as_array().unwrap() {
            let (name, doc) = (
                entry["name"].as_str().unwrap(),
                entry["description"].as_str().unwrap(),
            );
            assert!(!doc.is_empty(), "{kind} {name}");
            let in_one_line = |line: &str| line.contains(name) && line.contains(doc);
            assert!(human.lines().any(in_one_line), "{kind} {name}\n{human}");
            for parameter in entry["parameters"].as_array().unwrap() {
                assert_ne!(parameter["description"], "", "{kind} {name}");
                assert!(
                    human.contains(parameter["name"].as_str().unwrap()),
                    "{human}"
                );
            }
        }
    }
    assert!(stdout(&["list"]).contains("slope = 0.01: Slope for x < 0."));
    assert_eq!(all["columns"][4]["name"], "activation_grad_norm");
}

#[test]
fn list_suggests_the_nearest_kind() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path(), &["list", "activation"]);
    assert!(error.contains("did you mean `activations`?"), "{error}");
}

#[test]
fn schema_is_the_committed_file() {
    let committed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/vgrad.schema.json"));
    assert_eq!(stdout(&["schema"]), committed.unwrap());
}

#[test]
fn threads_are_for_what_computes() {
    for command in [
        "run", "check", "compare", "plot", "report", "diagnose", "bench",
    ] {
        assert!(
            stdout(&[command, "--help"]).contains("--threads"),
            "{command}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    for command in ["schema", "list", "new", "completions"] {
        assert!(
            !stdout(&[command, "--help"]).contains("--threads"),
            "{command}"
        );
        let error = refused(folder.path(), &[command, "--threads", "1"]);
        assert!(error.contains("--threads"), "{error}");
    }
}

#[test]
fn a_number_of_threads_is_at_least_1_wherever_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let expected = "expected the number of threads, 1 or more";
    for given in ["0", "many", "-1"] {
        let flag = format!("--threads={given}");
        let error = refused(folder.path(), &["run", "none.toml", &flag]);
        assert!(
            error.contains(expected) && error.contains("--threads"),
            "{error}"
        );
        let told = |variable: &str| {
            let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("vgrad"));
            command
                .current_dir(folder.path())
                .env_remove("VGRAD_THREADS");
            command.env(variable, given).args(["run", "none.toml"]);
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{variable}={given}");
            String::from_utf8(output.stderr).unwrap()
        };
        let error = told("VGRAD_THREADS");
        for words in [expected, "VGRAD_THREADS", &format!("'{given}'")] {
            assert!(error.contains(words), "no {words} in {error}");
        }
        // Slurm's own may hold what it likes: here it is the spec that is missing.
        let error = told("SLURM_CPUS_PER_TASK");
        assert!(
            error.contains("none.toml") && !error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn a_misspelt_command_gets_a_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    for (given, meant) in [
        ("chekc", "check"),
        ("comprae", "compare"),
        ("runn", "run"),
        ("rnu", "run"),
        ("nwe", "new"),
        ("chek", "check"),
        ("raport", "report"),
    ] {
        let error = refused(folder.path(), &[given]);
        let tip = error.lines().find(|line| line.contains("similar"));
        let tip = tip.unwrap_or_else(|| panic!("{error}"));
        // One, and no worse one beside it.
        assert!(tip.ends_with(&format!(" '{meant}'")), "{error}");
        assert!(!tip.contains(','), "{error}");
    }
    let error = refused(folder.path(), &["qqqqq"]);
    assert!(!error.contains("similar"), "{error}");
}

#[test]
fn new_writes_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    let output = vgrad(folder.path(), &["new", "own_csv", "-o", "mine/a.toml"]);
    assert_eq!(output.stdout, b"mine/a.toml\nmine/own_csv.csv\n");
    assert!(folder.path().join("mine/vgrad.schema.json").exists());
    let output = vgrad(
        folder.path(),
        &["run", "mine/a.toml", "--set", "train.steps=0"],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let error = refused(folder.path(), &["new", "--out", "mine/b.toml"]);
    assert!(error.contains("EXPERIMENT"), "{error}");
}

#[test]
fn new_writes_a_spec_that_loads_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("deep_sigmoid.toml");
    let output = vgrad(folder.path(), &["new", "deep_sigmoid"]);
    assert_eq!(output.stdout, b"deep_sigmoid.toml\n");
    let text = fs::read_to_string(&written).unwrap();
    assert!(
        text.starts_with("#:schema vgrad.schema.json\n# Does a 30-layer"),
        "{text}"
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("vgrad.schema.json")).unwrap(),
        stdout(&["schema"])
    );
    let loaded = vgrad::lab::config::Spec::load(&written, &Default::default()).unwrap();
    assert_eq!(
        (loaded.spec.name.as_str(), loaded.spec.network.depth),
        ("deep_sigmoid", 30)
    );

    fs::write(&written, "mine").unwrap();
    let error = refused(folder.path(), &["new", "deep_sigmoid"]);
    assert!(
        error.contains("deep_sigmoid.toml") && error.contains("--force"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&written).unwrap(), "mine");
    assert!(
        vgrad(folder.path(), &["new", "deep_sigmoid.toml", "--force"])
            .status
            .success()
    );
    assert_eq!(fs::read_to_string(&written).unwrap(), text);
}

#[test]
fn new_brings_the_files_that_a_spec_reads() {
    let folder = tempfile::tempdir().unwrap();
    let output = vgrad(folder.path(), &["new", "own_csv"]);
    assert_eq!(output.stdout, b"own_csv.toml\nown_csv.csv\n");
    let output = vgrad(
        folder.path(),
        &["run", "own_csv.toml", "--set", "train.steps=0"],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("data: csv: 360 rows, 7 features ("), "{told}");
    // A table of the user's own is not written over.
    fs::remove_file(folder.path().join("own_csv.toml")).unwrap();
    fs::write(folder.path().join("own_csv.csv"), "mine").unwrap();
    let error = refused(folder.path(), &["new", "own_csv"]);
    assert!(
        error.contains("own_csv.csv") && error.contains("--force"),
        "{error}"
    );
    assert_eq!(
        fs::read(folder.path().join("own_csv.csv")).unwrap(),
        b"mine"
    );
}

#[test]
fn new_lists_the_gallery_and_suggests() {
    let folder = tempfile::tempdir().unwrap();
    let listing = stdout(&["new"]);
    assert!(
        listing.contains("deep_sigmoid")
            && listing.contains("Does a 30-layer sigmoid network learn at all?")
    );
    let error = refused(folder.path(), &["new", "deep_sigmiod"]);
    assert!(error.contains("did you mean `deep_sigmoid`?"), "{error}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn usage_errors_are_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["rum"],
        &["run"],
        &["run", "x.toml", "--seed", "-1"],
        &["run", "x.toml", "--seed", "9223372036854775808"],
        &["run", "x.toml", "--seeds", "0"],
        &["run", "x.toml", "--threads", "0"],
        &["list", "--color", "blue"],
        &["list", "-q", "-v"],
    ] {
        refused(folder.path(), arguments);
    }
}

#[test]
fn colour_follows_the_flag_and_not_a_pipe() {
    let escape = "\u{1b}[";
    assert!(!stdout(&["list", "norms"]).contains(escape));
    assert!(!stdout(&["list", "norms", "--color", "never"]).contains(escape));
    assert!(stdout(&["list", "norms", "--color", "always"]).contains(escape));
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path(), &["run", "none.toml", "--color", "always"]);
    assert!(error.contains(escape), "{error}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("vgrad"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("vgrad"))
        .arg("schema")
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
}
