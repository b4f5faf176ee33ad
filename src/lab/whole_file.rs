//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that takes its place, and that of an earlier one, once it is whole.
pub struct WholeFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl WholeFile {
    /// Opens a file beside `path`, so that it is known that it can be written
    /// before there is anything to write.
    ///
    /// # Errors
    /// If the folder does not exist or cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(".unfinished-")
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
        // The file and not its wrapper, whose errors name the temporary path.
        self.file.as_file_mut().write_all(content)?;
        self.file.as_file().sync_all()?;
        make_readable(self.file.as_file());
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
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
