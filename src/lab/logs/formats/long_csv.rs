//! Tables with a row per step and layer, the layers by name.

use super::subject::{LAYERS, PARAMETERS, Subject, names_subject};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::glossary::is_coordinate;
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::csv::{CsvHead, CsvRows, find};
use crate::lab::logs::text::number::number;

/// A row per step and layer or parameter.
pub struct LongCsv;

impl LogFormat for LongCsv {
    fn name(&self) -> &'static str {
        "CSV with a row per step and layer"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let table = place.file.as_ref().and_then(|file| file.table.as_ref());
        table.is_some_and(|table| Roles::of(&table.header).is_some_and(|roles| roles.fits(table)))
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let input = place.input()?;
        let rows = CsvRows::open(input)?;
        let roles = Roles::of(rows.header())
            .ok_or_else(|| Problem::in_file(input.path(), "has no column that names layers"))?;
        Ok(Box::new(LongReader {
            coordinates: Vec::new(),
            is_new: true,
            rows,
            roles,
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Rows,
            ..Conventions::default()
        }
    }
}

/// Which column is what.
struct Roles {
    layer: Option<usize>,
    parameter: Option<usize>,
    /// Columns of counts.
    coordinates: Vec<usize>,
    /// Columns that were measured.
    values: Vec<usize>,
}

impl Roles {
    fn of(header: &[String]) -> Option<Self> {
        let layer = find(header, &LAYERS);
        let parameter = find(header, &PARAMETERS);
        layer.or(parameter)?;
        let (mut coordinates, mut values) = (Vec::new(), Vec::new());
        for (i, name) in header.iter().enumerate() {
            let lower = name.to_ascii_lowercase();
            let is_name = names_subject(&lower);
            if is_coordinate(&lower) {
                coordinates.push(i);
            } else if !is_name && !name.is_empty() && lower != "position" {
                values.push(i);
            }
        }
        let is_whole = !values.is_empty() && !coordinates.is_empty();
        is_whole.then_some(Self {
            layer,
            parameter,
            coordinates,
            values,
        })
    }

    /// Whether the first row has names where names are expected. Layers that are numbers and
    /// have no parameters are a file of this program.
    fn fits(&self, table: &CsvHead) -> bool {
        let is_name = |at: &usize| {
            let cell = table.first.get(*at).map_or("", String::as_str);
            cell.starts_with(|c: char| c.is_alphabetic() || c == '_')
                || (cell.contains('.') && number(cell).is_none())
        };
        let has_names = self
            .parameter
            .as_ref()
            .or(self.layer.as_ref())
            .is_some_and(is_name);
        let has_number = self.values.iter().any(|at| {
            let cell = table.first.get(*at).map_or("", String::as_str);
            cell.is_empty() || number(cell).is_some()
        });
        let is_ours =
            table.find(&["layer"]).is_some_and(|at| !is_name(&at)) && self.parameter.is_none();
        has_names && has_number && !is_ours
    }
}

struct LongReader {
    rows: CsvRows,
    roles: Roles,
    coordinates: Vec<(usize, u32)>,
    is_new: bool,
}

impl LogReader for LongReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        if !self.rows.advance()? {
            return Ok(false);
        }
        if self.is_new {
            self.is_new = false;
            let header = self.rows.header();
            for &at in &self.roles.coordinates {
                self.coordinates.push((at, series.number("", &header[at])?));
            }
        }
        for (at, place) in &self.coordinates {
            if let Some((value, digits)) = number(self.rows.cell(*at)) {
                row.cells.push(LogCell {
                    series: *place,
                    value,
                    digits: Some(digits),
                });
            }
        }
        let cell = |at: Option<usize>| at.map_or("", |at| self.rows.cell(at));
        let subject = Subject::of(cell(self.roles.layer), cell(self.roles.parameter));
        for &at in &self.roles.values {
            let cell = self.rows.cell(at);
            let name = &self.rows.header()[at];
            if let Some((value, digits)) = number(cell) {
                row.cells.push(LogCell {
                    series: subject.series(name, series)?,
                    value,
                    digits: Some(digits),
                });
            } else if !cell.is_empty() && is_norm(name) {
                let place = subject.series(name, series)?;
                row.texts.push((place, cell.to_owned()));
            }
        }
        Ok(true)
    }

    fn place(&self) -> String {
        self.rows.place()
    }

    fn warnings(&self) -> Vec<String> {
        self.rows.warnings()
    }
}

/// Whether a column is of norms: another one may hold words.
fn is_norm(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("norm") || lower.contains("grad")
}
