//! Tables with a row per step and layer, the layers by name.

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::glossary::is_coordinate;
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesParts, SeriesTable};
use crate::lab::logs::text::csv::{CsvHead, CsvRows, find};
use crate::lab::logs::text::number::number;

/// A row per step and layer or parameter.
pub struct LongCsv;

/// Names of the column that names a parameter.
const PARAMETERS: [&str; 9] = [
    "param",
    "parameter",
    "parameter_name",
    "param_name",
    "tensor",
    "variable",
    "metric",
    "tag",
    "key",
];
/// Names of the column that names a layer.
const LAYERS: [&str; 5] = ["layer", "layer_name", "module", "module_name", "name"];
/// Names of a column whose rows say themselves what was measured.
const VALUES: [&str; 2] = ["value", "values"];

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
            name: String::new(),
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
            let is_name = LAYERS.contains(&&*lower) || PARAMETERS.contains(&&*lower);
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
    name: String,
}

impl LongReader {
    /// What a row measures: its parameter, else its layer.
    fn target(&self) -> String {
        let cell = |at: Option<usize>| at.map_or("", |at| self.rows.cell(at));
        let (layer, parameter) = (cell(self.roles.layer), cell(self.roles.parameter));
        if parameter.is_empty() {
            layer.to_owned()
        } else if layer.is_empty() || parameter.contains(['.', '/']) || parameter.contains(layer) {
            parameter.to_owned()
        } else {
            format!("{layer}.{parameter}")
        }
    }
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
        let target = self.target();
        let layer = self.roles.layer.filter(|_| self.roles.parameter.is_some());
        let layer = layer
            .map(|at| self.rows.cell(at))
            .filter(|layer| !layer.is_empty());
        // A number alone is no name.
        let layer = layer
            .filter(|layer| number(layer).is_none())
            .map(str::to_owned);
        for &at in &self.roles.values {
            let Some((value, digits)) = number(self.rows.cell(at)) else {
                continue;
            };
            let quantity = &self.rows.header()[at];
            let says_itself = VALUES.contains(&&*quantity.to_ascii_lowercase());
            self.name.clear();
            let place = if says_itself {
                series.number("", &target)?
            } else {
                self.name.push_str(quantity);
                self.name.push('/');
                self.name.push_str(&target);
                series.number_of("", &self.name, || {
                    Some(SeriesParts {
                        quantity: quantity.clone(),
                        target: target.clone(),
                        layer: layer.clone(),
                    })
                })?
            };
            row.cells.push(LogCell {
                series: place,
                value,
                digits: Some(digits),
            });
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
