//! The folder of a sweep: `spec.toml`, `sweep.json`, `cells/HASH/` and `sweep.csv`.
//!
//! A cell is run in `cells/.HASH.PID` and renamed to `cells/HASH` when it is whole: what
//! has that name is done, whoever looks. Nothing is locked but a cell's own folder while
//! it is being run, so a file system without locks will do.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Sweep;
use crate::base::Problem;
use crate::lab::atomic_file::AtomicFile;
use crate::lab::config::{Overrides, Spec};
use crate::lab::summary::{Status, Summary};

/// The folder of the cells.
const CELLS: &str = "cells";
/// What the name of a folder begins with that a process left behind.
const LEFT: &str = ".left-";
/// What is known of the sweep besides its spec.
const ABOUT: &str = "sweep.json";

/// Where a sweep's cells go.
#[derive(Clone, Debug)]
pub struct SweepFolder {
    /// The folder itself.
    pub path: PathBuf,
}

/// `sweep.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct About {
    schema_version: u32,
    cells: u64,
    /// The N of `--shard I/N`, where the sweep was run in shards.
    #[serde(default)]
    shards: Option<u64>,
}

/// What there is of a cell.
#[derive(Clone, Debug)]
pub enum CellState {
    /// It came to its end.
    Done(Box<Summary>),
    /// It could not be run, and why.
    Failed(String),
    /// Nothing, or a part.
    Missing,
}

impl SweepFolder {
    /// Makes the folder, or finds that of an earlier call.
    ///
    /// # Errors
    /// If it cannot be written, or is the folder of a run.
    pub fn create(path: &Path, sweep: &Sweep, shards: Option<u64>) -> Result<Self, Problem> {
        if path.join("gradients.csv").exists() {
            return Err(
                Problem::in_file(path, "holds a run").help("choose another folder with --out")
            );
        }
        let folder = Self {
            path: path.to_owned(),
        };
        fs::create_dir_all(path.join(CELLS)).map_err(|error| cannot_write(path, &error))?;
        let mut spec = sweep.loaded.spec.clone();
        spec.rebase_paths(&sweep.loaded.folder, path);
        let text = spec.to_toml(&sweep.loaded.schema_seen_from(path))?;
        folder.keep("spec.toml", text.as_bytes())?;
        let about = About {
            schema_version: 1,
            cells: sweep.count()?,
            shards,
        };
        let mut json = serde_json::to_string_pretty(&about).expect("keys are strings");
        json.push('\n');
        folder.keep(ABOUT, json.as_bytes())?;
        Ok(folder)
    }

    /// Whether a folder is that of a sweep.
    pub fn is_one(path: &Path) -> bool {
        path.join(ABOUT).is_file() && path.join(CELLS).is_dir()
    }

