//! What several tests share: small networks and batches.
#![allow(dead_code)]

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use vgrad::base::Scalar;
use vgrad::base::rng::stream;
use vgrad::base::team::Team;
use vgrad::nn::activation::Activation;
use vgrad::nn::architecture::{NetworkSpec, Setting};
use vgrad::nn::encoding::InputEncoding;
use vgrad::nn::graph::Graph;
use vgrad::nn::init::Init;
use vgrad::nn::loss::{Loss, Targets};
use vgrad::nn::measure::LayerSums;
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::norm::Norm;
use vgrad::nn::objective::Objective;
use vgrad::nn::order::Order;
use vgrad::nn::params::Draw;
use vgrad::nn::skip::Skip;
use vgrad::nn::train_step::Step;
use vgrad::nn::width::Width;

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

/// The skips that an MLP takes without parameters of their own.
pub fn skips_of_mlps() -> impl Iterator<Item = &'static str> {
    let others = ["deepnorm", "concat"];
    let names = Skip::NAMES.iter().copied();
    names.filter(move |name| !others.contains(name))
}

/// A multilayer perceptron.
#[derive(Clone, Debug)]
pub struct Mlp {
    pub inputs: usize,
    pub widths: Vec<usize>,
    pub outputs: usize,
    pub activation: Activation,
    pub init: Init,
    pub bias: bool,
    pub norm: Norm,
    pub order: Order,
    pub skip: Skip,
    pub encoding: InputEncoding,
    pub dropout: f64,
    pub seed: u64,
}

impl Mlp {
    pub fn depth(&self) -> usize {
        self.widths.len()
    }

    pub fn graph<T: Scalar>(&self, input_gradient: bool) -> Graph<T> {
        let widths = Width::PerLayer(self.widths.clone());
        let network = NetworkSpec {
            bias: self.bias,
            norm: self.norm.clone(),
            order: self.order,
            skip: self.skip.clone(),
            encoding: self.encoding.clone(),
            dropout: self.dropout,
            ..NetworkSpec::new(self.depth(), widths, self.activation.clone())
        };
        assert_eq!(network.check(), None);
        let setting = Setting {
            positions: 1,
            inputs: self.inputs,
            image: None,
            is_ray: false,
            outputs: self.outputs,
            seed: self.seed,
        };
        network.graph(&setting, input_gradient)
    }

    /// For batches of up to `rows` rows of class targets, or numbers.
    pub fn network<T: Scalar>(&self, loss: &str, rows: usize, classes: bool) -> Network<T> {
        self.network_of(self.graph(false), named::<Loss>(loss), rows, classes)
    }

    /// Of a graph of one's own, drawn as this MLP.
    pub fn network_of<T: Scalar>(
        &self,
        graph: Graph<T>,
        loss: impl Into<Objective>,
        rows: usize,
        classes: bool,
    ) -> Network<T> {
        let init = self.init.for_activation(&self.activation).unwrap();
        let draw = Draw {
            init: &init,
            seed: self.seed,
            team: &Team::new(1).unwrap(),
        };
        Network::new(graph, &draw, loss, Capacity { rows, classes })
    }
}

/// A plain network, to be varied with struct update syntax.
pub fn plain(
    activation: &str,
    init: &str,
    inputs: usize,
    widths: Vec<usize>,
    outputs: usize,
) -> Mlp {
    Mlp {
        inputs,
        widths,
        outputs,
        activation: named(activation),
        init: named(init),
        bias: true,
        norm: named("none"),
        order: Order::LinearNormActivation,
        skip: named("none"),
        encoding: named("none"),
        dropout: 0.0,
        seed: 0,
    }
}

/// A network after one observed training pass over all rows of a batch, and
/// that pass's loss.
pub fn training_pass(
    architecture: &Mlp,
    loss: &str,
    inputs: &Array2<f64>,
    targets: &Targets<f64>,
) -> (Network<f64>, f64) {
    let classes = matches!(targets, Targets::Classes(_));
    let rows = inputs.nrows();
    let graph = architecture.graph(true);
    let mut network = architecture.network_of(graph, named::<Loss>(loss), rows, classes);
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
    let step = Step {
        observe: true,
        ..kept()
    };
    network.step(&Team::new(1).unwrap(), step).loss
}

/// A step that updates nothing and keeps all gradients.
pub fn kept<'a>() -> Step<'a, f64> {
    Step {
        keep_gradients: true,
        ..Step::default()
    }
}

/// The sums of layers 1 … depth + 1, from index 0.
pub fn all_sums(network: &Network<f64>) -> Vec<LayerSums> {
    (1..=network.layers().len())
        .map(|l| network.sums(l))
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
