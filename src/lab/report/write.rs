//! Putting the page where it was asked for, whole or not at all.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::atomic_file::{AtomicFile, FileKind, folder_of, may_replace};

/// What a page may replace.
const PAGE: FileKind = FileKind {
    name: "an HTML page",
    is_one: is_page,
};

/// Where a page goes.
#[derive(Clone, Debug)]
pub struct PageFile {
    path: PathBuf,
}

impl PageFile {
    /// A file in a folder that must exist. An earlier page may be there, but
    /// nothing else: a spec or the run's own files would be lost.
    ///
    /// # Errors
    /// If the folder does not exist, or the path names something else.
    pub fn new(path: &Path) -> Result<Self, Problem> {
        may_replace(path, &PAGE)?;
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
        let file = AtomicFile::create(&self.path).map_err(|error| failed(&error))?;
        file.write(text.as_bytes()).map_err(|error| failed(&error))
    }
}

/// Whether a file begins as an HTML page does.
fn is_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let begins = |start: &str| {
        let own = text.get(..start.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(start))
    };
    begins("<!doctype html") || begins("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_other_files() {
        for (head, is_one) in [
            (&b"<!DOCTYPE html>\n<html lang=\"en\">"[..], true),
            (b"\xef\xbb\xbf\n<!doctype HTML>", true),
            (b"<html>", true),
            (b"<svg/>", false),
            (b"step,layer\n", false),
            (b"{\"name\": \"<html>\"}", false),
            ("\u{17c}\u{f3}\u{142}w".as_bytes(), false),
        ] {
            assert_eq!(is_page(head), is_one, "{head:?}");
        }
    }
}
