//! What batch norm and skip connections do to gradients at the start: the rate
//! at which ‖∂L/∂h‖² grows per layer on its way back, against theory.

use std::f64::consts::PI;

use crate::common::Mlp;
use crate::common::{all_sums, mean_and_log_error, named, normal, plain, training_pass};
use vgrad::nn::loss::Targets;
use vgrad::nn::measure::LayerSums;
use vgrad::nn::order::Order;
use vgrad::nn::skip::{Identity, Skip};

/// h_l = W_l φ(h_{l−1}), without biases, on square layers.
fn pre_activation(activation: &str, width: usize, depth: usize) -> Mlp {
    Mlp {
        order: Order::NormActivationLinear,
        bias: false,
        ..plain(activation, "he_normal", width, vec![width; depth], 1)
    }
}

/// The sums at the start for Gaussian data. The targets are so large that
/// the gradient 2(f − y)/B of the output depends on neither f nor the weights.
fn simulate(architecture: &Mlp, seed: u64, rows: usize) -> Vec<LayerSums> {
    let architecture = Mlp {
        seed,
        ..architecture.clone()
    };
    let inputs = normal(seed, rows, architecture.inputs);
    let targets = Targets::Numbers(normal(seed + 1000, rows, 1) * 1e12);
    all_sums(&training_pass(&architecture, "mse", &inputs, &targets).0)
}

/// Asserts that ‖∂L/∂h_first‖²/‖∂L/∂h_last‖², averaged over `seeds` networks, is
/// `theory`: its logarithm within 3.5 standard errors (exceeded by chance once
/// in 2000 times).
#[track_caller]
fn assert_growth(
    architecture: &Mlp,
    rows: usize,
    seeds: u64,
    [first, last]: [usize; 2],
    theory: f64,
) {
    let growth = |seed| {
        let sums = simulate(architecture, seed, rows);
        let norm = |l: usize| sums[l - 1].activation_grad.norm();
        (norm(first) / norm(last)).powi(2)
    };
    let (mean, error) = mean_and_log_error(&(0..seeds).map(growth).collect::<Vec<f64>>());
    let layers = (last - first) as f64;
    let (rate, expected, error) = (
        mean.ln() / layers,
        theory.ln() / layers,
        3.5 * error / layers,
    );
    // Or networks without any growth might pass.
    assert!(error < expected / 2.0, "the seeds scatter by {error}");
    assert!(
        (rate - expected).abs() <= error,
        "ln of the growth per layer {rate:.5}, in theory {expected:.5} ± {error:.5}"
    );
}

/// Growth of ‖∂L/∂h‖² per layer of h = W·relu(BN(h)) for a batch of B at
/// infinite width (Yang et al. 2019, arXiv:1902.08129):
///   λ(B) = [(B − 1 + J'(c))/(1 − J(c)) − 1]/(B − 3),   c = −1/(B − 1),
/// J(c) = (√(1 − c²) + (π − acos c)·c)/π being E[relu(u)·relu(v)]/E[relu(u)²]
/// for normal u, v with correlation c, and J' its derivative.
fn relu_rate(rows: usize) -> f64 {
    let b = rows as f64;
    let c = -1.0 / (b - 1.0);
    let j = ((1.0 - c * c).sqrt() + (PI - c.acos()) * c) / PI;
    let slope = 1.0 - c.acos() / PI;
    ((b - 1.0 + slope) / (1.0 - j) - 1.0) / (b - 3.0)
}

/// The same for a linear network: (B − 2)/(B − 3).
fn linear_rate(rows: usize) -> f64 {
    (rows as f64 - 2.0) / (rows as f64 - 3.0)
}

/// For large B, λ → E[φ'²]/Var φ = ½/(½ − 1/2π) = π/(π − 1).
#[test]
fn the_rate_of_relu_has_its_limit() {
    let limit = PI / (PI - 1.0);
    // λ(B) is analytic in 1/B.
    assert!((relu_rate(1_000_000) - limit).abs() < 1e-5);
    assert!(relu_rate(32) > relu_rate(128) && relu_rate(128) > limit);
}

/// Layer 1 is left out, whose input is not a normalised activation, and the
/// last layers, whose gradient has not yet forgotten where it came from.
fn assert_batch_norm_rate(activation: &str, rows: usize, theory: f64) {
    let architecture = Mlp {
        norm: named("batch"),
        ..pre_activation(activation, 384, 14)
    };
    let span = [2, 12];
    assert_growth(&architecture, rows, 12, span, theory.powi(10));
}

#[test]
fn relu_explodes_under_batch_norm_in_small_batches() {
    assert_batch_norm_rate("relu", 32, relu_rate(32));
}

#[test]
fn relu_explodes_under_batch_norm_in_large_batches() {
    assert_batch_norm_rate("relu", 128, relu_rate(128));
}

#[test]
fn linear_networks_explode_under_batch_norm() {
    for rows in [8, 16] {
        assert_batch_norm_rate("identity", rows, linear_rate(rows));
    }
}

fn identity_skip(scale: f64) -> Skip {
    Identity {
        scale,
        ..Identity::default()
    }
    .into()
}

/// h + s·W relu(h): E‖(I + s·D·Wᵀ)g‖² = (1 + s²·σw²/2)‖g‖² with half of D's
/// diagonal 1; σw² = 2 doubles it where s = 1.
#[test]
fn a_residual_block_doubles_the_squared_gradient() {
    let blocks = 10;
    let architecture = Mlp {
        skip: identity_skip(1.0),
        ..pre_activation("relu", 256, blocks + 1)
    };
    let theory = 2f64.powi(blocks as i32);
    assert_growth(&architecture, 8, 24, [1, blocks + 1], theory);
}

/// Scaled by 1/√L, L blocks together let it grow by (1 + σw²/2L)^L < e^(σw²/2).
#[test]
fn scaled_residual_blocks_grow_to_a_bound() {
    for blocks in [4, 30] {
        let each = 1.0 / blocks as f64;
        let architecture = Mlp {
            skip: identity_skip(each.sqrt()),
            ..pre_activation("relu", 256, blocks + 1)
        };
        let theory = (1.0 + each).powi(blocks as i32);
        assert_growth(&architecture, 8, 24, [1, blocks + 1], theory);
    }
}

/// ReZero's blocks start as the identity: ∂L/∂h is the same in every hidden
/// layer, bit for bit.
#[test]
fn rezero_starts_as_the_identity() {
    for activation in ["relu", "tanh"] {
        for norm in ["none", "batch", "layer"] {
            for order in [Order::LinearNormActivation, Order::NormActivationLinear] {
                let architecture = Mlp {
                    norm: named(norm),
                    skip: named("rezero"),
                    order,
                    ..pre_activation(activation, 24, 50)
                };
                let sums = simulate(&architecture, 1, 60);
                let last = sums[49].activation_grad.norm();
                assert!(last > 0.0 && last.is_finite());
                for layer in &sums[..50] {
                    assert_eq!(
                        layer.activation_grad.norm().to_bits(),
                        last.to_bits(),
                        "{activation} {norm} {order:?}"
                    );
                }
            }
        }
    }
}
