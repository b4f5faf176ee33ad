//! Recurrent networks and transformers against central differences in f64.

use super::gradient_check::{Problem, Verdict, check};
use crate::common::{labels, named, normal};
use ndarray::Array2;
use serde_json::{Value, json};
use vgrad::base::team::Team;
use vgrad::nn::activation::Activation;
use vgrad::nn::architecture::{Cell, NetworkSpec, Setting};
use vgrad::nn::graph::Graph;
use vgrad::nn::layer::lstm::LstmState;
use vgrad::nn::layer::{Backward, Forward, Layer, Saves};
use vgrad::nn::loss::{Loss, Targets};
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::params::Draw;

pub const FEATURES: usize = 3;
const POSITIONS: usize = 2;
const CLASSES: usize = 3;

/// A network over sequences, as a spec has it.
#[derive(Clone)]
pub struct Sequential {
    pub keys: Value,
    pub positions: usize,
    pub seed: u64,
}

impl Sequential {
    pub fn new(keys: Value) -> Self {
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

    pub fn graph(&self) -> Graph<f64> {
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

    pub fn network(&self, graph: Graph<f64>, loss: &str, rows: usize) -> Network<f64> {
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
    pub fn targets(&self, rows: usize) -> Targets<f64> {
        let each = match self.keys["readout"].as_str() {
            Some("every") => self.positions,
            _ => 1,
        };
        labels(rows * each, CLASSES as u32)
    }

    pub fn inputs(&self, rows: usize) -> Array2<f64> {
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

pub fn recurrent(cell: &str, activation: &str, depth: usize, readout: &str) -> Value {
    json!({
        "architecture": { "recurrent": { "cell": cell, "recurrent_init": "orthogonal" } },
        "depth": depth,
        "width": 3,
        "activation": activation,
        "readout": readout,
    })
}

/// φ as a spec has it. A sine of frequency 30 behind another one has one of 900, for which the
/// differences' steps are too wide.
fn gentle(activation: &str) -> Value {
    match activation {
        "sine" => json!({ "sine": { "omega": 1.0 } }),
        name => name.into(),
    }
}

fn has_kinks(activation: &str) -> bool {
    let activation = named::<Activation>(activation);
    !activation.elementwise::<f64>().kinks().is_empty()
}

/// Every cell with every φ, depth, readout and loss.
#[test]
fn every_cell_is_differentiated() {
    for cell in Cell::NAMES {
        // The gated cells have tanh and σ of their own.
        let activations = match *cell {
            "rnn" => Activation::NAMES,
            _ => &["tanh"],
        };
        for activation in activations {
            for depth in [1, 2] {
                for readout in ["last", "mean", "every"] {
                    for loss in Loss::NAMES {
                        let mut keys = recurrent(cell, "tanh", depth, readout);
                        keys["activation"] = gentle(activation);
                        let verdict = Sequential::new(keys).check(loss, 2, has_kinks(activation));
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

pub fn transformer(keys: Value) -> Value {
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

/// Every norm, skip, encoding of positions, mask and readout, by each loss in turn.
fn transformers_are_differentiated(norm_position: &str) {
    let mut losses = Loss::NAMES.iter().cycle();
    for norm in ["none", "layer", "rms"] {
        for skip in ["none", "identity", "rezero", "deepnorm"] {
            if skip == "deepnorm" && (norm_position == "pre" || norm == "none") {
                continue;
            }
            for position_encoding in ["none", "sinusoidal", "learned"] {
                for causal in [false, true] {
                    for readout in ["last", "mean", "every"] {
                        let keys = transformer(json!({
                            "norm_position": norm_position,
                            "norm": norm,
                            "skip": skip,
                            "position_encoding": position_encoding,
                            "causal": causal,
                            "readout": readout,
                        }));
                        let loss = losses.next().expect("a cycle");
                        let name = format!("{loss} {keys}");
                        let verdict = Sequential::new(keys).check(loss, 2, false);
                        assert_eq!(verdict, Verdict::Right, "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_pre_norm_transformer_is_differentiated() {
    transformers_are_differentiated("pre");
}

#[test]
fn every_post_norm_transformer_is_differentiated() {
    transformers_are_differentiated("post");
}

#[test]
fn every_activation_of_a_transformer_is_differentiated() {
    for activation in Activation::NAMES {
        let keys = transformer(json!({ "activation": gentle(activation), "depth": 1 }));
        let verdict = Sequential::new(keys).check("cross_entropy", 2, has_kinks(activation));
        assert_eq!(verdict, Verdict::Right, "{activation}");
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
