//! Tables with a row per step and a column per layer or metric: what all programs that
//! write such tables have in common.

use std::collections::HashSet;

use crate::base::Problem;
use crate::lab::logs::bare;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::input::LogInput;
use crate::lab::logs::names::{Meaning, meaning};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, LogSeries, MOST_SERIES, SeriesTable};
use crate::lab::logs::text::csv::CsvRows;
use crate::lab::logs::text::number::number;

/// A table of columns that no known program writes.
pub struct WideCsv;

impl LogFormat for WideCsv {
    fn name(&self) -> &'static str {
        "CSV with a column per layer"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        is_wide(place.header())
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &own_name)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Written,
            may_be_bare: true,
            ..Conventions::default()
        }
    }
}

/// A column's name as it is, without a run.
pub fn own_name(name: &str) -> (&str, &str) {
    ("", name)
}

/// Whether columns are those of a log: norms of gradients, or counts beside a loss.
pub fn is_wide(header: &[String]) -> bool {
    // Too many to look at one by one, which is told when they are read.
    if header.len() > MOST_SERIES {
        return true;
    }
    let of = |name: &String| {
        meaning(&LogSeries {
            run: String::new(),
            name: name.clone(),
            parts: None,
        })
    };
    let meanings: Vec<Meaning> = header.iter().map(of).collect();
    let has = |wanted: fn(&Meaning) -> bool| meanings.iter().any(wanted);
    let has_step = has(|meaning| *meaning == Meaning::Coordinate);
    if header.iter().any(|name| name.eq_ignore_ascii_case("layer")) {
        return false;
    }
    let mut table = SeriesTable::default();
    let is_known = header.iter().all(|name| table.number("", name).is_ok());
    has(|meaning| matches!(meaning, Meaning::Gradient(_) | Meaning::Total))
        || (has_step && has(|meaning| matches!(meaning, Meaning::Curve(_))))
        || (has_step && is_known && bare::is_bare(&table))
}

/// Splits a column's name into run and metric.
pub type SplitName = dyn for<'a> Fn(&'a str) -> (&'a str, &'a str) + Send + Sync;

/// Reads such a table.
pub struct WideReader {
    rows: CsvRows,
    split: &'static SplitName,
    /// The series of each column, once the row that it belongs to is known.
    places: Vec<Option<u32>>,
    header: Vec<String>,
    /// Names that several columns have.
    twins: Vec<String>,
}

impl WideReader {
    /// Opens a table; `split` tells run and metric apart in a column's name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(input: &LogInput, split: &'static SplitName) -> Result<Self, Problem> {
        Ok(Self {
            rows: CsvRows::open(input)?,
            split,
            places: Vec::new(),
            header: Vec::new(),
            twins: Vec::new(),
        })
    }

    /// Takes in the names of the columns.
    fn learn(&mut self, series: &mut SeriesTable) -> Result<(), Problem> {
        self.header = self.rows.header().to_vec();
        let place = |name: &String| {
            let (run, metric) = (self.split)(name);
            let is_named = !metric.is_empty() && !metric.starts_with("Unnamed:");
            is_named.then(|| series.number(run, metric)).transpose()
        };
        self.places = self.header.iter().map(place).collect::<Result<_, _>>()?;
        let mut known = HashSet::new();
        let named = self.header.iter().zip(&self.places);
        let twins = named.filter(|(_, place)| place.is_some_and(|place| !known.insert(place)));
        self.twins = twins.map(|(name, _)| name.clone()).collect();
        Ok(())
    }
}

impl LogReader for WideReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        if !self.rows.advance()? {
            return Ok(false);
        }
        if self.rows.header() != self.header {
            self.learn(series)?;
        }
        for column in 0..self.places.len() {
            let cell = self.rows.cell(column);
            let Some(place) = self.places[column].filter(|_| !cell.is_empty()) else {
                continue;
            };
            if let Some((value, digits)) = number(cell) {
                row.cells.push(LogCell {
                    series: place,
                    value,
                    digits: Some(digits),
                });
            } else if cell.starts_with('{') && cell.contains("bins") {
                row.histograms.push(self.header[column].clone());
            } else {
                row.texts.push((place, cell.to_owned()));
            }
        }
        Ok(true)
    }

    fn place(&self) -> String {
        self.rows.place()
    }

    fn warnings(&self) -> Vec<String> {
        let twins = self.twins.iter().take(3).map(|name| {
            format!("several columns are called `{name}`: the numbers of the last hold")
        });
        let warnings = self.rows.warnings().into_iter();
        warnings.chain(twins).collect()
    }
}
