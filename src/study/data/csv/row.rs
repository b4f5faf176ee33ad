//! One row of a CSV file, and what is wrong with its cells.

use csv::StringRecord;

use super::header::Role;
use super::options::{Delimiter, is_missing};
use super::text::CsvText;
use super::words::finite;
use crate::base::{Problem, counted};

/// One row of a file.
pub struct Row<'a> {
    /// The file.
    pub file: &'a CsvText<'a>,
    /// Its delimiter.
    pub delimiter: Delimiter,
    /// Its columns' names.
    pub header: &'a StringRecord,
    /// What its columns hold.
    pub roles: &'a [Role],
    /// The cells; as many as columns once [`Row::is_whole`].
    pub cells: &'a StringRecord,
}

impl Row<'_> {
    /// That there are as many cells as columns.
    ///
    /// # Errors
    /// There are more or fewer.
    pub fn is_whole(&self) -> Result<(), Problem> {
        let (cells, columns) = (self.cells.len(), self.header.len());
        if cells == columns {
            return Ok(());
        }
        let cells = counted(cells, "cell");
        let what = format!("{cells}, expected {columns} as in the header");
        let help = format!(
            "a cell that contains a {} must be in double quotes",
            self.delimiter.name()
        );
        Err(self.problem(what).help(help))
    }

    /// Whether a cell that is read is missing.
    pub fn has_gap(&self) -> bool {
        let mut cells = self.roles.iter().zip(self.cells);
        cells.any(|(role, cell)| *role != Role::Ignored && is_missing(cell))
    }

    /// The finite number in a column (from 0); `None` if it is missing.
    ///
    /// # Errors
    /// Anything else.
    pub fn number(&self, column: usize) -> Result<Option<f64>, Problem> {
        let cell = &self.cells[column];
        match finite(cell) {
            Some(number) => Ok(Some(number)),
            None if is_missing(cell) => Ok(None),
            None => Err(self
                .unexpected(column, "a finite number")
                .help(self.help(column))),
        }
    }

    /// The word in a column (from 0); `None` if it is missing.
    pub fn word(&self, column: usize) -> Option<&str> {
        Some(&self.cells[column]).filter(|cell| !is_missing(cell))
    }

    /// What to do about a cell that is no finite number.
    fn help(&self, column: usize) -> String {
        let cell = &self.cells[column];
        if finite(&cell.replacen(',', ".", 1)).is_some() {
            return "numbers are written with a point: 1.5, not 1,5".to_owned();
        }
        if cell.parse::<f64>().is_ok() {
            return "correct the value or remove the row".to_owned();
        }
        let name = &self.header[column];
        match self.roles[column] {
            Role::Target(_) => "loss = \"mse\" predicts a number; to predict a class set \
                             train.loss = \"cross_entropy\""
                .to_owned(),
            _ => format!(
                "every feature is a number; in data.source.csv set categorical = [{name:?}] for a \
                 feature per word, or ignore = [{name:?}] to leave the column out"
            ),
        }
    }

    /// A cell that is missing where `expected` must stand.
    pub fn missing(&self, column: usize, expected: &str) -> Problem {
        let help = match self.roles[column] {
            Role::Target(_) => "fill in or remove the row; missing = \"drop\" leaves such rows out",
            _ => {
                "fill in or remove the row; in data.source.csv missing = \"drop\" leaves such rows \
                 out, missing = \"mean\" fills in the mean of the training split"
            }
        };
        self.unexpected(column, expected).help(help)
    }

    /// A cell that is not what it should be.
    pub fn unexpected(&self, column: usize, expected: &str) -> Problem {
        let cell = match &self.cells[column] {
            "" => "an empty cell".to_owned(),
            // A quote left open can make a cell of half the file.
            long if long.chars().count() > SHOWN => {
                format!("{:?}…", long.chars().take(SHOWN).collect::<String>())
            }
            cell => format!("{cell:?}"),
        };
        let name = &self.header[column];
        self.problem(format!(
            "column {name:?}: found {cell}, expected {expected}"
        ))
    }

    /// The byte at which the row begins.
    pub fn byte(&self) -> u64 {
        self.cells.position().map_or(0, csv::Position::byte)
    }

    fn problem(&self, what: String) -> Problem {
        self.file.problem(self.byte(), what)
    }
}

/// How many letters of a cell a message shows.
const SHOWN: usize = 40;
