//! Poutyne's gradient logger: a file per parameter with the statistics of its gradient.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFile, LogFormat, LogPlace};
use crate::lab::logs::glossary::is_coordinate;
use crate::lab::logs::input::LogInput;
use crate::lab::logs::parameter::{Kind, ParameterName};
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesParts, SeriesTable};
use crate::lab::logs::text::csv::{CsvHead, CsvRows};
use crate::lab::logs::text::number::number;

/// The most bytes of a log of which more than norms are read: its numbers are kept in memory.
const MOST_BYTES: u64 = 128 << 20;

/// A file per parameter.
pub struct Poutyne;

impl LogFormat for Poutyne {
    fn name(&self) -> &'static str {
        "gradients logged by Poutyne"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        !parameters(place).is_empty()
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let mut files = parameters(place);
        files.reverse();
        let bytes = match &place.file {
            Some(file) => file.input.length(),
            None => {
                let sizes = files.iter().filter_map(|path| path.metadata().ok());
                sizes.map(|about| about.len()).sum()
            }
        };
        Ok(Box::new(ParameterReader {
            place: place.clone(),
            is_small: bytes <= MOST_BYTES,
            files,
            now: None,
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            is_by_tag: true,
            is_clipped: None,
            notes: &[
                "its steps are counted: a batch of an epoch each; means are those of absolute values",
                "what it has of a bias is called bias_mean, bias_abs_max and so on; beyond 128 MB norms alone are read",
            ],
            ..Conventions::default()
        }
    }
}

fn parameters(place: &LogPlace) -> Vec<PathBuf> {
    if let Some(file) = &place.file {
        let is_own = file.table.as_ref().is_some_and(is_own);
        return is_own.then(|| place.path.clone()).into_iter().collect();
    }
    let named = place
        .files
        .iter()
        .filter(|path| path.extension().is_some_and(|own| own == "csv"));
    let opened = |path: &&PathBuf| {
        let file = LogInput::open(path).and_then(LogFile::of);
        file.is_ok_and(|file| file.table.as_ref().is_some_and(is_own))
    };
    named.filter(opened).cloned().collect()
}

fn is_own(table: &CsvHead) -> bool {
    let has = |name: &str| table.find(&[name]).is_some();
    has("epoch") && has("batch") && has("abs_max") && table.header.iter().any(|name| is_norm(name))
}

/// Whether a column is called as norms are: `l2.0`.
fn is_norm(name: &str) -> bool {
    let order = name.strip_prefix('l').map(str::parse::<f64>);
    order.is_some_and(|order| order.is_ok())
}

/// The columns that were measured, with their names, those of norms first.
fn figures(header: &[String], parameter: &str) -> Vec<(usize, String)> {
    // Of a layer's weight and bias one figure can be shown under a name.
    let prefix = match ParameterName::of(parameter).kind {
        Some(Kind::Bias) => "bias_",
        _ => "",
    };
    let named = header.iter().enumerate();
    let figures = named.filter(|(_, name)| !is_coordinate(name));
    let (norms, others): (Vec<_>, Vec<_>) = figures.partition(|(_, name)| is_norm(name));
    let all = norms.into_iter().chain(others);
    all.map(|(at, name)| (at, format!("{prefix}{name}")))
        .collect()
}

struct ParameterReader {
    place: LogPlace,
    /// Whether all that was measured is read.
    is_small: bool,
    /// Those to come, the last first.
    files: Vec<PathBuf>,
    now: Option<Parameter>,
}

struct Parameter {
    rows: CsvRows,
    /// Columns and the series they go to.
    figures: Vec<(usize, u32)>,
}

impl ParameterReader {
    fn begin(&self, path: &Path, series: &mut SeriesTable) -> Result<Parameter, Problem> {
        let input = match &self.place.file {
            Some(file) => file.input.clone(),
            None => LogInput::open(path)?,
        };
        let target = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let rows = CsvRows::open(&input)?;
        let mut places = Vec::new();
        let mut figures = figures(rows.header(), &target);
        figures.retain(|(at, _)| self.is_small || is_norm(&rows.header()[*at]));
        for (at, quantity) in figures {
            let parts = SeriesParts {
                quantity: quantity.clone(),
                target: target.clone(),
                layer: None,
            };
            let name = format!("{quantity}/{target}");
            places.push((at, series.number_of("", &name, || Some(parts))?));
        }
        Ok(Parameter {
            figures: places,
            rows,
        })
    }
}

impl LogReader for ParameterReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        loop {
            let Some(now) = &mut self.now else {
                let Some(path) = self.files.pop() else {
                    return Ok(false);
                };
                self.now = Some(self.begin(&path, series)?);
                continue;
            };
            if !now.rows.advance()? {
                self.now = None;
                continue;
            }
            for &(at, place) in &now.figures {
                if let Some((value, digits)) = number(now.rows.cell(at)) {
                    row.cells.push(LogCell {
                        series: place,
                        value,
                        digits: Some(digits),
                    });
                }
            }
            return Ok(true);
        }
    }

    fn place(&self) -> String {
        self.now
            .as_ref()
            .map_or_else(String::new, |now| now.rows.place())
    }
}