    /// Opens the folder of an earlier call, with its sweep.
    ///
    /// # Errors
    /// If it is none, or its spec cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Sweep), Problem> {
        if !Self::is_one(path) {
            return Err(Problem::in_file(path, "is not the folder of a sweep")
                .help("name a folder that `vgrad sweep` wrote"));
        }
        let spec = path.join("spec.toml");
        let loaded = Spec::load(&spec, &Overrides::default()).map_err(|error| {
            Problem::in_file(&spec, format!("cannot be read\n{}", error.render(false)))
        })?;
        let folder = Self {
            path: path.to_owned(),
        };
        Ok((folder, Sweep::of(loaded, path)?))
    }

    /// The N of `--shard I/N`, where the sweep was run in shards.
    pub fn shards(&self) -> Option<u64> {
        let text = fs::read_to_string(self.path.join(ABOUT)).ok()?;
        serde_json::from_str::<About>(&text).ok()?.shards
    }

    /// Writes a file unless it is there with the same content.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, name: &str, content: &[u8]) -> Result<(), Problem> {
        let path = self.path.join(name);
        if fs::read(&path).is_ok_and(|earlier| earlier == content) {
            return Ok(());
        }
        let file = AtomicFile::create(&path).and_then(|file| file.write(content));
        file.map_err(|error| cannot_write(&path, &error))
    }

    /// The folder of a cell that is done.
    pub fn cell(&self, hash: &str) -> PathBuf {
        self.path.join(CELLS).join(hash)
    }

    /// The folder in which this process runs a cell.
    pub fn workshop(&self, hash: &str) -> PathBuf {
        // Processes of several machines, or containers, may have the same number.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
        let name = format!(".{hash}.{}-{:08x}", std::process::id(), *PROCESS as u32);
        self.path.join(CELLS).join(name)
    }

    fn failure(&self, hash: &str) -> PathBuf {
        self.path.join(CELLS).join(format!("{hash}.failed"))
    }

    /// What there is of a cell.
    pub fn state(&self, hash: &str) -> CellState {
        let summary = self.cell(hash).join("summary.json");
        match Summary::read(&summary) {
            Ok(summary) if summary.status != Status::Interrupted => {
                CellState::Done(Box::new(summary))
            }
            _ => match fs::read_to_string(self.failure(hash)) {
                Ok(reason) => CellState::Failed(reason.trim_end().to_owned()),
                Err(_) => CellState::Missing,
            },
        }
    }

    /// Whether a cell is done.
    pub fn is_done(&self, hash: &str) -> bool {
        self.cell(hash).join("summary.json").exists()
    }

    /// Notes why a cell could not be run; failed is not done.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn note_failure(&self, hash: &str, reason: &str) -> Result<(), Problem> {
        let path = self.failure(hash);
        let file = AtomicFile::create(&path);
        let file = file.and_then(|file| file.write(format!("{reason}\n").as_bytes()));
        file.map_err(|error| cannot_write(&path, &error))
    }

    /// Gives what was run in the workshop its name: the cell is done. If somebody else was
    /// faster, theirs stays, which has the same bytes.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn finish(&self, hash: &str) -> Result<(), Problem> {
        self.finish_from(&self.workshop(hash), hash)
    }

    fn finish_from(&self, from: &Path, hash: &str) -> Result<(), Problem> {
        let sync = |name: &str| File::open(from.join(name))?.sync_data();
        // The other two are on the disk since they were written.
        let names = ["gradients.csv", "training.csv"];
        let synced = names.into_iter().try_for_each(sync);
        match synced.and_then(|()| fs::rename(from, self.cell(hash))) {
            Ok(()) => {}
            Err(_) if self.is_done(hash) => {
                let _ = fs::remove_dir_all(from);
            }
            Err(error) => return Err(cannot_write(&self.cell(hash), &error)),
        }
        let _ = fs::remove_file(self.failure(hash));
        Ok(())
    }

    /// Whether a file of some size can be written in it.
    pub fn is_writable(&self) -> bool {
        // On a full disk an empty one can still be made.
        let room = vec![0; 1 << 20];
        let file = tempfile::tempfile_in(self.path.join(CELLS));
        file.and_then(|mut file| {
            file.write_all(&room)?;
            file.sync_data()
        })
        .is_ok()
    }

    /// Moves what a process that is gone left of a cell to where this process runs it. Of
    /// several that want it one gets it: renaming works once.
    pub fn adopt(&self, hash: &str) {
        let left = self.path.join(CELLS).join(format!("{LEFT}{hash}"));
        let _ = fs::rename(left, self.workshop(hash));
    }

    /// Puts aside what processes that are gone left of cells they did not finish, and
    /// takes away what they left of cells that are done. The cells that were put aside.
    pub fn sweep_up(&self) -> BTreeSet<String> {
        let mut aside = BTreeSet::new();
        let entries = fs::read_dir(self.path.join(CELLS));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let hash = name.trim_start_matches(LEFT).trim_start_matches('.');
            let hash = hash.split('.').next().unwrap_or_default();
            if !name.starts_with('.') {
                continue;
            }
            match left_of(&entry.path()) {
                Left::Nothing => continue,
                Left::Whole => {
                    // What cannot be written now is tried again at the next start.
                    let _ = self.finish_from(&entry.path(), hash);
                    continue;
                }
                Left::Part => {}
            }
            let left = self.path.join(CELLS).join(format!("{LEFT}{hash}"));
            if self.is_done(hash)
                || (fs::rename(entry.path(), &left).is_err() && entry.path() != left)
            {
                let _ = fs::remove_dir_all(entry.path());
            } else {
                aside.insert(hash.to_owned());
            }
        }
        aside
    }
}

/// What a process that is gone left in the folder of a run.
enum Left {
    /// Nothing, or somebody is at work in it.
    Nothing,
    /// A run that can be gone on with.
    Part,
    /// A run that has come to its end and only lacks its name.
    Whole,
}

fn left_of(folder: &Path) -> Left {
    if let Ok(lock) = File::open(folder.join(".lock")) {
        return match lock.try_lock() {
            Ok(()) => Left::Part,
            Err(_) => Left::Nothing,
        };
    }
    match Summary::read(&folder.join("summary.json")) {
        Ok(summary) if summary.status == Status::Interrupted => Left::Part,
        Ok(_) => Left::Whole,
        // A run that failed, say on a full disk.
        Err(_) if folder.join("spec.toml").exists() => Left::Part,
        // It is just being made.
        Err(_) => Left::Nothing,
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::in_file(path, format!("could not be written: {error}"))
        .help("free some space or choose another place with --out; what is done is kept")
}
