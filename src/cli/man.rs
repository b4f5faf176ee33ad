//! `vgrad man`: man pages, one per command.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Failure, Outcome, output};
use crate::base::Problem;
use crate::base::nearest::unknown;

/// Print a man page, or write all of them into a folder
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The command; without it, the page of vgrad itself
    command: Option<String>,
    /// Write every page into this folder: vgrad.1, vgrad-run.1, …
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

/// The whole command line, its names put together.
fn cli() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

/// A page in roff.
fn page(command: &Command) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    let made = Man::new(command.clone()).render(&mut text);
    made.map_err(|error| Problem::new(format!("the page could not be made: {error}")))?;
    Ok(text)
}

impl ManArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        let cli = cli();
        if let Some(folder) = &self.out {
            for command in std::iter::once(&cli).chain(documented(&cli)) {
                let name = command.get_display_name().unwrap_or("vgrad");
                write(&folder.join(format!("{name}.1")), &page(command)?)?;
            }
            return Ok(Outcome::Done);
        }
        let command = match &self.command {
            None => &cli,
            Some(name) => documented(&cli)
                .find(|command| command.get_name() == name)
                .ok_or_else(|| {
                    let names: Vec<&str> = documented(&cli).map(Command::get_name).collect();
                    unknown("command", name, &names)
                })?,
        };
        output::result(&String::from_utf8_lossy(&page(command)?))?;
        Ok(Outcome::Done)
    }
}

/// All commands but `help`.
fn documented(cli: &Command) -> impl Iterator<Item = &Command> {
    let commands = cli.get_subcommands();
    commands.filter(|command| command.get_name() != "help")
}

fn write(path: &Path, page: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, page));
    written.map_err(|error| {
        Problem::in_file(path, format!("could not be written: {error}"))
            .help("choose a folder that can be written with --out")
    })?;
    Ok(output::result(&format!("{}\n", path.display()))?)
}
