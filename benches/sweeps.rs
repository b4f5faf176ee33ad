//! Sweeps: what a cell takes besides its training, and how 32 cells of the size of W3 go
//! on one core and on two.
//!
//! Criterion's "elem/s" are cells. Compare ratios within one run, never times across runs.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tempfile::TempDir;
use vgrad::base::Problem;
use vgrad::lab::config::{Overrides, Spec};
use vgrad::lab::experiment::RunCallback;
use vgrad::lab::sweep::{
    CellEnd, Shard, Sweep, SweepCallback, SweepCell, SweepFolder, SweepOptions, run_sweep,
};
use vgrad::study::train::{Callback, StepRecord};

/// As little training as there is: one unit, one sample, no step.
const TINY: &str = r#"
precision = "f32"
[data]
source = { blobs = { samples = 2, features = 1, classes = 2 } }
test_fraction = 0.0
standardize = false
[network]
depth = 1
width = 1
activation = "identity"
[train]
steps = 0
batch_size = 1
learning_rate = 0.1
"#;

/// As benches/workloads/W3.toml, with fewer steps.
const LIKE_W3: &str = r#"
[data]
source = "gaussian"
test_fraction = 0.0
[network]
depth = 100
width = 64
activation = "tanh"
init = "xavier_normal"
[train]
steps = 20
batch_size = 64
optimizer = { sgd = { momentum = 0.9 } }
learning_rate = 0.01
"#;

struct Nobody;

impl Callback for Nobody {
    fn on_step(&mut self, _: &StepRecord) -> Result<(), Problem> {
        Ok(())
    }
}

impl RunCallback for Nobody {
    fn begin(&mut self, _: &str, _: u64) {}
    fn end(&mut self) {}
}

impl SweepCallback for Nobody {
    fn begin(&self, _: u64) {}
    fn cell_begins(&self, _: &SweepCell, _: &Spec) {}
    fn follower(&self) -> Box<dyn RunCallback + '_> {
        Box::new(Nobody)
    }
    fn cell_ends(&self, cell: &SweepCell, end: &CellEnd) {
        assert!(
            matches!(end, CellEnd::Done(_)),
            "cell {}: {end:?}",
            cell.index
        );
    }
}

/// The spec with so many seeds.
fn sweep(spec: &str, cells: u64) -> Sweep {
    let axis = format!("[sweep]\nseed = {{ from = 1, to = {cells}, count = {cells} }}\n");
    let loaded = Spec::from_text(
        Path::new("bench.toml"),
        format!("{spec}{axis}"),
        &Overrides::default(),
    );
    let loaded = loaded.unwrap_or_else(|error| panic!("{}", error.render(false)));
    Sweep::of(loaded, Path::new("cells")).expect("an axis")
}

fn run(sweep: &Sweep, threads: usize) -> TempDir {
    let disk = tempfile::tempdir().expect("a temporary folder");
    let folder = SweepFolder::create(disk.path(), sweep, None).expect("room");
    let options = SweepOptions {
        shard: Shard::WHOLE,
        threads,
        fail_fast: false,
        force: false,
        stop: &AtomicBool::new(false),
    };
    let end = run_sweep(sweep, &folder, &options, &Nobody).expect("room for the cells");
    assert_eq!(end.done, sweep.count().expect("few cells"));
    disk
}

fn sweeps(criterion: &mut Criterion) {
    for (name, spec, cells) in [("tiny", TINY, 100), ("W3", LIKE_W3, 32)] {
        let sweep = sweep(spec, cells);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(cells));
        group.sample_size(10);
        for threads in [1, 2] {
            group.bench_function(format!("{threads} threads"), |bencher| {
                bencher.iter_with_large_drop(|| run(&sweep, threads));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, sweeps);
criterion_main!(benches);
