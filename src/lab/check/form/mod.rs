//! The forms a report can take.

mod benchmark;
mod github;
mod human;
mod json;
mod junit;

use super::report::Report;
use crate::base::Problem;

pub use github::step_summary;

/// How much a person wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The worst.
    Short,
    /// Everything.
    Whole,
}

/// One form.
pub struct Form {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// The text for stdout, with a final newline if it is not empty.
    ///
    /// # Errors
    /// If it cannot be written.
    pub render: fn(&Report, Detail) -> Result<String, Problem>,
}

/// Every form; the first is for people.
pub const FORMS: &[Form] = &[
    Form {
        name: "human",
        doc: "Text to read",
        render: human::render,
    },
    Form {
        name: "json",
        doc: "Every finding, for programs",
        render: json::render,
    },
    Form {
        name: "github",
        doc: "Annotations of a GitHub workflow and a table in its step summary",
        render: github::render,
    },
    Form {
        name: "junit",
        doc: "The XML report that CI servers read",
        render: junit::render,
    },
    Form {
        name: "benchmark",
        doc: "Decay for github-action-benchmark, to be charted over time (customSmallerIsBetter)",
        render: benchmark::render,
    },
];
