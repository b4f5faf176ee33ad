//! `vgrad compare`: runs side by side, layer by layer.

use std::path::PathBuf;

use clap::Args;

use super::decades::decades;
use super::form::form;
use super::reading_args::ReadingArgs;
use super::suggested::{Suggested, quantities};
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::Problem;
use crate::lab::compare::forms::FORMS;
use crate::lab::compare::{CompareRequest, Comparison, StepChoice, TOLERANCE};
use crate::lab::form::Form;

/// Compare runs: specs, outcomes, and the gradients layer by layer
///
/// The first target is the reference, and every other one is held against it. A
/// target is a run folder, a folder of seeds as `vgrad run --seeds` leaves it, a CSV
/// file with the columns `step`, `layer` and a norm, or a log of another program, as
/// `vgrad read` understands it. Several seeds are taken
/// together: the mean with its 95 % interval. Layers are equal if every pair of seeds
/// is within the tolerance, different if the mean is beyond it and its interval
/// excludes 0, else unclear; so are values that a log printed with too few digits to tell.
/// Runs of different depth are compared by relative depth.
/// Three or more targets in alphabetical order, as a shell's pattern gives them, are
/// put into natural order (depth-2 before depth-10).
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Run folders, folders of seeds or of sweeps, CSV files or logs of other programs, at least two; the first is the reference
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<PathBuf>,
    /// The column to compare [default: activation_grad_norm, or a file's first column ending in _norm]
    #[arg(long, value_name = "COLUMN", value_parser = Suggested { words: quantities }, hide_possible_values = true)]
    quantity: Option<String>,
    /// Where: the first or the last logged step, the logged step of a number, or the mean of log10
    /// over all logged steps (the geometric mean)
    #[arg(
        long,
        value_name = "initial|final|STEP|mean",
        default_value = "initial",
        allow_negative_numbers = true
    )]
    at: StepChoice,
    /// Exit with 1 if a layer differs, is unclear or is not comparable
    #[arg(long)]
    strict: bool,
    /// The largest difference in decades that counts as none
    #[arg(long, value_name = "DECADES", default_value_t = TOLERANCE, value_parser = decades, allow_negative_numbers = true)]
    tolerance: f64,
    /// The form of the result on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<Comparison>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

impl CompareArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let targets = self.reading.open(&self.targets)?;
        if targets.len() < 2 {
            // A folder of a sweep alone may hold several.
            return Err(
                Problem::new("one target alone has nothing to be compared with")
                    .help("name at least 2 values: a reference and what is held against it")
                    .into(),
            );
        }
        let request = CompareRequest {
            quantity: self.quantity.clone(),
            at: self.at,
            tolerance: self.tolerance,
            threads: self.threads.get(),
        };
        let comparison = Comparison::of(&targets, &request)?;
        for warning in &comparison.warnings {
            output::remark(&format!("warning: {warning}"));
        }
        output::result(&(self.format.write)(&comparison, global.detail())?)?;
        Ok(if self.strict && !comparison.holds() {
            Outcome::GateFailed
        } else if !comparison.has_comparable() {
            Outcome::CannotTell
        } else {
            Outcome::Done
        })
    }
}
