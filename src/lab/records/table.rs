//! A CSV file read back row by row, its columns found by the header's names.
//! What spreadsheets and other programs add is understood: a `sep=` line,
//! comments, semicolons or tabs, gzip, and a header that stands again.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use super::source::{Top, whole_lines};
use crate::base::nearest::nearest;
use crate::base::{Problem, counted};
use crate::lab::logs::input::LogInput;

/// Bytes read at once.
const BUFFER: usize = 1 << 18;

/// A CSV file up to its last whole row.
pub struct Table {
    path: PathBuf,
    input: LogInput,
    reader: csv::Reader<Box<dyn Read + Send>>,
    /// Bytes before the header.
    offset: u64,
    delimiter: u8,
    header: Vec<String>,
    record: ByteRecord,
    /// Where a header further down has the columns of the first.
    moved: Option<Moved>,
    /// The lines on which a header stands again.
    again: Vec<u64>,
    is_cut_short: bool,
}

/// A later header: its length and the places of the first header's columns in it.
struct Moved {
    cells: usize,
    places: Vec<usize>,
}

impl Table {
    /// Opens a file and reads its header. What follows the last newline is a
    /// row in the making, of a run that was killed or still goes on, and is
    /// left out.
    ///
    /// # Errors
    /// If it cannot be read, is empty or has no proper header.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let input = LogInput::open(path)?;
        let unreadable = |error: io::Error| input.unreadable(&error);
        let length = input.length();
        let whole = whole_lines(&input).map_err(unreadable)?;
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
        let from = |start: u64| -> io::Result<_> {
            Ok(input.from(start)?.take(whole.saturating_sub(start)))
        };
        let top = from(0).and_then(Top::of).map_err(unreadable)?;
        let rest: Box<dyn Read + Send> = Box::new(from(top.offset).map_err(unreadable)?);
        let mut reader = ReaderBuilder::new()
            .buffer_capacity(BUFFER)
            .delimiter(top.delimiter)
            .comment(top.has_comments.then_some(b'#'))
            .flexible(true)
            .from_reader(rest);
        let header = reader
            .byte_headers()
            .map_err(|error| not_csv(path, &error))?;
        let header: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        refuse_other_formats(path, &header)?;
        let mut known = HashSet::new();
        for name in &header {
            if !known.insert(name) {
                return Err(Problem::at_line(
                    path,
                    top.lines + 1,
                    format!("the header names the column `{name}` twice"),
                ));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            input,
            reader,
            offset: top.offset,
            delimiter: top.delimiter,
            header,
            record: ByteRecord::new(),
            moved: None,
            again: Vec::new(),
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

    /// The lines of what has been read on which a header stands again.
    pub fn headers_again(&self) -> &[u64] {
        &self.again
    }

    /// An error about the row at hand.
    pub fn problem_here(&self, what: String) -> Problem {
        Problem::at_line(&self.path, self.line(), what)
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

    /// Where the column `name` stands, if there is one; upper and lower case
    /// are told apart only where both are there.
    pub fn find(&self, name: &str) -> Option<usize> {
        let exact = self.header.iter().position(|own| own == name);
        exact.or_else(|| {
            let mut own = self.header.iter();
            own.position(|own| own.eq_ignore_ascii_case(name))
        })
    }

    /// The next row; `None` after the last. A header that stands again is no row.
    ///
    /// # Errors
    /// If it cannot be read, has another number of cells than the header, or a
    /// later header lacks a column of the first.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Problem> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(not_csv(&self.path, &error)),
            }
            let names = |cell: Option<&[u8]>, name: Option<&String>| {
                cell.zip(name)
                    .is_some_and(|(cell, name)| cell.trim_ascii() == name.as_bytes())
            };
            if names(self.record.get(0), self.header.first()) {
                self.take_header()?;
                continue;
            }
            let expected = self.moved.as_ref().map_or(self.header.len(), |m| m.cells);
            if self.record.len() != expected {
                let what = format!(
                    "has {} where the header has {expected}",
                    counted(self.record.len(), "cell")
                );
                return Err(Problem::at_line(&self.path, self.line(), what)
                    .help("mend the line, or write the file anew"));
            }
            return Ok(Some(Row { table: self }));
        }
    }

    /// Goes by the header at hand from now on.
    fn take_header(&mut self) -> Result<(), Problem> {
        let again: Vec<String> = self
            .record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let place = |name: &String| {
            again.iter().position(|own| own == name).ok_or_else(|| {
                let what = format!("a second header, which lacks the column `{name}` of the first");
                Problem::at_line(&self.path, self.line(), what)
                    .help("the runs in it log different things: cut the file in two at this line")
            })
        };
        let places = self.header.iter().map(place).collect::<Result<_, _>>()?;
        self.again.push(self.line());
        self.moved = Some(Moved {
            cells: again.len(),
            places,
        });
        Ok(())
    }

    /// The line that the record at hand begins on, from 1. Worked out when it is
    /// asked for, by counting: rare.
    fn line(&self) -> u64 {
        let start = self.offset + self.record.position().map_or(0, csv::Position::byte);
        let count = || -> io::Result<u64> {
            let mut bytes = BufReader::new(self.input.from(0)?);
            let (mut at, mut lines) = (0, 1);
            loop {
                let piece = bytes.fill_buf()?;
                if piece.is_empty() {
                    return Ok(lines);
                }
                let length = piece.len();
                for &byte in piece {
                    // The record begins behind the ends of lines at its start.
                    if at >= start && byte != b'\n' && byte != b'\r' {
                        return Ok(lines);
                    }
                    lines += u64::from(byte == b'\n');
                    at += 1;
                }
                bytes.consume(length);
            }
        };
        count().unwrap_or(0)
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
        self.table.line()
    }

    /// The bytes of a cell without the blanks around them.
    pub fn bytes(self, column: usize) -> &'a [u8] {
        let moved = self.table.moved.as_ref();
        let column = moved.map_or(column, |moved| moved.places[column]);
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
        // A bound, of a norm that a log's writer rounded to 0: `<5e-7`.
        let text = std::str::from_utf8(bytes.strip_prefix(b"<").unwrap_or(bytes)).ok();
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
        // A cell may be very long.
        let is_decimal_comma = self.table.delimiter != b','
            && found.replace(',', ".").parse::<f64>().is_ok()
            && found.contains(',');
        let found: String = found.chars().take(40).collect();
        let name = &self.table.header[column];
        if is_decimal_comma {
            let what = format!("`{found}` in the column `{name}` has a decimal comma");
            return Problem::at_line(&self.table.path, self.line(), what)
                .help("write numbers with a decimal point");
        }
        Problem::at_line(
            &self.table.path,
            self.line(),
            format!("`{found}` in the column `{name}`, where {expected} was expected"),
        )
        .help("mend the line, or write the file anew")
    }
}

/// Says so where a file is no text.
fn refuse_other_formats(path: &Path, header: &[String]) -> Result<(), Problem> {
    if header.iter().any(|name| name.contains('\n')) {
        let what = "has a quotation mark in its header that is left open";
        return Err(Problem::at_line(path, 1, what).help("close it, or write the file anew"));
    }
    let is_odd = |c: char| c.is_control() && c != '\t' || c == char::REPLACEMENT_CHARACTER;
    if header.iter().any(|name| name.contains(is_odd)) {
        return Err(
            Problem::at_line(path, 1, "is no text, a CSV file was expected")
                .help("name a run folder or a CSV file"),
        );
    }
    Ok(())
}

fn not_csv(path: &Path, error: &csv::Error) -> Problem {
    Problem::in_file(path, format!("cannot be read: {error}"))
}
