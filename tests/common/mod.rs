//! What several tests share: small networks and batches.
#![allow(dead_code)]

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use vgrad::base::rng::stream;
use vgrad::base::team::Team;
use vgrad::nn::architecture::{Architecture, Order};
use vgrad::nn::loss::Targets;
use vgrad::nn::measure::LayerMetrics;
use vgrad::nn::network::Network;

/// A family's member from its bare name, all parameters at their defaults.
pub fn named<F: DeserializeOwned>(name: &str) -> F {
    F::deserialize(StrDeserializer::<Error>::new(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Standard normal numbers, shape [rows, columns].
pub fn normal(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut rng = stream(seed, "test data", 0);
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
}

/// Class labels 0, 1, …, classes − 1, 0, …
pub fn labels(rows: usize, classes: u32) -> Targets<f64> {
    Targets::Classes((0..rows as u32).map(|row| row % classes).collect())
}

/// A plain network, to be varied with struct update syntax.
pub fn plain(
    activation: &str,
    init: &str,
    inputs: usize,
    widths: Vec<usize>,
    outputs: usize,
) -> Architecture {
    Architecture {
        inputs,
        widths,
        outputs,
        activation: named(activation),
        init: named(init),
        bias: true,
        norm: named("none"),
        order: Order::LinearNormActivation,
        skip: named("none"),
        dropout: 0.0,
        seed: 0,
    }
}

/// A network after one observed training pass over all rows of a batch, and
/// that pass's loss.
pub fn training_pass(
    architecture: &Architecture,
    loss: &str,
    inputs: &Array2<f64>,
    targets: &Targets<f64>,
) -> (Network<f64>, f64) {
    let classes = matches!(targets, Targets::Classes(_));
    let rows = inputs.nrows();
    let graph = architecture.graph(true);
    let loss = named(loss);
    let mut network = Network::from_graph(architecture, graph, loss, rows, classes);
    let loss = repeat_pass(&mut network, inputs, targets);
    (network, loss)
}

/// One more observed training pass, say after a change of parameters; its loss.
pub fn repeat_pass(
    network: &mut Network<f64>,
    inputs: &Array2<f64>,
    targets: &Targets<f64>,
) -> f64 {
    let rows: Vec<usize> = (0..inputs.nrows()).collect();
    network.load(inputs, targets, &rows);
    network.gradients(&Team::new(1).unwrap(), true).loss
}

/// The metrics of layers 1 … depth + 1, from index 0.
pub fn all_metrics(network: &Network<f64>) -> Vec<LayerMetrics> {
    (1..=network.layers().len())
        .map(|l| network.metrics(l))
        .collect()
}

/// Σ x·y.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Asserts |a − b| ≤ tolerance·scale.
#[track_caller]
pub fn assert_close(a: f64, b: f64, tolerance: f64, scale: f64, what: &str) {
    assert!(
        (a - b).abs() <= tolerance * scale,
        "{what}: {a:e} and {b:e} differ by more than {tolerance:e} of {scale:e}"
    );
}

/// Mean of positive numbers and the standard error of its logarithm.
pub fn mean_and_log_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt() / mean)
}
