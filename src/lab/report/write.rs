//! Putting the page where it was asked for, whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::whole_file::{WholeFile, folder_of};

/// Where a page goes.
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
}

impl Destination {
    /// A file, which may exist already, in a folder that must.
    ///
    /// # Errors
    /// If the folder does not exist, or the path names a folder.
    pub fn new(path: &Path) -> Result<Self, Problem> {
        if path.is_dir() {
            return Err(Problem::in_file(path, "is a folder; a file was expected")
                .help("name the file, such as -o report.html"));
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Problem::in_file(
                path,
                format!("its folder {} does not exist", folder.display()),
            )
            .help("make the folder first, or choose another file with -o"));
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file; an earlier one is replaced once the new one is whole.
    ///
    /// # Errors
    /// If it cannot be written; then nothing is left behind.
    pub fn write(&self, text: &str) -> Result<(), Problem> {
        let failed = |error: &std::io::Error| {
            Problem::in_file(&self.path, format!("could not be written: {error}"))
                .help("make room, or choose another file with -o")
        };
        let file = WholeFile::create(&self.path).map_err(|error| failed(&error))?;
        file.write(text.as_bytes()).map_err(|error| failed(&error))
    }
}

/// Keeps a page from taking the place of a file that it is made from.
///
/// # Errors
/// If `destination` is one of the `inputs`.
pub fn refuse_overwriting(destination: &Path, inputs: &[PathBuf]) -> Result<(), Problem> {
    let Ok(own) = fs::canonicalize(destination) else {
        return Ok(());
    };
    let is_input = |path: &PathBuf| fs::canonicalize(path).is_ok_and(|input| input == own);
    if inputs.iter().any(is_input) {
        return Err(Problem::in_file(
            destination,
            "is a file that the report is made from, which it would replace",
        )
        .help("choose another file with -o"));
    }
    Ok(())
}
