//! The forms of a comparison on stdout.

mod csv;
mod figures;
mod human;
mod json;
mod lines;
mod markdown;
mod tables;

use super::Comparison;

/// How much is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Only the conclusion; a form for programs stays whole.
    pub is_quiet: bool,
    /// All layers, however many.
    pub is_verbose: bool,
}

/// A form that a comparison can be written in.
#[derive(Debug)]
pub struct Form {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The text.
    pub write: fn(&Comparison, Detail) -> String,
}

/// All forms; the first is the default.
pub const FORMS: &[Form] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human::write,
    },
    Form {
        name: "markdown",
        doc: "Tables for a pull request, all layers",
        write: markdown::write,
    },
    Form {
        name: "csv",
        doc: "A row per pair and layer",
        write: csv::write,
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: json::write,
    },
];
