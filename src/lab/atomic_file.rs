//! Files that are there whole or not at all, and which files may be replaced.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::base::Problem;

/// Bytes from which a file's kind is told.
const HEAD: u64 = 1 << 16;

/// What the name of a file begins with that is not whole.
const UNFINISHED: &str = ".unfinished-";

/// A file that takes its place, and that of an earlier one, once it is whole.
pub struct AtomicFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl AtomicFile {
    /// Opens a file beside `path`, so that it is known that it can be written
    /// before there is anything to write.
    ///
    /// # Errors
    /// If the folder does not exist or cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(folder_of(path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes the content and puts the file in its place.
    ///
    /// # Errors
    /// If it cannot be written; then nothing is left behind.
    pub fn write(mut self, content: &[u8]) -> io::Result<()> {
        self.file().write_all(content)?;
        self.finish()
    }

    /// The file, to be written piece by piece.
    pub fn file(&mut self) -> &mut File {
        // The file and not its wrapper, whose errors name the temporary path.
        self.file.as_file_mut()
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If it cannot be written; then nothing is left behind.
    pub fn finish(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        make_readable(self.file.as_file());
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Takes away what a process that was killed left in a folder of files that it was writing.
/// For a folder that nobody else writes to.
pub fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // One that stays is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What a file is, by what stands at its head.
#[derive(Clone, Copy, Debug)]
pub struct FileKind {
    /// For the user, with an article: "an HTML page".
    pub name: &'static str,
    /// Whether a file is one, by its first 65 536 bytes.
    pub is_one: fn(&[u8]) -> bool,
}

/// That a file of this kind may be written to `path`: nothing is there, or a
/// file that is empty or of the same kind. Whatever else a user has there was
/// not made by the same command, and a slip of the pen must not cost it.
///
/// # Errors
/// If something else is there.
pub fn may_replace(path: &Path, kind: &FileKind) -> Result<(), Problem> {
    let refused = |what: String| {
        Err(Problem::in_file(path, what).help("choose another name, or take the file away first"))
    };
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return refused(format!("cannot be looked at: {error}")),
    };
    if found.is_dir() {
        return Err(
            Problem::in_file(path, "is a folder; the name of a file was expected")
                .help("name a file in it"),
        );
    }
    if !found.is_file() {
        // A device such as /dev/null would be gone.
        return refused("is no ordinary file and is not replaced".to_owned());
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    match read {
        Err(error) => refused(format!("exists and cannot be read: {error}")),
        Ok(_) if head.is_empty() || (kind.is_one)(&head) => Ok(()),
        Ok(_) => refused(format!("exists, is not {} and is not replaced", kind.name)),
    }
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Temporary files are private; results are not.
#[cfg(unix)]
fn make_readable(file: &File) {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let _ = file.set_permissions(Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn make_readable(_file: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: FileKind = FileKind {
        name: "a letter",
        is_one: |head| head.starts_with(b"Dear"),
    };

    #[test]
    fn only_its_like_and_nothing_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let verdict = || may_replace(&path, &KIND).map_err(|problem| problem.what);
        assert_eq!(verdict(), Ok(()));
        for (content, is_fine) in [
            ("", true),
            ("Dear Ada", true),
            ("dear", false),
            (" ", false),
            ("step,layer\n", false),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(verdict().is_ok(), is_fine, "{content:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(verdict().unwrap_err().contains("not a letter"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(verdict().unwrap_err().contains("is a folder"));
        // Whether there is a folder for it is for others to say.
        assert_eq!(may_replace(&folder.path().join("none/file"), &KIND), Ok(()));
    }

    #[cfg(unix)]
    #[test]
    fn devices_stay() {
        let problem = may_replace(Path::new("/dev/null"), &KIND).unwrap_err();
        assert!(problem.what.contains("no ordinary file"), "{problem}");
    }
}
