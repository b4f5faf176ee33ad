//! The elements of a list in a JSON file, one after the other.

use std::io::{BufRead, BufReader};

use super::dict::{DictValue, MOST_VALUE};
use crate::base::Problem;
use crate::lab::logs::input::{Bytes, LogInput};

/// The elements of one list in a file, one after the other, the list never held whole.
pub struct Elements {
    input: LogInput,
    bytes: BufReader<Bytes>,
    piece: Vec<u8>,
    count: u64,
    line: u64,
    is_over: bool,
    is_cut: bool,
}

impl Elements {
    /// Those of the list that begins with the first `[` behind the first `key`; of the first
    /// list of all for an empty key.
    ///
    /// # Errors
    /// If there is none, or the file cannot be read.
    pub fn of(input: &LogInput, key: &str) -> Result<Self, Problem> {
        let mut elements = Self {
            input: input.clone(),
            bytes: input.reader()?,
            piece: Vec::new(),
            count: 0,
            line: 1,
            is_over: false,
            is_cut: false,
        };
        let key = format!("\"{key}\"");
        let key = if key.len() > 2 { key.as_bytes() } else { b"" };
        let mut matched = 0;
        while let Some(byte) = elements.byte()? {
            if matched < key.len() {
                matched = match byte {
                    byte if byte == key[matched] => matched + 1,
                    b'"' => 1,
                    _ => 0,
                };
            } else if byte == b'[' {
                return Ok(elements);
            }
        }
        Err(Problem::in_file(input.path(), "holds no list of rows"))
    }

    fn byte(&mut self) -> Result<Option<u8>, Problem> {
        let buffer = self.bytes.fill_buf();
        let buffer = buffer.map_err(|error| self.input.unreadable(&error))?;
        let byte = buffer.first().copied();
        if byte.is_some() {
            self.bytes.consume(1);
        }
        self.line += u64::from(byte == Some(b'\n'));
        Ok(byte)
    }

    /// The next element; `None` after the last. One that is cut off is left out.
    ///
    /// # Errors
    /// If the file cannot be read or an element is too long.
    pub fn next_element(&mut self) -> Result<Option<DictValue>, Problem> {
        if self.is_over {
            return Ok(None);
        }
        let (mut depth, mut quote, mut escaped) = (0usize, None, false);
        self.piece.clear();
        loop {
            let Some(byte) = self.byte()? else {
                self.is_cut = true;
                self.is_over = true;
                return Ok(None);
            };
            if let Some(mark) = quote {
                self.piece.push(byte);
                if escaped {
                    escaped = false;
                } else if byte == b'\\' {
                    escaped = true;
                } else if byte == mark {
                    quote = None;
                }
            } else {
                match byte {
                    b'"' => quote = Some(byte),
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 0 => depth -= 1,
                    b',' | b']' | b'}' if depth == 0 => {
                        let text = String::from_utf8_lossy(&self.piece);
                        self.is_over = byte != b',';
                        if self.is_over && text.trim().is_empty() {
                            return Ok(None);
                        }
                        self.count += 1;
                        return self.parsed(&text).map(Some);
                    }
                    _ => {}
                }
                self.piece.push(byte);
            }
            if self.piece.len() > MOST_VALUE {
                let what = format!("has a row of more than {MOST_VALUE} bytes");
                return Err(Problem::at_line(self.input.path(), self.line, what));
            }
        }
    }

    fn parsed(&self, text: &str) -> Result<DictValue, Problem> {
        match DictValue::read(text) {
            Some((value, rest)) if rest.trim().is_empty() => Ok(value),
            _ => Err(Problem::at_line(
                self.input.path(),
                self.line,
                "ends a row that is no JSON",
            )),
        }
    }

    /// What was left out.
    pub fn warnings(&self) -> Vec<String> {
        let path = self.input.path().display();
        let cut = self
            .is_cut
            .then(|| format!("{path}: is cut off; what is whole of it is read"));
        cut.into_iter().collect()
    }

    /// File and line of the end of the last element.
    pub fn place(&self) -> String {
        format!("{}:{}", self.input.path().display(), self.line)
    }
}
