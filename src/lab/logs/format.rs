//! What a format of logs is, and where a log lies.

use std::fs;
use std::path::{Path, PathBuf};

use super::input::LogInput;
use super::order::NameOrder;
use super::series::LogReader;
use super::text::csv::CsvHead;
use crate::base::Problem;

/// A format: how its files are known and how they are read.
pub trait LogFormat: Sync {
    /// Its name: "metrics.csv of Lightning".
    fn name(&self) -> &'static str;

    /// Whether a log is of this format, by what is in it.
    fn recognises(&self, place: &LogPlace) -> bool;

    /// Begins to read it.
    ///
    /// # Errors
    /// If it cannot be read.
    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem>;

    /// What its writer does.
    fn conventions(&self) -> Conventions {
        Conventions::default()
    }
}

/// What is known of a writer without looking at its files.
#[derive(Clone, Copy, Debug)]
pub struct Conventions {
    /// Whether the order of its names has a meaning.
    pub order: NameOrder,
    /// Whether its rows are not by step but by tag.
    pub is_by_tag: bool,
    /// Whether its norms are those after clipping; `None` where that is not known.
    pub is_clipped: Option<bool>,
    /// Whether it may have columns that are layers and nothing that says so.
    pub may_be_bare: bool,
    /// What a reader of its numbers should know.
    pub notes: &'static [&'static str],
}

impl Default for Conventions {
    fn default() -> Self {
        Self {
            order: NameOrder::Meaningless,
            is_by_tag: false,
            is_clipped: None,
            may_be_bare: false,
            notes: &[],
        }
    }
}

/// A log as it was named.
#[derive(Clone, Debug)]
pub struct LogPlace {
    /// File or folder.
    pub path: PathBuf,
    /// What a file holds; `None` for a folder.
    pub file: Option<LogFile>,
    /// The files in a folder, sorted; none for a file.
    pub files: Vec<PathBuf>,
}

/// A file and its beginning.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// Its bytes.
    pub input: LogInput,
    /// The first of them.
    pub head: Vec<u8>,
    /// How it begins as a table, if it is one.
    pub table: Option<CsvHead>,
}

/// The most files of a folder that are looked at, and how deep they may lie.
const MOST_FILES: usize = 200_000;
const MOST_DEPTH: usize = 12;

impl LogPlace {
    /// Looks at a file or folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(path: &Path) -> Result<Self, Problem> {
        if !path.is_dir() {
            let file = LogFile::of(LogInput::open(path)?)?;
            return Ok(Self {
                path: path.to_owned(),
                file: Some(file),
                files: Vec::new(),
            });
        }
        let mut files = Vec::new();
        list(path, 0, &mut files);
        files.sort();
        Ok(Self {
            path: path.to_owned(),
            file: None,
            files,
        })
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// If it is a folder.
    pub fn input(&self) -> Result<&LogInput, Problem> {
        let input = self.file.as_ref().map(|file| &file.input);
        input.ok_or_else(|| Problem::in_file(&self.path, "is a folder, a file was expected"))
    }

    /// The header of a table of numbers; none for anything else.
    pub fn header(&self) -> &[String] {
        let table = self.file.as_ref().and_then(|file| file.table.as_ref());
        let table = table.filter(|table| table.has_numbers());
        table.map_or(&[], |table| &table.header)
    }
}

impl LogFile {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(input: LogInput) -> Result<Self, Problem> {
        let head = input.head()?;
        Ok(Self {
            table: CsvHead::of(&head),
            input,
            head,
        })
    }

    /// The first bytes as text, behind blanks.
    pub fn text(&self) -> String {
        let text = super::text::lines::plain(&self.head);
        text.trim_start().to_owned()
    }
}

/// The files below a folder. Links to folders are not followed: they may lead in a circle.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    if depth > MOST_DEPTH {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if files.len() >= MOST_FILES {
            return;
        }
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            list(&entry.path(), depth + 1, files);
        } else if entry.path().is_file() {
            files.push(entry.path());
        }
    }
}
