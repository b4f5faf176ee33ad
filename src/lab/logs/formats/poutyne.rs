//! Poutyne's gradient logger: a file per parameter with the statistics of its gradient.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFile, LogFormat, LogPlace};
use crate::lab::logs::input::LogInput;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesParts, SeriesTable};
use crate::lab::logs::text::csv::{CsvHead, CsvRows};
use crate::lab::logs::text::number::number;

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
        Ok(Box::new(ParameterReader {
            place: place.clone(),
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
    has("epoch") && has("batch") && has("abs_max") && norms(&table.header).next().is_some()
}

/// The columns of norms, with their names.
fn norms(header: &[String]) -> impl Iterator<Item = (usize, String)> + '_ {
    let named = header.iter().enumerate();
    named.filter_map(|(i, name)| {
        let order: f64 = name.strip_prefix('l')?.parse().ok()?;
        Some((
            i,
            if order == 2.0 {
                "grad_norm".to_owned()
            } else {
                format!("grad_{order}_norm")
            },
        ))
    })
}

struct ParameterReader {
    place: LogPlace,
    /// Those to come, the last first.
    files: Vec<PathBuf>,
    now: Option<Parameter>,
}

struct Parameter {
    rows: CsvRows,
    norms: Vec<(usize, u32)>,
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
        for (at, quantity) in norms(rows.header()) {
            let parts = SeriesParts {
                quantity: quantity.clone(),
                target: target.clone(),
                layer: None,
            };
            let name = format!("{quantity}/{target}");
            places.push((at, series.number_of("", &name, || Some(parts))?));
        }
        Ok(Parameter {
            norms: places,
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
            for &(at, place) in &now.norms {
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
