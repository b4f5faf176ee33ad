//! `log.tensorboard`: the events, read by a reader of this file's own and by
//! TensorBoard's.

use std::collections::BTreeMap;

use crate::desk::{Desk, SMALL};
use crate::python;

/// CRC-32C bit by bit, masked as TFRecord files have it.
fn masked_sum(bytes: &[u8]) -> u32 {
    let mut sum = !0u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
        }
    }
    let sum = !sum;
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (head, rest) = bytes.split_at(count);
    *bytes = rest;
    head
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(bytes, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return number;
        }
    }
}

/// The fields of a message: number, and the varint as bytes or what it holds.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let content = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            1 => take(&mut bytes, 8).to_vec(),
            2 => {
                let length = varint(&mut bytes) as usize;
                take(&mut bytes, length).to_vec()
            }
            5 => take(&mut bytes, 4).to_vec(),
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, content));
    }
    fields
}

/// Per tag the steps and values, in the file's order.
pub fn scalars(mut file: &[u8]) -> BTreeMap<String, Vec<(u64, f32)>> {
    let mut found: BTreeMap<String, Vec<(u64, f32)>> = BTreeMap::new();
    let mut versions = 0;
    while !file.is_empty() {
        let length = take(&mut file, 8);
        let sum = masked_sum(length).to_le_bytes();
        assert_eq!(take(&mut file, 4), sum, "the length's sum");
        let length = u64::from_le_bytes(length.try_into().unwrap());
        let data = take(&mut file, length as usize);
        assert_eq!(take(&mut file, 4), masked_sum(data).to_le_bytes());
        let event: BTreeMap<u64, Vec<u8>> = fields(data).into_iter().collect();
        let time = f64::from_le_bytes(event[&1][..].try_into().unwrap());
        assert!(time > 1.7e9, "{time} seconds since 1970");
        let Some(summary) = event.get(&5) else {
            assert_eq!(event[&3], b"brain.Event:2");
            versions += 1;
            continue;
        };
        let step = u64::from_le_bytes(event[&2][..].try_into().unwrap());
        for (_, value) in fields(summary) {
            let value: BTreeMap<u64, Vec<u8>> = fields(&value).into_iter().collect();
            let tag = String::from_utf8(value[&1].clone()).unwrap();
            let number = f32::from_le_bytes(value[&2][..].try_into().unwrap());
            found.entry(tag).or_default().push((step, number));
        }
    }
    assert_eq!(versions, 1);
    found
}

const FLAGS: &str = "--set log.tensorboard=true --set log.every=4 --set log.evaluate_every=3 \
                     --set train.steps=300 --out a";

/// What the CSV files say, as floats.
fn expected(desk: &Desk, tag: &str) -> Vec<(u64, f32)> {
    let (group, name) = tag.split_once('/').unwrap();
    let (table, column) = match group {
        "training" => (desk.table("a/training.csv"), name),
        _ => (desk.table("a/gradients.csv").only("name", name), group),
    };
    let cells = table.cells("step").into_iter().zip(table.cells(column));
    let cells = cells.filter(|(_, cell)| !cell.is_empty());
    cells
        .map(|(step, cell)| (step.parse().unwrap(), cell.parse::<f64>().unwrap() as f32))
        .collect()
}

#[test]
fn events_hold_what_the_tables_say() {
    let desk = Desk::with(SMALL);
    desk.run(FLAGS).fine();
    let found = scalars(&desk.bytes("a/events.out.tfevents.vgrad"));
    for (tag, values) in &found {
        assert_eq!(values, &expected(&desk, tag), "{tag}");
    }
    // Five layers have four columns, the four hidden ones four more; training has seven.
    assert_eq!(found.len(), 5 * 4 + 4 * 4 + 7, "{:?}", found.keys());
    assert!(found.contains_key("activation_grad_norm/hidden_1"));
    assert!(found.contains_key("training/test_accuracy"));
}

#[test]
#[ignore = "needs a python3 (or VGRAD_PYTHON) with tensorboard"]
fn tensorboard_reads_the_events() {
    let desk = Desk::with(SMALL);
    desk.run(FLAGS).fine();
    let script = r#"
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
found.Reload()
tags = found.Tags()["scalars"]
json.dump({tag: [[e.step, e.value] for e in found.Scalars(tag)] for tag in tags}, sys.stdout)
"#;
    let told = python::run(script, &[desk.path("a").to_str().unwrap()]);
    let told: BTreeMap<String, Vec<(u64, f32)>> = serde_json::from_str(&told).unwrap();
    assert_eq!(told, scalars(&desk.bytes("a/events.out.tfevents.vgrad")));
    assert_eq!(told.len(), 43);
}
