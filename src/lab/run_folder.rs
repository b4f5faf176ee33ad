//! The folder of a run: claimed before the first step, whole once `summary.json` is there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::atomic_file::{AtomicFile, folder_of, remove_unfinished};
use crate::lab::config::LoadedSpec;
pub use crate::lab::run_files::{CHECKPOINTS, is_free};
use crate::lab::run_files::{FOLDERS, clear, holds_no_seeds, spares};

/// Name of the file whose lock says that a process is writing the folder.
const LOCK: &str = ".lock";

/// Where a run shall go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A fresh folder `parent/name`, or `parent/name-2` … if that is taken.
    Numbered {
        /// The folder of runs.
        parent: PathBuf,
        /// The run's name.
        name: String,
    },
    /// This folder itself.
    Exactly(PathBuf),
    /// This folder, going on with what is in it.
    Resumed(PathBuf),
    /// This folder, whose name no other process uses, going on with what is in it. Nothing
    /// is locked.
    Own(PathBuf),
}

impl Destination {
    /// The schema that a spec names, seen from here.
    pub fn schema_of(&self, loaded: &LoadedSpec) -> String {
        let folder = match self {
            Self::Exactly(folder) | Self::Resumed(folder) | Self::Own(folder) => folder.clone(),
            Self::Numbered { parent, name } => parent.join(name),
        };
        loaded.schema_seen_from(&folder)
    }

    /// The folder, where it is gone on with what is in it.
    pub fn resumed(&self) -> Option<&Path> {
        match self {
            Self::Resumed(folder) | Self::Own(folder) => Some(folder),
            Self::Exactly(_) | Self::Numbered { .. } => None,
        }
    }
}

/// A folder that this process alone writes to, as long as it is held.
pub struct RunFolder {
    path: PathBuf,
    /// Whether the folder was not there before.
    is_new: bool,
    lock: Option<fs::File>,
}

impl RunFolder {
    /// Claims the folder for this process. `force` replaces an earlier run,
    /// but none of `inputs`, the files that this run reads.
    ///
    /// # Errors
    /// If the folder holds a run (without `force`), belongs to a running
    /// process, is a file or cannot be written.
    pub fn claim(
        destination: &Destination,
        force: bool,
        inputs: &[PathBuf],
    ) -> Result<Self, Problem> {
        match destination {
            Destination::Exactly(path) => Self::claim_exactly(path, force, inputs),
            Destination::Resumed(path) | Destination::Own(path) => {
                let is_new = !path.exists();
                fs::create_dir_all(path).map_err(|error| cannot_create(path, &error))?;
                let held = || match destination {
                    Destination::Own(path) => Ok(Self {
                        path: path.clone(),
                        is_new,
                        lock: None,
                    }),
                    _ => Self::lock(path.clone(), is_new),
                };
                if is_new {
                    return held();
                }
                holds_no_seeds(path)?;
                let folder = held()?;
                remove_unfinished(path);
                for inner in [FOLDERS, &[CHECKPOINTS]].concat() {
                    remove_unfinished(&path.join(inner));
                }
                Ok(folder)
            }
            Destination::Numbered { parent, name } if force => {
                Self::claim_exactly(&parent.join(name), true, inputs)
            }
            Destination::Numbered { parent, name } => Self::lock(fresh_folder(parent, name)?, true),
        }
    }

