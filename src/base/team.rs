//! The team of threads that share the work of one step.
//!
//! Work is cut into pieces by the size of the problem, never by the number of
//! threads; the team only decides who does which piece. So results do not
//! depend on `--threads`.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::base::Problem;

/// The largest team.
const MOST_THREADS: usize = 256;

/// A fixed number of threads.
pub struct Team {
    /// `None`: everything runs on the calling thread.
    pool: Option<ThreadPool>,
    threads: usize,
}

impl Team {
    /// A team of `threads` ≥ 1, or of 256 if that is less: no batch is cut
    /// into more pieces, so more threads would only wait.
    ///
    /// # Errors
    /// If the system cannot start that many threads.
    pub fn new(threads: usize) -> Result<Self, Problem> {
        let threads = threads.clamp(1, MOST_THREADS);
        let pool = (threads > 1)
            .then(|| ThreadPoolBuilder::new().num_threads(threads).build())
            .transpose()
            .map_err(|error| Problem::new(format!("could not start {threads} threads: {error}")))?;
        Ok(Self { pool, threads })
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `work` with the team's threads at hand for [`Self::each`]. Called
    /// once around a long stretch of work, so that a step does not have to
    /// wake the team from outside.
    pub fn enter<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Runs `work` once per contiguous share of `items`, all shares at the
    /// same time (so they may wait for each other at a [`Barrier`]); at most
    /// one share per thread. `work` gets the share.
    pub fn shares<S: Send>(&self, items: &mut [S], work: impl Fn(&mut [S]) + Sync + Send) {
        let size = self.share_size(items.len());
        if size >= items.len() {
            work(items);
        } else {
            items.par_chunks_mut(size).with_max_len(1).for_each(work);
        }
    }

    /// Number of shares into which [`Self::shares`] cuts `items` items.
    pub fn share_count(&self, items: usize) -> usize {
        items.div_ceil(self.share_size(items))
    }

    fn share_size(&self, items: usize) -> usize {
        items.div_ceil(self.threads).max(1)
    }

    /// Runs `work` on every item, in no particular order.
    pub fn each<S: Send>(&self, items: &mut [S], work: impl Fn(&mut S) + Sync + Send) {
        if self.threads == 1 {
            items.iter_mut().for_each(work);
        } else {
            items.par_iter_mut().for_each(work);
        }
    }
}

/// A meeting point for the shares of one [`Team::shares`] call. It spins: the
/// shares run at the same time and a wait lasts less than a microsecond.
#[derive(Debug, Default)]
pub struct Barrier {
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    /// Waits until `parties` have arrived.
    pub fn wait(&self, parties: usize) {
        if parties <= 1 {
            return;
        }
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == parties {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0u32;
        while self.round.load(Ordering::Acquire) == round {
            spins += 1;
            if spins > 1000 {
                // More threads than cores: let the others run.
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_meet_at_a_barrier() {
        let team = Team::new(3).unwrap();
        let barrier = Barrier::default();
        let total = AtomicUsize::new(0);
        let mut items = [1usize, 2, 3, 4, 5];
        let parties = team.share_count(items.len());
        team.enter(|| {
            team.shares(&mut items, |share| {
                for round in 1..=100 {
                    total.fetch_add(share.len(), Ordering::Relaxed);
                    barrier.wait(parties);
                    assert_eq!(total.load(Ordering::Relaxed), 5 * round);
                    barrier.wait(parties);
                }
            });
        });
        assert_eq!(total.into_inner(), 500);
    }
}
