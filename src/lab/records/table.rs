//! A CSV file read back row by row, its columns found by the header's names.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use crate::base::Problem;
use crate::base::nearest::nearest;

/// Bytes read at once.
const BUFFER: usize = 1 << 18;

/// A CSV file up to its last whole row.
pub struct Table {
    path: PathBuf,
    reader: csv::Reader<Take<File>>,
    header: Vec<String>,
    record: ByteRecord,
    is_cut_short: bool,
}

impl Table {
    /// Opens a file and reads its header. What follows the last newline is a
    /// row in the making, of a run that was killed or still goes on, and is
    /// left out.
    ///
    /// # Errors
    /// If it cannot be read, is empty or has no proper header.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let unreadable =
            |error: io::Error| Problem::in_file(path, format!("cannot be read: {error}"));
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Problem::in_file(path, "is no regular file")
                .help("write the rows to a file first: it is read from both ends"));
        }
        let length = metadata.len();
        let whole = whole_lines(&mut file, length).map_err(unreadable)?;
        if whole == 0 {
            let what = if length == 0 {
                "is empty; a CSV file with a header was expected"
            } else {
                "has no whole line; a CSV file with a header was expected"
            };
            return Err(Problem::in_file(path, what).help(
                "give a run folder or the CSV file of a run that got as far as its first step",
            ));
        }
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut reader = ReaderBuilder::new()
            .buffer_capacity(BUFFER)
            .from_reader(file.take(whole));
        let header = reader
            .byte_headers()
            .map_err(|error| not_csv(path, &error))?;
        let header: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        refuse_other_formats(path, &header)?;
        for (i, name) in header.iter().enumerate() {
            if header[..i].contains(name) {
                return Err(Problem::at_line(
                    path,
                    1,
                    format!("the header names the column `{name}` twice"),
                ));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            header,
            record: ByteRecord::new(),
            is_cut_short: whole < length,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The columns' names.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// What to tell the user where a last line without newline is left out.
    pub fn cut_warning(&self) -> Option<String> {
        self.is_cut_short.then(|| {
            let path = self.path.display();
            format!("{path}: the last line is cut off and left out")
        })
    }

    /// Where the column `name` stands.
    ///
    /// # Errors
    /// If there is none.
    pub fn column(&self, name: &str) -> Result<usize, Problem> {
        self.find(name).ok_or_else(|| {
            let near = nearest(name, self.header.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            Problem::at_line(&self.path, 1, format!("has no column `{name}`"))
                .help(format!("{near}its columns are {}", self.header.join(", ")))
        })
    }

    /// Where the column `name` stands, if there is one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|own| own == name)
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// If it cannot be read or has another number of cells than the header.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Problem> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Ok(Some(Row { table: self })),
            Ok(false) => Ok(None),
            Err(error) => Err(not_csv(&self.path, &error)),
        }
    }
}

/// One row of a [`Table`].
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
}

impl<'a> Row<'a> {
    /// The line it begins on, from 1.
    pub fn line(self) -> u64 {
        self.table.record.position().map_or(0, csv::Position::line)
    }

    /// The bytes of a cell without the blanks around them.
    pub fn bytes(self, column: usize) -> &'a [u8] {
        self.table
            .record
            .get(column)
            .unwrap_or_default()
            .trim_ascii()
    }

    /// A whole number, not negative; `3.0` is one too.
    ///
    /// # Errors
    /// If the cell holds anything else.
    pub fn count(self, column: usize) -> Result<u64, Problem> {
        let text = std::str::from_utf8(self.bytes(column)).ok();
        let whole = |text: &str| {
            let number: f64 = text.parse().ok()?;
            // Up to 2^53 every whole number is an f64.
            let is_whole =
                number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
            is_whole.then_some(number as u64)
        };
        text.and_then(|text| text.parse().ok().or_else(|| whole(text)))
            .ok_or_else(|| self.wrong(column, "a whole number from 0 on"))
    }

    /// A number, also NaN or infinite; `None` for an empty cell.
    ///
    /// # Errors
    /// If the cell holds text.
    pub fn number(self, column: usize) -> Result<Option<f64>, Problem> {
        let bytes = self.bytes(column);
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(bytes).ok();
        let number = text.and_then(|text| text.parse().ok());
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(column, "a number, NaN, inf or nothing")),
        }
    }

    /// A norm: a number that is not negative; `None` for an empty cell.
    ///
    /// # Errors
    /// If the cell holds text or a negative number.
    pub fn norm(self, column: usize) -> Result<Option<f64>, Problem> {
        match self.number(column)? {
            Some(number) if number < 0.0 => Err(self.wrong(column, "a norm (never negative)")),
            number => Ok(number),
        }
    }

    /// An error about a cell.
    fn wrong(self, column: usize, expected: &str) -> Problem {
        let found = String::from_utf8_lossy(self.bytes(column));
        // A cell may be a whole novel.
        let found: String = found.chars().take(40).collect();
        let name = &self.table.header[column];
        Problem::at_line(
            &self.table.path,
            self.line(),
            format!("`{found}` in the column `{name}`, where {expected} was expected"),
        )
        .help("mend the line, or write the file anew")
    }
}

/// Says what a file is if it is nearly a CSV file, or none at all.
fn refuse_other_formats(path: &Path, header: &[String]) -> Result<(), Problem> {
    let is_odd = |c: char| c.is_control() && c != '\t' || c == char::REPLACEMENT_CHARACTER;
    if header.iter().any(|name| name.contains(is_odd)) {
        return Err(
            Problem::at_line(path, 1, "is no text, a CSV file was expected")
                .help("name a run folder or a CSV file"),
        );
    }
    let [only] = header else { return Ok(()) };
    for (separator, name) in [(';', "semicolons"), ('\t', "tabs")] {
        if only.contains(separator) {
            let what = format!("its cells are separated by {name}, commas were expected");
            return Err(Problem::at_line(path, 1, what).help("write it with commas"));
        }
    }
    Ok(())
}

/// Bytes up to and with the last newline.
fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
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

fn not_csv(path: &Path, error: &csv::Error) -> Problem {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let what = format!("has {len} cells where the header has {expected_len}");
            let line = pos.as_ref().map_or(0, csv::Position::line);
            Problem::at_line(path, line, what).help("mend the line, or write the file anew")
        }
        _ => Problem::in_file(path, format!("cannot be read: {error}")),
    }
}
