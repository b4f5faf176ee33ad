//! Being asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::Failure;
use super::outcome::STOPPED;
use crate::base::Problem;

/// How a command ends that is stopped.
#[derive(Args, Debug)]
pub struct Stopping {
    /// The exit code of a run that was stopped and can go on, for schedulers that want another
    #[arg(long, value_name = "N", default_value_t = STOPPED)]
    pub interrupted_exit: u8,
}

/// What schedulers make of exit codes.
pub const EXIT_CODES: &str = "\
INT, TERM, HUP, USR1, USR2 and XCPU finish the step, write a checkpoint and end with 75:
  Slurm       an element that failed; `--requeue` or the same array again goes on where it was
  PBS         a job that failed; qrerun it, or submit the same again
  LSF         bsub -Q 75 puts the job back into the queue
  SGE         reschedules a job that ends with 99: --interrupted-exit 99
  Kubernetes  a pod that failed; a podFailurePolicy counts it and the Job starts the index again";

/// Set by the first signal.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// The first signal asks for an end after the step at hand, the second ends the
/// process.
fn asked() {
    if STOP.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Problem::new(format!("signals could not be listened for: {error}")).into()
}

/// Listens for Ctrl-C and for what schedulers send before they kill.
#[cfg(unix)]
pub fn listen_for_signals() -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    use signal_hook::iterator::Signals;

    let all = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU];
    let mut signals = Signals::new(all).map_err(|error| failed(&error))?;
    std::thread::spawn(move || signals.forever().for_each(|_| asked()));
    Ok(())
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
pub fn listen_for_signals() -> Result<(), Failure> {
    ctrlc::set_handler(asked).map_err(|error| failed(&error))
}
