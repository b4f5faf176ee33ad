//! The reference workloads: one training step, with and without logging every
//! layer of every step to CSV, and the rows of one step alone.
//!
//! Criterion's "elem/s" of a step are floating-point operations of the matrix
//! products per second, those of the rows are cells; the time per iteration is
//! that of one step. Compare ratios within one run, never times across runs.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vgrad::base::team::Team;
use vgrad::lab::bench::workloads::{USUAL, Workload};
use vgrad::lab::config::Overrides;
use vgrad::lab::experiment::network;
use vgrad::lab::plan::Plan;
use vgrad::study::columns::{LayerRow, append_row, gradient_columns};
use vgrad::study::record::{Extras, Recorder};
use vgrad::study::train::{Callback, Trainer};

/// A workload ready to run, for ever.
fn plan(name: &str) -> Plan<f32> {
    let workload = Workload::named(name).expect("a workload");
    let mut spec = workload.spec(&Overrides::default()).expect("a spec").spec;
    spec.train.steps = Some(u64::MAX);
    Plan::new(&spec, Path::new("")).expect("a plan")
}

fn steps(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let team = Team::new(threads).expect("threads start");
        for name in USUAL {
            let plan = plan(name);
            let mut network = network(&plan, Path::new(""), &team).expect("a network");
            let operations = plan.work.products;
            let mut group = criterion.benchmark_group(format!("{name}/{threads}"));
            group.throughput(Throughput::Elements(operations as u64));
            let (data, training) = (&plan.data, &plan.training);
            let mut step = 0;
            for (name, is_logged) in [("not logged", false), ("all logged", true)] {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let mut recorder =
                    Recorder::create(folder.path(), &team, Extras::default()).expect("room");
                let network = &mut network;
                group.bench_function(name, |bencher| {
                    let mut trainer = Trainer::new(network, data, training, &team);
                    bencher.iter(|| {
                        let result = trainer.advance(step, is_logged);
                        if is_logged {
                            let record = trainer.record(&result, None);
                            recorder.on_step(&record).expect("room for the rows");
                        }
                        step += 1;
                    });
                });
            }
            group.finish();
        }
    }
}

/// The rows of one step of W4, without writing them to a file.
fn rows(criterion: &mut Criterion) {
    let plan = plan("W4");
    let team = Team::new(1).expect("one thread");
    let mut network = network(&plan, Path::new(""), &team).expect("a network");
    let mut trainer = Trainer::new(&mut network, &plan.data, &plan.training, &team);
    let result = trainer.advance(0, true);
    let record = trainer.record(&result, None);
    let layers = record.layers.expect("a logged step");
    let columns = gradient_columns();
    let mut group = criterion.benchmark_group("rows of W4");
    group.throughput(Throughput::Elements((layers.len() * columns.len()) as u64));
    let mut bytes = Vec::new();
    group.bench_function("formatted", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            for (i, sums) in layers.iter().enumerate() {
                let row = LayerRow {
                    record: &record,
                    layer: i + 1,
                    info: &record.infos[i],
                    sums,
                };
                append_row(columns, &row, &mut bytes);
            }
            black_box(bytes.len())
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = rows, steps
}
criterion_main!(benches);
