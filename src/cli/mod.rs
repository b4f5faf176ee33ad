//! Floor 4, the command line: one file per command, arguments in, report out.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

mod bench;
mod check;
mod compare;
mod completions;
mod decades;
mod diagnose;
mod folder_name;
mod form;
mod gallery;
mod gather;
mod hook;
mod list;
mod man;
mod new;
mod outcome;
mod output;
mod plot;
mod predict;
mod predict_text;
mod progress;
mod read;
mod reading_args;
mod remedies;
mod report;
mod run;
mod run_text;
mod schema;
mod spec_args;
mod stop;
mod suggested;
mod sweep;
mod sweep_progress;

pub use outcome::{Failure, Outcome};

use crate::base::nearest::nearest;
use crate::lab::form::Detail;
use crate::lab::machine::cores;

/// Says, for a network written down in a TOML file, whether its gradients
/// vanish or explode, where, how fast, and what cures it.
#[derive(Debug, Parser)]
#[command(name = "vgrad", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, or the gate holds; 1 a gate failed; 2 could not run;
75 stopped early, resumable; 130 interrupted before anything was worth keeping.

Start with: vgrad new deep_sigmoid && vgrad run deep_sigmoid.toml";

/// What every command takes.
#[derive(Args, Debug)]
struct Global {
    /// Colours in the output; NO_COLOR is honoured too
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    color: Color,
    /// Print only what a script needs
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
}

/// What every command that computes takes.
#[derive(Args, Clone, Copy, Debug)]
struct Threads {
    /// Threads to compute with; results do not depend on it [default: VGRAD_THREADS, else what Slurm gives the job, else all cores]
    #[arg(
        long = "threads",
        value_name = "N",
        env = "VGRAD_THREADS",
        hide_env = true,
        value_parser = thread_count
    )]
    count: Option<NonZeroUsize>,
}

/// What of Slurm's says how many threads to use where we are not told, the first that is a number.
const SLURM: [&str; 2] = ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"];

impl Threads {
    /// How many.
    fn get(self) -> usize {
        let said = |name: &&str| std::env::var(name).ok()?.parse().ok();
        self.count
            .or_else(|| SLURM.iter().find_map(said))
            .map_or_else(cores, NonZeroUsize::get)
    }
}

/// A number of threads.
///
/// # Errors
/// If the text is anything else.
fn thread_count(text: &str) -> Result<NonZeroUsize, &'static str> {
    let expected = "expected the number of threads, 1 or more, \
                    from --threads or else the variable VGRAD_THREADS";
    text.parse().map_err(|_| expected)
}

impl Global {
    /// How much to say.
    fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Usual,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Even into a file
    Always,
    /// Not at all
    Never,
}

impl Color {
    /// Makes every later line of output follow it.
    fn apply(self) {
        let choice = match self {
            // Leaves NO_COLOR and CLICOLOR_FORCE their say.
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The form of a command's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text to read
    Human,
    /// JSON for programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Compare(compare::CompareArgs),
    Check(check::CheckArgs),
    Plot(plot::PlotArgs),
    Report(report::ReportArgs),
    Predict(predict::PredictArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Read(read::ReadArgs),
    Remedies(remedies::RemediesArgs),
    Sweep(sweep::SweepArgs),
    Gather(gather::GatherArgs),
    Hook(hook::HookArgs),
    New(new::NewArgs),
    List(list::ListArgs),
    Bench(bench::BenchArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Names the command that was likely meant, and it alone, where clap finds none like a short
/// one with a slip, or less like ones first.
fn suggest_command(error: &mut clap::Error) {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let cli = Cli::command();
    let names = cli.get_subcommands().map(clap::Command::get_name);
    if let Some(near) = nearest(given, names.chain(["help"])) {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
}

impl Cli {
    /// Reads the command line of this process.
    ///
    /// # Errors
    /// The exit code, once the user has been told what is wrong with it or has
    /// got the help that was asked for.
    pub fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|mut error| {
            suggest_command(&mut error);
            // With nobody left to tell, the exit code still does.
            let _ = error.print();
            if error.exit_code() != 0 {
                // What could be understood, to see whose last line is missing.
                let lenient = Self::command().ignore_errors(true);
                let matches = lenient.try_get_matches_from(std::env::args_os());
                let check = matches
                    .as_ref()
                    .ok()
                    .and_then(|matches| matches.subcommand_matches("check"));
                check.map(check::last_line_of_bad_usage);
            }
            ExitCode::from(error.exit_code() as u8)
        })
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Whatever kept it from doing its work, for `main` to print.
    pub fn run(self) -> Result<Outcome, Failure> {
        self.global.color.apply();
        match self.command {
            Command::Run(args) => args.run(&self.global),
            Command::Compare(args) => args.run(&self.global),
            Command::Check(args) => args.run(&self.global),
            Command::Plot(args) => args.run(&self.global),
            Command::Report(args) => args.run(&self.global),
            Command::Predict(args) => args.run(),
            Command::Diagnose(args) => args.run(&self.global),
            Command::Read(args) => args.run(&self.global),
            Command::Remedies(args) => args.run(&self.global),
            Command::Sweep(args) => args.run(&self.global),
            Command::Gather(args) => args.run(&self.global),
            Command::Hook(args) => args.run(),
            Command::New(args) => args.run(&self.global),
            Command::List(args) => args.run(),
            Command::Bench(args) => args.run(&self.global),
            Command::Schema(args) => args.run(),
            Command::Completions(args) => args.run(),
            Command::Man(args) => args.run(),
        }
    }
}
