//! The bytes of a log: a file, what a gzip file holds, or what comes through a pipe; text in
//! UTF-16 as UTF-8. They can be read more than once, from any place, without being held in
//! memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use flate2::read::MultiGzDecoder;

use super::utf16::{Utf16, byte_order};
use crate::base::Problem;
use crate::lab::text::quoted;

/// The name that stands for what comes through a pipe.
pub const STDIN: &str = "-";
/// Bytes that a gzip file may expand to at most.
const MOST_UNPACKED: u64 = 2 << 30;
/// As much is always unpacked, however small the file is.
const ALWAYS_UNPACKED: u64 = 64 << 20;
/// Beyond that, a file may expand to so many times its size: logs expand up to 30 times,
/// what is made to exhaust a machine 1000 times.
const MOST_EXPANSION: u64 = 200;
/// Bytes by which a log's format is recognised, and where no line ends in those.
const HEAD: u64 = 1 << 16;
const LONG_HEAD: u64 = 8 << 20;

/// Bytes that can be read again.
#[derive(Clone, Debug)]
pub struct LogInput {
    /// As it was named.
    path: PathBuf,
    /// What was read from a pipe, unpacked or turned into UTF-8, in a file without a name.
    spooled: Option<Arc<File>>,
    length: u64,
}

impl LogInput {
    /// Opens a file, or stdin for `-`, which is read to its end.
    ///
    /// # Errors
    /// If it cannot be read or is a gzip file that expands beyond the limit.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let unreadable =
            |error: io::Error| Problem::in_file(path, format!("cannot be read: {error}"));
        if path == Path::new(STDIN) {
            return stdin();
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(Problem::in_file(path, "is a folder, a file was expected"));
        }
        // A pipe with a name, as a shell makes of `<(…)`.
        if !metadata.is_file() {
            let spooled = spool(file, u64::MAX).map_err(unreadable)?;
            return Self::of_spooled(path, spooled);
        }
        let length = metadata.len();
        let first = first_two(&mut file).map_err(unreadable)?;
        if first == GZIP {
            Self::unpacked(path, file, length)
        } else if let Some(is_big_endian) = byte_order(&first) {
            Self::turned(path, file, is_big_endian)
        } else {
            Ok(Self {
                path: path.to_owned(),
                spooled: None,
                length,
            })
        }
    }

    fn of_spooled(path: &Path, mut file: File) -> Result<Self, Problem> {
        let unreadable =
            |error: io::Error| Problem::in_file(path, format!("cannot be read: {error}"));
        let length = file.metadata().map_err(unreadable)?.len();
        let first = first_two(&mut file).map_err(unreadable)?;
        if first == GZIP {
            return Self::unpacked(path, file, length);
        }
        if let Some(is_big_endian) = byte_order(&first) {
            return Self::turned(path, file, is_big_endian);
        }
        Ok(Self {
            path: path.to_owned(),
            spooled: Some(Arc::new(file)),
            length,
        })
    }

    /// Text in UTF-16 as UTF-8.
    fn turned(path: &Path, file: File, is_big_endian: bool) -> Result<Self, Problem> {
        let unreadable =
            |error: io::Error| Problem::in_file(path, format!("cannot be read: {error}"));
        let text = Utf16::of(BufReader::new(file), is_big_endian);
        let spooled = spool(text, u64::MAX).map_err(unreadable)?;
        Ok(Self {
            path: path.to_owned(),
            length: spooled.metadata().map_err(unreadable)?.len(),
            spooled: Some(Arc::new(spooled)),
        })
    }

    fn unpacked(path: &Path, file: File, packed: u64) -> Result<Self, Problem> {
        let most = MOST_EXPANSION.saturating_mul(packed);
        let most = most.clamp(ALWAYS_UNPACKED, MOST_UNPACKED);
        let spooled = spool(MultiGzDecoder::new(BufReader::new(file)), most)
            .map_err(|error| not_unpacked(path, &error))?;
        let length = spooled
            .metadata()
            .map_err(|error| Problem::in_file(path, format!("cannot be read: {error}")))?
            .len();
        if length > most {
            let what = format!(
                "expands from {packed} bytes to more than {most}, which is where reading a gzip \
                 file stops"
            );
            return Err(
                Problem::in_file(path, what).help("unpack it, and name what comes out of it")
            );
        }
        Ok(Self {
            path: path.to_owned(),
            spooled: Some(Arc::new(spooled)),
            length,
        })
    }

    /// As it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes there are.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes from `start` on.
    ///
    /// # Errors
    /// If the file cannot be opened again.
    pub fn from(&self, start: u64) -> io::Result<Bytes> {
        let file = match &self.spooled {
            Some(file) => file.clone(),
            None => Arc::new(File::open(&self.path)?),
        };
        Ok(Bytes { file, at: start })
    }

    /// The same behind a buffer.
    ///
    /// # Errors
    /// If the file cannot be opened again.
    pub fn reader(&self) -> Result<BufReader<Bytes>, Problem> {
        let bytes = self.from(0).map_err(|error| self.unreadable(&error))?;
        Ok(BufReader::with_capacity(1 << 18, bytes))
    }

    /// The first bytes, by which a format is recognised: more where the first line, a table's
    /// header, is long.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn head(&self) -> Result<Vec<u8>, Problem> {
        let read = |length: u64| -> io::Result<Vec<u8>> {
            let mut head = Vec::new();
            self.from(0)?.take(length).read_to_end(&mut head)?;
            Ok(head)
        };
        let head = read(HEAD).map_err(|error| self.unreadable(&error))?;
        // A line of text ends with a newline, and holds no zero bytes.
        if head.contains(&b'\n') || head.contains(&0) || (head.len() as u64) < HEAD {
            return Ok(head);
        }
        read(LONG_HEAD).map_err(|error| self.unreadable(&error))
    }

    /// The error about bytes that cannot be read.
    pub fn unreadable(&self, error: &io::Error) -> Problem {
        Problem::in_file(&self.path, format!("cannot be read: {error}"))
    }
}

/// What came through the pipe: it can be read only once, so all that ask share it.
fn stdin() -> Result<LogInput, Problem> {
    static READ: OnceLock<Result<LogInput, Problem>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let path = Path::new(STDIN);
        let spooled = spool(io::stdin().lock(), u64::MAX)
            .map_err(|error| Problem::in_file(path, format!("cannot be read: {error}")))?;
        LogInput::of_spooled(path, spooled)
    });
    read.clone()
}

/// Copies up to `most` bytes and one more into a file without a name.
fn spool(bytes: impl Read, most: u64) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut bytes.take(most.saturating_add(1)), &mut file)?;
    file.flush()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// The error about a gzip file of which not all can be unpacked.
fn not_unpacked(path: &Path, error: &io::Error) -> Problem {
    let name = match path == Path::new(STDIN) {
        true => "FILE".to_owned(),
        false => quoted(&path.display().to_string()),
    };
    Problem::in_file(path, format!("cannot be unpacked: {error}")).help(format!(
        "the file is cut off or damaged: copy it whole again, or read what there is of it by \
         `gzip -dc {name} | vgrad read -`"
    ))
}

/// What a gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The first two bytes of a file, by which gzip and UTF-16 are known; fewer of a shorter file.
fn first_two(file: &mut File) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    file.take(2).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(first)
}

/// Bytes of a file from some place on; several may read one file.
#[derive(Debug)]
pub struct Bytes {
    file: Arc<File>,
    at: u64,
}

impl Bytes {
    /// The place of the next byte.
    pub fn place(&self) -> u64 {
        self.at
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
