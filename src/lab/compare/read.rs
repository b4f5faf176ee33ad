//! Reads all runs of all targets, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::at::At;
use super::profile::Profile;
use crate::base::Problem;
use crate::lab::records::{Run, Target};

/// The runs' profiles, target by target. At most `threads` files are read at once.
///
/// # Errors
/// The first in the order of the targets.
pub fn read(
    targets: &[Target],
    quantity: Option<&str>,
    at: At,
    threads: usize,
) -> Result<Vec<Vec<Profile>>, Problem> {
    let runs: Vec<&Run> = targets.iter().flat_map(|target| &target.runs).collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, runs.len()) {
            let (sender, runs, next) = (sender.clone(), &runs, &next);
            scope.spawn(move || {
                while let Some((i, run)) = take(runs, next) {
                    let profile = Profile::read(run, quantity, at);
                    let has_failed = profile.is_err();
                    // The receiver outlives the threads.
                    let _ = sender.send((i, profile));
                    if has_failed {
                        // No use in reading on; earlier ones are under way.
                        next.store(runs.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    drop(sender);
    let mut profiles: Vec<(usize, Result<Profile, Problem>)> = receiver.iter().collect();
    profiles.sort_by_key(|(i, _)| *i);
    let profiles = profiles.into_iter().map(|(_, profile)| profile);
    let mut profiles = profiles.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(targets
        .iter()
        .map(|target| profiles.by_ref().take(target.runs.len()).collect())
        .collect())
}

/// The next run that nobody has taken yet, with its place.
fn take<'a>(runs: &[&'a Run], next: &AtomicUsize) -> Option<(usize, &'a Run)> {
    let i = next.fetch_add(1, Ordering::Relaxed);
    runs.get(i).map(|run| (i, *run))
}
