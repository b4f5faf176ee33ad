//! A form that a command's result can be written in.

use crate::base::Problem;

/// How much a person wants to read. A form for programs is always whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Only the conclusion.
    Quiet,
    /// The conclusion and what matters most.
    #[default]
    Usual,
    /// Everything.
    Verbose,
}

/// One form of a result `R`.
#[derive(Debug)]
pub struct Form<R: 'static> {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The text for stdout, with a final newline if it is not empty.
    ///
    /// # Errors
    /// If it cannot be written.
    pub write: fn(&R, Detail) -> Result<String, Problem>,
}
