//! Logs that other programs wrote: recognised by what is in them, read as a stream, their
//! layers put into forward order.
//!
//! A format is a file in `formats` and a line in its list; it turns a log into rows of named
//! numbers. What the names mean, which of them are layers and in which order they lie is
//! worked out for all formats alike, in a first pass ([`ForeignLog::open`]). A second one gives
//! steps with a value per layer and column ([`LogSteps`]).

mod bare;
mod chains;
mod columns;
mod format;
mod formats;
mod glossary;
pub mod input;
mod layer_sources;
mod log;
mod names;
mod odd_texts;
mod order;
#[cfg(test)]
mod order_tests;
mod parameter;
mod parts;
mod pick;
mod pieces;
mod points;
mod quantity;
mod series;
mod span;
mod step;
mod steps;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod utf16;
mod vocabulary;
mod walk;
mod wire;

pub use columns::LogColumn;
pub use log::{ForeignLog, LogOptions};
pub use names::CurveKind;
pub use order::OrderSource;
pub use parameter::is_output;
pub use parts::{LogLayer, LogPart, RunSeries};
pub use step::LogStep;
pub use steps::LogSteps;
