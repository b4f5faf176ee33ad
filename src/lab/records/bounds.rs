//! Bounds in a file of layers: norms that a log's writer rounded to 0, written as `<5e-7`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::table::Table;
use crate::lab::logs::input::LogInput;

/// What the bounds of each column are at most; empty where no cell is one. What cannot be
/// read is told by who reads all of it.
pub fn bounds(path: &Path) -> BTreeMap<String, f64> {
    match has_bounds(path) {
        true => of_columns(path).unwrap_or_default(),
        false => BTreeMap::new(),
    }
}

/// Whether the file has the sign at all: nearly none has.
fn has_bounds(path: &Path) -> bool {
    let input = LogInput::open(path);
    let Some(bytes) = input.ok().and_then(|input| input.from(0).ok()) else {
        return false;
    };
    let mut bytes = BufReader::with_capacity(1 << 18, bytes);
    loop {
        match bytes.fill_buf() {
            Ok([]) | Err(_) => return false,
            Ok(piece) if piece.contains(&b'<') => return true,
            Ok(piece) => {
                let length = piece.len();
                bytes.consume(length);
            }
        }
    }
}

fn of_columns(path: &Path) -> Option<BTreeMap<String, f64>> {
    let mut table = Table::open(path).ok()?;
    let header = table.header().to_vec();
    let mut bounds: BTreeMap<String, f64> = BTreeMap::new();
    while let Ok(Some(row)) = table.next_row() {
        for (at, name) in header.iter().enumerate() {
            if row.bytes(at).starts_with(b"<")
                && let Ok(Some(bound)) = row.number(at)
            {
                let most = bounds.entry(name.clone()).or_insert(bound);
                *most = most.max(bound);
            }
        }
    }
    Some(bounds)
}
