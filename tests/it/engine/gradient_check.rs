//! Backward passes against central differences in f64, over every activation ×
//! norm × skip × order × loss × bias, parameters and inputs. The combinations
//! come from the families' lists, so a new member is covered without an edit.

use crate::common::{Mlp, kept, labels, named, normal, plain, skips_of_mlps};
use ndarray::Array2;
use vgrad::base::team::Team;
use vgrad::nn::activation::{Activation, Sine};
use vgrad::nn::encoding::Fourier;
use vgrad::nn::graph::{Graph, GraphBuilder};
use vgrad::nn::layer::activate::Activate;
use vgrad::nn::layer::linear::Linear;
use vgrad::nn::layer::{Backward, Forward, Layer, Role, Saves};
use vgrad::nn::loss::{Loss, Targets};
use vgrad::nn::network::Network;
use vgrad::nn::norm::Norm;
use vgrad::nn::order::Order;
use vgrad::nn::skip::{Concat, Skip};

/// |analytic − numeric| may be at most this times max(|g|, 1e-3·largest |g|).
const TOLERANCE: f64 = 1e-6;

const WIDTH: usize = 4;
const INPUTS: usize = 3;
const CLASSES: usize = 3;

/// A network with a batch, and the loss as a function of one number of it.
pub struct Problem {
    network: Network<f64>,
    inputs: Array2<f64>,
    targets: Targets<f64>,
    team: Team,
}

/// Which number is moved.
#[derive(Clone, Copy, Debug)]
enum Coordinate {
    Parameter { block: usize, index: usize },
    Input { index: usize },
}

impl Problem {
    fn new(architecture: &Mlp, graph: Graph<f64>, loss: &Loss, rows: usize, seed: u64) -> Self {
        let architecture = Mlp {
            seed,
            ..architecture.clone()
        };
        let network = architecture.network_of(graph, loss.clone(), rows, true);
        let inputs = normal(seed, rows, INPUTS);
        Self::of(network, inputs, labels(rows, CLASSES as u32), seed)
    }

    /// With every parameter moved away from its start by draws of `seed`.
    pub fn of(
        mut network: Network<f64>,
        inputs: Array2<f64>,
        targets: Targets<f64>,
        seed: u64,
    ) -> Self {
        // Every parameter away from its start, so that a ReZero scale or a
        // norm's bias of 0 hides nothing.
        let mut random = normal(seed + 1000, 1, 4096).into_iter();
        for block in network.layer_params_mut() {
            block
                .trained
                .iter_mut()
                .zip(&mut random)
                .for_each(|(p, r)| *p += 0.2 * r);
        }
        Self {
            network,
            inputs,
            targets,
            team: Team::new(1).unwrap(),
        }
    }

    fn slot(&mut self, at: Coordinate) -> &mut f64 {
        match at {
            Coordinate::Parameter { block, index } => {
                &mut self.network.layer_params_mut()[block].trained[index]
            }
            Coordinate::Input { index } => &mut self.inputs.as_slice_mut().unwrap()[index],
        }
    }

    fn pass(&mut self) -> f64 {
        let rows: Vec<usize> = (0..self.inputs.nrows()).collect();
        self.network.load(&self.inputs, &self.targets, &rows);
        self.network.step(&self.team, kept()).loss
    }

    fn loss_at(&mut self, at: Coordinate, offset: f64) -> f64 {
        let start = *self.slot(at);
        *self.slot(at) = start + offset;
        let loss = self.pass();
        *self.slot(at) = start;
        loss
    }

    /// Central difference of fourth order: error h⁴f⁽⁵⁾/30.
    fn slope(&mut self, at: Coordinate, h: f64) -> f64 {
        let mut f = |k: f64| self.loss_at(at, k * h);
        (8.0 * (f(1.0) - f(-1.0)) - (f(2.0) - f(-2.0))) / (12.0 * h)
    }

    /// Every coordinate with its analytic gradient.
    fn analytic(&mut self) -> Vec<(Coordinate, f64)> {
        self.pass();
        let blocks = self.network.layer_params().iter().enumerate();
        let parameters = blocks.flat_map(|(block, b)| {
            let gradient = b.gradient.iter().enumerate();
            gradient.map(move |(index, g)| (Coordinate::Parameter { block, index }, *g))
        });
        let inputs = self.network.input_gradient().into_iter().enumerate();
        parameters
            .chain(inputs.map(|(index, g)| (Coordinate::Input { index }, g)))
            .collect()
    }
}

