//! The bytes of a log: a file, or what was packed in it; and what stands above
//! its header.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

/// The unpacked bytes of a gzip file, which is known by its first bytes.
pub fn unpacked(file: &mut File) -> io::Result<Option<Arc<[u8]>>> {
    let mut magic = Vec::new();
    file.take(2).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    if magic != [0x1f, 0x8b] {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(Some(bytes.into()))
}

/// The bytes from `start` to `end` of a file, or of what was unpacked of it.
pub fn content(
    mut file: File,
    unpacked: Option<Arc<[u8]>>,
    start: u64,
    end: u64,
) -> io::Result<Box<dyn Read + Send>> {
    let length = end.saturating_sub(start);
    if let Some(bytes) = unpacked {
        let mut cursor = Cursor::new(bytes);
        cursor.set_position(start);
        return Ok(Box::new(cursor.take(length)));
    }
    file.seek(SeekFrom::Start(start))?;
    Ok(Box::new(file.take(length)))
}

/// What stands above the first row.
pub struct Top {
    /// Bytes before the header.
    pub offset: u64,
    /// Lines of those.
    pub lines: u64,
    /// What separates cells.
    pub delimiter: u8,
    /// Whether lines that begin with `#` are comments.
    pub has_comments: bool,
}

impl Top {
    /// Reads up to the header.
    pub fn of(bytes: impl Read) -> io::Result<Self> {
        let mut bytes = BufReader::new(bytes);
        let mut top = Self {
            offset: 0,
            lines: 0,
            delimiter: b',',
            has_comments: false,
        };
        let mut said = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            // A header this long is none.
            if (&mut bytes).take(1 << 20).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
            let text = text.trim_ascii();
            let separator = text.strip_prefix(b"sep=").filter(|rest| rest.len() == 1);
            if let Some(separator) = separator {
                said = Some(separator[0]);
            } else if text.starts_with(b"#") {
                top.has_comments = true;
            } else if !text.is_empty() {
                let count = |separator: u8| text.iter().filter(|byte| **byte == separator).count();
                // The first of equals is the comma.
                let found = *b"\t;,";
                let most = found.into_iter().max_by_key(|separator| count(*separator));
                top.delimiter = said.or(most).unwrap_or(b',');
                break;
            }
            top.offset += line.len() as u64;
            top.lines += 1;
        }
        Ok(top)
    }
}

/// Bytes up to and with the last newline.
pub fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
    const PIECE: u64 = 1 << 16;
    let mut end = length;
    let mut bytes = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(start))?;
        bytes.clear();
        file.take(end - start).read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
