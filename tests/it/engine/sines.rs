//! Networks of sines at their start, measured: what holds on average over draws of their
//! weights. `predict::sines` has the theory.

use crate::common::{all_sums, plain, training_pass};
use ndarray::Array2;
use vgrad::nn::activation::Sine;
use vgrad::nn::init::{Init, Siren, XavierNormal};
use vgrad::nn::loss::Targets;

const DEPTH: usize = 20;
const WIDTH: usize = 64;
const SEEDS: u64 = 6;
const ROWS: usize = 128;

/// Sines of frequency `omega` without biases over places evenly in [−1, 1]: decades that
/// the gradient loses per layer, squares averaged over seeds, and the standard deviation of
/// φ in layers 5 and later.
fn start(omega: f64, init: Init) -> (f64, Vec<f64>) {
    let place = |(row, _): (usize, usize)| 2.0 * (row as f64 + 0.5) / ROWS as f64 - 1.0;
    let inputs = Array2::from_shape_fn((ROWS, 1), place);
    let targets = Targets::Numbers(inputs.mapv(|x| (10.0 * x).sin()));
    let (mut ratio, mut stds) = (0.0, Vec::new());
    for seed in 0..SEEDS {
        let mut network = plain("identity", "he_normal", 1, vec![WIDTH; DEPTH], 1);
        network.activation = Sine { omega }.into();
        network.init = init.clone();
        network.bias = false;
        network.seed = seed;
        let (network, _) = training_pass(&network, "mse", &inputs, &targets);
        let sums = all_sums(&network);
        let norm = |layer: usize| sums[layer - 1].activation_grad.norm();
        ratio += (norm(1) / norm(DEPTH)).powi(2) / SEEDS as f64;
        let phi = sums[4..DEPTH].iter().map(|sums| sums.phi.unwrap());
        stds.extend(phi.map(|phi| phi.values.std()));
    }
    (-0.5 * ratio.log10() / (DEPTH - 1) as f64, stds)
}

/// u ← 1 − e^(−2u) has the fixed point 0.796812, where χ = 1.203188 and φ has the standard
/// deviation √(u/2) = 0.631194: gradients grow by 0.04017 decades per layer. (PyTorch, width
/// 64: −0.0401.)
#[test]
fn sirens_gradients_grow_by_a_tenth_per_layer() {
    let (slope, stds) = start(30.0, Siren { omega: 30.0 }.into());
    assert!((slope + 0.040).abs() < 0.012, "{slope}");
    let mean = stds.iter().sum::<f64>() / stds.len() as f64;
    assert!((mean - 0.631).abs() < 0.01, "{mean}");
}

/// χ = omega²/2 = 450 where phases are random, 1 where the sine is its argument.
#[test]
fn xaviers_variance_explodes_at_frequency_30_and_keeps_at_1() {
    let (slope, stds) = start(30.0, XavierNormal::default().into());
    assert!((slope + 1.3266).abs() < 0.02, "{slope}");
    // A sine of a random phase has the mean square ½.
    assert!(stds.iter().all(|std| (std - 0.5f64.sqrt()).abs() < 0.02));
    let (slope, _) = start(1.0, XavierNormal::default().into());
    assert!(slope.abs() < 0.01, "{slope}");
}
