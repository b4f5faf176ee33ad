//! Being asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use crate::base::Problem;

/// Set by Ctrl-C and SIGTERM.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// The first signal asks for an end after the step at hand, the second ends the
/// process.
pub fn listen_for_signals() -> Result<(), Failure> {
    let heard = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    heard
        .map_err(|error| Problem::new(format!("signals could not be listened for: {error}")).into())
}
