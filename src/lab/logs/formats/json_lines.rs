//! A JSON object a line, as mmengine and many scripts write their metrics; and a list of
//! such objects.

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::dict::DictValue;
use crate::lab::logs::text::elements::Elements;
use crate::lab::logs::text::lines::Lines;

/// A JSON object a line.
pub struct JsonLines;

impl LogFormat for JsonLines {
    fn name(&self) -> &'static str {
        "JSON lines"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let Some(file) = &place.file else {
            return false;
        };
        let text = file.text();
        let line = text.lines().next().unwrap_or_default().trim();
        // A line longer than what is looked at is a row too.
        let is_object = line.starts_with("{\"")
            && match DictValue::read(line) {
                Some((DictValue::Dict(pairs), rest)) => !pairs.is_empty() && rest.trim().is_empty(),
                Some(_) => false,
                None => text.lines().nth(1).is_none() && line.len() > 1 << 15,
            };
        is_object || is_list(&text)
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let input = place.input()?;
        let is_list = place
            .file
            .as_ref()
            .is_some_and(|file| is_list(&file.text()));
        Ok(match is_list {
            true => Box::new(ListReader {
                elements: Elements::of(input, "")?,
            }),
            false => Box::new(JsonReader {
                lines: Lines::of(input)?,
                odd: Vec::new(),
                is_cut: false,
            }),
        })
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Written,
            may_be_bare: true,
            notes: &["mmengine writes means over its window, not single values"],
            ..Conventions::default()
        }
    }
}

/// A list of objects.
fn is_list(text: &str) -> bool {
    let inner = text.strip_prefix('[').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with("{\""))
}

/// Puts the numbers of an object into a row.
///
/// # Errors
/// If there are too many names.
pub fn fill(value: &DictValue, series: &mut SeriesTable, row: &mut LogRow) -> Result<(), Problem> {
    for leaf in value.leaves() {
        match leaf.number {
            Some((value, digits)) => row.cells.push(LogCell {
                series: series.number("", &leaf.path)?,
                value,
                digits: Some(digits),
            }),
            None => row.histograms.push(leaf.path),
        }
    }
    Ok(())
}

struct JsonReader {
    lines: Lines,
    /// Lines that are no objects.
    odd: Vec<u64>,
    is_cut: bool,
}

impl LogReader for JsonReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        while let Some(line) = self.lines.next_line()? {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            match DictValue::read(line) {
                Some((value @ DictValue::Dict(_), rest)) if rest.trim().is_empty() => {
                    fill(&value, series, row)?;
                    return Ok(true);
                }
                _ if self.lines.is_cut() => self.is_cut = true,
                _ => {
                    if self.odd.len() == 100 {
                        let what = "is the hundredth line that is no JSON object";
                        let path = self.lines.input().path();
                        return Err(Problem::at_line(path, self.lines.line(), what)
                            .help("a file of JSON lines has an object on each"));
                    }
                    self.odd.push(self.lines.line());
                }
            }
        }
        Ok(false)
    }

    fn place(&self) -> String {
        self.lines.place()
    }

    fn warnings(&self) -> Vec<String> {
        let path = self.lines.input().path().display();
        let odd = self.odd.first().map(|line| {
            let count = self.odd.len();
            format!("{path}:{line}: no JSON object, left out ({count} such lines)")
        });
        let cut = self
            .is_cut
            .then(|| format!("{path}: the last line is cut off and left out"));
        odd.into_iter().chain(cut).collect()
    }
}

/// Reads the objects of a list.
pub struct ListReader {
    /// The list.
    pub elements: Elements,
}

impl LogReader for ListReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        let Some(value) = self.elements.next_element()? else {
            return Ok(false);
        };
        fill(&value, series, row)?;
        Ok(true)
    }

    fn place(&self) -> String {
        self.elements.place()
    }

    fn warnings(&self) -> Vec<String> {
        self.elements.warnings()
    }
}
