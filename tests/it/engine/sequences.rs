//! Recurrent networks and transformers against central differences in f64, and against
//! what must hold of them exactly.

use super::gradient_check::{Problem, Verdict, check};
use crate::common::{kept, labels, named, normal};
use ndarray::Array2;
use serde_json::{Value, json};
use vgrad::base::team::Team;
use vgrad::nn::architecture::{Cell, NetworkSpec, Setting};
use vgrad::nn::graph::Graph;
use vgrad::nn::layer::lstm::LstmState;
use vgrad::nn::layer::{Backward, Forward, Layer, Saves};
use vgrad::nn::loss::{Loss, Targets};
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::params::Draw;
use vgrad::nn::train_step::Step;

const FEATURES: usize = 3;
const POSITIONS: usize = 2;
const CLASSES: usize = 3;

/// A network over sequences, as a spec has it.
#[derive(Clone)]
struct Sequential {
    keys: Value,
    positions: usize,
    seed: u64,
}

impl Sequential {
    fn new(keys: Value) -> Self {
        Self {
            keys,
            positions: POSITIONS,
            seed: 0,
        }
    }

    fn spec(&self) -> NetworkSpec {
        let spec: NetworkSpec = serde_json::from_value(self.keys.clone()).unwrap();
        assert_eq!(spec.check(), None, "{}", self.keys);
        spec
    }

    fn graph(&self) -> Graph<f64> {
        let setting = Setting {
            positions: self.positions,
            inputs: FEATURES,
            image: None,
            is_ray: false,
            outputs: CLASSES,
            seed: self.seed,
        };
        self.spec().graph(&setting, true)
    }

    fn network(&self, graph: Graph<f64>, loss: &str, rows: usize) -> Network<f64> {
        let draw = Draw {
            init: &self.spec().scheme(),
            seed: self.seed,
            team: &Team::new(1).unwrap(),
        };
        let classes = true;
        Network::new(
            graph,
            &draw,
            named::<Loss>(loss),
            Capacity { rows, classes },
        )
    }

    /// A label for every position that is read out.
    fn targets(&self, rows: usize) -> Targets<f64> {
        let each = match self.keys["readout"].as_str() {
            Some("every") => self.positions,
            _ => 1,
        };
        labels(rows * each, CLASSES as u32)
    }

    fn inputs(&self, rows: usize) -> Array2<f64> {
        normal(self.seed, rows, FEATURES * self.positions)
    }

    fn problem_of(&self, graph: Graph<f64>, loss: &str, rows: usize) -> Problem {
        let network = self.network(graph, loss, rows);
        Problem::of(network, self.inputs(rows), self.targets(rows), self.seed)
    }

    /// Checks at the first point that has no kink near.
    fn check(&self, loss: &str, rows: usize, has_kinks: bool) -> Verdict {
        for seed in 0..60 {
            let this = Self {
                seed,
                ..self.clone()
            };
            let mut problem = this.problem_of(this.graph(), loss, rows);
            let verdict = check(&mut problem, has_kinks);
            if verdict != Verdict::NearKink {
                return verdict;
            }
        }
        panic!("no point without a kink near in 60 draws");
    }
}

fn recurrent(cell: &str, activation: &str, depth: usize, readout: &str) -> Value {
    json!({
        "architecture": { "recurrent": { "cell": cell, "recurrent_init": "orthogonal" } },
        "depth": depth,
        "width": 3,
        "activation": activation,
        "readout": readout,
    })
}

#[test]
fn every_cell_is_differentiated() {
    for cell in Cell::NAMES {
        // The gated cells have tanh and σ of their own.
        let activations: &[&str] = if *cell == "rnn" {
            &["tanh", "relu", "gelu", "softsign"]
        } else {
            &["tanh"]
        };
        for activation in activations {
            for depth in [1, 2] {
                for readout in ["last", "mean", "every"] {
                    for loss in Loss::NAMES {
                        let keys = recurrent(cell, activation, depth, readout);
                        let verdict = Sequential::new(keys).check(loss, 2, *activation == "relu");
                        let name = format!("{cell} {activation} {depth} {readout} {loss}");
                        assert_eq!(verdict, Verdict::Right, "{name}");
                    }
                }
            }
        }
    }
}

