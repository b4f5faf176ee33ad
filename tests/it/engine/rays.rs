//! Radiance fields against central differences in f64: through the gathering of light, the
//! encoding of points and what reads them again.

use super::gradient_check::{Problem, Verdict, check};
use crate::common::{named, normal};
use serde_json::{Value, json};
use vgrad::base::team::Team;
use vgrad::nn::architecture::{NetworkSpec, Setting};
use vgrad::nn::graph::Graph;
use vgrad::nn::layer::render::Render;
use vgrad::nn::layer::{Backward, Forward, Layer, Saves};
use vgrad::nn::loss::{Loss, Targets};
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::params::Draw;

const POINTS: usize = 4;

fn spec(keys: Value) -> NetworkSpec {
    let mut all = json!({ "depth": 3, "width": 5, "activation": "tanh" });
    let given = keys.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(given);
    let spec: NetworkSpec = serde_json::from_value(all).unwrap();
    assert_eq!(spec.check(), None);
    spec
}

fn graph(spec: &NetworkSpec) -> Graph<f64> {
    let setting = Setting {
        positions: POINTS,
        inputs: 4,
        image: None,
        is_ray: true,
        outputs: 3,
        seed: 0,
    };
    spec.graph(&setting, true)
}

fn problem(spec: &NetworkSpec, graph: Graph<f64>, rows: usize, seed: u64) -> Problem {
    let draw = Draw {
        init: &spec.scheme(),
        seed,
        team: &Team::new(1).unwrap(),
    };
    let classes = false;
    let network = Network::new(
        graph,
        &draw,
        named::<Loss>("mse"),
        Capacity { rows, classes },
    );
    let mut inputs = normal(seed, rows, 4 * POINTS);
    // Widths are positive.
    let widths = inputs.iter_mut().skip(3).step_by(4);
    widths.for_each(|width| *width = 0.1 + width.abs());
    let colours = normal(seed + 1, rows, 3);
    Problem::of(network, inputs, Targets::Numbers(colours), seed)
}

#[test]
fn gradients_through_rendering_are_right() {
    let fourier = json!({ "fourier": { "bands": 2 } });
    let concat = json!({ "concat": { "at": [2, 3] } });
    for keys in [
        json!({}),
        json!({ "encoding": fourier, "skip": concat }),
        json!({ "encoding": fourier, "norm": "batch", "order": "norm-activation-linear" }),
        json!({ "skip": "identity", "norm": "layer", "dropout": 0.3, "bias": false }),
    ] {
        let spec = spec(keys.clone());
        let mut problem = problem(&spec, graph(&spec), 5, 3);
        assert_eq!(check(&mut problem, false), Verdict::Right, "{keys}");
    }
    // In several chunks.
    let spec = spec(json!({ "depth": 1, "encoding": fourier }));
    let mut problem = problem(&spec, graph(&spec), 50, 3);
    assert_eq!(check(&mut problem, false), Verdict::Right);
}

/// Rendering that takes what a point shows for what passes it, and the other way round.
struct MixedUp(Render);

impl Layer<f64> for MixedUp {
    fn width(&self) -> usize {
        Layer::<f64>::width(&self.0)
    }
    fn positions(&self, inputs: &[usize]) -> usize {
        Layer::<f64>::positions(&self.0, inputs)
    }
    fn saves(&self) -> Saves {
        Layer::<f64>::saves(&self.0)
    }
    fn forward(&self, pass: Forward<f64>) {
        self.0.forward(pass);
    }
    fn backward(&self, pass: Backward<f64>) {
        let [weights, passed] = pass.saved;
        self.0.backward(Backward {
            saved: [passed, weights],
            ..pass
        });
    }
}

#[test]
fn a_wrong_transmittance_is_found() {
    let spec = spec(json!({}));
    let mut graph = graph(&spec);
    let render = graph.nodes.last_mut().unwrap();
    render.layer = Box::new(MixedUp(Render { points: POINTS }));
    let verdict = check(&mut problem(&spec, graph, 5, 3), false);
    assert!(matches!(verdict, Verdict::Wrong(_)), "{verdict:?}");
}
