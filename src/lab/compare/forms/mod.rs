//! The forms of a comparison on stdout.

mod csv;
mod figures;
mod human;
mod json;
mod lines;
mod markdown;
mod tables;

use super::Comparison;
use crate::lab::form::Form;

/// All forms; the first is the default.
pub const FORMS: &[Form<Comparison>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: |comparison, detail| Ok(human::write(comparison, detail)),
    },
    Form {
        name: "markdown",
        doc: "Tables for a pull request, all layers",
        write: |comparison, detail| Ok(markdown::write(comparison, detail)),
    },
    Form {
        name: "csv",
        doc: "A row per pair and layer",
        write: |comparison, _| Ok(csv::write(comparison)),
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: |comparison, _| Ok(json::write(comparison)),
    },
];
