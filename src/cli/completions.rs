//! `vgrad completions`: shell completions.

use std::fmt::Write as _;

use clap::{Arg, Args, Command, CommandFactory};
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
        let mut cli = Cli::command();
        clap_complete::generate(self.shell, &mut cli, "vgrad", &mut script);
        let script = String::from_utf8_lossy(&script);
        let script = match self.shell {
            Shell::Fish => with_values_for_fish(&script, &cli),
            Shell::PowerShell => with_values_for_powershell(&script, &cli),
            _ => script.into_owned(),
        };
        output::result(&script)?;
        Ok(Outcome::Done)
    }
}

/// The words that an argument is known to take.
fn words(argument: &Arg) -> Vec<String> {
    let takes_values = argument.get_action().takes_values();
    let values = argument.get_possible_values().into_iter();
    let values = values.filter(|_| takes_values);
    values.map(|value| value.get_name().to_owned()).collect()
}

/// The generator for fish leaves out the values of arguments without a flag.
fn with_values_for_fish(script: &str, cli: &Command) -> String {
    let mut script = script.to_owned();
    for command in cli.get_subcommands() {
        let name = command.get_name();
        for words in command.get_positionals().map(words) {
            if !words.is_empty() {
                let words = words.join(" ");
                writeln!(
                    script,
                    "complete -c vgrad -n \"__fish_vgrad_using_subcommand {name}\" -f -a \"{words}\""
                )
                .expect("a string takes everything");
            }
        }
    }
    script
}

/// The generator for PowerShell leaves out all values.
fn with_values_for_powershell(script: &str, cli: &Command) -> String {
    let mut script = script.to_owned();
    for command in cli.get_subcommands() {
        let head = format!("'vgrad;{}' {{\n", command.get_name());
        let mut values: Vec<String> = command.get_arguments().flat_map(words).collect();
        values.sort();
        values.dedup();
        let lines = values.iter().map(|word| {
            format!(
                "            [CompletionResult]::new('{word}', '{word}', \
                 [CompletionResultType]::ParameterValue, '{word}')\n"
            )
        });
        let lines: String = lines.collect();
        script = script.replacen(&head, &format!("{head}{lines}"), 1);
    }
    script
}
