//! Opening the files that a spec names.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::base::Problem;

/// Opens a data file; `key` is the spec's key that names it.
///
/// # Errors
/// It is missing, unreadable or no ordinary file.
pub fn open(key: &str, path: &Path) -> Result<File, Problem> {
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Problem::in_file(path, "there is no such file").help(format!(
            "{key} names it; a relative path starts from the spec's folder"
        )),
        _ => unreadable(path, &error),
    })?;
    if found.is_dir() {
        return Err(Problem::in_file(path, "this is a folder, expected a file")
            .help(format!("name a file in {key}")));
    }
    // A pipe or device could block or go on for ever.
    if !found.is_file() {
        return Err(Problem::in_file(path, "this is no ordinary file")
            .help(format!("name a file on disk in {key}")));
    }
    File::open(path).map_err(|error| unreadable(path, &error))
}

/// Reads a whole data file; `key` is the spec's key that names it.
///
/// # Errors
/// If it cannot be opened or read, or is no file (a folder, a device).
pub fn read(key: &str, path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    open(key, path)?
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// The system's word on a file that cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::in_file(path, format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_said_so() {
        let root = tempfile::tempdir().unwrap();
        let missing = read("data.source.csv.path", &root.path().join("a.csv")).unwrap_err();
        assert!(missing.what.contains("no such file"));
        assert!(missing.help.unwrap().contains("data.source.csv.path"));
        let folder = read("key", root.path()).unwrap_err();
        assert!(folder.what.contains("folder"));
        #[cfg(unix)]
        assert!(
            read("key", Path::new("/dev/zero"))
                .unwrap_err()
                .what
                .contains("no ordinary file")
        );
    }
}
