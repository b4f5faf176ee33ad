//! The gate: does a run keep to its rules, and to what it was before?

mod baseline;
mod baseline_step;
mod cells;
mod change;
mod compare;
mod decay_quantity;
mod extremes;
mod figure;
mod finding;
mod form;
mod judge;
mod layout;
mod measure;
mod missing_layers;
mod moment;
mod obey;
mod per_step;
mod question;
mod report;
mod rule;
mod spec_keys;
mod step_findings;

pub use baseline::Baseline;
pub use cells::ask_sweep;
pub use finding::{Finding, Source, State};
pub use form::{FORMS, step_summary};
pub use moment::Moment;
pub use question::{Answer, Questions, ask};
pub use report::{CheckReport, CheckedCells, GateVerdict, WholeRun};
pub use rule::Rule;
pub use spec_keys::ChangedKey;
