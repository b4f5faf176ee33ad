//! Buffers are claimed before the first step, what an optimizer or a kept
//! gradient needs in it: from the second step on the engine allocates nothing, and
//! recording nothing once its buffers have grown.
//!
//! No test harness runs this (`harness = false`): its own thread allocates whenever it
//! likes, and an allocator cannot tell whose call it was.

// An allocator that counts cannot be written without.
#![allow(unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Mlp, labels, named, normal, plain};
use vgrad::base::team::Team;
use vgrad::lab::config::{Overrides, Spec};
use vgrad::lab::experiment::network;
use vgrad::lab::plan::Plan;
use vgrad::nn::loss::Targets;
use vgrad::nn::measure::{LayerSums, TensorRecord, TensorSums};
use vgrad::nn::norm::Norm;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, StepInfo};
use vgrad::nn::train_step::{Step, StepMetrics, Update};
use vgrad::study::record::{Extras, Recorder};
use vgrad::study::train::{Callback, StepRecord, Trainer};

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn counted<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let result = work();
    (ALLOCATIONS.load(Ordering::Relaxed) - before, result)
}

fn claimed_by(work: impl FnOnce()) -> usize {
    let before = BYTES.load(Ordering::Relaxed);
    work();
    (BYTES.load(Ordering::Relaxed) - before) as usize
}

/// Update `t`, observed and clipped, if that is asked for.
fn nth<T>(optimizer: &Optimizer<T>, t: u64, clip: Option<f64>) -> Step<'_, T> {
    let info = StepInfo {
        t,
        learning_rate: 1e-3,
    };
    Step {
        observe: true,
        clip,
        update: Some(Update { optimizer, info }),
        ..Step::default()
    }
}

fn main() {
    let team = Team::new(1).unwrap();
    let rows: Vec<usize> = (0..64).collect();
    let (inputs, targets) = (normal(1, 64, 5), labels(64, 3));
    for norm in Norm::NAMES {
        for skip in common::skips_of_mlps() {
            for name in OptimizerSpec::NAMES {
                let architecture = Mlp {
                    norm: named(norm),
                    skip: named(skip),
                    dropout: 0.1,
                    ..plain("relu", "he_normal", 5, vec![16; 4], 3)
                };
                let optimizer = Optimizer::<f64>::new(&named::<OptimizerSpec>(name));
                let mut network = architecture.network("cross_entropy", 64, true);
                let mut tensors = network.measure_tensors();
                let mut step = |t, clip| {
                    network.load(&inputs, &targets, &rows);
                    network.step(&team, nth(&optimizer, t, clip));
                    network.tensor_sums(&mut tensors);
                    (1..=network.layers().len())
                        .map(|l| network.sums(l).delta.norm())
                        .sum::<f64>()
                };
                for clip in [None, Some(1.0)] {
                    step(1, clip);
                    let (allocations, norms) = counted(|| step(2, clip));
                    assert!(norms > 0.0);
                    assert_eq!(allocations, 0, "{norm} {skip} {name} {clip:?}");
                }
            }
        }
    }

    // The other architectures and tasks, as the gallery has them.
    for name in [
        "gan_non_saturating",
        "conv_xavier_9",
        "pixels_lstm_forget_1",
        "transformer_skipless",
        "nerf_fourier",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let path = folder.join(format!("{name}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        let loaded = Spec::from_text(&path, text, &Overrides::default()).unwrap();
        let plan = Plan::<f64>::new(&loaded.spec, &folder).unwrap();
        let mut network = network(&plan, &folder, &team).unwrap();
        let mut trainer = Trainer::new(&mut network, &plan.data, &plan.training, &team);
        trainer.advance(0, true);
        let (allocations, result) = counted(|| trainer.advance(1, true));
        assert!(result.metrics.grad_norm > 0.0);
        assert_eq!(allocations, 0, "{name}");
    }

    // Recording: 200 steps of 100 layers, once the buffers have grown.
    for threads in [1, 2] {
        let team = Team::new(threads).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let extras = Extras {
            parameters: true,
            ..Extras::default()
        };
        let mut recorder = Recorder::create(folder.path(), &team, extras).unwrap();
        let tensors: Vec<_> = (0..200)
            .map(|i| TensorRecord {
                layer: 1 + i / 2,
                name: format!("layers.{i}"),
                sums: TensorSums::default(),
            })
            .collect();
        let layers = vec![LayerSums::default(); 100];
        let deep = plain("relu", "he_normal", 1, vec![1; 99], 1);
        let infos = deep.graph::<f32>(false).layers;
        let mut tell = |steps: std::ops::Range<u64>| {
            for step in steps {
                let metrics = StepMetrics {
                    loss: 1.0 / 3.0,
                    accuracy: Some(0.5),
                    grad_norm: 1e-30,
                    clipped: false,
                    diverged_at: None,
                };
                let record = StepRecord {
                    step,
                    epoch: 0,
                    learning_rate: 0.1,
                    metrics,
                    adversary: None,
                    test: None,
                    infos: &infos,
                    layers: Some(&layers),
                    tensors: &tensors,
                };
                recorder.on_step(&record).unwrap();
            }
            recorder.flush().unwrap();
        };
        tell(0..100);
        let (allocations, ()) = counted(|| tell(100..300));
        assert_eq!(allocations, 0, "{threads} threads");
    }

    // W4 of the reference workloads: 1000 layers of 32 units, batch 32, f32.
    let architecture = plain("relu", "he_normal", 64, vec![32; 1000], 10);
    let optimizer = Optimizer::<f32>::new(&named::<OptimizerSpec>("adam"));
    let graph = architecture.graph::<f32>(false);
    let team = Team::new(1).unwrap();
    let mut network = None;
    let claimed = claimed_by(|| {
        let mut claiming = architecture.network::<f32>("cross_entropy", 32, true);
        claiming.divide(&team);
        network = Some(claiming);
    });
    let mut network = network.unwrap();
    assert!(claimed < 200_000_000, "W4 claims {claimed} bytes");
    // What the plan tells a user before anything is claimed is the truth, up
    // to bookkeeping and drawing the weights in f64.
    let planned = graph.bytes(32, 0);
    let ratio = claimed as f64 / planned;
    assert!(
        (0.9..2.0).contains(&ratio),
        "claimed {claimed}, planned {planned}"
    );
    assert_eq!(network.layers().len(), 1001);
    // The optimizer's state comes with the first update, and to keep gradients
    // takes one more value per parameter; to look at them takes none.
    let targets = Targets::Classes(vec![0; 32]);
    let inputs = normal(1, 32, 64).mapv(|x| x as f32);
    network.load(&inputs, &targets, &(0..32).collect::<Vec<_>>());
    let look = Step {
        update: None,
        ..nth(&optimizer, 1, None)
    };
    network.step(&team, look);
    let per_parameter = |values| (graph.bytes(32, values) - planned) as usize;
    let (in_one, in_two) = (nth(&optimizer, 1, None), nth(&optimizer, 1, Some(1.0)));
    let steps = [look, in_one, in_two, in_two];
    let claims = steps.map(|step| claimed_by(|| _ = network.step(&team, step)));
    assert_eq!(claims, [0, per_parameter(2), per_parameter(1), 0]);
}