/// From 32 samples on a batch is cut into chunks whose sums must combine.
#[test]
fn cells_in_several_chunks_and_without_biases() {
    for cell in Cell::NAMES {
        let mut keys = recurrent(cell, "tanh", 1, "every");
        keys["bias"] = false.into();
        let verdict = Sequential::new(keys).check("cross_entropy", 40, false);
        assert_eq!(verdict, Verdict::Right, "{cell}");
    }
}

/// An LSTM whose forget gate's gradient has the wrong sign.
struct WrongForgetGate(LstmState);

impl Layer<f64> for WrongForgetGate {
    fn width(&self) -> usize {
        self.0.width
    }
    fn saves(&self) -> Saves {
        Layer::<f64>::saves(&self.0)
    }
    fn forward(&self, pass: Forward<f64>) {
        self.0.forward(pass);
    }
    fn backward(&self, pass: Backward<f64>) {
        let width = self.0.width;
        // It must outlive the pass, which is as long as the test.
        let slopes = Box::leak(Box::new(pass.saved[1].to_owned()));
        slopes
            .slice_mut(ndarray::s![.., width..2 * width])
            .mapv_inplace(|slope| -slope);
        self.0.backward(Backward {
            rows: pass.rows,
            parameters: pass.parameters,
            inputs: pass.inputs,
            output: pass.output,
            saved: [pass.saved[0], slopes.view()],
            saved_once: pass.saved_once,
            grad_output: pass.grad_output,
            reduced: pass.reduced,
            grad_inputs: pass.grad_inputs,
        });
    }
}

#[test]
fn a_wrong_sign_in_one_gate_is_found() {
    let lstm = Sequential::new(recurrent("lstm", "tanh", 1, "last"));
    let mut graph = lstm.graph();
    let second = graph.layers[1].cell.unwrap();
    let node = graph.nodes.iter_mut().find(|node| node.output == second);
    node.unwrap().layer = Box::new(WrongForgetGate(LstmState { width: 3 }));
    let mut problem = lstm.problem_of(graph, "cross_entropy", 5);
    assert!(matches!(check(&mut problem, false), Verdict::Wrong(_)));
}

fn transformer(keys: Value) -> Value {
    let mut network = json!({
        "architecture": { "transformer": { "heads": 2, "feedforward": 2 } },
        "depth": 2,
        "width": 4,
        "activation": "gelu",
        "norm": "layer",
        "skip": "identity",
    });
    for (key, value) in keys.as_object().unwrap() {
        match key.as_str() {
            "norm" | "skip" | "readout" | "activation" | "depth" | "dropout" | "bias" => {
                network[key] = value.clone();
            }
            own => network["architecture"]["transformer"][own] = value.clone(),
        }
    }
    network
}

#[test]
fn every_transformer_is_differentiated() {
    for norm_position in ["pre", "post"] {
        for norm in ["none", "layer", "rms"] {
            for skip in ["none", "identity", "rezero", "deepnorm"] {
                if skip == "deepnorm" && (norm_position == "pre" || norm == "none") {
                    continue;
                }
                for (position_encoding, causal, readout) in [
                    ("learned", false, "mean"),
                    ("sinusoidal", true, "every"),
                    ("none", false, "last"),
                    ("learned", true, "last"),
                ] {
                    let keys = transformer(json!({
                        "norm_position": norm_position,
                        "norm": norm,
                        "skip": skip,
                        "position_encoding": position_encoding,
                        "causal": causal,
                        "readout": readout,
                    }));
                    let name = keys.to_string();
                    let verdict = Sequential::new(keys).check("cross_entropy", 2, false);
                    assert_eq!(verdict, Verdict::Right, "{name}");
                }
            }
        }
    }
}

#[test]
fn transformers_with_dropout_other_activations_and_in_chunks() {
    for keys in [
        json!({ "dropout": 0.3, "activation": "relu" }),
        json!({ "bias": false, "activation": "tanh", "readout": "every" }),
    ] {
        let has_kinks = keys["activation"] == "relu";
        let this = Sequential::new(transformer(keys));
        let verdict = this.check("mse", 40, has_kinks);
        assert_eq!(verdict, Verdict::Right, "{}", this.keys);
    }
}

