//! The forms a report can take.

mod benchmark;
mod github;
mod human;
mod json;
mod junit;

use super::report::CheckReport;
use crate::lab::form::Form;

pub use github::step_summary;

/// Every form; the first is for people.
pub const FORMS: &[Form<CheckReport>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human::write,
    },
    Form {
        name: "json",
        doc: "Every finding, for programs",
        write: json::write,
    },
    Form {
        name: "github",
        doc: "Annotations of a GitHub workflow and a table in its step summary",
        write: github::write,
    },
    Form {
        name: "junit",
        doc: "The XML report that CI servers read",
        write: junit::write,
    },
    Form {
        name: "benchmark",
        doc: "Decay for github-action-benchmark, to be charted over time (customSmallerIsBetter)",
        write: benchmark::write,
    },
];
