//! Generators and discriminators as one network: their gradients against central
//! differences and against closed forms.

use ndarray::Array2;
use vgrad::base::Scalar;
use vgrad::base::team::Team;
use vgrad::nn::activation::LeakyRelu;
use vgrad::nn::adversary::{DiscriminatorSide, GanLoss, GeneratorSide};
use vgrad::nn::architecture::{NetworkSpec, Setting};
use vgrad::nn::loss::Targets;
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::norm::Norm;
use vgrad::nn::objective::Objective;
use vgrad::nn::params::Draw;
use vgrad::nn::width::Width;

use super::gradient_check::{Problem, Verdict, check};
use crate::common::{kept, named, normal};

fn mlp(depth: usize, width: usize, activation: &str) -> NetworkSpec {
    NetworkSpec::new(depth, Width::All(width), named(activation))
}

fn setting(inputs: usize, outputs: usize, seed: u64) -> Setting {
    Setting {
        positions: 1,
        inputs,
        image: None,
        is_ray: false,
        outputs,
        seed,
    }
}

/// Generator and discriminator as one network for batches of `rows`.
fn composed(
    [generator, discriminator]: [&NetworkSpec; 2],
    setting: &Setting,
    loss: GanLoss,
    rows: usize,
) -> Network<f64> {
    let graph = generator.composed_graph(setting, discriminator);
    network(
        graph,
        generator,
        GeneratorSide(loss),
        [rows, setting.seed as usize],
    )
}

fn network(
    graph: vgrad::nn::graph::Graph<f64>,
    spec: &NetworkSpec,
    objective: impl Into<Objective>,
    [rows, seed]: [usize; 2],
) -> Network<f64> {
    let draw = Draw {
        init: &spec.scheme(),
        seed: seed as u64,
        team: &Team::new(1).unwrap(),
    };
    let classes = false;
    Network::new(graph, &draw, objective, Capacity { rows, classes })
}