/// All norms of a step at the start.
fn norms(network: &mut Network<f64>, inputs: &Array2<f64>, targets: &Targets<f64>) -> Vec<f64> {
    let rows: Vec<usize> = (0..inputs.nrows()).collect();
    network.load(inputs, targets, &rows);
    let step = Step {
        observe: true,
        ..kept()
    };
    network.step(&Team::new(1).unwrap(), step);
    let layers = 1..=network.layers().len();
    layers
        .flat_map(|l| {
            let sums = network.sums(l);
            let params = sums.params.unwrap();
            [
                sums.activation_grad.norm(),
                sums.delta.norm(),
                params.weight_grad_squares.norm(),
            ]
        })
        .collect()
}

/// Without position encodings a transformer does not know the order of positions:
/// permuting those of all samples changes no norm but by rounding.
#[test]
fn without_encodings_the_order_of_positions_does_not_matter() {
    let this = Sequential {
        positions: 5,
        ..Sequential::new(transformer(json!({ "position_encoding": "none" })))
    };
    let (inputs, targets) = (this.inputs(4), this.targets(4));
    let turned = Array2::from_shape_fn(inputs.raw_dim(), |(row, column)| {
        let (position, feature) = (column / FEATURES, column % FEATURES);
        inputs[(row, (position + 2) % 5 * FEATURES + feature)]
    });
    let run = |inputs| {
        norms(
            &mut this.network(this.graph(), "cross_entropy", 4),
            inputs,
            &targets,
        )
    };
    for (a, b) in run(&inputs).into_iter().zip(run(&turned)) {
        assert!((a - b).abs() <= 1e-13 * a.abs().max(1e-3), "{a:e} {b:e}");
    }
    // With them it does.
    let known = Sequential {
        keys: transformer(json!({})),
        ..this
    };
    let run = |inputs| {
        norms(
            &mut known.network(known.graph(), "cross_entropy", 4),
            inputs,
            &targets,
        )
    };
    assert!(
        run(&inputs)
            .iter()
            .zip(run(&turned))
            .any(|(a, b)| (a - b).abs() > 1e-9 * a)
    );
}

/// Branches of factor 0 leave the main path alone: the same gradient in every layer, bit
/// for bit, and none in the branches.
#[test]
fn rezero_starts_as_the_identity() {
    let keys = transformer(json!({ "skip": "rezero", "depth": 3 }));
    let this = Sequential::new(keys);
    let mut network = this.network(this.graph(), "cross_entropy", 4);
    norms(&mut network, &this.inputs(4), &this.targets(4));
    let last = network.sums(7).activation_grad;
    for l in 1..=7 {
        let sums = network.sums(l);
        assert_eq!(sums.activation_grad, last, "layer {l}");
        let params = sums.params.unwrap();
        let zeros = params.weight_grads.unwrap().zeros as usize;
        assert_eq!(zeros == params.weights, l > 1, "layer {l}");
    }
    assert!(network.sums(8).params.unwrap().weight_grad_squares.norm() > 0.0);
}

/// With one position there is nothing to choose: queries and keys receive nothing.
#[test]
fn with_one_position_queries_and_keys_receive_nothing() {
    let this = Sequential {
        positions: 1,
        ..Sequential::new(transformer(json!({})))
    };
    let mut network = this.network(this.graph(), "cross_entropy", 4);
    norms(&mut network, &this.inputs(4), &this.targets(4));
    for l in [2, 4] {
        let params = network.sums(l).params.unwrap();
        // Two of in_proj's three blocks, of the four as large in all.
        let zeros = params.weight_grads.unwrap().zeros as usize;
        assert_eq!(2 * zeros, params.weights, "layer {l}");
    }
}

/// Over one position an rnn is an MLP of one layer whose recurrent map receives nothing.
#[test]
fn over_one_position_a_recurrent_map_receives_nothing() {
    for cell in Cell::NAMES {
        let this = Sequential {
            positions: 1,
            ..Sequential::new(recurrent(cell, "tanh", 1, "last"))
        };
        let mut network = this.network(this.graph(), "cross_entropy", 4);
        norms(&mut network, &this.inputs(4), &this.targets(4));
        let of_state = &network.layer_params()[1];
        assert_eq!(of_state.tensors[0].name, "weight_hh");
        let weights = &of_state.gradient[..of_state.tensors[0].len()];
        assert!(weights.iter().all(|g| *g == 0.0), "{cell}");
        let of_input = &network.layer_params()[0];
        assert!(of_input.gradient.iter().any(|g| *g != 0.0), "{cell}");
    }
}
