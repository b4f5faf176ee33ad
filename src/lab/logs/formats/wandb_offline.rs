//! W&B's offline file: LevelDB's log blocks of 32 KiB with `Record` messages, whose
//! `HistoryRecord`s hold a step's metrics as JSON.
//! Field numbers: wandb/proto/wandb_internal.proto; the frame: LevelDB's log_format.md, the
//! checksum being that of gzip instead of CRC32C.

use std::io::Read;

use flate2::Crc;

use super::json_lines::fill;
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::input::{Bytes, LogInput};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::dict::DictValue;
use crate::lab::logs::text::number::number;
use crate::lab::logs::wire::proto::{FieldValue, Fields, field};

/// W&B's offline file.
pub struct WandbOffline;

/// What it begins with.
const MAGIC: &[u8] = b":W&B";
/// Bytes of that and the version.
const HEADER: u64 = 7;
/// Bytes of a block.
const BLOCK: u64 = 1 << 15;
/// The most bytes of a record.
const MOST_RECORD: usize = 64 << 20;

impl LogFormat for WandbOffline {
    fn name(&self) -> &'static str {
        "offline file of W&B"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        place
            .file
            .as_ref()
            .is_some_and(|file| file.head.starts_with(MAGIC))
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let input = place.input()?;
        let bytes = input
            .from(HEADER)
            .map_err(|error| input.unreadable(&error))?;
        Ok(Box::new(HistoryReader {
            input: input.clone(),
            bytes: std::io::BufReader::new(bytes),
            at: HEADER,
            record: Vec::new(),
            count: 0,
            is_cut: false,
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            order: NameOrder::Meaningless,
            notes: &["gradients of wandb.watch are histograms of 64 bins, which have no norm"],
            ..Conventions::default()
        }
    }
}

struct HistoryReader {
    input: LogInput,
    bytes: std::io::BufReader<Bytes>,
    at: u64,
    record: Vec<u8>,
    count: u64,
    is_cut: bool,
}

impl HistoryReader {
    /// Reads the next record into place; `false` at the end.
    fn advance(&mut self) -> Result<bool, Problem> {
        const WHOLE: u8 = 1;
        const FIRST: u8 = 2;
        const LAST: u8 = 4;
        self.record.clear();
        self.count += 1;
        loop {
            // No header is cut in two: the rest of its block is empty.
            let left = BLOCK - self.at % BLOCK;
            if left < 7 {
                let mut rest = vec![0; left as usize];
                if !self.read(&mut rest)? {
                    return Ok(false);
                }
                continue;
            }
            let mut head = [0; 7];
            if !self.read(&mut head)? {
                return Ok(false);
            }
            let crc = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
            let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
            let kind = head[6];
            if kind == 0 && length == 0 && crc == 0 {
                // Space set aside and not written yet.
                self.at = self.input.length();
                return Ok(false);
            }
            let mut piece = vec![0; length];
            if !self.read(&mut piece)? {
                return Ok(false);
            }
            let mut own = Crc::new();
            own.update(&[kind]);
            own.update(&piece);
            if own.sum() != crc || !(WHOLE..=LAST).contains(&kind) {
                let what = format!(
                    "record {} before byte {} is damaged: its checksum is wrong",
                    self.count, self.at
                );
                return Err(Problem::in_file(self.input.path(), what).help("copy the file again"));
            }
            if kind == WHOLE || kind == FIRST {
                self.record.clear();
            }
            self.record.extend_from_slice(&piece);
            if self.record.len() > MOST_RECORD {
                let what = format!("record {} has more than {MOST_RECORD} bytes", self.count);
                return Err(Problem::in_file(self.input.path(), what));
            }
            if kind == WHOLE || kind == LAST {
                return Ok(true);
            }
        }
    }

    /// Fills `bytes`; `false` where the file ends before.
    fn read(&mut self, bytes: &mut [u8]) -> Result<bool, Problem> {
        let left = self.input.length().saturating_sub(self.at);
        if left < bytes.len() as u64 {
            // Nothing is read behind the end.
            self.is_cut |= left > 0;
            self.at = self.input.length();
            return Ok(false);
        }
        self.at += bytes.len() as u64;
        let result = self.bytes.read_exact(bytes);
        result.map_err(|error| self.input.unreadable(&error))?;
        Ok(true)
    }
}

impl LogReader for HistoryReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        const HISTORY: u64 = 2;
        while self.advance()? {
            let history = field(&self.record, HISTORY).and_then(FieldValue::bytes);
            let Some(history) = history else { continue };
            take(history, series, row)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn place(&self) -> String {
        format!("{}: record {}", self.input.path().display(), self.count)
    }

    fn warnings(&self) -> Vec<String> {
        let path = self.input.path().display();
        let cut = self
            .is_cut
            .then(|| format!("{path}: the last record is cut off and left out"));
        cut.into_iter().collect()
    }
}

/// Puts the metrics of a step into a row.
fn take(history: &[u8], series: &mut SeriesTable, row: &mut LogRow) -> Result<(), Problem> {
    const ITEM: u64 = 1;
    const STEP: u64 = 2;
    let mut has_step = false;
    for (number_of, value) in Fields::of(history) {
        let Some(item) = value.bytes().filter(|_| number_of == ITEM) else {
            continue;
        };
        let (path, json) = key_and_value(item);
        let (name, last) = match path.as_slice() {
            [name @ .., last] if !name.is_empty() => (name.join("/"), &**last),
            [name] => (name.clone(), ""),
            _ => continue,
        };
        match last {
            "_type" if json.contains("histogram") => row.histograms.push(name),
            "_type" | "bins" | "values" | "packedBins" => {}
            _ => {
                let name = path.join("/");
                has_step |= name == "_step";
                let plain = number(json.trim_matches('"'));
                if let Some((value, digits)) = plain {
                    row.cells.push(LogCell {
                        series: series.number("", &name)?,
                        value,
                        digits: Some(digits),
                    });
                } else if let Some((value @ DictValue::Dict(_), _)) = DictValue::read(json) {
                    fill(&DictValue::Dict(vec![(name, value)]), series, row)?;
                }
            }
        }
    }
    let step = field(history, STEP).and_then(FieldValue::bytes);
    if let Some(step) = step.filter(|_| !has_step) {
        let step = field(step, 1).and_then(FieldValue::int).unwrap_or(0);
        row.cells.push(LogCell {
            series: series.number("", "_step")?,
            value: step as f64,
            digits: None,
        });
    }
    Ok(())
}

/// The keys that lead to a metric, and its JSON.
fn key_and_value(item: &[u8]) -> (Vec<String>, &str) {
    const KEY: u64 = 1;
    const NESTED_KEY: u64 = 2;
    const JSON: u64 = 16;
    let (mut path, mut json) = (Vec::new(), "");
    for (number, value) in Fields::of(item) {
        let text = value
            .bytes()
            .map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
        match (number, text) {
            (KEY, Some(text)) if path.is_empty() && !text.is_empty() => path.push(text.to_owned()),
            (NESTED_KEY, Some(text)) => path.push(text.to_owned()),
            (JSON, Some(text)) => json = text,
            _ => {}
        }
    }
    (path, json)
}
