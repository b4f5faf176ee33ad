//! The layers' figures of a run, one logged step at a time, whichever program wrote them.

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;

use std::path::Path;

use crate::base::Problem;
use crate::lab::logs::is_output;
use crate::lab::records::diverged::Diverged;
use crate::lab::records::foreign::{ForeignRun, ForeignSteps};
use crate::lab::records::loss_slopes::LossSlopes;
use crate::lab::records::step::Step;
use crate::lab::records::table_steps::TableSteps;

/// Reads a run step by step, in one pass and with the memory of a few steps.
pub enum Steps {
    /// From a file with the columns `step` and `layer`.
    Table(Box<TableSteps>),
    /// From a log of another program.
    Log(Box<ForeignSteps>),
}

impl Steps {
    /// Opens a file to read `columns` of it. `layers` is the number of layers
    /// of a whole step, where it is known from elsewhere.
    ///
    /// # Errors
    /// If the file cannot be read or lacks `step`, `layer` or one of `columns`.
    pub fn open(path: &Path, columns: &[&str], layers: Option<usize>) -> Result<Self, Problem> {
        let steps = TableSteps::open(path, columns, layers)?;
        Ok(Self::Table(Box::new(steps)))
    }

    /// Opens a network of a log to read `columns` of it.
    ///
    /// # Errors
    /// If it lacks one of them or cannot be opened again.
    pub fn of_log(run: &ForeignRun, columns: &[&str]) -> Result<Self, Problem> {
        Ok(Self::Log(Box::new(ForeignSteps::of(run, columns)?)))
    }

    /// Tells the slope of a generator's loss with every step, as the `training.csv` at
    /// `path` has it.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn tell_loss_slopes(&mut self, path: &Path) -> Result<(), Problem> {
        if let Self::Table(steps) = self
            && let Some(slopes) = LossSlopes::open(path)?
        {
            steps.tell(slopes);
        }
        Ok(())
    }

    /// Refuses a log whose steps go back.
    ///
    /// # Errors
    /// If this is one.
    pub fn refuse_resumed(&self) -> Result<(), Problem> {
        match self {
            Self::Table(steps) => steps.refuse_resumed(),
            // It was refused when it was looked through.
            Self::Log(_) => Ok(()),
        }
    }

    /// The next whole step, the steps ascending; `None` after the last.
    ///
    /// # Errors
    /// If a cell cannot be understood, a layer is there twice in a step, or the
    /// file has no whole step.
    pub fn next_step(&mut self) -> Result<Option<&Step>, Problem> {
        match self {
            Self::Table(steps) => steps.next_step(),
            Self::Log(steps) => steps.next_step(),
        }
    }

    /// A layer's place on the path, where the file tells places.
    pub fn position(&self, layer: usize) -> Option<usize> {
        match self {
            Self::Table(steps) => steps.position(layer),
            Self::Log(steps) => steps.position(layer),
        }
    }

    /// Whether the file tells places on the path.
    pub fn has_positions(&self) -> bool {
        match self {
            Self::Table(steps) => steps.has_positions(),
            Self::Log(_) => true,
        }
    }

    /// Where a norm stopped being finite in what has been read. All norms are
    /// looked at, whichever columns are read.
    pub fn diverged(&self) -> Option<&Diverged> {
        match self {
            Self::Table(steps) => steps.diverged(),
            Self::Log(steps) => steps.diverged(),
        }
    }

    /// The name of a layer that has been read; `None` where the file has no names.
    pub fn name(&self, layer: usize) -> Option<&str> {
        match self {
            Self::Table(steps) => steps.name(layer),
            Self::Log(steps) => steps.name(layer),
        }
    }

    /// Whether a layer that has been read counts as hidden: all but the output layer.
    pub fn is_hidden(&self, layer: usize) -> bool {
        !self.name(layer).is_some_and(is_output)
    }

    /// What was left out, once all has been read.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Table(steps) => steps.warnings(),
            Self::Log(steps) => steps.warnings(),
        }
    }
}
