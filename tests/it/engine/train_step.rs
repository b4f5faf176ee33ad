//! The fast step is the slow one, gradients and then the update, bit for bit;
//! and what it does when something is not finite.

use crate::common::Mlp;
use crate::common::{labels, named, normal, plain, skips_of_mlps};
use ndarray::Array2;
use vgrad::base::team::Team;
use vgrad::nn::loss::Targets;
use vgrad::nn::network::Network;
use vgrad::nn::norm::Norm;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, StepInfo};
use vgrad::nn::train_step::{Step, Update};

const ROWS: usize = 70;

/// Update `t`, observed.
fn nth<T>(optimizer: &Optimizer<T>, t: u64) -> Step<'_, T> {
    let info = StepInfo {
        t,
        learning_rate: 1e-2,
    };
    Step {
        observe: true,
        update: Some(Update { optimizer, info }),
        ..Step::default()
    }
}

/// All parameters and running averages, as bits.
fn bits(network: &Network<f64>) -> Vec<u64> {
    let blocks = network.layer_params().iter();
    let numbers = blocks.flat_map(|block| block.trained.iter().chain(&block.running));
    numbers.map(|x| x.to_bits()).collect()
}

fn layers_of_12(norm: &str, skip: &str) -> Mlp {
    Mlp {
        norm: named(norm),
        skip: named(skip),
        dropout: 0.1,
        ..plain("tanh", "xavier_normal", 5, vec![12; 4], 3)
    }
}

/// A team and a network whose batches it shares.
fn start(architecture: &Mlp, threads: usize) -> (Team, Network<f64>) {
    let team = Team::new(threads).unwrap();
    let mut network = architecture.network("cross_entropy", ROWS, true);
    network.divide(&team);
    (team, network)
}

#[test]
fn in_one_or_in_two_phases_on_any_team() {
    let (inputs, targets) = (normal(1, ROWS, 5), labels(ROWS, 3));
    let rows: Vec<usize> = (0..ROWS).collect();
    for norm in Norm::NAMES {
        for skip in skips_of_mlps() {
            for name in OptimizerSpec::NAMES {
                let architecture = layers_of_12(norm, skip);
                let optimizer = Optimizer::<f64>::new(&named::<OptimizerSpec>(name));
                let trained = |threads: usize, keep_gradients: bool, clip: Option<f64>| {
                    let (team, mut network) = start(&architecture, threads);
                    let mut told = Vec::new();
                    for t in 1..4 {
                        network.load(&inputs, &targets, &rows);
                        let step = Step {
                            keep_gradients,
                            clip,
                            ..nth(&optimizer, t)
                        };
                        let metrics = network.step(&team, step);
                        let layers = (1..=network.layers().len()).map(|l| network.sums(l));
                        told.push((metrics, layers.collect::<Vec<_>>()));
                    }
                    (bits(&network), network.updates(), told)
                };
                let expected = trained(1, true, None);
                for threads in [1, 2] {
                    let what = format!("{norm} {skip} {name}, {threads} threads");
                    // A limit beyond every norm needs all gradients before the update.
                    for (keep, clip) in [(false, None), (true, None), (false, Some(1e300))] {
                        let found = trained(threads, keep, clip);
                        assert!(found == expected, "{what}, {keep} {clip:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn metrics_are_the_same_whether_the_gradient_is_kept_or_not() {
    let (inputs, targets) = (normal(1, ROWS, 5), labels(ROWS, 3));
    let rows: Vec<usize> = (0..ROWS).collect();
    for norm in Norm::NAMES {
        for skip in skips_of_mlps() {
            let architecture = layers_of_12(norm, skip);
            for threads in [1, 2] {
                let looked_at = |keep_gradients: bool| {
                    let (team, mut network) = start(&architecture, threads);
                    network.load(&inputs, &targets, &rows);
                    let step = Step {
                        observe: true,
                        keep_gradients,
                        ..Step::default()
                    };
                    let metrics = network.step(&team, step);
                    let layers = (1..=network.layers().len()).map(|l| network.sums(l));
                    (metrics, layers.collect::<Vec<_>>(), bits(&network))
                };
                let what = format!("{norm} {skip}, {threads} threads");
                assert!(looked_at(false) == looked_at(true), "{what}");
            }
        }
    }
}

/// x = 1e25, W = 1e-25: every value and its gradient is an ordinary number,
/// but ∂L/∂W of the first layer, about x·δ = 1e25·1e15, is beyond f32.
#[test]
fn a_gradient_beyond_f32_stops_its_layer_and_is_told() {
    let architecture = plain("identity", "he_normal", 1, vec![1], 1);
    let optimizer = Optimizer::<f32>::new(&named::<OptimizerSpec>("sgd"));
    let team = Team::new(1).unwrap();
    for observe in [false, true] {
        let mut network = architecture.network::<f32>("mse", 4, false);
        for (block, weight) in network.layer_params_mut().iter_mut().zip([1e-25, 1.0]) {
            block.trained.fill(0.0);
            block.trained[0] = weight;
        }
        // A step before, of which nothing may be told as if it were this one's.
        let ones = Array2::from_elem((4, 1), 1f32);
        let ordinary = Targets::Numbers(ones.clone());
        network.load(&ones, &ordinary, &[0, 1, 2, 3]);
        network.step(
            &team,
            Step {
                observe: true,
                ..Step::default()
            },
        );
        assert!(network.sums(1).phi.is_some());
        let inputs = Array2::from_elem((4, 1), 1e25f32);
        let targets = Targets::Numbers(Array2::from_elem((4, 1), 1e15f32));
        network.load(&inputs, &targets, &[0, 1, 2, 3]);
        let step = Step {
            observe,
            ..nth(&optimizer, 1)
        };
        let metrics = network.step(&team, step);
        assert_eq!(metrics.diverged_at, Some(1));
        assert!(metrics.loss.is_finite());
        assert_eq!(network.updates(), 0, "no step was made");
        let weight = |b: usize| network.layer_params()[b].trained[0];
        assert_eq!(weight(0), 1e-25, "this layer is as it was");
        assert_ne!(weight(1), 1.0, "the other has been updated");
        // Only what was observed before the update can be told.
        let layer = network.sums(1);
        assert_eq!(layer.phi.is_some(), observe);
        assert_eq!(layer.params.unwrap().weight_grads.is_some(), observe);
        assert!(!layer.params.unwrap().weight_grad_squares.is_finite() && layer.delta.is_finite());
        assert_eq!(network.sums(2).params.unwrap().update_squares, None);
        assert_eq!(
            network.sums(2).params.unwrap().weight_squares.norm(),
            1.0,
            "before the update"
        );
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_nothing() {
    let architecture = plain("relu", "he_normal", 2, vec![4; 3], 2);
    let optimizer = Optimizer::<f64>::new(&named::<OptimizerSpec>("adam"));
    let team = Team::new(1).unwrap();
    let mut network = architecture.network("mse", 8, true);
    let before = bits(&network);
    let inputs = Array2::from_elem((8, 2), 1e200);
    network.load(&inputs, &labels(8, 2), &[0, 1, 2, 3, 4, 5, 6, 7]);
    let metrics = network.step(&team, nth(&optimizer, 1));
    assert!(metrics.diverged_at.is_some() && !metrics.loss.is_finite());
    assert!(bits(&network) == before);
}
