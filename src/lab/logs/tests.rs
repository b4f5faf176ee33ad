//! Every reader against bytes that are nearly its own.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{ForeignLog, LogOptions, LogSteps};

fn samples() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.file_name().unwrap() != "expected.json" {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs");
    collect(&folder, &mut found);
    found.sort();
    found
}

/// Reads a log to its end, whatever comes of it.
fn read(path: &Path) {
    let Ok(Some(log)) = ForeignLog::open(path, &LogOptions::default()) else {
        return;
    };
    for run in &log.runs {
        let Ok(mut steps) = LogSteps::of(&log, &run.run) else {
            continue;
        };
        while let Ok(Some(step)) = steps.next_step() {
            for part in log.parts.iter().filter(|part| part.run == run.run) {
                for layer in 0..part.layers.len() {
                    for column in &part.columns {
                        let _ = column.value(layer, step);
                    }
                }
            }
        }
    }
}

fn read_bytes(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path);
    read(folder.path());
}

#[test]
fn the_samples_are_there() {
    assert!(samples().len() > 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A piece of a sample, with some bytes changed.
    #[test]
    fn damaged_samples_make_no_reader_panic(
        which in any::<prop::sample::Index>(),
        length in 0usize..20_000,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let samples = samples();
        let path = &samples[which.index(samples.len())];
        let mut bytes = std::fs::read(path).unwrap();
        bytes.truncate(length);
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let at = place.index(bytes.len());
                bytes[at] = byte;
            }
        }
        read_bytes(&bytes, &path.file_name().unwrap().to_string_lossy());
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_bytes(&bytes, "events.out.tfevents.0");
        for start in [&b":W&B\xbe\xe1\x00"[..], b"{\"log_history\": [", b"[[", b"{\"a\": ", b"step,grad_norm/a,b\n0,1,2\n"] {
            read_bytes(&[start, &bytes].concat(), "x.csv");
        }
    }

    /// Lines that nearly are what programs print.
    #[test]
    fn no_line_makes_a_reader_panic(
        text in "((step|epoch|grad norm|fc1|loss|\\||:|=|,| |1|2e-3|nan|\\{'a': |\\}|\\[|/|é|\r){1,12}\n){1,5}"
    ) {
        read_bytes(text.as_bytes(), "x.log");
    }
}
