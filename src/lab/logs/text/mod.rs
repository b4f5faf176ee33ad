//! Text as logs have it: numbers, lines, CSV and what resembles JSON.

pub mod csv;
pub mod dict;
pub mod elements;
pub mod lines;
pub mod number;
