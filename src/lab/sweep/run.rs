//! Running the cells of a sweep side by side.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::cells::{CellSpec, SweepCell};
use super::estimate::Estimator;
use super::folder::{CellState, SweepFolder};
use super::memory::{MemoryBudget, Taken};
use super::workshops::Workshops;
use super::{Shard, Sweep};
use crate::base::Problem;
use crate::base::memory::free_memory;
use crate::base::problem::Place;
use crate::lab::config::Spec;
use crate::lab::experiment::{RunCallback, RunOptions, run};
use crate::lab::run_folder::Destination;
use crate::lab::summary::Status;

/// How often a cell is begun whose folder is taken away meanwhile.
const ATTEMPTS: usize = 3;
/// Bytes of the program around a cell.
const AROUND: f64 = 8e6;
/// The share of the free memory that cells may take.
const SHARE: f64 = 0.8;

/// How a sweep is run.
pub struct SweepOptions<'a> {
    /// Which of its cells.
    pub shard: Shard,
    /// Threads to use in all.
    pub threads: usize,
    /// Begin no further cell once one has failed.
    pub fail_fast: bool,
    /// Run cells anew that are done.
    pub force: bool,
    /// Set from outside to stop after the steps at hand.
    pub stop: &'a AtomicBool,
}

/// How a cell ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CellEnd {
    /// It was done before.
    Found,
    /// It came to its end.
    Done(Status),
    /// It could not be run, and why.
    Failed(String),
}

/// Who is told how a sweep goes.
pub trait SweepCallback: Sync {
    /// So many cells lie ahead.
    fn begin(&self, cells: u64);
    /// A cell of this spec has been begun.
    fn cell_begins(&self, cell: &SweepCell, spec: &Spec);
    /// Follows the run of a cell.
    fn follower(&self) -> Box<dyn RunCallback + '_>;
    /// A cell has ended.
    fn cell_ends(&self, cell: &SweepCell, end: &CellEnd);
}

/// What a sweep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepEnd {
    /// Cells that were done before.
    pub found: u64,
    /// Cells that were run to their end.
    pub done: u64,
    /// Those of them that diverged.
    pub diverged: u64,
    /// Cells that could not be run.
    pub failed: u64,
    /// Whether it was stopped.
    pub is_stopped: bool,
}

/// Runs every cell of the shard that is not done.
///
/// # Errors
/// What concerns all cells: too many, a disk that is full.
pub fn run_sweep(
    sweep: &Sweep,
    folder: &SweepFolder,
    options: &SweepOptions,
    callback: &dyn SweepCallback,
) -> Result<SweepEnd, Problem> {
    let count = sweep.count()?;
    let Shard { index, of } = options.shard;
    let mine = count.saturating_sub(index).div_ceil(of);
    callback.begin(mine);
    // A cell a thread where there are many; else threads within the cells.
    let at_once = usize::try_from(mine).map_or(options.threads, |n| n.clamp(1, options.threads));
    let work = Work {
        sweep,
        folder,
        options,
        callback,
        threads: (options.threads / at_once).max(1),
        others: folder.workshops(),
        at_once,
        estimator: Mutex::default(),
        budget: MemoryBudget::new(free_memory().map_or(f64::MAX, |free| SHARE * free)),
        seen: Mutex::default(),
        twins: Mutex::default(),
        halted: AtomicBool::new(false),
        problem: Mutex::new(None),
        counts: Counts::default(),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(at_once)
        .build()
        .map_err(|error| Problem::new(format!("no threads could be started: {error}")))?;
    // Handed out in order, and never all at once in memory.
    let step = usize::try_from(of).unwrap_or(usize::MAX);
    pool.install(|| {
        let cells = (index..count).step_by(step).par_bridge();
        cells.for_each(|index| work.visit(index));
    });
    if let Some(problem) = locked(&work.problem).take() {
        return Err(problem);
    }
    work.tell_twins();
    Ok(SweepEnd {
        is_stopped: options.stop.load(Ordering::Relaxed),
        ..work.counts.read()
    })
}

/// A sweep under way.
struct Work<'a> {
    sweep: &'a Sweep,
    folder: &'a SweepFolder,
    options: &'a SweepOptions<'a>,
    callback: &'a dyn SweepCallback,
    /// Of one cell.
    threads: usize,
    /// What other processes have begun.
    others: Workshops,
    /// Cells side by side, at most.
    at_once: usize,
    estimator: Mutex<Estimator>,
    budget: MemoryBudget,
    /// The hashes of the cells that were looked at.
    seen: Mutex<BTreeSet<u64>>,
    /// Cells that are the same as one that was looked at.
    twins: Mutex<Vec<u64>>,
    /// No further cell is begun.
    halted: AtomicBool,
    /// What ended the whole.
    problem: Mutex<Option<Problem>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    found: AtomicU64,
    done: AtomicU64,
    diverged: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
    fn add(&self, end: &CellEnd) {
        let one = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
        match end {
            CellEnd::Found => one(&self.found),
            CellEnd::Done(status) => {
                if *status == Status::Diverged {
                    one(&self.diverged);
                }
                one(&self.done)
            }
            CellEnd::Failed(_) => one(&self.failed),
        };
    }

    fn read(&self) -> SweepEnd {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SweepEnd {
            found: count(&self.found),
            done: count(&self.done),
            diverged: count(&self.diverged),
            failed: count(&self.failed),
            is_stopped: false,
        }
    }
}

