//! The folder of a sweep: `spec.toml`, `sweep.json`, `cells/HASH/` and `sweep.csv`.
//!
//! A cell is run in a folder `cells/.HASH.PROCESS` and renamed to `cells/HASH` when it is
//! whole: what has that name is done, whoever looks. Nothing is locked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Sweep;
use super::workshops::{self, Workshops};
use crate::base::Problem;
use crate::base::paths::{rebase, resolve};
use crate::lab::atomic_file::AtomicFile;
use crate::lab::config::{Overrides, Spec};
use crate::lab::summary::{Status, Summary};

/// The folder of the cells.
const CELLS: &str = "cells";
/// What is known of the sweep besides its spec.
const ABOUT: &str = "sweep.json";
/// The files beside the cells. The second is the first to be written.
const FILES: [&str; 3] = ["spec.toml", ABOUT, "sweep.csv"];

/// Where a sweep's cells go.
#[derive(Clone, Debug)]
pub struct SweepFolder {
    /// The folder itself.
    pub path: PathBuf,
}

/// `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct About {
    schema_version: u32,
    cells: u64,
    /// The N of `--shard I/N`, where the sweep was run in shards.
    #[serde(default)]
    shards: Option<u64>,
    /// What the spec that was given calls the files that it reads, by their paths from here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<PathBuf, PathBuf>,
}

impl About {
    /// That of a sweep's folder; `None` where it is none.
    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(ABOUT)).ok()?;
        serde_json::from_str(&text).ok()
    }
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
    /// If it cannot be written, is the folder of a run, holds files that a sweep would
    /// replace and did not write, or cells over other files of the same names.
    pub fn create(path: &Path, sweep: &Sweep, shards: Option<u64>) -> Result<Self, Problem> {
        if path.join("gradients.csv").exists() {
            return Err(
                Problem::in_file(path, "holds a run").help("choose another folder with --out")
            );
        }
        holds_no_other_files(path)?;
        let folder = Self {
            path: path.to_owned(),
        };
        let mut spec = sweep.loaded.spec.clone();
        let files = RefCell::new(BTreeMap::new());
        spec.map_paths(&|own| {
            let moved = rebase(own, &sweep.loaded.folder, path);
            if own.is_relative() {
                files.borrow_mut().insert(moved.clone(), sweep.name_of(own));
            }
            moved
        });
        let text = spec.to_toml(&sweep.loaded.schema_seen_from(path))?;
        let about = About {
            schema_version: 1,
            cells: sweep.count()?,
            shards,
            files: files.into_inner(),
        };
        are_the_same_files(path, &about.files)?;
        fs::create_dir_all(path.join(CELLS)).map_err(|error| cannot_write(path, &error))?;
        let mut json = serde_json::to_string_pretty(&about).expect("keys are strings");
        json.push('\n');
        folder.keep(ABOUT, json.as_bytes())?;
        folder.keep("spec.toml", text.as_bytes())?;
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
        About::read(&self.path)?.shards
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
        workshops::own(&self.path.join(CELLS), hash)
    }

    /// The cells that other processes have begun.
    pub fn workshops(&self) -> Workshops {
        Workshops::list(&self.path.join(CELLS))
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

    /// Takes a cell away that is done, if it can be.
    pub fn discard(&self, hash: &str) {
        let aside = self.workshop(hash);
        if fs::rename(self.cell(hash), &aside).is_ok() {
            // First what says that the rest is whole.
            let _ = fs::remove_file(aside.join("summary.json"));
            let _ = fs::remove_dir_all(aside);
        }
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
        let from = &self.workshop(hash);
        let sync = |name: &str| File::open(from.join(name))?.sync_data();
        // The other two are on the disk since they were written.
        let names = ["gradients.csv", "training.csv"];
        let synced = names.into_iter().try_for_each(sync);
        match synced.and_then(|()| fs::rename(from, self.cell(hash))) {
            Ok(()) => {}
            Err(_) if self.is_done(hash) => {
                let _ = fs::remove_dir_all(from);
            }
            Err(error) => return Err(cannot_write(from, &error)),
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
}

/// That the files of a sweep in a folder, if there are any, are a sweep's own.
fn holds_no_other_files(folder: &Path) -> Result<(), Problem> {
    match FILES.iter().find(|file| folder.join(file).exists()) {
        Some(file) if About::read(folder).is_none() => Err(Problem::in_file(
            &folder.join(file),
            "was not written by a sweep, which would replace it",
        )
        .help("choose another folder with --out, new or empty")),
        _ => Ok(()),
    }
}

/// What the spec that a sweep's folder was made for calls the files that it reads, by
/// their paths from there.
pub fn names_of_files(folder: &Path) -> BTreeMap<PathBuf, PathBuf> {
    About::read(folder).map_or_else(BTreeMap::new, |about| about.files)
}

/// That the cells in a folder were run over the same files as others of the same names,
/// whose paths from there are given.
fn are_the_same_files(folder: &Path, files: &BTreeMap<PathBuf, PathBuf>) -> Result<(), Problem> {
    for (earlier, name) in names_of_files(folder) {
        let other = files.iter().find(|(_, own)| **own == name);
        let (Some((now, _)), true) = (other, folder.join(&earlier).exists()) else {
            continue;
        };
        if resolve(&folder.join(&earlier)) != resolve(&folder.join(now)) {
            let what = format!(
                "holds cells over another file of the name \"{}\", {}",
                name.display(),
                earlier.display()
            );
            return Err(Problem::in_file(folder, what)
                .help("choose another folder with --out, or write the file's whole path"));
        }
    }
    Ok(())
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::in_file(path, format!("could not be written: {error}"))
        .help("free some space or choose another place with --out; what is done is kept")
}
