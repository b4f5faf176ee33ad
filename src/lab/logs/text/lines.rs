//! The lines of a log, however they end and whatever colours are in them.

use std::io::{BufRead, Read};

use crate::base::Problem;
use crate::lab::logs::input::LogInput;

/// The most bytes of a line: a row of a hundred thousand numbers has two million.
pub const MOST_LINE: usize = 64 << 20;

/// Lines of a log, without colours, in UTF-8.
pub struct Lines {
    input: LogInput,
    reader: Box<dyn BufRead + Send>,
    bytes: Vec<u8>,
    line: u64,
    is_cut: bool,
}

impl Lines {
    /// From the beginning of a log.
    ///
    /// # Errors
    /// If it cannot be opened again.
    pub fn of(input: &LogInput) -> Result<Self, Problem> {
        Ok(Self {
            reader: Box::new(input.reader()?),
            input: input.clone(),
            bytes: Vec::new(),
            line: 0,
            is_cut: false,
        })
    }

    /// The next line without its end; `None` after the last. What stands behind a carriage
    /// return replaces what stands before it, as on a terminal.
    ///
    /// # Errors
    /// If it cannot be read or is too long.
    pub fn next_line(&mut self) -> Result<Option<String>, Problem> {
        self.bytes.clear();
        let mut limited = (&mut self.reader).take(MOST_LINE as u64 + 1);
        let count = limited
            .read_until(b'\n', &mut self.bytes)
            .map_err(|error| self.input.unreadable(&error))?;
        if count == 0 {
            return Ok(None);
        }
        self.line += 1;
        if count > MOST_LINE {
            let what = format!("has a line of more than {MOST_LINE} bytes");
            return Err(Problem::at_line(self.input.path(), self.line, what)
                .help("a log has a row for each step; this is another kind of file"));
        }
        self.is_cut = self.bytes.last() != Some(&b'\n');
        Ok(Some(plain(&self.bytes)))
    }

    /// The number of the last line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether the last line has no end: it may have been cut off.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// File and line of the last line.
    pub fn place(&self) -> String {
        format!("{}:{}", self.input.path().display(), self.line)
    }

    /// The log.
    pub fn input(&self) -> &LogInput {
        &self.input
    }
}

/// A line as text: without a byte order mark, colours and its end.
pub fn plain(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.contains('\u{1b}') {
        return text.to_owned();
    }
    anstream::adapter::strip_str(text).to_string()
}
