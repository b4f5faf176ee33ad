//! What TensorBoard's own pages and their server hand out: a tag per file, as CSV or JSON;
//! the layer is in the file's name alone.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFile, LogFormat, LogPlace};
use crate::lab::logs::input::LogInput;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::csv::{CsvRows, find};
use crate::lab::logs::text::dict::DictValue;
use crate::lab::logs::text::elements::Elements;
use crate::lab::logs::text::number::number;

/// A tag per file.
pub struct TensorboardExport;

impl LogFormat for TensorboardExport {
    fn name(&self) -> &'static str {
        "tags downloaded from TensorBoard"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        !tags(place).is_empty()
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let mut files = tags(place);
        // The same tag as CSV and as JSON is one.
        files.sort_by_key(|file| stem(file));
        files.dedup_by(|a, b| stem(a) == stem(b));
        files.reverse();
        Ok(Box::new(TagReader {
            place: place.clone(),
            files,
            tag: None,
            now: String::new(),
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            is_by_tag: true,
            notes: &[
                "TensorBoard hands out at most 1000 points of a tag unless it is asked for more",
            ],
            ..Conventions::default()
        }
    }
}

/// The files of a place that are tags.
fn tags(place: &LogPlace) -> Vec<PathBuf> {
    if let Some(file) = &place.file {
        return is_tag(file)
            .then(|| place.path.clone())
            .into_iter()
            .collect();
    }
    let named = place.files.iter().filter(|path| {
        let extension = path.extension().and_then(|own| own.to_str());
        extension.is_some_and(|own| matches!(own, "csv" | "json"))
    });
    let opened = |path: &&PathBuf| {
        let file = LogInput::open(path).and_then(LogFile::of);
        file.is_ok_and(|file| is_tag(&file))
    };
    named.filter(opened).cloned().collect()
}

fn is_tag(file: &LogFile) -> bool {
    if let Some(table) = &file.table {
        let has = |name: &str| table.find(&[name]).is_some();
        return table.header.len() == 3 && has("Wall time") && has("Step") && has("Value");
    }
    // [[wall, step, value], …]
    let text = file.text();
    let row = text.strip_prefix('[').map(str::trim_start);
    let row = row.filter(|row| row.starts_with('['));
    let row = row.and_then(DictValue::read);
    matches!(row, Some((DictValue::List(values), _)) if values.len() == 3 && values.iter().all(|value| value.number().is_some()))
}

fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let name = name.strip_suffix(".csv").or(name.strip_suffix(".json"));
    name.map_or_else(|| path.display().to_string(), str::to_owned)
}

/// Run and tag in a file's name, `run-RUN-tag-TAG`, the slashes of both being underscores.
fn run_and_tag(path: &Path) -> (String, String) {
    let stem = stem(path);
    let inner = stem.strip_prefix("run-").unwrap_or(&stem);
    match inner.split_once("-tag-") {
        Some((run, tag)) => (run.to_owned(), with_parameter(tag)),
        None => (String::new(), stem),
    }
}

/// A tag whose last slash, if Keras' parameter stood behind it, is one again:
/// `grad_norm_dense_1_kernel` was `grad_norm/dense_1/kernel`.
fn with_parameter(tag: &str) -> String {
    const PARAMETERS: [&str; 5] = ["recurrent_kernel", "kernel", "bias", "gamma", "beta"];
    // Torch has a point there.
    if !tag.contains('.') {
        for parameter in PARAMETERS {
            let module = tag.strip_suffix(parameter);
            if let Some(module) = module.and_then(|module| module.strip_suffix('_')) {
                return format!("{module}/{parameter}");
            }
        }
    }
    tag.to_owned()
}

struct TagReader {
    place: LogPlace,
    /// Those to come, the last first.
    files: Vec<PathBuf>,
    tag: Option<Tag>,
    now: String,
}

struct Tag {
    series: u32,
    step: u32,
    rows: TagRows,
}

enum TagRows {
    Csv(Box<CsvRows>, [usize; 2]),
    Json(Box<Elements>),
}

impl TagReader {
    fn begin(&self, path: &Path, series: &mut SeriesTable) -> Result<Tag, Problem> {
        let input = match &self.place.file {
            Some(file) => file.input.clone(),
            None => LogInput::open(path)?,
        };
        let file = LogFile::of(input.clone())?;
        let (run, tag) = run_and_tag(path);
        let rows = if file.table.is_some() {
            let rows = CsvRows::open(&input)?;
            let places = ["Step", "Value"].map(|name| find(rows.header(), &[name]).unwrap_or(0));
            TagRows::Csv(Box::new(rows), places)
        } else {
            TagRows::Json(Box::new(Elements::of(&input, "")?))
        };
        Ok(Tag {
            series: series.number(&run, &tag)?,
            step: series.number("", "Step")?,
            rows,
        })
    }
}

impl LogReader for TagReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        loop {
            let Some(tag) = &mut self.tag else {
                let Some(path) = self.files.pop() else {
                    return Ok(false);
                };
                self.tag = Some(self.begin(&path, series)?);
                continue;
            };
            let numbers = match &mut tag.rows {
                TagRows::Csv(rows, [step, value]) => {
                    let has_one = rows.advance()?;
                    self.now = rows.place();
                    has_one.then(|| [rows.cell(*step), rows.cell(*value)].map(number))
                }
                TagRows::Json(elements) => {
                    let element = elements.next_element()?;
                    self.now = elements.place();
                    element.map(|element| match element {
                        DictValue::List(values) if values.len() == 3 => {
                            [values[1].number(), values[2].number()]
                        }
                        _ => [None, None],
                    })
                }
            };
            match numbers {
                None => self.tag = None,
                Some([Some((step, _)), Some((value, digits))]) => {
                    row.cells.push(LogCell {
                        series: tag.step,
                        value: step,
                        digits: None,
                    });
                    row.cells.push(LogCell {
                        series: tag.series,
                        value,
                        digits: Some(digits),
                    });
                    return Ok(true);
                }
                Some(_) => {}
            }
        }
    }

    fn place(&self) -> String {
        self.now.clone()
    }
}
