//! `vgrad bench` through the real program. Nothing here depends on how fast it is.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SPEC: &str = r#"
[data]
source = { blobs = { samples = 100, classes = 3 } }
[network]
depth = 4
width = 8
activation = "tanh"
[train]
steps = 6
batch_size = 16
learning_rate = 0.1
"#;

const BRIEF: [&str; 4] = ["--seconds", "0.01", "--repeats", "3"];

fn bench(folder: &Path, arguments: &[&str]) -> Output {
    // Its temporary files, so that what it leaves can be seen.
    let temporary = folder.join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vgrad"))
        .current_dir(folder)
        .env("TMPDIR", &temporary)
        .arg("bench")
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    output
}

fn json_lines(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = bench(folder, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(error.contains(word), "no {word:?} in {error}");
    }
}

#[test]
fn a_report_has_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("small.toml");
    std::fs::write(&spec, SPEC).unwrap();
    for (threads, set) in [(1, "precision=f32"), (2, "precision=f64")] {
        let mut arguments = vec!["small.toml", "--format", "json", "--set", set];
        let text = threads.to_string();
        arguments.extend(["--threads", &text]);
        arguments.extend(BRIEF);
        let output = bench(folder.path(), &arguments);
        let reports = json_lines(&output);
        let [report] = &reports[..] else {
            panic!("{reports:?}")
        };
        assert_eq!(report["workload"], "small");
        assert_eq!(report["threads"], threads);
        assert_eq!(report["repeats"], 3);
        assert!(set.ends_with(report["precision"].as_str().unwrap()));
        let number = |key: &str| {
            report[key]
                .as_f64()
                .unwrap_or_else(|| panic!("{key} in {report}"))
        };
        for key in ["min", "steps_per_s", "max", "gflops", "peak_gflops"] {
            assert!(number(key) > 0.0, "{key} in {report}");
        }
        assert!(number("min") <= number("steps_per_s") && number("steps_per_s") <= number("max"));
        // 2 inputs, widths 8, 3 outputs: see the keys' definition.
        let products = 2.0 * 16.0 * (3 * (2 * 8 + 3 * 8 * 8 + 8 * 3) - 2 * 8) as f64;
        let gflops = products * number("steps_per_s") / 1e9;
        assert!((number("gflops") / gflops - 1.0).abs() < 1e-9);
        let share = number("gflops") / number("peak_gflops");
        assert!((number("share_of_peak") / share - 1.0).abs() < 1e-9);
        assert!(number("logging_cost") < 1.0);
        assert!(number("unlogged_steps_per_s") > 0.0);
        let shares = report["shares"].as_object().unwrap();
        let names: Vec<&String> = shares.keys().collect();
        let parts = [
            "products",
            "activations",
            "norms",
            "update",
            "logging",
            "other",
        ];
        assert_eq!(names, parts);
        let shares: Vec<f64> = shares
            .values()
            .map(|share| share.as_f64().unwrap())
            .collect();
        assert!(shares.iter().all(|share| (-1e-9..=1.0).contains(share)));
        assert!(shares[4] > 0.0, "logging takes no time: {report}");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    // Nothing was written beside the spec.
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["small.toml", "temporary"]);
}

#[test]
fn workloads_go_by_name_and_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["--workload", "W3", "--workload", "w1a", "--format", "json"];
    arguments.extend(["--set", "network.depth=3", "--set", "network.width=8", "-q"]);
    arguments.extend(BRIEF);
    let output = bench(folder.path(), &arguments);
    let names: Vec<Value> = json_lines(&output)
        .iter()
        .map(|report| report["workload"].clone())
        .collect();
    assert_eq!(names, ["W3", "W1a"]);
    assert!(output.stderr.is_empty());
}

#[test]
fn the_table_names_every_workload() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["--set", "network.depth=2", "--set", "network.width=4"];
    arguments.extend(BRIEF);
    let output = bench(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let first_words: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(first_words[..6], ["workload", "W1", "W2", "W3", "W4", "W5"]);
    assert!(text.contains("logging costs"));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("small.toml"), SPEC).unwrap();
    refused(
        here,
        &["--workload", "W6"],
        &["W6", "did you mean", "W1, W1a, W2"],
    );
    refused(here, &["none.toml"], &["none.toml"]);
    refused(here, &["--workload", "none.toml"], &["none.toml"]);
    refused(here, &["--workload", "W1", "small.toml"], &["--workload"]);
    refused(here, &["--repeats", "0"], &["--repeats"]);
    refused(here, &["--seconds", "0"], &["--seconds"]);
    refused(
        here,
        &["--workload", "W1", "--set", "network.dpeth=3"],
        &["dpeth", "did you mean `depth`?"],
    );
    let wild = [
        "small.toml",
        "--set",
        "train.loss=mse",
        "--set",
        "network.activation=relu",
    ];
    let mut wild = wild.to_vec();
    wild.extend(["--set", "train.learning_rate=1e6"]);
    wild.extend(BRIEF);
    refused(here, &wild, &["train.learning_rate", "diverged at step"]);
}

/// A signal ends it at once and leaves no temporary files.
#[cfg(unix)]
#[test]
fn a_signal_ends_it() {
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.toml"), SPEC).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_vgrad"))
        .current_dir(folder.path())
        .env("TMPDIR", folder.path())
        .args(["bench", "small.toml", "--seconds", "3600"])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Its temporary folder says that it is measuring.
    let started = Instant::now();
    while std::fs::read_dir(folder.path()).unwrap().count() < 2 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it never began"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
