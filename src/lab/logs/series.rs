//! The series of a log, what its rows hold, and who reads them.

use std::collections::HashMap;

use crate::base::Problem;

/// The most series of a log: a network with a hundred thousand tensors has not been seen.
pub const MOST_SERIES: usize = 100_000;
/// The most bytes of a name.
const MOST_NAME: usize = 4096;

/// A column, tag or metric: one number over the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSeries {
    /// The run it belongs to, where a log holds several; else empty.
    pub run: String,
    /// Its name in the log.
    pub name: String,
    /// What was measured and of what, where the log says both apart.
    pub parts: Option<SeriesParts>,
}

/// A measurement of a layer or parameter that a log names apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesParts {
    /// What was measured, such as `grad_norm`.
    pub quantity: String,
    /// Of what, such as `fc1.weight`.
    pub target: String,
    /// The layer it belongs to, where the log says that too.
    pub layer: Option<String>,
}

/// All series, each with a number from 0 on, in the order of their appearance.
#[derive(Clone, Debug, Default)]
pub struct SeriesTable {
    all: Vec<LogSeries>,
    numbers: HashMap<String, u32>,
    key: String,
}

impl SeriesTable {
    /// The number of a series, a new one for a new name.
    ///
    /// # Errors
    /// If there are too many, or the name is too long.
    pub fn number(&mut self, run: &str, name: &str) -> Result<u32, Problem> {
        self.number_of(run, name, || None)
    }

    /// The number of a measurement of a layer or parameter that a log names apart.
    ///
    /// # Errors
    /// See [`SeriesTable::number`].
    pub fn number_of(
        &mut self,
        run: &str,
        name: &str,
        parts: impl FnOnce() -> Option<SeriesParts>,
    ) -> Result<u32, Problem> {
        self.key.clear();
        self.key.push_str(run);
        self.key.push('\0');
        self.key.push_str(name);
        if let Some(number) = self.numbers.get(&self.key) {
            return Ok(*number);
        }
        if self.all.len() == MOST_SERIES {
            return Err(Problem::new(format!(
                "the log has more than {MOST_SERIES} columns, tags or metrics"
            ))
            .help("log one norm per parameter"));
        }
        if name.len() > MOST_NAME {
            return Err(Problem::new(format!(
                "the log has a name of {} bytes, where at most {MOST_NAME} were expected",
                name.len()
            )));
        }
        let number = self.all.len() as u32;
        self.all.push(LogSeries {
            run: run.to_owned(),
            name: name.to_owned(),
            parts: parts(),
        });
        self.numbers.insert(self.key.clone(), number);
        Ok(number)
    }

    /// The number of a series that has one already.
    pub fn known(&self, run: &str, name: &str) -> Option<u32> {
        self.numbers.get(&format!("{run}\0{name}")).copied()
    }

    /// All of them, by number.
    pub fn all(&self) -> &[LogSeries] {
        &self.all
    }
}

/// A number of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogCell {
    /// The series.
    pub series: u32,
    /// The number, also NaN or infinite.
    pub value: f64,
    /// How it is written, where it is written as text.
    pub digits: Option<Digits>,
}

/// How a number is written: what rounding it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Digits behind the point, the exponent taken into account: 3 for `0.125` and `1e-3`.
    pub decimals: u8,
    /// Whether the text ends in a 0 behind the point, as `0.000` and `1.50` do, which no
    /// program writes that gives all digits.
    pub is_padded: bool,
}

/// What stands together: a row of a table, a line, an event.
#[derive(Clone, Debug, Default)]
pub struct LogRow {
    /// Its numbers.
    pub cells: Vec<LogCell>,
    /// Histograms left out: series that have a distribution and no norm.
    pub histograms: Vec<String>,
    /// What stands where a number was expected, by series.
    pub texts: Vec<(u32, String)>,
}

impl LogRow {
    /// Makes it empty.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.histograms.clear();
        self.texts.clear();
    }
}

/// Reads a log row by row.
pub trait LogReader {
    /// Puts the next row into `row`, which is empty; `false` after the last.
    ///
    /// # Errors
    /// If the log cannot be understood from here on.
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem>;

    /// Where the last row stands: file and line.
    fn place(&self) -> String;

    /// What was left out so far.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}
