//! How a command ends.

use std::io;
use std::process::ExitCode;

use crate::base::Problem;
use crate::lab::config::SpecError;

/// The exit code of a command that was stopped and can go on (`EX_TEMPFAIL` of
/// sysexits.h).
pub const STOPPED: u8 = 75;
/// The exit code of a command that could not do its work.
const COULD_NOT_RUN: u8 = 2;

/// The end of a command that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or the gate holds.
    Done,
    /// A gate failed.
    GateFailed,
    /// Stopped early, with what there is written, and the exit code for it.
    StoppedEarly(u8),
    /// Interrupted before anything was worth keeping.
    Interrupted,
    /// A question could not be answered; the user has been told why.
    CannotTell,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::GateFailed => 1,
            Outcome::CannotTell => COULD_NOT_RUN,
            Outcome::StoppedEarly(code) => code,
            Outcome::Interrupted => 130,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// The spec is to blame.
    Spec(SpecError),
    /// Something else is.
    Problem(Problem),
    /// The result could not be written.
    Output(io::Error),
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Self::Spec(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Tells the user, and gives the exit code.
    pub fn report(self) -> ExitCode {
        // Whoever reads the output has read enough.
        if matches!(&self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        let text = match &self {
            Self::Spec(error) => error.render(true),
            _ => error_line(&self.text()),
        };
        // With nobody left to tell, the exit code still does.
        let _ = io::Write::write_all(&mut anstream::stderr(), format!("{text}\n").as_bytes());
        ExitCode::from(COULD_NOT_RUN)
    }

    /// The message without colours.
    pub fn text(&self) -> String {
        match self {
            Self::Output(error) => format!("the output cannot be written: {error}"),
            Self::Spec(error) => error.render(false),
            Self::Problem(problem) => problem.to_string(),
        }
    }
}

fn error_line(text: &str) -> String {
    let red = anstyle::AnsiColor::BrightRed.on_default().bold();
    format!("{red}error{red:#}: {text}")
}
