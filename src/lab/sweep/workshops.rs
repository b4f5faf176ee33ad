//! The folders in which processes run cells: `cells/.HASH.PROCESS`, where `PROCESS` tells
//! whose it is, until a cell that is whole gets its name.
//!
//! What a process left that has ended is moved to whoever runs its cell next. Of a process
//! on another machine nobody knows whether it has ended: its work is copied, and taken away
//! once the cell is done. So nothing needs to be locked, and a process at work is disturbed
//! by nobody before its cell is done elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::process::{Life, Process};
use crate::lab::run_folder::CHECKPOINTS;

/// What says that a run has come to its end.
const SUMMARY: &str = "summary.json";

/// The folder in which this process runs a cell.
pub fn own(cells: &Path, hash: &str) -> PathBuf {
    cells.join(format!(".{hash}.{}", Process::this()))
}

/// The cells that other processes had begun when this one started.
#[derive(Debug, Default)]
pub struct Workshops(BTreeMap<String, Vec<PathBuf>>);

impl Workshops {
    /// Lists them.
    pub fn list(cells: &Path) -> Self {
        let mut all = BTreeMap::<String, Vec<PathBuf>>::new();
        for entry in fs::read_dir(cells).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let hash = name.strip_prefix('.').and_then(|name| name.split_once('.'));
            if let Some((hash, _)) = hash {
                all.entry(hash.to_owned()).or_default().push(entry.path());
            }
        }
        Self(all)
    }

    /// Gives the folder `own` what has been done of a cell, where there is something.
    pub fn take_up(&self, hash: &str, own: &Path) {
        let mut found = self.of(hash).to_vec();
        found.sort_by_key(|workshop| std::cmp::Reverse(progress(workshop)));
        for workshop in found {
            let is_taken = match life(&workshop) {
                Life::Running => false,
                // Of several that want it one gets it: renaming works once.
                Life::Ended => fs::rename(&workshop, own).is_ok(),
                Life::Unknown if progress(&workshop).is_none() => false,
                Life::Unknown => copy(&workshop, own).inspect_err(|_| remove(own)).is_ok(),
            };
            if is_taken {
                return;
            }
        }
    }

    /// Takes away what others left of a cell that is done.
    pub fn clear(&self, hash: &str) {
        for workshop in self.of(hash) {
            if life(workshop) != Life::Running {
                remove(workshop);
            }
        }
    }

    fn of(&self, hash: &str) -> &[PathBuf] {
        self.0.get(hash).map_or(&[], Vec::as_slice)
    }
}

/// What can be told of the process whose folder it is.
fn life(workshop: &Path) -> Life {
    let name = workshop.file_name().and_then(|name| name.to_str());
    let process = name.and_then(|name| name.rsplit('.').next()?.parse::<Process>().ok());
    process.map_or(Life::Unknown, |process| process.life())
}

/// How far the work in it is: whether it is whole, and its newest checkpoint. `None` where
/// there is nothing to go on with.
fn progress(workshop: &Path) -> Option<(bool, Option<std::ffi::OsString>)> {
    let is_whole = workshop.join(SUMMARY).exists();
    let entries = fs::read_dir(workshop.join(CHECKPOINTS))
        .into_iter()
        .flatten();
    let newest = entries.flatten().map(|entry| entry.file_name()).max();
    (is_whole || newest.is_some()).then_some((is_whole, newest))
}

/// Copies what is in a folder at which a process may be at work: a summary says that the
/// rest is whole, and a checkpoint that the rows before it are there, so they go first.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    if from.join(SUMMARY).exists() {
        copy_file(&from.join(SUMMARY), &to.join(SUMMARY))?;
    }
    if from.join(CHECKPOINTS).is_dir() {
        copy_all(&from.join(CHECKPOINTS), &to.join(CHECKPOINTS))?;
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if name == SUMMARY || name == CHECKPOINTS {
            continue;
        }
        let to = to.join(&name);
        if path.is_dir() {
            copy_all(&path, &to)?;
        } else {
            copy_file(&path, &to)?;
        }
    }
    Ok(())
}

/// Copies the files of a folder that has no folders in it.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_file(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// Takes a folder away; one that stays is in nobody's way.
fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef";

    /// A folder of cells with one that `process` has begun, and that one.
    fn begun_by(process: &str) -> (tempfile::TempDir, PathBuf) {
        let cells = tempfile::tempdir().unwrap();
        let workshop = cells.path().join(format!(".{HASH}.{process}"));
        fs::create_dir_all(workshop.join(CHECKPOINTS)).unwrap();
        fs::write(workshop.join("gradients.csv"), "rows").unwrap();
        fs::write(workshop.join(CHECKPOINTS).join("7.safetensors"), "7").unwrap();
        (cells, workshop)
    }

    #[test]
    fn what_a_process_is_at_work_in_is_left_alone() {
        let (cells, workshop) = begun_by(&Process::this().to_string());
        let all = Workshops::list(cells.path());
        let own = cells.path().join("own");
        all.take_up(HASH, &own);
        all.clear(HASH);
        assert!(!own.exists() && workshop.join("gradients.csv").exists());
    }

    #[test]
    fn what_a_process_left_is_moved_and_what_is_not_known_to_be_left_is_copied() {
        // A number that no process has: the largest is 2^22.
        let this = Process::this().to_string();
        let ended = format!("{}-4194305-1", this.split('-').next().unwrap());
        for (process, stays) in [(ended.as_str(), false), ("1-2-3", true), ("77-abc", true)] {
            let (cells, workshop) = begun_by(process);
            let all = Workshops::list(cells.path());
            let own = cells.path().join("own");
            all.take_up("fedcba9876543210", &own);
            assert!(!own.exists(), "it is another cell's");
            all.take_up(HASH, &own);
            assert_eq!(fs::read(own.join("gradients.csv")).unwrap(), b"rows");
            assert!(own.join(CHECKPOINTS).join("7.safetensors").exists());
            assert_eq!(workshop.exists(), stays, "{process}");
            all.clear(HASH);
            assert!(!workshop.exists());
        }
    }

    #[test]
    fn a_copy_has_what_a_run_goes_on_with() {
        let (cells, workshop) = begun_by("1-2-3");
        fs::create_dir(workshop.join("weights")).unwrap();
        fs::write(workshop.join("weights/initial.safetensors"), "w").unwrap();
        fs::write(workshop.join(SUMMARY), "{}").unwrap();
        let own = cells.path().join("own");
        copy(&workshop, &own).unwrap();
        for file in [
            SUMMARY,
            "gradients.csv",
            "weights/initial.safetensors",
            "checkpoints/7.safetensors",
        ] {
            let [from, to] = [&workshop, &own].map(|folder| fs::read(folder.join(file)).unwrap());
            assert_eq!(from, to, "{file}");
        }
    }
}
