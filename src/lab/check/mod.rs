//! The gate: does a run keep to its rules, and to what it was before?

mod baseline;
mod compare;
mod extremes;
mod figure;
mod finding;
mod fingerprint;
mod form;
mod gap;
mod held;
mod judge;
mod lack;
mod layout;
mod measure;
mod moment;
mod pairing;
mod question;
mod report;
mod rule;

pub use baseline::Baseline;
pub use finding::{Finding, Source, State};
pub use form::{Detail, FORMS, Form, step_summary};
pub use moment::Moment;
pub use question::{Answer, Questions, ask};
pub use report::{Report, Verdict};
pub use rule::Rule;
