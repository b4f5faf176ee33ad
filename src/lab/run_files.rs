//! The files of a run, by their names: whether there are any, and taking them away.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::Problem;

/// The files of a run, which `--force` may replace. The summary goes first:
/// without it, nothing else looks whole.
const FILES: &[&str] = &[
    "summary.json",
    "gradients.csv",
    "training.csv",
    "parameters.csv",
    "predictive.csv",
    "events.out.tfevents.vgrad",
    "batch.safetensors",
    "spec.toml",
    "weights/initial.safetensors",
    "weights/final.safetensors",
];

/// The folders of a run besides its own.
pub const FOLDERS: &[&str] = &["weights"];

/// The folder of a run's checkpoints.
pub const CHECKPOINTS: &str = "checkpoints";

/// That `folder` holds no run, finished or not; it need not exist.
///
/// # Errors
/// If it does, naming the ways on.
pub fn is_free(folder: &Path) -> Result<(), Problem> {
    match FILES.iter().find(|file| folder.join(file).exists()) {
        None => Ok(()),
        Some(file) => Err(
            Problem::in_file(folder, format!("already holds a run ({file})")).help(
                "add --force to replace it, choose another folder with --out, or go on with an \
                 unfinished one by `vgrad run --resume`",
            ),
        ),
    }
}

/// That `folder` is not that of a group of seeds, which a run's files would hide
/// from whoever reads the folder.
///
/// # Errors
/// If it is.
pub fn holds_no_seeds(folder: &Path) -> Result<(), Problem> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_seed = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("seed-")) && is_free(path).is_err()
    };
    match entries.map(|entry| entry.path()).find(is_seed) {
        None => Ok(()),
        Some(_) => Err(
            Problem::in_file(folder, "holds the seeds of an earlier run")
                .help("choose another folder with --out"),
        ),
    }
}

/// That replacing the run in `folder` takes none of `inputs` away.
///
/// # Errors
/// If it does, naming the file.
pub fn spares(folder: &Path, inputs: &[PathBuf]) -> Result<(), Problem> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let is_doomed = |input: &&PathBuf| {
        let input = real(input);
        input.is_some() && FILES.iter().any(|file| real(&folder.join(file)) == input)
    };
    match inputs.iter().find(is_doomed) {
        None => Ok(()),
        Some(input) => Err(Problem::in_file(
            input,
            "is read by this run and would be replaced by it",
        )
        .help("choose another folder with --out")),
    }
}

/// Takes away a run's files, and its folders where nothing else is in them.
///
/// # Errors
/// If a file cannot be taken away.
pub fn clear(folder: &Path) -> std::io::Result<()> {
    for file in FILES {
        match fs::remove_file(folder.join(file)) {
            Err(error)
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    let _ = fs::remove_dir_all(folder.join(CHECKPOINTS));
    for inner in FOLDERS {
        // Fails if something else is in it, and then it stays.
        let _ = fs::remove_dir(folder.join(inner));
    }
    Ok(())
}
