//! How fast runs are read back: MB/s of a `gradients.csv`, beside what the csv
//! crate alone makes of the same file.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vgrad::lab::records::{Run, RunStats};
use vgrad::study::columns::gradient_columns;

const LAYERS: usize = 1000;
const STEPS: usize = 100;

/// Writes a file like that of a run, with numbers of full length.
fn write(path: &Path) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let names: Vec<&str> = gradient_columns()
        .iter()
        .map(|column| column.name)
        .collect();
    writeln!(file, "{}", names.join(","))?;
    let mut number = 0.123_456_789_f64;
    for step in 0..STEPS {
        for layer in 1..=LAYERS {
            write!(file, "{step},0,{layer},hidden_{layer}")?;
            for _ in 4..names.len() {
                // The logistic map wanders through (0, 1) without repeating itself.
                number = 3.999 * number * (1.0 - number);
                write!(file, ",{}", number * 1e-3)?;
            }
            writeln!(file)?;
        }
    }
    file.flush()
}

fn readers(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("gradients.csv");
    write(&path).expect("room for 25 MB");
    let bytes = std::fs::metadata(&path)
        .expect("the file just written")
        .len();
    let run = Run::open(folder.path()).expect("a run");

    let mut group = criterion.benchmark_group("readers");
    group.throughput(Throughput::Bytes(bytes));
    group.sample_size(20);
    group.bench_function("csv crate, no cell parsed", |bencher| {
        bencher.iter(|| {
            let mut reader = csv::Reader::from_path(&path).expect("the file");
            let mut record = csv::ByteRecord::new();
            let mut rows = 0;
            while reader.read_byte_record(&mut record).expect("a row") {
                rows += 1;
            }
            assert_eq!(rows, LAYERS * STEPS);
        });
    });
    let all: Vec<&str> = gradient_columns()[4..]
        .iter()
        .map(|column| column.name)
        .collect();
    let choices = [("one norm", &all[..1]), ("all columns", &all[..])];
    for (name, columns) in choices {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let stats = RunStats::of(&run, columns, |step, _| {
                    black_box(step);
                    Ok(())
                });
                assert_eq!(stats.expect("whole steps").logged_steps, STEPS as u64);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
