//! What stands above the header of a CSV file, and where its last whole line ends.

use std::io::{self, BufRead, BufReader, Read};

use crate::lab::logs::input::LogInput;

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
pub fn whole_lines(input: &LogInput) -> io::Result<u64> {
    const PIECE: u64 = 1 << 16;
    let mut end = input.length();
    let mut bytes = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        bytes.clear();
        input
            .from(start)?
            .take(end - start)
            .read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
