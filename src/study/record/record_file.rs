//! One file in the making that grows by records, such as the rows of a table: whole
//! ones, handed to the system in chunks.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use crate::base::Problem;

/// Records are handed to the system at the first logged step after they take so many
/// bytes.
const CHUNK: usize = 1 << 16;

/// A file in the making.
pub struct RecordFile {
    path: PathBuf,
    file: File,
    /// Whole records that are not in the file yet.
    pub pending: Vec<u8>,
    /// An error that has not been returned yet.
    pub failure: Option<Problem>,
}

impl RecordFile {
    /// Creates the file and writes what it begins with.
    pub fn create(path: PathBuf, header: &[u8]) -> Result<Self, Problem> {
        let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
        // What a step of most networks adds to a chunk fits.
        let mut pending = Vec::with_capacity(2 * CHUNK);
        pending.extend_from_slice(header);
        let mut table = Self {
            path,
            file,
            pending,
            failure: None,
        };
        // A file with a header can be read, an empty one cannot.
        table.flush()?;
        Ok(table)
    }

    /// Opens a file that begins with `header` and of which the first `length` bytes are kept.
    pub fn reopen(path: PathBuf, header: &[u8], length: u64) -> Result<Self, Problem> {
        let mut begun = vec![0; header.len()];
        let file = File::options().read(true).append(true).open(&path);
        let file = file.and_then(|mut file| file.read_exact(&mut begun).map(|()| file));
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        if begun != header {
            let what = "begins with other columns than are written now: another version of vgrad \
                        began the run";
            return Err(Problem::in_file(&path, what)
                .help("go on with that version, or begin anew with --force"));
        }
        let file = file.set_len(length).map(|()| file);
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        Ok(Self {
            path,
            file,
            pending: Vec::with_capacity(2 * CHUNK),
            failure: None,
        })
    }

    /// One whose disk is full, called `path`.
    #[cfg(all(test, target_os = "linux"))]
    pub fn on_a_full_disk(path: PathBuf) -> Self {
        Self {
            path,
            file: File::options().write(true).open("/dev/full").unwrap(),
            pending: Vec::new(),
            failure: None,
        }
    }

    /// Makes sure that what is in the file is on the disk, and says how long it is.
    pub fn sync(&mut self) -> Result<u64, Problem> {
        let length = self.file.sync_data().and_then(|()| self.file.metadata());
        let length = length.map_err(|error| cannot_write(&self.path, &error))?;
        Ok(length.len())
    }

    /// Hands the records to the system if they take a chunk.
    pub fn flush_if_full(&mut self) -> Result<(), Problem> {
        if self.pending.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands the records to the system.
    pub fn flush(&mut self) -> Result<(), Problem> {
        let written = self.file.write_all(&self.pending);
        // What could not be written is not tried again.
        self.pending.clear();
        written.map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    Problem::in_file(path, format!("could not be written: {error}")).help(
        "free some space or choose another place with --out; the rows written so far are readable",
    )
}
