//! Runs read several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::base::Problem;
use crate::lab::records::{Columns, GridSize, Run, RunData, Target};

/// Reads every run of `targets`, at most `threads` of them at once, and gives
/// what `read` makes of each, target by target. `read` gets the target's place
/// and the run.
///
/// # Errors
/// Those of `read`; of several, that of the first run named, whatever the
/// number of threads. Later runs are not begun once one has failed.
pub fn read_all<'a, T: Send>(
    targets: &'a [Target],
    threads: usize,
    read: impl Fn(usize, &'a Run) -> Result<T, Problem> + Sync,
) -> Result<Vec<T>, Problem> {
    let runs = targets
        .iter()
        .enumerate()
        .flat_map(|(target, whole)| whole.runs.iter().map(move |run| (target, run)));
    let runs: Vec<(usize, &Run)> = runs.collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.clamp(1, runs.len().max(1)))
        .build()
        .map_err(|error| Problem::new(format!("no threads could be started: {error}")))?;
    let failed = AtomicUsize::new(usize::MAX);
    let read_one = |(place, (target, run)): (usize, &(usize, &'a Run))| {
        // Runs before the one that failed may fail too, and are told first.
        if failed.load(Ordering::Relaxed) < place {
            return None;
        }
        let result = read(*target, run);
        if result.is_err() {
            failed.fetch_min(place, Ordering::Relaxed);
        }
        Some(result)
    };
    let results: Vec<Option<Result<T, Problem>>> =
        pool.install(|| runs.par_iter().enumerate().map(read_one).collect());
    results.into_iter().flatten().collect()
}

/// Reads every run of `targets` for pictures, at most `threads` of them at once;
/// `choose` says for which columns.
///
/// # Errors
/// Those of `choose` and of [`RunData::read`], as [`read_all`] gives them.
pub fn read_run_data(
    targets: &[Target],
    threads: usize,
    size: GridSize,
    choose: impl Fn(&Run) -> Result<Columns, Problem> + Sync,
) -> Result<Vec<RunData>, Problem> {
    read_all(targets, threads, |i, run| {
        Ok(RunData {
            label: targets[i].label_of(run),
            target: i,
            ..RunData::read(run, &choose(run)?, size)?
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(folder: &std::path::Path) -> Vec<Target> {
        let files: Vec<_> = (0..9).map(|i| folder.join(format!("{i}.csv"))).collect();
        for file in &files {
            std::fs::write(file, "").unwrap();
        }
        Target::open_all(&files).unwrap()
    }

    #[test]
    fn the_order_is_that_of_the_targets_however_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let targets = targets(folder.path());
        for threads in [1, 2, 5, 100] {
            let read = |i: usize, run: &Run| Ok((i, run.path.clone()));
            let found = read_all(&targets, threads, read).unwrap();
            let paths = targets.iter().map(|target| target.path.clone());
            assert_eq!(found, paths.enumerate().collect::<Vec<_>>());
        }
        assert!(read_all(&[], 4, |_, _| Ok(())).unwrap().is_empty());
    }

    #[test]
    fn of_several_errors_the_first_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let targets = targets(folder.path());
        for threads in [1, 2, 5] {
            for _ in 0..50 {
                let read = |i: usize, _: &Run| match i {
                    3 | 4 | 8 => Err(Problem::new(i.to_string())),
                    _ => Ok(()),
                };
                let problem = read_all(&targets, threads, read).unwrap_err();
                assert_eq!(problem.what, "3");
            }
        }
    }
}
