//! Logs that are cut, damaged or made to exhaust the machine: a clear error or what is whole,
//! and never a panic (which [`crate::desk::Ended`] looks for).

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{path, read, sample};
use crate::desk::Desk;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_logs_and_pipes_are_read() {
    let desk = Desk::empty();
    let bytes = std::fs::read(sample("lightning_metrics_per_parameter.csv")).unwrap();
    desk.write("l", packed(&bytes));
    let (packed, _) = read(&desk, "l");
    let (plain, _) = read(&desk, &sample("lightning_metrics_per_parameter.csv"));
    assert_eq!(
        packed["networks"][0]["layers"],
        plain["networks"][0]["layers"]
    );
    let mut program = desk.program();
    let file = std::fs::File::open(desk.path("l")).unwrap();
    program.args(["read", "-", "--format", "json"]).stdin(file);
    let output = program.output().unwrap();
    let piped: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        piped["networks"][0]["layers"],
        plain["networks"][0]["layers"]
    );
}

/// 300 MB of zeros in 300 kB: unpacking stops at 64 MiB.
#[test]
fn a_file_that_expands_without_end_is_stopped() {
    let desk = Desk::empty();
    let zeros = vec![b'0'; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"step,layer,grad_norm\n0,fc1,").unwrap();
    for _ in 0..300 {
        encoder.write_all(&zeros).unwrap();
    }
    desk.write("bomb.csv", encoder.finish().unwrap());
    let words = [
        "bomb.csv",
        "expands from",
        "bytes to more than",
        "unpack it",
    ];
    desk.vgrad(["read", "bomb.csv"]).refused(&words);
    desk.vgrad(["compare", "bomb.csv", "bomb.csv"])
        .refused(&words);
    // A gzip file that is cut off.
    let whole = packed(b"step,layer,grad_norm\n0,fc1,1\n");
    desk.write("cut.csv", &whole[..whole.len() - 12]);
    desk.vgrad(["read", "cut.csv"]).refused(&[
        "cut.csv",
        "unpacked",
        "gzip -dc cut.csv | vgrad read -",
    ]);
}

#[test]
fn a_cut_last_record_is_left_out_with_a_warning() {
    let desk = Desk::empty();
    let name = "tensorboard/scalars_simple_value/events.out.tfevents.1795821175.vm.21442.0";
    let bytes = std::fs::read(sample(name)).unwrap();
    desk.write("events", &bytes[..bytes.len() - 9]);
    let (json, warnings) = read(&desk, "events");
    assert!(
        warnings.contains("the last, is cut off and left out"),
        "{warnings}"
    );
    assert_eq!(path(&json, 0).len(), 21);
    // A damaged byte in the middle, and a length that is not its checksum's.
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 0x40;
    desk.write("damaged", &damaged);
    desk.vgrad(["read", "damaged"])
        .refused(&["damaged", "record", "checksum"]);
    let name = "wandb_offline/run-25tq5um7.wandb";
    let bytes = std::fs::read(sample(name)).unwrap();
    desk.write("w", &bytes[..bytes.len() - 900]);
    let (_, warnings) = read(&desk, "w");
    assert!(warnings.contains("cut off"), "{warnings}");
    let mut damaged = bytes.clone();
    damaged[30_000] ^= 1;
    desk.write("w", &damaged);
    desk.vgrad(["read", "w"])
        .refused(&["w: record", "checksum"]);
}

