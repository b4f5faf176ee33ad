//! Exact identities of backpropagation: no statistics, so only rounding is
//! forgiven. Each is computed from the public sums and parameters in f64.

mod batch_norm;
mod losses;
mod paths;

use crate::common::Mlp;
use crate::common::{all_sums, assert_close, dot, labels, named, normal, plain, training_pass};
use ndarray::Axis;
use vgrad::nn::activation::Activation;
use vgrad::nn::loss::Targets;
use vgrad::nn::network::Network;
use vgrad::nn::params::LayerParams;

/// Rounding of sums of some hundred terms: 1e-13 ≈ 450 units in the last place.
const ROUNDING: f64 = 1e-13;

const INPUTS: usize = 7;
const CLASSES: usize = 4;

/// Five hidden layers with unequal widths and biases that are not 0.
fn network(activation: &str) -> Mlp {
    let widths = vec![9, 12, 8, 11, 10];
    plain(activation, "pytorch_default", INPUTS, widths, CLASSES)
}

/// The block of a tensor of layer `l`, by the name of its first tensor.
fn block<'a>(network: &'a Network<f64>, l: usize, tensor: &str) -> &'a LayerParams<f64> {
    let mut blocks = network.layer_params().iter();
    let found =
        blocks.find(|b| b.origin.name == format!("layers.{l}") && b.tensors[0].name == tensor);
    found.unwrap_or_else(|| panic!("layer {l} has no {tensor}"))
}

fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// a. With one row, ∂L/∂W_l = a_{l−1}ᵀδ_l has rank one: ‖∂W_l‖ = ‖δ_l‖·‖a_{l−1}‖.
/// ‖a‖² = width·(mean² + std²).
#[test]
fn one_row_gives_a_weight_gradient_of_rank_one() {
    for activation in Activation::NAMES {
        for norm_name in ["none", "layer", "rms"] {
            let architecture = Mlp {
                norm: named(norm_name),
                ..network(activation)
            };
            let inputs = normal(1, 1, INPUTS);
            let (network, _) =
                training_pass(&architecture, "cross_entropy", &inputs, &labels(1, 4));
            let sums = all_sums(&network);
            let mut input_norm = norm(inputs.as_slice().unwrap());
            for (l, layer) in sums.iter().enumerate() {
                let product = layer.delta.norm() * input_norm;
                assert!(product > 0.0, "{activation} {norm_name}: nothing flows");
                assert_close(
                    layer.params.unwrap().weight_grad_squares.norm(),
                    product,
                    ROUNDING,
                    product,
                    &format!("{activation} {norm_name} layer {}", l + 1),
                );
                let Some(phi) = layer.phi else {
                    assert_eq!(l, architecture.depth(), "only the output has no φ");
                    continue;
                };
                let (mean, std) = (phi.values.mean, phi.values.std());
                input_norm = (architecture.widths[l] as f64 * (mean * mean + std * std)).sqrt();
            }
        }
    }
}

/// b. ⟨W_l, ∂W_l⟩ + ⟨b_l, ∂b_l⟩ = Σ_batch ⟨z_l, δ_l⟩, and a homogeneous φ has
/// z·φ'(z) = φ(z), so that this is Σ ⟨a_l, ∂L/∂a_l⟩ = ⟨W_{l+1}, ∂W_{l+1}⟩.
/// Returns the largest violation over the hidden layers, relative to ‖W‖‖∂W‖.
fn imbalance(activation: &str) -> f64 {
    let inputs = normal(2, 6, INPUTS);
    let architecture = network(activation);
    let (network, _) = training_pass(&architecture, "cross_entropy", &inputs, &labels(6, 4));
    let violation = |l: usize| {
        let (here, next) = (
            block(&network, l, "weight"),
            block(&network, l + 1, "weight"),
        );
        // Weights and biases lie one after the other in `trained`.
        let left = dot(&here.trained, &here.gradient);
        let weights = next.tensors[0].len();
        let right = dot(&next.trained[..weights], &next.gradient[..weights]);
        let scale = norm(&next.trained[..weights]) * norm(&next.gradient[..weights]);
        assert!(scale > 0.0, "{activation} layer {l}: nothing flows");
        (left - right).abs() / scale
    };
    (1..=architecture.depth())
        .map(violation)
        .fold(0.0, f64::max)
}

#[test]
fn homogeneous_activations_balance_neighbouring_layers() {
    for activation in ["identity", "relu", "leaky_relu"] {
        let violation = imbalance(activation);
        assert!(violation <= ROUNDING, "{activation}: {violation:e}");
    }
    // Only homogeneous ones do.
    assert!(imbalance("sigmoid") > 1e-3 && imbalance("softplus") > 1e-3);
}

/// c. ∂b_l = Σ_batch δ_l. For one row alone ∂b_l *is* δ_l; a batch's loss is
/// the mean over its rows, so a batch's ∂b_l is the mean of the rows' own, and
/// its ‖δ_l‖_F² the sum of their squares over the squared number of rows.
#[test]
fn bias_gradients_are_sums_of_delta_over_the_batch() {
    // 50 rows are computed in two pieces.
    for rows in [5, 50] {
        let architecture = network("tanh");
        let inputs = normal(3, rows, INPUTS);
        let targets = labels(rows, CLASSES as u32);
        let (batch, _) = training_pass(&architecture, "cross_entropy", &inputs, &targets);
        let Targets::Classes(classes) = &targets else {
            unreachable!()
        };
        let singles: Vec<Network<f64>> = inputs
            .axis_iter(Axis(0))
            .zip(classes)
            .map(|(row, class)| {
                let row = row.insert_axis(Axis(0)).to_owned();
                let target = Targets::Classes(vec![*class]);
                training_pass(&architecture, "cross_entropy", &row, &target).0
            })
            .collect();
        for l in 1..=batch.layers().len() {
            let bias_gradient = |network: &Network<f64>| {
                let block = block(network, l, "weight");
                block.gradient[block.tensors[0].len()..].to_vec()
            };
            let mut sum = vec![0.0; bias_gradient(&batch).len()];
            let mut squares = 0.0;
            for single in &singles {
                let delta = bias_gradient(single);
                let sums = single.sums(l);
                assert_close(
                    norm(&delta),
                    sums.delta.norm(),
                    ROUNDING,
                    sums.delta.norm(),
                    "one row",
                );
                squares += dot(&delta, &delta);
                sum.iter_mut().zip(&delta).for_each(|(sum, d)| *sum += d);
            }
            let scale = squares.sqrt() / rows as f64;
            assert_close(batch.sums(l).delta.norm(), scale, ROUNDING, scale, "‖δ‖");
            let size = norm(&sum) / rows as f64;
            assert_close(
                batch
                    .sums(l)
                    .params
                    .unwrap()
                    .other_grad_squares
                    .unwrap()
                    .norm(),
                size,
                ROUNDING,
                scale,
                "‖∂b‖",
            );
            for (sum, gradient) in sum.iter().zip(bias_gradient(&batch)) {
                assert_close(
                    gradient,
                    sum / rows as f64,
                    ROUNDING,
                    scale,
                    &format!("layer {l} of {rows} rows"),
                );
            }
        }
    }
}
