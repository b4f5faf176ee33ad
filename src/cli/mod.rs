//! Floor 4, the command line.

pub mod digest;
pub mod progress;