impl Work<'_> {
    fn visit(&self, index: u64) {
        if self.halted.load(Ordering::Relaxed) || self.options.stop.load(Ordering::Relaxed) {
            return;
        }
        let cell = self.sweep.cell(index);
        let end = match self.sweep.spec_of(&cell) {
            Err(error) => Ok(Some(CellEnd::Failed(error.what().to_owned()))),
            Ok(spec) if !self.is_first(&spec.hash) => {
                locked(&self.twins).push(index);
                return;
            }
            Ok(spec) if !self.options.force && self.folder.is_done(&spec.hash) => {
                self.others.clear(&spec.hash);
                Ok(Some(CellEnd::Found))
            }
            Ok(spec) => {
                self.callback.cell_begins(&cell, &spec.loaded.spec);
                if self.options.force {
                    self.others.clear(&spec.hash);
                    self.folder.discard(&spec.hash);
                }
                self.run(&spec)
            }
        };
        match end {
            Ok(Some(end)) => {
                self.counts.add(&end);
                if self.options.fail_fast && matches!(end, CellEnd::Failed(_)) {
                    self.halted.store(true, Ordering::Relaxed);
                }
                self.callback.cell_ends(&cell, &end);
            }
            // Stopped.
            Ok(None) => {}
            Err(problem) => {
                self.halted.store(true, Ordering::Relaxed);
                locked(&self.problem).get_or_insert(problem);
            }
        }
    }

    /// Whether no cell of this hash was looked at before.
    fn is_first(&self, hash: &str) -> bool {
        let number = u64::from_str_radix(hash, 16).expect("16 hexadecimal digits");
        locked(&self.seen).insert(number)
    }

    /// What became of the cells that are the same as others.
    fn tell_twins(&self) {
        let mut twins = std::mem::take(&mut *locked(&self.twins));
        twins.sort_unstable();
        for cell in twins.into_iter().map(|index| self.sweep.cell(index)) {
            let state = self
                .sweep
                .spec_of(&cell)
                .map(|it| self.folder.state(&it.hash));
            let end = match state {
                Ok(CellState::Done(_)) => CellEnd::Found,
                Ok(CellState::Failed(reason)) => CellEnd::Failed(reason),
                // Stopped.
                _ => continue,
            };
            self.counts.add(&end);
            self.callback.cell_ends(&cell, &end);
        }
    }

    /// Waits until there is memory for a cell.
    fn memory(&self, cell: &CellSpec) -> Taken<'_> {
        // Alone it has all there is.
        if self.at_once == 1 {
            return self.budget.take(0.0);
        }
        let bytes = locked(&self.estimator).bytes(&cell.loaded);
        self.budget.take(match bytes {
            Ok(bytes) => AROUND + bytes,
            // Too large beside those at work: it waits until they are done, and then says
            // for itself whether it can be run.
            Err(problem) if problem.place == Place::Key("network".to_owned()) => f64::INFINITY,
            // It cannot be run, and will say so.
            Err(_) => 0.0,
        })
    }

    /// Runs a cell. `None` if it was stopped.
    fn run(&self, cell: &CellSpec) -> Result<Option<CellEnd>, Problem> {
        let _memory = self.memory(cell);
        let workshop = self.folder.workshop(&cell.hash);
        self.others.take_up(&cell.hash, &workshop);
        let mut end = self.attempt(cell, &workshop);
        for _ in 1..ATTEMPTS {
            match &end {
                Err(problem) if is_lost(&workshop, problem) => {}
                _ => break,
            }
            let _ = std::fs::remove_dir_all(&workshop);
            end = match self.folder.is_done(&cell.hash) {
                true => Ok(Some(CellEnd::Found)),
                false => self.attempt(cell, &workshop),
            };
        }
        end
    }

    fn attempt(&self, cell: &CellSpec, workshop: &Path) -> Result<Option<CellEnd>, Problem> {
        let options = RunOptions {
            destination: Destination::Own(workshop.to_owned()),
            force: false,
            threads: self.threads,
            stop: self.options.stop,
        };
        match run(&cell.loaded, &options, &mut *self.callback.follower()) {
            Ok(Some(outcome)) if outcome.summary.status == Status::Interrupted => Ok(None),
            Ok(None) => Ok(None),
            Ok(Some(outcome)) => {
                self.folder.finish(&cell.hash)?;
                self.others.clear(&cell.hash);
                Ok(Some(CellEnd::Done(outcome.summary.status)))
            }
            Err(problem) if is_lost(workshop, &problem) => Err(problem),
            Err(problem) if self.folder.is_writable() => {
                let reason = problem.what;
                let _ = std::fs::remove_dir_all(workshop);
                self.folder.note_failure(&cell.hash, &reason)?;
                Ok(Some(CellEnd::Failed(reason)))
            }
            // No cell could be run.
            Err(problem) => Err(problem),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a run failed because its folder was taken away: once its cell is done, another
/// machine may do so.
fn is_lost(workshop: &Path, problem: &Problem) -> bool {
    matches!(&problem.place, Place::File(path, _) if path.starts_with(workshop))
        && !workshop.join("spec.toml").exists()
}
