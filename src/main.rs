//! The `vgrad` command: parse, run, print one error, exit code.

use std::process::ExitCode;

use clap::Parser;
use vgrad::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
