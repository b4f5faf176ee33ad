//! Another program's own words, by way of Python.

use std::process::{Command, Stdio};

/// The interpreter: `VGRAD_PYTHON`, else python3.
pub fn program() -> String {
    std::env::var("VGRAD_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// What `script` prints, given these arguments.
#[track_caller]
pub fn run(script: &str, arguments: &[&str]) -> String {
    let ended = Command::new(program())
        .args(["-c", script])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("python starts");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{errors}");
    String::from_utf8(ended.stdout).unwrap()
}
