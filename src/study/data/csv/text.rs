//! The text of a CSV file, with places in it that an editor finds.

use std::path::Path;

use crate::base::Problem;

/// A CSV file's text and path.
pub struct Text<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl<'a> Text<'a> {
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

    /// A problem with the record that starts at `byte`.
    ///
    /// The csv crate's own line numbers are those of the end of the record
    /// before: wrong after blank lines, and everywhere with CRLF.
    pub fn problem(&self, byte: u64, what: impl Into<String>) -> Problem {
        let bytes = self.text.as_bytes();
        let end_of_last = usize::try_from(byte)
            .unwrap_or(bytes.len())
            .min(bytes.len());
        let blank = bytes[end_of_last..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        Problem::at_line(self.path, line_at(bytes, end_of_last + blank), what)
    }
}

/// The first bytes of a gzip file (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The line (from 1) of the byte at `at`; lines end in LF, CRLF or CR.
fn line_at(bytes: &[u8], at: usize) -> u64 {
    let ends = (0..at).filter(|&i| match bytes[i] {
        b'\n' => true,
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    });
    1 + ends.count() as u64
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
