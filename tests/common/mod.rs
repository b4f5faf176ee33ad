//! What several tests share: small networks and batches.
#![allow(dead_code)]

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use vgrad::base::rng::stream;
use vgrad::nn::architecture::{Architecture, Order};
use vgrad::nn::loss::Targets;

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
