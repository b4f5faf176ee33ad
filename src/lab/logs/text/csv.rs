//! CSV as logs have it: commas, semicolons or tabs, quotes, a header that may stand again
//! and may have grown.

use csv::{ByteRecord, ReaderBuilder};

use super::lines::{MOST_LINE, plain};
use super::number::number;
use crate::base::{Problem, counted};
use crate::lab::logs::input::{Bytes, LogInput};
use std::io::{BufReader, Read};

/// The rows of a CSV file.
pub struct CsvRows {
    input: LogInput,
    reader: csv::Reader<Limited>,
    header: Vec<String>,
    record: ByteRecord,
    /// Bytes and lines before the header.
    skipped: u64,
    is_cut: bool,
    odd: Option<(u64, usize)>,
    headers: Vec<u64>,
}

/// What a file's first lines say of its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvHead {
    /// Bytes before the header.
    offset: u64,
    /// Lines of those.
    lines: u64,
    delimiter: u8,
    has_comments: bool,
    /// The header's cells.
    pub header: Vec<String>,
    /// The first row's cells.
    pub first: Vec<String>,
}

impl CsvHead {
    /// Of the first bytes of a file; `None` where it is no table: a header and a row with
    /// as many cells, at least two.
    pub fn of(head: &[u8]) -> Option<Self> {
        let (mut offset, mut lines, mut said, mut has_comments) = (0, 0, None, false);
        let mut rest = head;
        loop {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = rest[..end].trim_ascii();
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            let separator = line.strip_prefix(b"sep=").filter(|rest| rest.len() == 1);
            if let Some(separator) = separator {
                said = Some(separator[0]);
            } else if line.starts_with(b"#") {
                has_comments = true;
            } else if !line.is_empty() {
                break;
            }
            offset += end as u64 + 1;
            lines += 1;
            rest = &rest[end + 1..];
        }
        let line = rest.split(|byte| *byte == b'\n').next()?;
        // What a program prints in colours has semicolons in them.
        if line.contains(&0x1b) {
            return None;
        }
        let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
        // The first of equals is the comma.
        let most = *b"\t;,";
        let most = most.into_iter().max_by_key(|separator| count(*separator));
        let delimiter = said.or(most)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .comment(has_comments.then_some(b'#'))
            .has_headers(false)
            .flexible(true)
            .from_reader(rest);
        let mut records = reader.byte_records();
        let cells = |record: ByteRecord| -> Vec<String> {
            record
                .iter()
                .map(|cell| plain(cell).trim().to_owned())
                .collect()
        };
        let header = cells(records.next()?.ok()?);
        let first = records.next().and_then(Result::ok).map(cells);
        let first = first.unwrap_or_default();
        let is_table = header.len() > 1
            && header.iter().all(|name| !name.contains(char::is_control))
            && !header
                .iter()
                .any(|name| name.contains(char::REPLACEMENT_CHARACTER));
        is_table.then_some(Self {
            offset,
            lines,
            delimiter,
            has_comments,
            header,
            first,
        })
    }

    /// Whether the first row is one of numbers: no text that happens to have commas is.
    pub fn has_numbers(&self) -> bool {
        let filled = self.first.iter().filter(|cell| !cell.is_empty());
        let filled: Vec<&String> = filled.collect();
        let numbers = filled
            .iter()
            .filter(|cell| number(cell).is_some() || **cell == "NA")
            .count();
        numbers > 0 && numbers * 2 >= filled.len()
    }

    /// A cell of the first row that is a number but for its decimal comma.
    pub fn decimal_comma(&self) -> Option<&str> {
        let is_one = |cell: &&String| {
            let has_comma = self.delimiter != b',' && cell.contains(',');
            has_comma && number(cell).is_none() && cell.replace(',', ".").parse::<f64>().is_ok()
        };
        self.first.iter().find(is_one).map(String::as_str)
    }

    /// Where the column of one of these names stands, the first that is there; case does
    /// not matter.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        find(&self.header, names)
    }
}

/// Where the first of `names` stands in a header, whatever its case.
pub fn find(header: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| {
        let mut own = header.iter();
        own.position(|own| own.eq_ignore_ascii_case(name))
    })
}