/// Every loss of both sides, through both networks, with every norm.
#[test]
fn gradients_are_those_of_central_differences() {
    const ROWS: usize = 6;
    let mut checked = 0;
    for name in GanLoss::NAMES {
        for norm in Norm::NAMES {
            let with_norm = |network: NetworkSpec| NetworkSpec {
                norm: named(norm),
                ..network
            };
            let generator = with_norm(mlp(2, 4, "tanh"));
            let discriminator = with_norm(mlp(2, 4, "softplus"));
            let made = setting(3, 2, 1);
            let loss = named::<GanLoss>(name);
            let both = [&generator, &discriminator];
            let through_both = composed(both, &made, loss.clone(), ROWS);
            let read = made.of_discriminator();
            let graph = discriminator.graph(&read, true);
            let side = DiscriminatorSide(loss);
            let alone = network(graph, &discriminator, side, [ROWS, 1]);
            for (side, network, inputs) in [("generator", through_both, 3), ("both", alone, 2)] {
                // Real and made ones in turn.
                let targets = Array2::from_shape_fn((ROWS, 1), |(row, _)| (row % 2) as f64);
                let targets = Targets::Numbers(targets);
                let mut problem = Problem::of(network, normal(3, ROWS, inputs), targets, 1);
                assert_eq!(
                    check(&mut problem, false),
                    Verdict::Right,
                    "{name} {norm} {side}"
                );
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 32);
}

/// Φ⁻¹ by bisection.
fn quantile(u: f64) -> f64 {
    let [mut low, mut high] = [-12.0, 12.0];
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        let below = 0.5 * Scalar::erfc(-middle / 2f64.sqrt());
        if below < u {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// Real samples N(0, 1), made ones N(−m, 1), and between them the optimal discriminator's
/// logit a(x) = m x + m²/2. The generator's gradient by its shift is m E σ(a) where it
/// saturates, else m E σ(−a), E over the made samples: the numbers are REFERENCE values
/// worked out with mpmath. N quantiles in place of draws leave an error of order 1/N², E
/// being over a function that is flat at both ends.
#[test]
fn a_shift_has_the_closed_form_of_the_optimal_discriminator() {
    const ROWS: usize = 1 << 12;
    let exact = [
        (0.5, 0.235264, 0.264736),
        (1.0, 0.397973, 0.602027),
        (2.0, 0.449600, 1.550400),
        (4.0, 0.137195, 3.862805),
    ];
    let quantiles = (0..ROWS).map(|i| quantile((i as f64 + 0.5) / ROWS as f64));
    let noise = Array2::from_shape_vec((ROWS, 1), quantiles.collect()).unwrap();
    let rows: Vec<usize> = (0..ROWS).collect();
    let targets = Targets::Numbers(Array2::zeros((ROWS, 1)));
    let team = Team::new(1).unwrap();
    let one = mlp(1, 1, "identity");
    for (m, saturating, non_saturating) in exact {
        let of_loss = |name: &str| {
            let mut network = composed([&one, &one], &setting(1, 1, 0), named(name), ROWS);
            // Weight and bias of generator_1, generator_output, discriminator_1, …_output.
            let maps = [[1.0, 0.0], [1.0, -m], [1.0, 0.0], [m, m * m / 2.0]];
            for (params, map) in network.layer_params_mut().iter_mut().zip(maps) {
                params.trained.copy_from_slice(&map);
            }
            network.load(&noise, &targets, &rows);
            network.step(&team, kept());
            let bias = network.sums(2).params.unwrap().other_grad_squares.unwrap();
            bias.norm()
        };
        for (name, expected) in [
            ("saturating", saturating),
            ("non_saturating", non_saturating),
        ] {
            let found = of_loss(name);
            assert!(
                (found - expected).abs() < 1e-6,
                "{name} m = {m}: {found} {expected}"
            );
        }
        // ∂D/∂shift = m for every sample: what is lost by one is gained by the other.
        let both = of_loss("saturating") + of_loss("non_saturating");
        assert!((both - m).abs() < 1e-12, "m = {m}: {both}");
    }
}

/// A critic whose clipped weights all lie at ±c multiplies the square of a gradient by
/// n c² E φ'² a layer, E φ'² = (1 + 0.2²)/2 for leaky ReLU: ½ log10(n c² · 0.52) decades.
#[test]
fn weights_at_the_clip_lose_so_many_decades_a_layer() {
    const DEPTH: usize = 12;
    const WIDTH: usize = 64;
    const ROWS: usize = 64;
    let critic = NetworkSpec {
        activation: LeakyRelu { slope: 0.2 }.into(),
        ..mlp(DEPTH, WIDTH, "relu")
    };
    let generator = mlp(1, 8, "tanh");
    let team = Team::new(1).unwrap();
    let rows: Vec<usize> = (0..ROWS).collect();
    let targets = Targets::Numbers(Array2::zeros((ROWS, 1)));
    for c in [0.01, 0.3] {
        let slope_of = |seed: u64| {
            let setting = setting(2, 2, seed);
            let both = [&generator, &critic];
            let mut network = composed(both, &setting, named("wasserstein"), ROWS);
            for params in &mut network.layer_params_mut()[2..] {
                let weights = params.weight_len();
                for (i, value) in params.trained.iter_mut().enumerate() {
                    let at_clip = if *value < 0.0 { -c } else { c };
                    *value = if i < weights { at_clip } else { 0.0 };
                }
            }
            network.load(&normal(seed, ROWS, 2), &targets, &rows);
            network.step(&team, kept());
            let log = |layer| network.sums(layer).activation_grad.norm().log10();
            // generator_1 and generator_output are layers 1 and 2.
            (log(2 + DEPTH) - log(3)) / (DEPTH - 1) as f64
        };
        let seeds = 4;
        let mean = (0..seeds).map(slope_of).sum::<f64>() / seeds as f64;
        let expected = -0.5 * (WIDTH as f64 * c * c * 0.52).log10();
        // A layer's factor on the square scatters by √(2/n) about its mean, 0.08 decades of
        // the norm; a mean over 11 layers and 4 networks by 0.012.
        assert!((mean - expected).abs() < 0.04, "c = {c}: {mean} {expected}");
    }
}
