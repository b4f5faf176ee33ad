//! The team of threads that share the work of one step.
//!
//! The team only decides who does what: what is summed, and in which order,
//! follows from the size of the problem. So results do not depend on
//! `--threads`.
//!
//! A step of a small network takes less time than waking a thread does, so
//! the team's threads spin between two pieces of work and are parked only
//! after a while without any.

mod job_slot;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Problem;

use job_slot::JobSlot;

/// The largest team.
const MOST_THREADS: usize = 256;

/// Time without work after which a thread falls asleep.
const PATIENCE: Duration = Duration::from_millis(2);

/// A fixed number of threads, the calling one included.
pub struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a job runs: there is one at a time.
    turn: Mutex<()>,
}

/// A job: called once on every thread with the thread's number.
type Job<'a> = dyn Fn(usize) + Sync + 'a;

/// What the team's threads have in common.
struct Shared {
    /// Jobs given out so far.
    round: AtomicUsize,
    /// The job of this round.
    job: JobSlot,
    /// Workers that have not finished it.
    working: AtomicUsize,
    /// Whether a worker panicked in it.
    panicked: AtomicBool,
    /// Which workers sleep.
    asleep: Vec<AtomicBool>,
    quit: AtomicBool,
}

impl Team {
    /// A team of `threads` ≥ 1, or of 256 if that is less.
    ///
    /// # Errors
    /// If the system cannot start that many threads.
    pub fn new(threads: usize) -> Result<Self, Problem> {
        let threads = threads.clamp(1, MOST_THREADS);
        let shared = Arc::new(Shared {
            round: AtomicUsize::new(0),
            job: JobSlot::default(),
            working: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            asleep: (1..threads).map(|_| AtomicBool::new(false)).collect(),
            quit: AtomicBool::new(false),
        });
        let mut team = Self {
            shared: Arc::clone(&shared),
            workers: Vec::with_capacity(threads - 1),
            turn: Mutex::new(()),
        };
        for number in 1..threads {
            let shared = Arc::clone(&shared);
            let worker = std::thread::Builder::new()
                .name(format!("team {number}"))
                .spawn(move || shared.work(number));
            let worker = worker.map_err(|error| {
                Problem::new(format!("could not start {threads} threads: {error}"))
            })?;
            team.workers.push(worker);
        }
        Ok(team)
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `work` once per contiguous share of `items`, all shares at the
    /// same time (so they may wait for each other at a [`Barrier`]); at most
    /// one share per thread. `work` gets the share.
    pub fn shares<S: Send>(&self, items: &mut [S], work: impl Fn(&mut [S]) + Sync) {
        let size = self.share_size(items.len());
        if size >= items.len() {
            work(items);
            return;
        }
        self.deal(items, size, |_, share| work(share));
    }

    /// Number of shares into which [`Self::shares`] cuts `items` items.
    pub fn share_count(&self, items: usize) -> usize {
        items.div_ceil(self.share_size(items))
    }

    fn share_size(&self, items: usize) -> usize {
        items.div_ceil(self.threads()).max(1)
    }

    /// Runs `work` on every item, in no particular order.
    pub fn each<S: Send>(&self, items: &mut [S], work: impl Fn(&mut S) + Sync) {
        self.each_numbered(items, |_, item| work(item));
    }

    /// [`Self::each`] with every item's number, from 0.
    pub fn each_numbered<S: Send>(&self, items: &mut [S], work: impl Fn(usize, &mut S) + Sync) {
        let run_from = |first: usize, items: &mut [S]| {
            for (i, item) in items.iter_mut().enumerate() {
                work(first + i, item);
            }
        };
        let threads = self.threads();
        if threads == 1 || items.len() < 2 {
            run_from(0, items);
            return;
        }
        // A free thread takes the next run of items. The runs are many and small, so
        // that no thread waits long at the end.
        let run = (items.len() / (16 * threads)).max(1);
        self.deal(items, run, run_from);
    }

    /// Deals out `items`, `size` at a time, to free threads; `work` gets the number
    /// of the first one too.
    fn deal<S: Send>(&self, items: &mut [S], size: usize, work: impl Fn(usize, &mut [S]) + Sync) {
        let runs = Mutex::new(items.chunks_mut(size).enumerate());
        self.run(&|_| {
            loop {
                // The lock is held for the taking alone.
                let next = runs.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((i, items)) = next else { break };
                work(i * size, items);
            }
        });
    }

    /// Runs `job` on every thread and waits for all. There is one job at a time:
    /// a job must not give the same team another.
    fn run(&self, job: &Job) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        shared.working.store(self.workers.len(), Ordering::Relaxed);
        // SAFETY: the last round's work is done, or this would not be its turn;
        // and whatever happens, this does not end before all work is done.
        #[allow(unsafe_code)]
        unsafe {
            shared.job.fill(job);
        }
        shared.round.fetch_add(1, Ordering::SeqCst);
        for (worker, asleep) in self.workers.iter().zip(&shared.asleep) {
            if asleep.swap(false, Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        let mine = catch_unwind(AssertUnwindSafe(|| job(0)));
        // Also after a panic: until all are done the job is borrowed.
        let mut idle = Idle::default();
        while shared.working.load(Ordering::Acquire) > 0 {
            idle.wait();
        }
        let theirs = shared.panicked.swap(false, Ordering::Relaxed);
        if let Err(panic) = mine {
            resume_unwind(panic);
        }
        assert!(!theirs, "a thread of the team panicked");
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A panic was passed on when it happened.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// The loop of worker `number`.
    fn work(&self, number: usize) {
        let mut seen = 0;
        loop {
            let mut idle = Idle::default();
            loop {
                if self.quit.load(Ordering::SeqCst) {
                    return;
                }
                let round = self.round.load(Ordering::SeqCst);
                if round != seen {
                    seen = round;
                    break;
                }
                if idle.wait() {
                    continue;
                }
                let asleep = &self.asleep[number - 1];
                asleep.store(true, Ordering::SeqCst);
                // A round that began before this was seen to sleep wakes it.
                if self.round.load(Ordering::SeqCst) == seen && !self.quit.load(Ordering::SeqCst) {
                    std::thread::park();
                }
                asleep.store(false, Ordering::SeqCst);
            }
            // SAFETY: this round has been announced, and counts this worker.
            #[allow(unsafe_code)]
            let done = catch_unwind(AssertUnwindSafe(|| unsafe { self.job.run(number) }));
            if done.is_err() {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.working.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Waiting for something that should happen any moment.
#[derive(Default)]
struct Idle {
    spins: u32,
    since: Option<Instant>,
}

impl Idle {
    /// Waits a moment; `false` once it has been long.
    fn wait(&mut self) -> bool {
        self.spins = self.spins.saturating_add(1);
        if self.spins < 1000 {
            std::hint::spin_loop();
            return true;
        }
        // There may be more threads than cores: let the others run.
        std::thread::yield_now();
        self.since.get_or_insert_with(Instant::now).elapsed() < PATIENCE
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
        let mut idle = Idle::default();
        while self.round.load(Ordering::Acquire) == round {
            idle.wait();
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
        team.shares(&mut items, |share| {
            for round in 1..=100 {
                total.fetch_add(share.len(), Ordering::Relaxed);
                barrier.wait(parties);
                assert_eq!(total.load(Ordering::Relaxed), 5 * round);
                barrier.wait(parties);
            }
        });
        assert_eq!(total.into_inner(), 500);
    }

    #[test]
    fn every_item_is_worked_on_once_by_any_team() {
        // One thread is the plain loop that the others must equal.
        for threads in 1..5 {
            let team = Team::new(threads).unwrap();
            for count in [0, 1, 2, 3, 7, 100, 1001] {
                let mut items: Vec<usize> = (0..count).collect();
                for _ in 0..20 {
                    team.each_numbered(&mut items, |i, item| *item += i);
                    team.each(&mut items, |item| *item += 1);
                    team.shares(&mut items, |share| {
                        share.iter_mut().for_each(|item| *item += 1)
                    });
                }
                let expected: Vec<usize> = (0..count).map(|i| i + 40 + 20 * i).collect();
                assert_eq!(items, expected, "{threads} threads, {count} items");
            }
        }
    }

    #[test]
    fn a_sleeping_team_wakes() {
        let team = Team::new(2).unwrap();
        for _ in 0..3 {
            std::thread::sleep(4 * PATIENCE);
            let mut items = [0; 64];
            team.each(&mut items, |item| *item = 1);
            assert_eq!(items, [1; 64]);
        }
    }

    #[test]
    fn a_panic_is_passed_on_and_the_team_lives_on() {
        let team = Team::new(2).unwrap();
        // One of the two, the other, both at once.
        let barrier = Barrier::default();
        for culprits in [&[0][..], &[1], &[0, 1]] {
            let mut items = [0, 1];
            let panicking = AssertUnwindSafe(|| {
                team.shares(&mut items, |share| {
                    barrier.wait(2);
                    assert!(!culprits.contains(&share[0]));
                });
            });
            assert!(catch_unwind(panicking).is_err());
        }
        let mut items = [0; 4];
        team.each(&mut items, |item| *item = 1);
        assert_eq!(items, [1; 4]);
    }
}