impl CsvRows {
    /// Opens the rows below a header.
    ///
    /// # Errors
    /// If the file cannot be read or begins with no header.
    pub fn open(input: &LogInput) -> Result<Self, Problem> {
        let head = CsvHead::of(&input.head()?);
        let head = head.ok_or_else(|| Problem::in_file(input.path(), "is no table of CSV"))?;
        let bytes = input
            .from(head.offset)
            .map_err(|error| input.unreadable(&error))?;
        let mut reader = ReaderBuilder::new()
            .buffer_capacity(1 << 18)
            .delimiter(head.delimiter)
            .comment(head.has_comments.then_some(b'#'))
            .has_headers(false)
            .flexible(true)
            .from_reader(Limited::of(bytes));
        let mut record = ByteRecord::new();
        reader
            .read_byte_record(&mut record)
            .map_err(|error| not_csv(input, &error))?;
        Ok(Self {
            input: input.clone(),
            reader,
            header: cells(&record),
            record,
            skipped: head.lines,
            is_cut: false,
            odd: None,
            headers: Vec::new(),
        })
    }

    /// The names of the columns, those of the last header passed.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Goes to the next row; `false` after the last. A header that stands again is no row;
    /// whether it brought other columns is for the caller to see in [`CsvRows::header`].
    /// Rows with fewer cells than the header are taken as far as they go, since writers that
    /// gain columns later leave the older rows short.
    ///
    /// # Errors
    /// If a row cannot be read or has more cells than the header.
    pub fn advance(&mut self) -> Result<bool, Problem> {
        loop {
            let before = self.reader.position().byte();
            let has_one = self
                .reader
                .read_byte_record(&mut self.record)
                .map_err(|error| not_csv(&self.input, &error))?;
            if !has_one {
                return Ok(false);
            }
            let taken = self.reader.position().byte();
            self.reader.get_mut().allow(taken);
            let first = plain(self.record.get(0).unwrap_or_default());
            let second = plain(self.record.get(1).unwrap_or_default());
            let same =
                |cell: &str, at: usize| self.header.get(at).is_some_and(|own| own == cell.trim());
            if same(&first, 0) && same(&second, 1) {
                self.header = cells(&self.record);
                self.headers.push(self.line());
                continue;
            }
            if self.record.len() > self.header.len() {
                let what = format!(
                    "has {} where the header has {}",
                    counted(self.record.len(), "cell"),
                    self.header.len()
                );
                return Err(Problem::at_line(self.input.path(), self.line(), what)
                    .help("mend the line, or write the file anew"));
            }
            if self.record.len() < self.header.len() {
                // The last line of a file that is still being written.
                let end = self.reader.position().byte();
                if end + self.offset() >= self.input.length() && before < end {
                    self.is_cut = true;
                    return Ok(false);
                }
                self.odd.get_or_insert((self.line(), self.record.len()));
            }
            return Ok(true);
        }
    }

    fn offset(&self) -> u64 {
        self.reader.get_ref().start
    }

    /// A cell without the blanks around it; empty where the row has none.
    pub fn cell(&self, column: usize) -> &str {
        let bytes = self.record.get(column).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default().trim()
    }

    /// The line of the row at hand.
    pub fn line(&self) -> u64 {
        self.skipped + self.record.position().map_or(0, csv::Position::line)
    }

    /// File and line of the row at hand.
    pub fn place(&self) -> String {
        format!("{}:{}", self.input.path().display(), self.line())
    }

    /// What was left out, and headers that stand again.
    pub fn warnings(&self) -> Vec<String> {
        let path = self.input.path().display();
        let cut = self
            .is_cut
            .then(|| format!("{path}: the last line is cut off and left out"));
        let again = self.headers.iter().take(3).map(|line| {
            format!("{path}:{line}: the header stands again: what follows is read as the same run")
        });
        cut.into_iter().chain(again).collect()
    }
}

fn cells(record: &ByteRecord) -> Vec<String> {
    let mut cells: Vec<String> = record
        .iter()
        .map(|cell| plain(cell).trim().to_owned())
        .collect();
    if let Some(first) = cells.first_mut()
        && let Some(rest) = first.strip_prefix('\u{feff}')
    {
        *first = rest.to_owned();
    }
    cells
}

fn not_csv(input: &LogInput, error: &csv::Error) -> Problem {
    Problem::in_file(input.path(), format!("cannot be read as CSV: {error}"))
        .help("is a quotation mark left open?")
}

/// Bytes of which no row may take more than [`MOST_LINE`].
struct Limited {
    bytes: BufReader<Bytes>,
    start: u64,
    /// Bytes handed out, and up to where more may be.
    count: u64,
    most: u64,
}

impl Limited {
    fn of(bytes: Bytes) -> Self {
        Self {
            start: bytes.place(),
            bytes: BufReader::new(bytes),
            count: 0,
            most: MOST_LINE as u64,
        }
    }

    /// Rows up to this byte have been taken.
    fn allow(&mut self, taken: u64) {
        self.most = taken + MOST_LINE as u64;
    }
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.count > self.most {
            return Err(std::io::Error::other(format!(
                "a row has more than {MOST_LINE} bytes"
            )));
        }
        let count = self.bytes.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}
