//! What the borrow checker cannot see: that a job given to threads that live
//! longer is done before its borrow ends, and that a counter deals out every item
//! once. Scoped threads would need neither, but would have to be started anew
//! for every piece of work, several times a step.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

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
        // nobody reads the slot meanwhile, see above.
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

/// A slice that is dealt out, some items at a time.
pub struct Deck<'a, S> {
    first: *mut S,
    length: usize,
    size: usize,
    next: AtomicUsize,
    slice: PhantomData<&'a mut [S]>,
}

// SAFETY: all that threads do with it is to take items, each of which goes
// to one thread, as `&mut [S]`, which may be sent where `S` may.
unsafe impl<S: Send> Sync for Deck<'_, S> {}

impl<'a, S> Deck<'a, S> {
    /// Deals `items` out `size` ≥ 1 at a time.
    pub fn new(items: &'a mut [S], size: usize) -> Self {
        assert!(size > 0, "items are dealt out at least one at a time");
        Self {
            first: items.as_mut_ptr(),
            length: items.len(),
            size,
            next: AtomicUsize::new(0),
            slice: PhantomData,
        }
    }

    /// The next items, if there are any left, and the first one's number.
    pub fn take(&self) -> Option<(usize, &'a mut [S])> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let first = turn
            .checked_mul(self.size)
            .filter(|first| *first < self.length)?;
        let count = self.size.min(self.length - first);
        // SAFETY: within the slice, which is borrowed for 'a; no two calls
        // see the same turn, so no two parts overlap.
        let items = unsafe { std::slice::from_raw_parts_mut(self.first.add(first), count) };
        Some((first, items))
    }
}
