//! A JSON object a line, as mmengine and many scripts write their metrics; and a list of
//! such objects, by itself or as the first value of an object.

use super::subject::{Subject, names_subject};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::glossary::is_coordinate;
use crate::lab::logs::names::{Meaning, meaning};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, LogSeries, SeriesTable};
use crate::lab::logs::text::dict::{DictValue, LeafValue, MOST_VALUE};
use crate::lab::logs::text::elements::Elements;
use crate::lab::logs::text::lines::Lines;

/// JSON objects, of one program or of any.
pub struct JsonLines {
    name: &'static str,
    /// What its objects hold and those of no other program do.
    mark: &'static str,
    notes: &'static [&'static str],
}

/// What mmengine writes into `vis_data/scalars.json`.
pub const MMENGINE: JsonLines = JsonLines {
    name: "scalars.json of mmengine, JSON lines",
    mark: "\"data_time\":",
    notes: &["numbers are means over a window of steps, not those of single batches"],
};
/// What any other program writes.
pub const JSON_LINES: JsonLines = JsonLines {
    name: "JSON lines",
    mark: "",
    notes: &[],
};

impl LogFormat for JsonLines {
    fn name(&self) -> &'static str {
        self.name
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let Some(file) = &place.file else {
            return false;
        };
        let text = file.text();
        if !text.contains(self.mark) {
            return false;
        }
        let line = text.lines().next().unwrap_or_default().trim();
        // A line longer than what is looked at is a row too.
        let is_object = line.starts_with("{\"")
            && match DictValue::read(line) {
                Some((DictValue::Dict(pairs), rest)) => !pairs.is_empty() && rest.trim().is_empty(),
                Some(_) => false,
                None => text.lines().nth(1).is_none() && line.len() > 1 << 15,
            };
        is_object || list(&text).is_some()
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let input = place.input()?;
        let file = place.file.as_ref();
        Ok(match file.and_then(|file| list(&file.text())) {
            Some(key) => Box::new(ListReader {
                elements: Elements::of(input, &key)?,
            }),
            None => Box::new(JsonReader {
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
            notes: self.notes,
            ..Conventions::default()
        }
    }
}

/// The key of the list of objects that a file is: empty for a list by itself. As the first
/// value of an object it is one whose objects count steps, in a file of one object.
fn list(text: &str) -> Option<String> {
    let is_object = |text: &str| {
        let inner = text.trim_start().strip_prefix('{');
        inner.is_some_and(|inner| inner.trim_start().starts_with('"'))
    };
    if let Some(inner) = text.strip_prefix('[') {
        return is_object(inner).then(String::new);
    }
    let key = text.strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let (key, rest) = key.split_once('"')?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let first = rest.strip_prefix('[').filter(|rest| is_object(rest))?;
    let (DictValue::Dict(pairs), _) = DictValue::read(first)? else {
        return None;
    };
    let counts = |key: &str| is_coordinate(&key.to_ascii_lowercase());
    let has_steps = pairs.iter().any(|(key, _)| counts(key));
    let mut lines = text.lines().skip(1).map(str::trim);
    let is_one = !lines.any(|line| {
        line.starts_with("{\"") && text.starts_with("{\"") && {
            let first = text.lines().next().unwrap_or_default();
            DictValue::read(first).is_some()
        }
    });
    (has_steps && is_one && !key.contains('\\')).then(|| key.to_owned())
}

/// Puts the numbers of an object into a row. Where it names a layer or a parameter, its
/// numbers are that one's.
///
/// # Errors
/// If there are too many names.
pub fn fill(value: &DictValue, series: &mut SeriesTable, row: &mut LogRow) -> Result<(), Problem> {
    let subject = Subject::of_row(value);
    // A layer that never has more than null is there all the same, and is told of.
    if let (DictValue::Dict(pairs), None) = (value, &subject) {
        let nothing = pairs.iter().filter(|(_, own)| *own == DictValue::Nothing);
        for (key, _) in nothing {
            series.number("", key)?;
        }
    }
    for leaf in value.leaves() {
        let (value, digits) = match leaf.value {
            LeafValue::Number(value, digits) => (value, digits),
            LeafValue::Histogram => {
                row.histograms.push(leaf.path);
                continue;
            }
            LeafValue::Text(text) => {
                if is_norm(&leaf.path, subject.as_ref(), series) {
                    let place = place(&leaf.path, subject.as_ref(), series)?;
                    row.texts.push((place, text));
                }
                continue;
            }
        };
        if subject.is_some() && names_subject(&leaf.path) {
            continue;
        }
        row.cells.push(LogCell {
            series: place(&leaf.path, subject.as_ref(), series)?,
            value,
            digits: Some(digits),
        });
    }
    Ok(())
}

/// The series of what stands at a path.
fn place(path: &str, subject: Option<&Subject>, series: &mut SeriesTable) -> Result<u32, Problem> {
    match subject {
        Some(subject) if !is_coordinate(&path.to_ascii_lowercase()) => subject.series(path, series),
        _ => series.number("", path),
    }
}

/// Whether a number was expected where a text stands: another row has one there, or the name
/// is that of a norm.
fn is_norm(path: &str, subject: Option<&Subject>, series: &SeriesTable) -> bool {
    if names_subject(path) {
        return false;
    }
    let name = subject.map_or_else(|| path.to_owned(), |subject| subject.series_name(path));
    let is_known = series.known("", &name).is_some();
    let own = LogSeries {
        run: String::new(),
        name,
        parts: None,
    };
    is_known || matches!(meaning(&own), Meaning::Gradient(_) | Meaning::Total)
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
            if line.len() > MOST_VALUE {
                let what = format!("has a row of more than {MOST_VALUE} bytes");
                let path = self.lines.input().path();
                return Err(Problem::at_line(path, self.lines.line(), what)
                    .help("log norms of layers, and not of each of their parts"));
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
