//! The event file that TensorBoard reads: TFRecords, each an `Event` of protobuf.
//!
//! Of `Event` five fields are written, all by hand: a crate that compiles or carries the
//! `.proto` files would be larger than what it replaces and slow down every build.

use std::time::SystemTime;

use super::record_file::RecordFile;
use crate::base::Problem;
use crate::base::crc32c::masked_crc32c;
use crate::columns::{Cell, Column, LayerRow, gradient_columns, training_columns};
use crate::train::StepRecord;

/// The columns of `gradients.csv` that make a curve per layer.
const OF_LAYERS: [&str; 8] = [
    "activation_grad_norm",
    "delta_norm",
    "weight_grad_norm",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "saturated_fraction",
    "dead_fraction",
];

/// Fields of the messages, each with its wire type: number·8 + type.
mod field {
    /// `Event.wall_time`, seconds since 1970 as a double.
    pub const WALL_TIME: u8 = 1 << 3 | 1;
    /// `Event.step`, a varint.
    pub const STEP: u8 = 2 << 3;
    /// `Event.file_version`, a string.
    pub const FILE_VERSION: u8 = 3 << 3 | 2;
    /// `Event.summary`, a message.
    pub const SUMMARY: u8 = 5 << 3 | 2;
    /// `Summary.value`, a message, repeated.
    pub const VALUE: u8 = 1 << 3 | 2;
    /// `Summary.Value.tag`, a string.
    pub const TAG: u8 = 1 << 3 | 2;
    /// `Summary.Value.simple_value`, a float.
    pub const SIMPLE_VALUE: u8 = 2 << 3 | 5;
}

/// What a file begins with: the version of the format.
pub fn header() -> Vec<u8> {
    let mut event = event(now());
    let version = b"brain.Event:2";
    event.push(field::FILE_VERSION);
    append_varint(version.len() as u64, &mut event);
    event.extend_from_slice(version);
    let mut file = Vec::new();
    append_record(&event, &mut file);
    file
}

/// Writes a scalar per layer and column and the scalars of training, one event per
/// logged or evaluated step. Values are floats there: below 1e-45 they read 0.
pub struct EventFile {
    /// Where it goes.
    pub file: RecordFile,
    /// The summary of a step; kept for its memory.
    summary: Vec<u8>,
}

impl EventFile {
    /// Goes on with a file that begins with [`header`].
    pub fn new(file: RecordFile) -> Self {
        Self {
            file,
            summary: Vec::new(),
        }
    }

    /// Adds the event of a step; `further` are the columns of `training.csv` behind the usual.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write<'a>(
        &mut self,
        record: &StepRecord<'a>,
        further: &[Column<StepRecord<'a>>],
    ) -> Result<(), Problem> {
        let summary = &mut self.summary;
        summary.clear();
        // Its coordinates are no scalars.
        for column in training_columns()[2..].iter().chain(further) {
            append_value(["training", column.name], (column.cell)(record), summary);
        }
        for (i, sums) in record.layers.into_iter().flatten().enumerate() {
            let row = LayerRow {
                record,
                layer: i + 1,
                info: &record.infos[i],
                sums,
            };
            let columns = gradient_columns().iter();
            for column in columns.filter(|column| OF_LAYERS.contains(&column.name)) {
                append_value([column.name, &row.info.name], (column.cell)(&row), summary);
            }
        }
        let mut event = event(now());
        event.push(field::STEP);
        append_varint(record.step, &mut event);
        event.push(field::SUMMARY);
        append_varint(summary.len() as u64, &mut event);
        event.extend_from_slice(summary);
        append_record(&event, &mut self.file.pending);
        self.file.flush_if_full()
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// An event that happens at `time`, to be filled in.
fn event(time: f64) -> Vec<u8> {
    let mut event = vec![field::WALL_TIME];
    event.extend_from_slice(&time.to_le_bytes());
    event
}

/// Appends the scalar `group/name`, unless the cell is empty.
fn append_value([group, name]: [&str; 2], cell: Cell, summary: &mut Vec<u8>) {
    let value = match cell {
        Cell::Number(Some(number)) => number as f32,
        Cell::Count(count) => count as f32,
        Cell::Number(None) | Cell::Name(_) => return,
    };
    let tag = group.len() + 1 + name.len();
    // Two keys, the tag with its length, a float.
    let length = 2 + varint_len(tag as u64) + tag + 4;
    summary.push(field::VALUE);
    append_varint(length as u64, summary);
    summary.push(field::TAG);
    append_varint(tag as u64, summary);
    summary.extend_from_slice(group.as_bytes());
    summary.push(b'/');
    summary.extend_from_slice(name.as_bytes());
    summary.push(field::SIMPLE_VALUE);
    summary.extend_from_slice(&value.to_le_bytes());
}

/// Seven bits at a time, the lowest first.
fn append_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn varint_len(number: u64) -> usize {
    // 0 takes a byte too.
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// A TFRecord: the length and its sum, the data and its sum.
fn append_record(data: &[u8], file: &mut Vec<u8>) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend_from_slice(&length);
    file.extend_from_slice(&masked_crc32c(&length).to_le_bytes());
    file.extend_from_slice(data);
    file.extend_from_slice(&masked_crc32c(data).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_as_long_as_said() {
        for number in [0, 1, 127, 128, 300, 1 << 14, u64::MAX] {
            let mut bytes = Vec::new();
            append_varint(number, &mut bytes);
            assert_eq!(bytes.len(), varint_len(number), "{number}");
        }
        // The example of protobuf's documentation.
        let mut bytes = Vec::new();
        append_varint(150, &mut bytes);
        assert_eq!(bytes, [0x96, 0x01]);
    }

    #[test]
    fn columns_that_make_curves_exist() {
        for name in OF_LAYERS {
            assert!(gradient_columns().iter().any(|column| column.name == name));
        }
    }
}
