//! The folder of a run: claimed before the first step, whole once
//! `summary.json` is there.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::base::Problem;

/// The files and folders of a run, which `--force` may replace.
const FILES: &[&str] = &[
    "summary.json",
    "gradients.csv",
    "training.csv",
    "spec.toml",
    "weights/initial.safetensors",
    "weights/final.safetensors",
];

/// The folder of weights within a run folder.
const WEIGHTS: &str = "weights";

/// The files of the run that `folder` holds.
fn run_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = FILES.iter().map(|file| folder.join(file));
    files.filter(|file| file.exists())
}

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
}

/// A folder that this process alone writes to, as long as it is held.
pub struct RunFolder {
    path: PathBuf,
    /// Whether the folder was not there before.
    is_new: bool,
    lock: Option<fs::File>,
}

impl RunFolder {
    /// Claims the folder for this process. `force` replaces an earlier run.
    ///
    /// # Errors
    /// If the folder holds a run (without `force`), belongs to a running
    /// process, is a file or cannot be written.
    pub fn claim(destination: &Destination, force: bool) -> Result<Self, Problem> {
        match destination {
            Destination::Exactly(path) => Self::claim_exactly(path, force),
            Destination::Numbered { parent, name } if force => {
                Self::claim_exactly(&parent.join(name), true)
            }
            Destination::Numbered { parent, name } => Self::lock(fresh_folder(parent, name)?, true),
        }
    }

    fn claim_exactly(path: &Path, force: bool) -> Result<Self, Problem> {
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
        let holds_run = || run_files(path).next().is_some();
        if !is_new && !force && holds_run() {
            return Err(occupied(path));
        }
        let folder = Self::lock(path.to_owned(), is_new)?;
        // Somebody else may have come and gone between the look and the lock.
        if !is_new && !force && holds_run() {
            return Err(occupied(path));
        }
        // The summary goes first: without it, nothing else looks whole.
        for file in run_files(path) {
            fs::remove_file(&file).map_err(|error| {
                Problem::in_file(&file, format!("could not be replaced: {error}"))
            })?;
        }
        // Stays if it holds files of the user's.
        let _ = fs::remove_dir(path.join(WEIGHTS));
        Ok(folder)
    }

    fn lock(path: PathBuf, is_new: bool) -> Result<Self, Problem> {
        let file = path.join(LOCK);
        let lock = fs::File::create(&file).map_err(|error| cannot_create(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                is_new,
                lock: Some(lock),
            }),
            Err(fs::TryLockError::WouldBlock) => Err(Problem::in_file(
                &path,
                "is being written by another vgrad process",
            )
            .help("wait for it, or choose another folder with --out")),
            // Some file systems have no locks; a fresh folder is ours anyway.
            Err(fs::TryLockError::Error(_)) => Ok(Self {
                path,
                is_new,
                lock: None,
            }),
        }
    }

    /// Whether the folder could be claimed without `force`.
    ///
    /// # Errors
    /// If it holds a run.
    pub fn check_free(destination: &Destination) -> Result<(), Problem> {
        match destination {
            Destination::Exactly(path) if run_files(path).next().is_some() => Err(occupied(path)),
            _ => Ok(()),
        }
    }

    /// The files that claiming the folder with `force` would take away.
    pub fn replaced_by(destination: &Destination) -> Vec<PathBuf> {
        match destination {
            Destination::Exactly(path) => run_files(path).collect(),
            Destination::Numbered { parent, name } => run_files(&parent.join(name)).collect(),
        }
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
        let parent = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent).map_err(|error| failed(&error))?;
        let mut file = NamedTempFile::new_in(parent).map_err(|error| failed(&error))?;
        file.write_all(content).map_err(|error| failed(&error))?;
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        make_readable(&file);
        file.persist(&path).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    /// Gives the folder up as if it had never been claimed: takes away what
    /// this run wrote, and the folder itself if it is new.
    pub fn abandon(self) {
        // Nothing here can be done about a failure, and nothing is lost by it.
        for file in run_files(&self.path) {
            let _ = fs::remove_file(&file);
        }
        let _ = fs::remove_dir(self.path.join(WEIGHTS));
        let (path, is_new) = (self.path.clone(), self.is_new);
        drop(self);
        if is_new {
            let _ = fs::remove_dir(path);
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.lock.take().is_some() {
            let _ = fs::remove_file(self.path.join(LOCK));
        }
    }
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

/// Temporary files are private; a run's files are not.
#[cfg(unix)]
fn make_readable(file: &NamedTempFile) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file
        .as_file()
        .set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn make_readable(_file: &NamedTempFile) {}

fn occupied(path: &Path) -> Problem {
    Problem::in_file(path, "already holds a run").help(
        "add --force to replace it, --resume to go on with an unfinished one, or choose another folder",
    )
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
                .map(|_| scope.spawn(|| RunFolder::claim(&destination, false).unwrap()))
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
        let claim = |force| RunFolder::claim(&destination, force);
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
