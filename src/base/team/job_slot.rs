//! What the borrow checker cannot see: that a job given to threads that live
//! longer is done before its borrow ends. Scoped threads would not need it, but
//! would have to be started anew for every piece of work, several times a step.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;

use super::Job;

/// Holds the job at hand.
#[derive(Default)]
pub struct JobSlot(UnsafeCell<Option<*const Job<'static>>>);

// SAFETY: it is filled only while no worker reads it (`working` is 0 and
// the round not yet announced), and read only between the announcement of
// a round and the end of its work, which the announcement's ordering and
// that of `working` put after and before the filling.
unsafe impl Sync for JobSlot {}
// SAFETY: the pointer is only followed as `run` says; a job is `Sync`.
unsafe impl Send for JobSlot {}

impl JobSlot {
    /// Takes a job that outlives its round, as `Team::run` sees to by
    /// waiting for all workers, whatever happens.
    ///
    /// # Safety
    /// No round may be under way, and the job must live until the next
    /// one's work is done.
    pub unsafe fn fill(&self, job: &Job) {
        // SAFETY: the lifetime is forgotten here and kept by `Team::run`;
        // no thread reads the slot meanwhile, see above.
        unsafe {
            *self.0.get() = Some(std::mem::transmute::<*const Job<'_>, *const Job<'static>>(
                job,
            ));
        }
    }

    /// Runs the job of the round that has been announced.
    ///
    /// # Safety
    /// A round must be under way, and this thread not be done with it.
    pub unsafe fn run(&self, thread: usize) {
        // SAFETY: between announcement and end of a round the slot is not
        // written and the job is alive.
        if let Some(job) = unsafe { *self.0.get() } {
            unsafe { (*job)(thread) }
        }
    }
}
