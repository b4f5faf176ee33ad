//! The text of a CSV file, with places in it that an editor finds.

use std::path::Path;

use crate::base::Problem;

/// A CSV file's text and path.
pub struct CsvText<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl<'a> CsvText<'a> {
    /// # Errors
    /// The bytes are not UTF-8, or hold nothing but blanks.
    pub fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            let what = format!("byte 0x{:02x} is not UTF-8 text", bytes[at]);
            Problem::at_line(path, line_at(bytes, at), what).help(if bytes.starts_with(GZIP) {
                "the file is gzipped: unpack it"
            } else {
                "save the file as UTF-8"
            })
        })?;
        if text
            .trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
            .is_empty()
        {
            return Err(Problem::in_file(path, "the file is empty")
                .help("expected a header line with column names, then one row per sample"));
        }
        Ok(Self { path, text })
    }

    /// Its lines, from the first.
    pub fn lines(&self) -> Lines<'a> {
        Lines {
            bytes: self.text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// A problem with the record that starts at `byte`.
    pub fn problem(&self, byte: u64, what: impl Into<String>) -> Problem {
        Problem::at_line(self.path, self.lines().of(byte), what)
    }
}

/// The first bytes of a gzip file (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Finds the lines of ever later bytes in one pass.
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line (from 1) of the record that starts at `byte`, which lies not
    /// before the one asked for last. Lines end in LF, CRLF or CR.
    ///
    /// The csv crate's own line numbers are those of the end of the record
    /// before: wrong after blank lines, and everywhere with CRLF.
    pub fn of(&mut self, byte: u64) -> u64 {
        let end_of_last = usize::try_from(byte)
            .unwrap_or(self.bytes.len())
            .min(self.bytes.len());
        let blank = self.bytes[end_of_last..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        self.pass(end_of_last + blank)
    }

    /// Moves on to the byte at `to`.
    fn pass(&mut self, to: usize) -> u64 {
        let ends = (self.at..to).filter(|&i| match self.bytes[i] {
            b'\n' => true,
            b'\r' => self.bytes.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        self.line += ends.count() as u64;
        self.at = self.at.max(to);
        self.line
    }
}

fn line_at(bytes: &[u8], at: usize) -> u64 {
    let mut lines = Lines {
        bytes,
        at: 0,
        line: 1,
    };
    lines.pass(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        for text in ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc"] {
            let line = |letter| line_at(text.as_bytes(), text.find(letter).unwrap());
            assert_eq!([line('a'), line('b'), line('c')], [1, 2, 3], "{text:?}");
        }
    }
}
