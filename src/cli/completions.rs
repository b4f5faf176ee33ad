//! `vgrad completions`: shell completions.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure, Outcome, output};

/// Print completions for a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "vgrad", &mut script);
        output::result(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Done)
    }
}