/// What a check found.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Right,
    Wrong(String),
    /// A kink lies within reach of the differences: draw another point.
    NearKink,
}

pub fn check(problem: &mut Problem, has_kinks: bool) -> Verdict {
    // With hundreds of numbers, looking at some is as good.
    check_some(150, 0, problem, has_kinks)
}

/// Looks at `count` numbers at most, evenly spread, the first of them number `turn`: as many
/// turns as there are steps between two of them look at all.
fn check_some(count: usize, turn: usize, problem: &mut Problem, has_kinks: bool) -> Verdict {
    let gradient = problem.analytic();
    let largest = gradient.iter().map(|(_, g)| g.abs()).fold(0.0, f64::max);
    assert!(largest > 0.0, "all gradients are 0");
    let every = gradient.len().div_ceil(count);
    for &(at, analytic) in gradient.iter().skip(turn % every).step_by(every) {
        let scale = analytic.abs().max(1e-3 * largest);
        let numeric = problem.slope(at, 3e-4);
        // Whether a kink is near must not depend on the analytic gradient:
        // without one, a second step size gives the same slope.
        if has_kinks && (problem.slope(at, 2e-4) - numeric).abs() > 0.1 * TOLERANCE * scale {
            return Verdict::NearKink;
        }
        let is_right = |numeric: f64| (analytic - numeric).abs() <= TOLERANCE * scale;
        // Where a norm of few units bends the loss sharply, the differences' own error counts,
        // and a third of the step leaves an 81st of it: a wrong gradient stays wrong.
        if !is_right(numeric) && !is_right(problem.slope(at, 1e-4)) {
            return Verdict::Wrong(format!(
                "{at:?}: analytic {analytic:e}, numeric {numeric:e}"
            ));
        }
    }
    Verdict::Right
}

/// Checks at the first point that has no kink near.
fn check_somewhere(turn: usize, architecture: &Mlp, loss: &Loss, rows: usize) -> Verdict {
    let has_kinks = !architecture
        .activation
        .elementwise::<f64>()
        .kinks()
        .is_empty();
    for seed in 0..60 {
        let mut problem = Problem::new(architecture, architecture.graph(true), loss, rows, seed);
        let verdict = check_some(50, turn, &mut problem, has_kinks);
        if verdict != Verdict::NearKink {
            return verdict;
        }
    }
    panic!("no point without a kink near in 60 draws");
}

fn skips() -> Vec<Skip> {
    let identity = |every, scale, shortcut| {
        Skip::from(vgrad::nn::skip::Identity {
            every,
            scale,
            shortcut,
        })
    };
    let mut skips: Vec<Skip> = skips_of_mlps().map(named).collect();
    let concat = Concat { at: vec![2, 3] }.into();
    skips.extend([identity(2, 0.7, 1.0), identity(1, 0.5, -0.8), concat]);
    skips
}

/// φ by its name. A sine of frequency 30 behind another one has one of 900, for which the
/// differences' steps are too wide.
fn gentle(activation: &str) -> Activation {
    match activation {
        "sine" => Sine { omega: 1.0 }.into(),
        name => named(name),
    }
}

/// Every combination that is not refused, with a name for messages.
fn combinations(activation: &str, depth: usize) -> Vec<(String, Mlp)> {
    let mut all = Vec::new();
    for norm in Norm::NAMES {
        for skip in skips() {
            for order in [Order::LinearNormActivation, Order::NormActivationLinear] {
                for bias in [true, false] {
                    // DESIGN: the highway's units are in the default order only.
                    if matches!(skip, Skip::Highway(_)) && order == Order::NormActivationLinear {
                        continue;
                    }
                    let name = format!("{activation} {norm} {skip:?} {order:?} bias={bias}");
                    let plain = plain(activation, "he_normal", INPUTS, vec![WIDTH; depth], CLASSES);
                    let skip = skip.clone();
                    all.push((
                        name,
                        Mlp {
                            activation: gentle(activation),
                            norm: named(norm),
                            skip,
                            order,
                            bias,
                            ..plain
                        },
                    ));
                }
            }
        }
    }
    all
}

fn check_all(activations: &[&str], rows: usize) {
    for activation in activations {
        for (name, architecture) in combinations(activation, 3) {
            for (turn, loss) in Loss::NAMES.iter().enumerate() {
                let verdict = check_somewhere(turn, &architecture, &named(loss), rows);
                assert_eq!(verdict, Verdict::Right, "{name} {loss}");
            }
        }
    }
}

