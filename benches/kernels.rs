//! The inner loops by themselves, in f32 and one thread, on slices that stay
//! in the L1 or L2 cache: elements per second, each as the engine runs it
//! ("dispatched") and as the same arithmetic one element at a time ("scalar").
//!
//! Compare ratios within one run, never times across runs.

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use vgrad::base::gemm::{Matrix, Start, gemm};
use vgrad::base::squares::sum_of_squares;
use vgrad::base::sums::count_zeros;
use vgrad::nn::activation::Activation;
use vgrad::nn::layer::activate::Activate;
use vgrad::nn::layer::{
    Backward, InputGradient, Layer, MAX_INPUTS, Observed, Parameters, Rows, matrix, matrix_mut,
};
use vgrad::nn::measure::ActivationSums;
use vgrad::nn::moments::Moments;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, Slices, StepInfo};

const WIDTH: usize = 64;
const ROWS: usize = 64;
const LENGTH: usize = WIDTH * ROWS;

/// Pre-activations in [−4, 4) in no order.
fn inputs() -> Vec<f32> {
    (0..LENGTH)
        .map(|i| (i * 1597 % LENGTH) as f32 / LENGTH as f32 * 8.0 - 4.0)
        .collect()
}

/// A group whose metrics are elements per second.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(LENGTH as u64));
    group
}

fn activations(criterion: &mut Criterion) {
    let x = inputs();
    let (mut y, mut slope) = (vec![0.0; LENGTH], vec![0.0; LENGTH]);
    for name in Activation::NAMES {
        let activation: Activation = serde_json::from_value((*name).into()).expect("a member");
        let curve = activation.elementwise::<f32>();
        let mut group = group(criterion, &format!("forward/{name}"));
        group.bench_function("dispatched", |bencher| {
            bencher.iter(|| curve.forward(black_box(&x), &mut y, &mut slope));
        });
        group.bench_function("scalar", |bencher| {
            bencher.iter(|| {
                for ((x, y), slope) in black_box(&x).iter().zip(&mut y).zip(&mut slope) {
                    (*y, *slope) = curve.at(*x);
                }
            });
        });
    }
}

fn sums(criterion: &mut Criterion) {
    let x = inputs();
    let mut group = group(criterion, "sum_of_squares");
    group.bench_function("dispatched", |bencher| {
        bencher.iter(|| sum_of_squares(black_box(&x)));
    });
    group.bench_function("scalar", |bencher| {
        bencher.iter(|| {
            let square = |x: &f32| f64::from(*x) * f64::from(*x);
            black_box(&x).iter().map(square).sum::<f64>()
        });
    });
    group.finish();
    let mut group = self::group(criterion, "count_zeros");
    group.bench_function("dispatched", |bencher| {
        bencher.iter(|| count_zeros(black_box(&x)));
    });
    group.bench_function("scalar", |bencher| {
        bencher.iter(|| black_box(&x).iter().filter(|x| **x == 0.0).count());
    });
    group.finish();
}

/// On the layers of the deep and of the wide workloads and one in between.
fn observe(criterion: &mut Criterion) {
    for (rows, width) in [(32, 32), (64, 64), (128, 256)] {
        observe_layer(criterion, rows, width);
    }
}

fn observe_layer(criterion: &mut Criterion, rows: usize, width: usize) {
    let layer = Activate {
        width,
        activation: serde_json::from_value("sigmoid".into()).expect("a member"),
    };
    let x: Vec<f32> = inputs().into_iter().cycle().take(rows * width).collect();
    let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let curve = layer.activation.elementwise::<f32>();
    curve.forward(&x, &mut y, &mut slope);
    let mut sums = ActivationSums {
        active_rows: vec![0; width],
        unit_sums: vec![0.0; width],
        ..ActivationSums::default()
    };
    let mut group = criterion.benchmark_group(format!("observe/{rows}x{width}"));
    group.throughput(Throughput::Elements(x.len() as u64));
    group.bench_function("dispatched", |bencher| {
        bencher.iter(|| {
            let none = || matrix(&[], rows, 0);
            let pass = Observed {
                inputs: [matrix(&x, rows, width), none(), none()],
                output: matrix(black_box(&y), rows, width),
                saved: [matrix(&slope, rows, width), matrix(&[], rows, 0)],
            };
            layer.observe(pass, &mut sums);
        });
    });
    group.bench_function("moments", |bencher| {
        bencher.iter(|| Moments::of(black_box(&y)));
    });
    group.bench_function("saturated", |bencher| {
        bencher.iter(|| curve.count_saturated(black_box(&y), &slope));
    });
    group.bench_function("active rows", |bencher| {
        bencher.iter(|| curve.count_active_rows(&y, black_box(&slope), &mut sums.active_rows));
    });
    group.bench_function("scalar", |bencher| {
        bencher.iter(|| {
            let mut squares = 0.0;
            let mut saturated = 0u64;
            sums.active_rows.fill(0);
            let mean = black_box(&y).iter().map(|y| f64::from(*y)).sum::<f64>() / x.len() as f64;
            for (y, slope) in y.iter().zip(&slope) {
                squares += (f64::from(*y) - mean).powi(2);
                saturated += u64::from(slope.abs() < 0.0125);
            }
            for row in slope.chunks_exact(width) {
                for (count, slope) in sums.active_rows.iter_mut().zip(row) {
                    *count += u32::from(*slope != 0.0);
                }
            }
            (squares, saturated)
        });
    });
}

