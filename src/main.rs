//! The `vgrad` command: parse, run, print one error, exit code.

use std::process::ExitCode;

use vgrad::cli::Cli;

/// Hands out memory that the system backs with large pages. A deep network walks
/// through all of its buffers at every step, and with pages of 4 KiB it waits for
/// their addresses: 4 to 12 % of a step, and most of the time before the first.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::read().map(Cli::run) {
        Ok(Ok(outcome)) => outcome.into(),
        Ok(Err(failure)) => failure.report(),
        Err(code) => code,
    }
}
