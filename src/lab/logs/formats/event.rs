//! What an `Event` of TensorBoard holds: numbers by tag, as `simple_value`, as a tensor of
//! one element, or as a histogram with its sum of squares.
//! Field numbers: tensorflow/core/util/event.proto, framework/summary.proto, tensor.proto.

use crate::lab::logs::wire::proto::{FieldValue, Fields, field};

/// A value of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum EventValue {
    /// Tag and number.
    Number(String, f64),
    /// The tag of a histogram without a sum of squares.
    Histogram(String),
}

/// Step and values of an event.
pub fn event(message: &[u8]) -> (u64, Vec<EventValue>) {
    const STEP: u64 = 2;
    const SUMMARY: u64 = 5;
    let step = field(message, STEP).and_then(FieldValue::int).unwrap_or(0);
    let summary = field(message, SUMMARY).and_then(FieldValue::bytes);
    let values = Fields::of(summary.unwrap_or_default());
    let values = values.filter_map(|(number, value)| (number == 1).then(|| value.bytes())?);
    (step, values.filter_map(summary_value).collect())
}

fn summary_value(message: &[u8]) -> Option<EventValue> {
    const TAG: u64 = 1;
    const SIMPLE: u64 = 2;
    const HISTOGRAM: u64 = 5;
    const TENSOR: u64 = 8;
    let tag = field(message, TAG)?.bytes()?;
    let tag = String::from_utf8_lossy(tag).into_owned();
    if let Some(value) = field(message, SIMPLE).and_then(FieldValue::float) {
        return Some(EventValue::Number(tag, value));
    }
    if let Some(histogram) = field(message, HISTOGRAM).and_then(FieldValue::bytes) {
        const SUM_OF_SQUARES: u64 = 5;
        let squares = field(histogram, SUM_OF_SQUARES).and_then(FieldValue::float);
        // The norm of what the histogram was made of, exactly.
        return Some(match squares {
            Some(squares) => EventValue::Number(tag, squares.sqrt()),
            None => EventValue::Histogram(tag),
        });
    }
    let tensor = field(message, TENSOR)?.bytes()?;
    match tensor_number(tensor) {
        Some(number) => Some(EventValue::Number(tag, number)),
        None => Some(EventValue::Histogram(tag)),
    }
}

/// The number that a tensor of one element holds.
fn tensor_number(tensor: &[u8]) -> Option<f64> {
    const KIND: u64 = 1;
    const CONTENT: u64 = 4;
    let kind = field(tensor, KIND)?.int()?;
    type Read = fn(&[u8]) -> Option<f64>;
    let (number, read) = match kind {
        // DT_FLOAT and DT_DOUBLE.
        1 => (5, single as Read),
        2 => (6, double as Read),
        // DT_INT32 and DT_INT64 count things and are no norms.
        _ => return None,
    };
    // The elements' bytes, or numbers, packed or not.
    let bytes = field(tensor, CONTENT).and_then(FieldValue::bytes);
    if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
        return read(bytes);
    }
    match field(tensor, number)? {
        FieldValue::Bytes(bytes) => read(bytes),
        value => value.float(),
    }
}

fn single(bytes: &[u8]) -> Option<f64> {
    Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?)))
}

fn double(bytes: &[u8]) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}
