//! How changed networks are tried for advice.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::lab::config::LoadedSpec;

/// How changed networks are tried.
pub struct AdviceOptions<'a> {
    /// Reads the spec with these changes besides its own; `None` if they do
    /// not fit.
    pub load: &'a dyn Fn(&[String]) -> Option<LoadedSpec>,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// Floating-point operations that may be spent.
    pub operations: f64,
    /// No trial is begun after this long.
    pub patience: Duration,
}
