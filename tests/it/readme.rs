//! Every block of the README runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Commands of the README that a test does not repeat, each with its reason.
const NOT_REPEATED: &[(&str, &str)] = &[
    ("cargo test", "it is what runs this test"),
    (
        "vgrad bench",
        "it takes two minutes; tests/it/bench.rs has it",
    ),
];

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```").filter(|found| !found.is_empty()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == language {
                blocks.push(block.join("\n"));
            }
        }
    }
    blocks
}

/// Runs a line of shell where `vgrad` is the program under test.
fn shell(line: &str, folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_vgrad");
    let path = format!(
        "{}:{}",
        Path::new(program).parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let line = line.replace("cargo run --release -- ", "vgrad ");
    Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder)
        .env("PATH", path)
        // The README speaks of a desk; a CI server accepts no baseline unasked.
        .env_remove("CI")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap()
}

#[test]
fn shell_blocks_run() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["experiments", "experiments/baselines"] {
        let to = folder.path().join(part);
        fs::create_dir(&to).unwrap();
        let files = fs::read_dir(Path::new(ROOT).join(part)).unwrap();
        for file in files
            .map(Result::unwrap)
            .filter(|file| file.path().is_file())
        {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let blocks = blocks("sh");
    assert!(
        blocks.len() >= 4,
        "the README's shell blocks were not found"
    );
    let lines = blocks.iter().flat_map(|block| block.lines());
    for line in lines.filter(|line| NOT_REPEATED.iter().all(|(command, _)| command != line)) {
        let output = shell(line, folder.path());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{errors}");
    }
    assert!(
        folder
            .path()
            .join("runs/deep_sigmoid/summary.json")
            .exists()
    );
}

#[test]
fn spec_blocks_run() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = blocks("toml");
    assert!(!blocks.is_empty());
    for block in blocks {
        fs::write(folder.path().join("spec.toml"), block).unwrap();
        let output = shell(
            "vgrad run spec.toml --set train.steps=2 --quiet",
            folder.path(),
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The printed error is what the program prints.
#[test]
fn the_error_shown_is_the_error_given() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fs::read_to_string(Path::new(ROOT).join("experiments/deep_sigmoid.toml")).unwrap();
    fs::write(
        folder.path().join("deep_sigmoid.toml"),
        spec.replace("depth =", "dpeth ="),
    )
    .unwrap();
    let output = shell("vgrad run deep_sigmoid.toml", folder.path());
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(
        blocks("text")
            .iter()
            .any(|block| block.trim() == printed.trim()),
        "the README should show:\n{printed}"
    );
}
