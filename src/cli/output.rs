//! Writing results to stdout and remarks to stderr.

use std::io::{self, Write};

/// Writes a result to stdout, at once.
///
/// # Errors
/// Those of stdout: a closed pipe, a full disk.
pub fn result(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a remark to stderr.
pub fn remark(text: &str) {
    // A remark that cannot be written is no reason to fail.
    let _ = writeln!(anstream::stderr(), "{text}");
}
