//! Layers.

pub mod norm;
pub mod skip;
