//! TensorBoard's event files: TFRecords of `Event` messages, a run per folder, which may
//! have several files.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::event::{EventValue, event};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::input::{Bytes, LogInput};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::wire::checksum::{crc32c, masked};

/// TensorBoard's event files.
pub struct Tensorboard;

/// Records beyond that many bytes hold graphs and pictures, and are passed over.
const MOST_RECORD: u64 = 16 << 20;

impl LogFormat for Tensorboard {
    fn name(&self) -> &'static str {
        "TensorBoard event files"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        match &place.file {
            Some(file) => begins_with_record(&file.head),
            None => !event_files(place).is_empty(),
        }
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let mut files = match &place.file {
            Some(file) => vec![EventFile {
                input: file.input.clone(),
                run: String::new(),
                of_tag: None,
            }],
            None => event_files(place),
        };
        files.reverse();
        Ok(Box::new(EventReader {
            files,
            now: None,
            place: String::new(),
            warnings: Vec::new(),
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Written,
            is_by_tag: true,
            notes: &["numbers have the seven digits of an f32, unless they are tensors of f64"],
            ..Conventions::default()
        }
    }
}

struct EventFile {
    input: LogInput,
    run: String,
    /// What its tag is of, where a folder holds one number of several under one tag.
    of_tag: Option<String>,
}

/// The event files of a folder, run by run, those of a run in the order of their names, which
/// begin with the time.
fn event_files(place: &LogPlace) -> Vec<EventFile> {
    let mut found = Vec::new();
    let named = place.files.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("tfevents") || path.extension().is_none()
    });
    for path in named {
        let mut head = [0; 12];
        let Ok(mut file) = std::fs::File::open(path) else {
            continue;
        };
        if file.read_exact(&mut head).is_err() || !begins_with_record(&head) {
            continue;
        }
        if let Ok(input) = LogInput::open(path) {
            let of_tag = of_tag(path, &input);
            let folder = match of_tag.is_some() {
                true => path.parent().unwrap_or(path),
                false => path,
            };
            found.push(EventFile {
                run: run_of(&place.path, folder),
                input,
                of_tag,
            });
        }
    }
    let first = found.first().map(|file| file.run.clone());
    if found.iter().all(|file| Some(&file.run) == first.as_ref()) {
        found.iter_mut().for_each(|file| file.run.clear());
    }
    found
}

/// What the one tag of a file is of, if `add_scalars` wrote it: of the dict's values under
/// `grad_norm` each goes into a folder of its own, `grad_norm_fc1.weight`.
fn of_tag(path: &Path, input: &LogInput) -> Option<String> {
    // The first record tells the version.
    const LOOKED_AT: usize = 3;
    let folder = path.parent()?.file_name()?.to_str()?;
    let mut records = Records::of(input).ok()?;
    for _ in 0..LOOKED_AT {
        if records.advance().ok()? != Some(true) {
            return None;
        }
        let (_, values) = event(&records.record);
        if let Some(EventValue::Number(tag, _)) = values.first() {
            let rest = folder.strip_prefix(&tag.replace('/', "_"))?;
            let target = rest.strip_prefix('_').filter(|target| !target.is_empty());
            return target.map(str::to_owned);
        }
    }
    None
}

fn run_of(folder: &Path, path: &Path) -> String {
    let below: PathBuf = path
        .parent()
        .unwrap_or(path)
        .strip_prefix(folder)
        .unwrap_or(path)
        .into();
    match below.to_string_lossy() {
        name if name.is_empty() => ".".to_owned(),
        name => name.into_owned(),
    }
}

/// Whether the first twelve bytes are a length and its checksum.
fn begins_with_record(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<8>() else {
        return false;
    };
    rest.first_chunk::<4>()
        .is_some_and(|crc| u32::from_le_bytes(*crc) == masked(crc32c(length)))
}

