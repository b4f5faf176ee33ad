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

/// Writes a warning to stderr.
pub fn warn(text: &str) {
    remark(&format!("warning: {text}"));
}

/// Columns that stdout has: COLUMNS has its say before the terminal's size, and
/// where there is neither, 80.
pub fn width() -> usize {
    let told = std::env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.parse().ok());
    let own = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = told.filter(|columns| *columns > 0).or_else(own);
    width.unwrap_or(80).clamp(40, 240)
}
