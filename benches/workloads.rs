//! The reference workloads: one training step, with and without logging every
//! layer of every step to CSV.
//!
//! Criterion's "elem/s" are floating-point operations of the matrix products
//! per second; the time per iteration is that of one step. Compare ratios
//! within one run, never times across runs.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vgrad::base::team::Team;
use vgrad::nn::activation::{Activation, Relu, Sigmoid, Tanh};
use vgrad::nn::architecture::{Architecture, Order};
use vgrad::nn::init::{HeNormal, Init, XavierNormal};
use vgrad::nn::layer::norm::{Batch, NoNorm};
use vgrad::nn::layer::skip::{Identity, NoSkip};
use vgrad::nn::loss::CrossEntropy;
use vgrad::nn::measure::LayerFigures;
use vgrad::nn::network::Network;
use vgrad::nn::optim::{Adam, Moment, Optimizer, Sgd, Stepper};
use vgrad::study::data::{Dataset, Gaussian, LoadOptions, load};
use vgrad::study::record::Recorder;
use vgrad::study::train::{StepRecord, Watch};

/// One reference workload: 64 inputs, 10 classes, f32.
struct Workload {
    name: &'static str,
    architecture: Architecture,
    batch: usize,
    optimizer: Optimizer,
    learning_rate: f64,
}

fn workloads() -> Vec<Workload> {
    let plain = |name, depth, width, batch, activation: Activation, init: Init| Workload {
        name,
        architecture: Architecture {
            inputs: 64,
            widths: vec![width; depth],
            outputs: 10,
            activation,
            init,
            bias: true,
            norm: NoNorm {}.into(),
            order: Order::LinearNormActivation,
            skip: NoSkip {}.into(),
            dropout: 0.0,
            seed: 0,
        },
        batch,
        optimizer: Sgd {
            momentum: 0.9,
            ..Sgd::default()
        }
        .into(),
        learning_rate: 0.01,
    };
    let he = || Init::from(HeNormal { gain: 1.0 });
    let xavier = || Init::from(XavierNormal { gain: 1.0 });
    let mut w5 = plain("W5", 50, 256, 128, Relu {}.into(), he());
    w5.architecture.norm = Batch {}.into();
    w5.architecture.skip = Identity {
        every: 1,
        scale: 1.0,
    }
    .into();
    w5.optimizer = Adam::default().into();
    w5.learning_rate = 0.001;
    vec![
        plain("W1", 50, 256, 128, Sigmoid {}.into(), xavier()),
        plain("W2", 20, 1024, 256, Relu {}.into(), he()),
        plain("W3", 100, 64, 64, Tanh {}.into(), xavier()),
        plain("W4", 1000, 32, 32, Relu {}.into(), he()),
        w5,
    ]
}

impl Workload {
    /// Floating-point operations of the products of one step: three per linear
    /// map, but for the first layer's input gradient.
    fn flops(&self) -> u64 {
        let widths = &self.architecture.widths;
        let (depth, width) = (widths.len() as u64, widths[0] as u64);
        2 * self.batch as u64 * (2 * 64 * width + 3 * (depth - 1) * width * width + 3 * width * 10)
    }
}

/// 1797 rows of random numbers with random labels.
fn data() -> Dataset<f32> {
    let options = LoadOptions {
        seed: 0,
        base_dir: Path::new("."),
        test_fraction: Some(0.0),
        standardize: true,
        numeric_targets: false,
    };
    load(&Gaussian::default().into(), &options).expect("the data are drawn")
}

/// A network in training.
struct Session<'a> {
    workload: &'a Workload,
    network: Network<f32>,
    stepper: Stepper<f32>,
    layers: Vec<LayerFigures>,
    recorder: Option<Recorder>,
    step: u64,
}

impl<'a> Session<'a> {
    fn new(workload: &'a Workload, log_to: Option<&Path>) -> Self {
        let stepper = Stepper::new(&workload.optimizer);
        let loss = CrossEntropy {}.into();
        let network = Network::new(&workload.architecture, loss, workload.batch, true, &stepper);
        let layers = vec![LayerFigures::default(); network.layers()];
        let recorder = log_to.map(|folder| Recorder::create(folder, 1).expect("a fresh folder"));
        Self {
            workload,
            network,
            stepper,
            layers,
            recorder,
            step: 0,
        }
    }

    fn step(&mut self, data: &Dataset<f32>, team: &Team) {
        let batch = self.workload.batch;
        let batches = data.train.samples() / batch;
        let first = (self.step as usize % batches) * batch;
        let rows: Vec<usize> = (first..first + batch).collect();
        self.network
            .load(&data.train.inputs, &data.train.targets, &rows);
        let figures = self.network.gradients(team, self.recorder.is_some());
        let learning_rate = self.workload.learning_rate;
        let moment = Moment {
            t: self.step + 1,
            learning_rate,
        };
        self.network.update(team, &self.stepper, &moment, 1.0);
        if let Some(recorder) = &mut self.recorder {
            self.layers
                .iter_mut()
                .enumerate()
                .for_each(|(i, slot)| *slot = self.network.figures(i + 1));
            let record = StepRecord {
                step: self.step,
                epoch: 0,
                learning_rate,
                figures,
                clipped: false,
                test: None,
                layers: Some(&self.layers),
            };
            recorder.step(&record).expect("room for the rows");
        }
        self.step += 1;
    }
}

fn steps(criterion: &mut Criterion) {
    let data = data();
    for threads in [1, 2] {
        let team = Team::new(threads).expect("threads start");
        for workload in workloads() {
            let mut group = criterion.benchmark_group(format!("{}/{threads}", workload.name));
            group.throughput(Throughput::Elements(workload.flops()));
            for (name, is_logged) in [("not logged", false), ("all logged", true)] {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let mut session = Session::new(&workload, is_logged.then_some(folder.path()));
                group.bench_function(name, |bencher| {
                    team.enter(|| bencher.iter(|| session.step(&data, &team)));
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = steps
}
criterion_main!(benches);