/// The records of one file.
struct Records {
    input: LogInput,
    bytes: std::io::BufReader<Bytes>,
    at: u64,
    record: Vec<u8>,
    count: u64,
}

impl Records {
    fn of(input: &LogInput) -> Result<Self, Problem> {
        Ok(Self {
            input: input.clone(),
            bytes: input.reader()?,
            at: 0,
            record: Vec::new(),
            count: 0,
        })
    }

    /// Reads the next record; `None` at the end, and `Some(false)` where it is cut off.
    fn advance(&mut self) -> Result<Option<bool>, Problem> {
        loop {
            let left = self.input.length().saturating_sub(self.at);
            if left == 0 {
                return Ok(None);
            }
            self.count += 1;
            if left < 16 {
                return Ok(Some(false));
            }
            let mut head = [0; 12];
            self.read(&mut head)?;
            let (length, crc) = head.split_at(8);
            let length: [u8; 8] = length.try_into().unwrap_or_default();
            if u32::from_le_bytes(crc.try_into().unwrap_or_default()) != masked(crc32c(&length)) {
                return Err(self.damaged("its length's checksum is wrong"));
            }
            let length = u64::from_le_bytes(length);
            if length > left - 16 {
                return Ok(Some(false));
            }
            self.at += 16 + length;
            if length > MOST_RECORD {
                let bytes = self.input.from(self.at);
                let bytes = bytes.map_err(|error| self.input.unreadable(&error))?;
                self.bytes = std::io::BufReader::new(bytes);
                continue;
            }
            self.record.resize(length as usize, 0);
            let whole = self.bytes.read_exact(&mut self.record);
            whole.map_err(|error| self.input.unreadable(&error))?;
            let mut crc = [0; 4];
            self.read(&mut crc)?;
            if u32::from_le_bytes(crc) != masked(crc32c(&self.record)) {
                return Err(self.damaged("its checksum is wrong"));
            }
            return Ok(Some(true));
        }
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), Problem> {
        let result = self.bytes.read_exact(bytes);
        result.map_err(|error| self.input.unreadable(&error))
    }

    fn damaged(&self, why: &str) -> Problem {
        let what = format!(
            "record {} at byte {} is damaged: {why}",
            self.count, self.at
        );
        Problem::in_file(self.input.path(), what)
            .help("copy the file again; TensorBoard stops at this record too")
    }
}

struct EventReader {
    /// Those to come, the last first.
    files: Vec<EventFile>,
    now: Option<(Records, EventFile)>,
    place: String,
    warnings: Vec<String>,
}

impl LogReader for EventReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        loop {
            let Some((records, file)) = &mut self.now else {
                let Some(file) = self.files.pop() else {
                    return Ok(false);
                };
                self.now = Some((Records::of(&file.input)?, file));
                continue;
            };
            match records.advance()? {
                Some(true) => {}
                Some(false) => {
                    let path = records.input.path().display();
                    self.warnings.push(format!(
                        "{path}: record {}, the last, is cut off and left out",
                        records.count
                    ));
                    self.now = None;
                    continue;
                }
                None => {
                    self.now = None;
                    continue;
                }
            }
            let (step, values) = event(&records.record);
            for value in values {
                match value {
                    EventValue::Number(tag, value) => {
                        let tag = match &file.of_tag {
                            Some(target) => format!("{tag}/{target}"),
                            None => tag,
                        };
                        row.cells.push(LogCell {
                            series: series.number(&file.run, &tag)?,
                            value,
                            digits: None,
                        });
                    }
                    EventValue::Histogram(tag) => row.histograms.push(tag),
                }
            }
            if row.cells.is_empty() && row.histograms.is_empty() {
                continue;
            }
            row.cells.push(LogCell {
                series: series.number("", "step")?,
                value: step as f64,
                digits: None,
            });
            self.place = format!(
                "{}: record {}",
                records.input.path().display(),
                records.count
            );
            return Ok(true);
        }
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}