/// ∂L/∂z = ∂L/∂a·φ'(z).
fn backward(criterion: &mut Criterion) {
    let layer = Activate {
        width: WIDTH,
        activation: serde_json::from_value("sigmoid".into()).expect("a member"),
    };
    let (slope, grad_output) = (inputs(), inputs());
    let mut grad_input = vec![0.0; LENGTH];
    let rows = Rows {
        first: 0,
        count: ROWS,
        batch: ROWS,
    };
    let mut group = group(criterion, "backward");
    for (name, accumulate) in [("write", false), ("add", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let first = InputGradient {
                    values: Some(matrix_mut(&mut grad_input, ROWS, WIDTH)),
                    accumulate,
                };
                layer.backward(Backward {
                    rows,
                    parameters: Parameters {
                        trained: &[],
                        running: &[],
                    },
                    inputs: [matrix(&[], ROWS, 0); MAX_INPUTS],
                    output: matrix(&[], ROWS, 0),
                    saved: [(&slope[..], WIDTH), (&[], 0)]
                        .map(|(saved, width)| matrix(black_box(saved), ROWS, width)),
                    saved_once: &[],
                    grad_output: matrix(&grad_output, ROWS, WIDTH),
                    reduced: &[],
                    grad_inputs: [first, Default::default(), Default::default()],
                });
            });
        });
    }
}

/// One optimizer step of a square layer with biases, the layers of a net in
/// turn: together they fill half of the L2 cache, or one layer fills it all.
fn optimize(criterion: &mut Criterion) {
    let optimizers = [
        ("sgd", r#""sgd""#),
        ("momentum", r#"{ "sgd": { "momentum": 0.9 } }"#),
        ("adam", r#""adam""#),
    ];
    let moment = StepInfo {
        t: 10,
        learning_rate: 1e-6,
    };
    for (width, layers) in [(32, 32), (256, 1)] {
        let (weight, length) = (width * width, width * width + width);
        let mut group = criterion.benchmark_group(format!("optimize/{length}"));
        group.throughput(Throughput::Elements(length as u64));
        for (name, json) in optimizers {
            let optimizer: OptimizerSpec = serde_json::from_str(json).expect("a member");
            let optimizer = Optimizer::<f32>::new(&optimizer);
            let states = optimizer.states_per_param();
            let values: Vec<f32> = inputs().into_iter().cycle().take(length).collect();
            let layer = (values.clone(), values, vec![0.0; states * length]);
            let mut net = vec![layer; layers];
            let mut turn = 0;
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    turn = (turn + 1) % layers;
                    let (params, grads, state) = &mut net[turn];
                    let (weights, biases) = params.split_at_mut(weight);
                    let (weight_grads, bias_grads) = grads.split_at(weight);
                    let (weight_state, bias_state) = state.split_at_mut(states * weight);
                    let weights = Slices {
                        params: weights,
                        grads: weight_grads,
                        state: weight_state,
                    };
                    let biases = Slices {
                        params: biases,
                        grads: bias_grads,
                        state: bias_state,
                    };
                    optimizer.step_both(&moment, 1.0, weights, biases)
                });
            });
        }
    }
}

/// The three products of a layer, on the layers of the reference workloads;
/// elements per second are floating-point operations per second here.
fn products(criterion: &mut Criterion) {
    for (rows, width) in [(32, 32), (64, 64), (128, 256), (256, 1024)] {
        let (x, weight) = (vec![0.5f32; rows * width], vec![0.5f32; width * width]);
        let (mut z, mut gradient) = (x.clone(), weight.clone());
        let mut group = criterion.benchmark_group(format!("products/{rows}x{width}"));
        group.throughput(Throughput::Elements((2 * rows * width * width) as u64));
        let (x, weight) = (
            Matrix::new(&x, rows, width),
            Matrix::new(&weight, width, width),
        );
        group.bench_function("x·W", |bencher| {
            bencher.iter(|| gemm(black_box(x), weight, Start::Zero, &mut z));
        });
        group.bench_function("δ·Wᵀ", |bencher| {
            bencher.iter(|| gemm(black_box(x), weight.transposed(), Start::Zero, &mut z));
        });
        group.bench_function("xᵀ·δ", |bencher| {
            bencher.iter(|| gemm(black_box(x).transposed(), x, Start::Zero, &mut gradient));
        });
    }
}

criterion_group!(
    benches,
    activations,
    sums,
    observe,
    backward,
    optimize,
    products
);
criterion_main!(benches);
