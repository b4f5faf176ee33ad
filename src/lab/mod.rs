//! Floor 3, the laboratory: an experiment from TOML to verdict.

pub mod spec;