#[test]
fn rows_in_the_making_are_left_out() {
    let desk = Desk::empty();
    let text = std::fs::read_to_string(sample("handmade_metrics.jsonl")).unwrap();
    desk.write("cut.jsonl", &text[..text.len() - 40]);
    let (json, warnings) = read(&desk, "cut.jsonl");
    assert!(warnings.contains("cut off"), "{warnings}");
    assert_eq!(json["networks"][0]["steps"]["count"], 7);
    let text = std::fs::read_to_string(sample("hf_trainer_state.json")).unwrap();
    desk.write("cut.json", &text[..text.len() / 2]);
    let (json, warnings) = read(&desk, "cut.json");
    assert!(warnings.contains("cut off"), "{warnings}");
    assert!(json["totals"][0]["grad_norm"]["steps"]["count"].as_u64() > Some(3));
    // The last step of a long table, of which not all layers are written.
    let text = std::fs::read_to_string(sample("handmade_long.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    desk.write("cut.csv", lines[..lines.len() - 9].join("\n") + "\n");
    let (json, warnings) = read(&desk, "cut.csv");
    assert!(warnings.contains("step 7 has"), "{warnings}");
    assert_eq!(json["networks"][0]["steps"]["count"], 7);
}

#[test]
fn a_million_columns_are_too_many() {
    let desk = Desk::empty();
    let names: Vec<String> = (0..300_000).map(|i| format!("grad_norm/l{i}")).collect();
    let text = format!("step,{}\n0{}\n", names.join(","), ",1".repeat(names.len()));
    desk.write("wide.csv", text);
    desk.vgrad(["read", "wide.csv"])
        .refused(&["wide.csv", "more than 100000"]);
    let keys: Vec<String> = (0..300_000)
        .map(|i| format!("\"grad_norm/l{i}\": 1"))
        .collect();
    desk.write(
        "wide.jsonl",
        format!("{{\"step\": 0, {}}}\n", keys.join(", ")),
    );
    desk.vgrad(["read", "wide.jsonl"])
        .refused(&["wide.jsonl", "more than 100000"]);
}

#[test]
fn what_is_no_log_is_refused() {
    let desk = Desk::empty();
    let garbage: Vec<u8> = (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    desk.write("garbage", &garbage);
    desk.vgrad(["read", "garbage"]).refused(&["garbage"]);
    desk.write("empty", "");
    desk.vgrad(["read", "empty"]).refused(&["empty"]);
    desk.write(
        "prose.txt",
        "Once upon a time: there was a gradient.\nIt vanished.\n",
    );
    desk.vgrad(["read", "prose.txt"]).refused(&["prose.txt"]);
    desk.write(
        "mlflow.db",
        b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20",
    );
    for command in ["read", "diagnose"] {
        desk.vgrad([command, "mlflow.db"])
            .refused(&["mlflow.db", "SQLite", "file:./mlruns"]);
    }
    desk.vgrad(["read", "missing"])
        .refused(&["missing", "does not exist"]);
    std::fs::create_dir(desk.path("folder")).unwrap();
    desk.vgrad(["read", "folder"]).refused(&["folder"]);
    desk.write("open.csv", "step,grad_norm/a1,grad_norm/a2\n0,\"1,2\n");
    desk.vgrad(["read", "open.csv"]).refused(&["open.csv"]);
    desk.write("deep.jsonl", format!("{}\n", "{\"a\":".repeat(100_000)));
    desk.vgrad(["read", "deep.jsonl"]).refused(&["deep.jsonl"]);
}

/// More than 16 MiB in a row, and a row that is all there is and cut off.
#[test]
fn a_row_without_end_is_told_by_its_size() {
    let desk = Desk::empty();
    let cell = |i: usize| format!("\"grad_norm/fc{i}.weight\": 1.0");
    let cells: Vec<String> = (0..600_000).map(cell).collect();
    let row = format!("{{\"step\": 0, {}}}\n", cells.join(", "));
    assert!(row.len() > 16 << 20);
    desk.write("long.jsonl", &row);
    desk.vgrad(["read", "long.jsonl"])
        .refused(&["long.jsonl:1", "16777216 bytes"]);
    desk.write("cut.jsonl", &row[..300_000]);
    desk.vgrad(["read", "cut.jsonl"])
        .refused(&["no whole row", "the last line is cut off"]);
}
