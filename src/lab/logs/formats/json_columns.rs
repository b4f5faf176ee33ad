//! A JSON object with a list of numbers per metric, as Keras' `History` is saved.

use std::io::Read;

use super::json_lines::fill;
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::input::LogInput;
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::dict::{DictValue, MOST_VALUE};
use crate::lab::logs::text::lines::plain;

/// A list per metric, all as long.
pub struct JsonColumns;

impl LogFormat for JsonColumns {
    fn name(&self) -> &'static str {
        "JSON with a list of numbers per metric"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let Some(file) = &place.file else {
            return false;
        };
        let text = file.text();
        let rest = text.strip_prefix('{').map(str::trim_start);
        let rest = rest.and_then(|rest| rest.strip_prefix('"')?.split_once('"'));
        let rest = rest.and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
        rest.is_some_and(|rest| rest.trim_start().starts_with('['))
            && matches!(columns(&file.input), Ok(Some(_)))
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let input = place.input()?;
        let columns = columns(input)?
            .ok_or_else(|| Problem::in_file(input.path(), "holds no lists of one length"))?;
        Ok(Box::new(ColumnsReader {
            place: input.path().display().to_string(),
            columns,
            at: 0,
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Written,
            may_be_bare: true,
            notes: &["in History of Keras a value is that of the last batch of its epoch"],
            ..Conventions::default()
        }
    }
}

/// Names and their lists.
type NamedLists = Vec<(String, Vec<DictValue>)>;

/// The lists of a file; `None` where it is another kind of file.
fn columns(input: &LogInput) -> Result<Option<NamedLists>, Problem> {
    if input.length() > MOST_VALUE as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    input
        .reader()?
        .read_to_end(&mut bytes)
        .map_err(|error| input.unreadable(&error))?;
    let text = plain(&bytes);
    let Some((DictValue::Dict(pairs), rest)) = DictValue::read(&text) else {
        return Ok(None);
    };
    let mut columns = Vec::new();
    for (name, value) in pairs {
        match value {
            DictValue::List(values) => columns.push((name, values)),
            _ => return Ok(None),
        }
    }
    let length = columns.first().map_or(0, |(_, values)| values.len());
    let is_number = |value: &DictValue| value.number().is_some() || *value == DictValue::Nothing;
    let is_table = columns
        .iter()
        .all(|(_, values)| values.len() == length && values.iter().all(is_number));
    Ok((is_table && length > 0 && rest.trim().is_empty()).then_some(columns))
}

struct ColumnsReader {
    place: String,
    columns: NamedLists,
    at: usize,
}

impl LogReader for ColumnsReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        let own = self.columns.iter().filter_map(|(name, values)| {
            let value = values.get(self.at)?;
            Some((name.clone(), value.clone()))
        });
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            return Ok(false);
        }
        fill(&DictValue::Dict(own), series, row)?;
        self.at += 1;
        Ok(true)
    }

    fn place(&self) -> String {
        format!("{}: value {} of its lists", self.place, self.at)
    }
}