    fn claim_exactly(path: &Path, force: bool, inputs: &[PathBuf]) -> Result<Self, Problem> {
        if path.exists() && !path.is_dir() {
            return Err(Problem::in_file(path, "is a file; a run needs a folder")
                .help("give --out a folder, new or empty"));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot_create(path, &error))?;
        }
        let is_new = match fs::create_dir(path) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(cannot_create(path, &error)),
        };
        let may_be_used = || {
            holds_no_seeds(path)?;
            if force {
                spares(path, inputs)
            } else {
                is_free(path)
            }
        };
        if !is_new {
            may_be_used()?;
        }
        let folder = Self::lock(path.to_owned(), is_new)?;
        if !is_new {
            // Somebody else may have come and gone between the look and the lock.
            may_be_used()?;
            clear(path).map_err(|error| {
                Problem::in_file(path, format!("could not be replaced: {error}"))
            })?;
        }
        Ok(folder)
    }

    fn lock(path: PathBuf, is_new: bool) -> Result<Self, Problem> {
        let file = path.join(LOCK);
        let lock = loop {
            let lock = fs::File::create(&file).map_err(|error| cannot_create(&path, &error))?;
            match lock.try_lock() {
                // Whoever had the lock may have taken its file away meanwhile;
                // then this lock keeps nobody out.
                Ok(()) if !is_at(&lock, &file) => {}
                Ok(()) => break Some(lock),
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(Problem::in_file(
                        &path,
                        "is being written by another vgrad process",
                    )
                    .help("wait for it, or choose another folder with --out"));
                }
                // Some file systems have no locks; a fresh folder is ours anyway.
                Err(fs::TryLockError::Error(_)) => {
                    let _ = fs::remove_file(&file);
                    break None;
                }
            }
        };
        Ok(Self { path, is_new, lock })
    }

    /// Takes away what an earlier run left in it.
    ///
    /// # Errors
    /// If something cannot be taken away, or is one of `inputs`, which this run reads.
    pub fn clear(&self, inputs: &[PathBuf]) -> Result<(), Problem> {
        spares(&self.path, inputs)?;
        clear(&self.path).map_err(|error| {
            Problem::in_file(&self.path, format!("could not be replaced: {error}"))
        })
    }

    /// Takes a file away that no longer holds.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.path.join(name));
    }

    /// Whether it was not there before.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file in one go: it is there whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), Problem> {
        let path = self.path.join(name);
        let failed = |error: &dyn std::fmt::Display| {
            Problem::in_file(&path, format!("could not be written: {error}"))
                .help("free some space or choose another place with --out")
        };
        let inner = folder_of(&path);
        if inner != self.path {
            fs::create_dir_all(inner).map_err(|error| failed(&error))?;
        }
        let file = AtomicFile::create(&path).map_err(|error| failed(&error))?;
        file.write(content).map_err(|error| failed(&error))
    }

    /// Gives the folder up as if it had never been claimed: takes away what
    /// this run wrote, and the folder itself if it is new.
    pub fn abandon(self) {
        // Nothing here can be done about a failure, and nothing is lost by it.
        let _ = clear(&self.path);
        let (path, is_new) = (self.path.clone(), self.is_new);
        drop(self);
        if is_new {
            let _ = fs::remove_dir(path);
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // The file goes while it is still locked, lest it be another's by then.
        if self.lock.is_some() {
            let _ = fs::remove_file(self.path.join(LOCK));
        }
    }
}

/// Whether `file` is what lies at `path`.
#[cfg(unix)]
fn is_at(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(path)) => identity(file) == identity(path),
        _ => false,
    }
}

/// A file that is open elsewhere cannot be taken away there.
#[cfg(not(unix))]
fn is_at(_file: &fs::File, _path: &Path) -> bool {
    true
}

/// Creates `parent/name`, or `parent/name-2` … if that is taken: a folder that
/// nobody else has.
///
/// # Errors
/// If it cannot be created.
pub fn fresh_folder(parent: &Path, name: &str) -> Result<PathBuf, Problem> {
    fs::create_dir_all(parent).map_err(|error| cannot_create(parent, &error))?;
    let mut number = 1u64;
    loop {
        let path = match number {
            1 => parent.join(name),
            n => parent.join(format!("{name}-{n}")),
        };
        // Creating a folder works for one process alone.
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(cannot_create(&path, &error)),
        }
    }
}

fn cannot_create(path: &Path, error: &std::io::Error) -> Problem {
    Problem::in_file(
        path,
        format!("the run folder could not be created: {error}"),
    )
    .help("choose a folder that can be written with --out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbering_never_shares_or_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let destination = Destination::Numbered {
            parent: dir.path().join("runs"),
            name: "x".into(),
        };
        let folders: Vec<_> = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| RunFolder::claim(&destination, false, &[]).unwrap()))
                .collect();
            claims
                .into_iter()
                .map(|claim| claim.join().unwrap())
                .collect()
        });
        let mut names: Vec<_> = folders
            .iter()
            .map(|f| f.path().file_name().unwrap().to_owned())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn an_exact_folder_is_kept_unless_forced() {
        let dir = tempfile::tempdir().unwrap();
        let destination = Destination::Exactly(dir.path().join("a/b"));
        let claim = |force| RunFolder::claim(&destination, force, &[]);
        let first = claim(false).unwrap();
        assert!(
            claim(true)
                .err()
                .unwrap()
                .what
                .contains("another vgrad process")
        );
        first.write("summary.json", b"{}").unwrap();
        drop(first);
        let refused = claim(false).err().unwrap();
        assert!(refused.help.unwrap().contains("--force"));
        let forced = claim(true).unwrap();
        assert!(!forced.path().join("summary.json").exists());
        forced.abandon();
        assert!(
            dir.path().join("a/b").exists(),
            "a folder that was there before stays"
        );
    }
}
