//! Specs that cannot run: every one ends in exit code 2 and one message that
//! names the place, what was expected and what to do.

mod cases;
mod conflicts;
mod every_key;
mod generators;
mod schema_keys;
mod validators;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A spec without a fault.
const GOOD: &str = r#"name = "good"
[data]
source = "digits"
[network]
depth = 13
width = 8
activation = "relu"
[train]
steps = 3
learning_rate = 0.1
[[check]]
quantity = "attenuation_decades"
max = 1e9
[[remedy]]
name = "narrow"
set = { "network.width" = 4 }
"#;

/// An empty folder in which `vgrad` runs.
struct Workbench(TempDir);

impl Workbench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs `vgrad` here with these arguments.
    fn vgrad(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("vgrad").unwrap();
        command.current_dir(self.folder()).env_clear();
        command.args(arguments).output().unwrap()
    }

    /// Writes `bytes` as the spec `x.toml`, runs it and returns the one error;
    /// nothing but the spec may lie here afterwards.
    fn error(&self, bytes: &[u8], flags: &[&str]) -> String {
        std::fs::write(self.folder().join("x.toml"), bytes).unwrap();
        let mut arguments = vec!["run", "x.toml"];
        arguments.extend(flags);
        let output = self.vgrad(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        let context = format!("{flags:?}\n{error}");
        assert_eq!(output.status.code(), Some(2), "{context}");
        assert!(output.stdout.is_empty(), "{context}");
        assert!(!error.contains("panicked"), "{context}");
        let errors = error.lines().filter(|line| line.starts_with("error"));
        assert_eq!(errors.count(), 1, "{context}");
        assert!(error.contains("help: "), "what to do is missing: {context}");
        let left: Vec<_> = std::fs::read_dir(self.folder()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?} {context}");
        error
    }
}

/// Asserts that a message holds all the parts.
#[track_caller]
fn holds(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is missing in\n{message}");
    }
}