#[test]
fn every_combination_first_half() {
    check_all(&Activation::NAMES[..Activation::NAMES.len() / 2], 5);
}

#[test]
fn every_combination_second_half() {
    check_all(&Activation::NAMES[Activation::NAMES.len() / 2..], 5);
}

/// From 48 rows on a batch is cut into pieces whose sums must combine.
#[test]
fn every_combination_in_several_pieces() {
    check_all(&["tanh"], 50);
}

#[test]
fn dropout_and_unequal_widths() {
    let plain = plain("silu", "he_normal", INPUTS, vec![6, 3, 5], CLASSES);
    for norm in Norm::NAMES {
        let architecture = Mlp {
            dropout: 0.3,
            norm: named(norm),
            ..plain.clone()
        };
        let verdict = check_somewhere(0, &architecture, &named("cross_entropy"), 7);
        assert_eq!(verdict, Verdict::Right, "{norm}");
    }
}

/// Encoded inputs, read again by the maps of later layers, of unequal widths.
#[test]
fn encodings_and_what_reads_them_again() {
    let plain = plain("tanh", "he_normal", INPUTS, vec![6, 3, 5], CLASSES);
    for (bands, include_input) in [(1, true), (3, false)] {
        for order in [Order::LinearNormActivation, Order::NormActivationLinear] {
            for at in [vec![2], vec![2, 3]] {
                let architecture = Mlp {
                    encoding: Fourier {
                        bands,
                        include_input,
                    }
                    .into(),
                    skip: Concat { at: at.clone() }.into(),
                    order,
                    ..plain.clone()
                };
                let verdict = check_somewhere(0, &architecture, &named("mse"), 5);
                assert_eq!(verdict, Verdict::Right, "{bands} {order:?} {at:?}");
            }
        }
    }
}

/// An activation layer whose slope is off by a thousandth.
struct WrongSlope(Activate);

impl Layer<f64> for WrongSlope {
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
        let [grad_input, ..] = pass.grad_inputs;
        grad_input.write_or_add(
            pass.grad_output
                .iter()
                .zip(pass.saved[0])
                .map(|(grad, slope)| grad * slope * 1.001),
        );
    }
}

#[test]
fn a_wrong_slope_is_found() {
    for loss in Loss::NAMES {
        let architecture = plain("tanh", "he_normal", INPUTS, vec![WIDTH; 3], CLASSES);
        let mut graph = architecture.graph(true);
        let phi = graph.layers[1].phi.unwrap();
        graph.nodes[phi].layer = Box::new(WrongSlope(Activate {
            width: WIDTH,
            activation: named("tanh"),
        }));
        let mut problem = Problem::new(&architecture, graph, &named(loss), 5, 0);
        assert!(
            matches!(check(&mut problem, false), Verdict::Wrong(_)),
            "{loss}"
        );
    }
}

/// x → W·+b → tanh → the same W·+b → tanh → an output map.
fn one_map_twice() -> Graph<f64> {
    let (mut graph, x) = GraphBuilder::new(1, INPUTS);
    let map = |fan_out| Linear::new(INPUTS, fan_out, Some(Role::Bias));
    let tanh = || Activate {
        width: INPUTS,
        activation: named("tanh"),
    };
    graph.begin_layer("first".into(), Some(1));
    let z = graph.add(1, map(INPUTS), &[x]);
    let first = graph.last();
    let h = graph.add(1, tanh(), &[z]);
    graph.info(1).h = h;
    graph.begin_layer("second".into(), Some(2));
    let z = graph.add_sharing(2, map(INPUTS), &[h], first);
    let h = graph.add(2, tanh(), &[z]);
    graph.info(2).h = h;
    graph.begin_layer("output".into(), None);
    let output = graph.add(3, map(CLASSES), &[h]);
    graph.info(3).h = output;
    graph.finish(output, true)
}

#[test]
fn the_gradient_of_shared_parameters_is_the_sum_over_their_nodes() {
    let architecture = plain("tanh", "he_normal", INPUTS, vec![WIDTH], CLASSES);
    let loss = named("cross_entropy");
    // Several chunks, and one.
    for rows in [7, 70] {
        let mut problem = Problem::new(&architecture, one_map_twice(), &loss, rows, 0);
        let names: Vec<&str> = (problem.network.layer_params().iter())
            .map(|params| &*params.origin.name)
            .collect();
        assert_eq!(names, ["layers.1", "layers.3"]);
        assert_eq!(check(&mut problem, false), Verdict::Right);
    }
}
