//! Exact identities of backpropagation: no statistics, so only rounding is
//! forgiven. Each is computed from the public sums and parameters in f64.

use crate::common::Mlp;
use crate::common::{
    all_sums, assert_close, dot, kept, labels, named, normal, plain, repeat_pass, training_pass,
};
use ndarray::{Array2, Axis};
use vgrad::base::team::Team;
use vgrad::nn::activation::Activation;
use vgrad::nn::layer::EPS;
use vgrad::nn::loss::Targets;
use vgrad::nn::network::Network;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, StepInfo};
use vgrad::nn::order::Order;
use vgrad::nn::params::LayerParams;
use vgrad::nn::train_step::{Step, Update};

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
    let found = blocks.find(|b| b.name == format!("layers.{l}") && b.tensors[0].name == tensor);
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

/// Columns' means and biased variances.
fn column_moments(x: &Array2<f64>) -> Vec<(f64, f64)> {
    x.axis_iter(Axis(1))
        .map(|column| {
            let mean = column.mean().unwrap();
            let squares = column.mapv(|v| (v - mean) * (v - mean));
            (mean, squares.mean().unwrap())
        })
        .collect()
}

/// d. Batch norm: with inv = 1/√(var + ε) and x̂ = (z − mean)·inv,
/// ∂L/∂z = γ·inv·(g − mean(g) − x̂·mean(g·x̂)). As Σ x̂ = 0 and
/// Σ x̂² = B·var/(var + ε), per unit
///   Σ_b ∂L/∂z = 0   and   Σ_b x̂·∂L/∂z = γ·inv·∂γ·ε/(var + ε)   (∂γ = Σ g·x̂),
/// the second being 0 but for ε. W_1 is the identity here, so that the
/// network's ∂L/∂x is ∂L/∂z_1 and z_1 is x.
#[test]
fn batch_norm_removes_mean_and_scale_from_the_gradient() {
    // 60 rows are computed in two pieces. At scale 1e-3 the variance is 1e-6,
    // a tenth of ε, and the second sum is far from 0.
    for (rows, scale) in [(6, 1.0), (60, 1.0), (60, 1e-3)] {
        let width = 5;
        let architecture = Mlp {
            norm: named("batch"),
            ..plain("tanh", "he_normal", width, vec![width; 3], CLASSES)
        };
        let inputs = normal(4, rows, width) * scale;
        let targets = labels(rows, CLASSES as u32);
        let (mut network, _) = training_pass(&architecture, "cross_entropy", &inputs, &targets);
        let first = &mut network.layer_params_mut()[0].trained;
        for (k, w) in first.iter_mut().enumerate() {
            *w = f64::from(u8::from(k % (width + 1) == 0));
        }
        repeat_pass(&mut network, &inputs, &targets);
        let gradient = Array2::from_shape_vec((rows, width), network.input_gradient()).unwrap();
        let gamma = block(&network, 1, "norm.weight");
        for (unit, (mean, variance)) in column_moments(&inputs).into_iter().enumerate() {
            let dz = gradient.column(unit);
            let inverse = 1.0 / (variance + EPS).sqrt();
            let normalised = inputs.column(unit).mapv(|z| (z - mean) * inverse);
            let size = dz.mapv(f64::abs).sum();
            assert!(size > 0.0);
            let what = format!("unit {unit}, {rows} rows, scale {scale}");
            assert_close(dz.sum(), 0.0, ROUNDING, size, &what);
            let expected =
                gamma.trained[unit] * inverse * gamma.gradient[unit] * EPS / (variance + EPS);
            assert_close(
                dz.dot(&normalised),
                expected,
                ROUNDING,
                size + expected.abs(),
                &what,
            );
        }
    }
}

/// d, continued. The loss does not see the scale of a W before batch norm:
/// ⟨W, ∂W⟩ = Σ_units Σ_b z·∂L/∂z = Σ_units γ·∂γ·ε/(var + ε), in every hidden
/// layer. The variances are read off the running averages, which a step makes
/// 0.9·1 + 0.1·var·B/(B − 1).
#[test]
fn weights_before_batch_norm_are_orthogonal_to_their_gradient() {
    let rows = 60;
    for scale in [1.0, 1e-3] {
        let architecture = Mlp {
            norm: named("batch"),
            ..network("tanh")
        };
        let inputs = normal(5, rows, INPUTS);
        let targets = labels(rows, CLASSES as u32);
        let (mut network, _) = training_pass(&architecture, "cross_entropy", &inputs, &targets);
        for block in network.layer_params_mut() {
            if block.tensors[0].name == "weight" {
                block.trained.iter_mut().for_each(|w| *w *= scale);
            }
        }
        let rows_at_hand: Vec<usize> = (0..rows).collect();
        network.load(&inputs, &targets, &rows_at_hand);
        let update = Update {
            optimizer: &Optimizer::new(&named::<OptimizerSpec>("sgd")),
            info: StepInfo {
                t: 1,
                learning_rate: 0.0,
            },
        };
        let step = Step {
            update: Some(update),
            ..kept()
        };
        network.step(&Team::new(1).unwrap(), step);
        for l in 1..=architecture.depth() {
            let (weight, gamma) = (
                block(&network, l, "weight"),
                block(&network, l, "norm.weight"),
            );
            let width = architecture.widths[l - 1];
            let expected: f64 = (0..width)
                .map(|unit| {
                    let unbiased = (gamma.running[width + unit] - 0.9) / 0.1;
                    let variance = unbiased * (rows - 1) as f64 / rows as f64;
                    gamma.trained[unit] * gamma.gradient[unit] * EPS / (variance + EPS)
                })
                .sum();
            let size = norm(&weight.trained) * norm(&weight.gradient);
            // (running − 0.9)/0.1 has an absolute error of some 1e-15, and the
            // variance enters divided by ε = 1e-5.
            let tolerance = 1e-15 / EPS;
            assert_close(
                dot(&weight.trained, &weight.gradient),
                expected,
                tolerance,
                size + expected.abs(),
                &format!("layer {l}, scale {scale}"),
            );
            if scale == 1.0 {
                assert!(expected.abs() < 1e-2 * size, "ε hardly matters");
            }
        }
    }
}

/// e. ∂L/∂logits = (softmax − one-hot)/B sums to 0 over the classes; so does
/// every row of ∂W of the output layer, and its ∂b.
#[test]
fn cross_entropy_gradients_sum_to_zero_over_the_classes() {
    let inputs = normal(6, 1, INPUTS);
    let (network, _) = training_pass(
        &network("silu"),
        "cross_entropy",
        &inputs,
        &Targets::Classes(vec![2]),
    );
    let output = block(&network, network.layers().len(), "weight");
    for row in output.gradient.chunks(CLASSES) {
        let size: f64 = row.iter().map(|g| g.abs()).sum();
        assert!(size > 0.0);
        assert_close(row.iter().sum(), 0.0, ROUNDING, size, "a row of ∂W or ∂b");
    }
    // With one row of data the bias gradient is ∂L/∂logits: below 0 for the
    // target alone.
    let bias = output.gradient.chunks(CLASSES).last().unwrap();
    for (class, gradient) in bias.iter().enumerate() {
        assert_eq!(*gradient < 0.0, class == 2);
    }
}

/// e, continued. |tanh| ≤ 1 bounds the logits by the largest column sum Σ|W|;
/// the loss, log Σ e^o − o_target, is within twice that of ln K.
#[test]
fn cross_entropy_starts_at_ln_k() {
    let inputs = normal(7, 20, INPUTS);
    let architecture = network("tanh");
    let targets = labels(20, CLASSES as u32);
    let (mut network, _) = training_pass(&architecture, "cross_entropy", &inputs, &targets);
    let output = network.layer_params_mut().last_mut().unwrap();
    output.trained.iter_mut().for_each(|w| *w *= 1e-4);
    let logit = (0..CLASSES)
        .map(|class| {
            let column = output.trained.iter().skip(class).step_by(CLASSES);
            column.map(|w| w.abs()).sum::<f64>()
        })
        .fold(0.0, f64::max);
    assert!(logit < 1e-3);
    let loss = repeat_pass(&mut network, &inputs, &targets);
    assert_close(loss, (CLASSES as f64).ln(), 2.0, logit, "cross-entropy");
}

/// g. An orthogonal linear network passes every gradient on with its length.
#[test]
fn orthogonal_linear_networks_keep_the_norm_of_delta() {
    for (bias, order) in [
        (true, Order::LinearNormActivation),
        (false, Order::NormActivationLinear),
    ] {
        let architecture = Mlp {
            bias,
            order,
            ..plain("identity", "orthogonal", INPUTS, vec![20; 50], CLASSES)
        };
        let inputs = normal(8, 9, INPUTS);
        let (network, _) = training_pass(&architecture, "cross_entropy", &inputs, &labels(9, 4));
        let sums = all_sums(&network);
        let last = sums[architecture.depth() - 1];
        for layer in &sums[..architecture.depth()] {
            for (here, there) in [
                (layer.delta.norm(), last.delta.norm()),
                (layer.activation_grad.norm(), last.activation_grad.norm()),
            ] {
                assert_close(here, there, ROUNDING, there, "‖δ‖");
            }
        }
    }
}

/// The output of a network with one output for one row, from two losses:
/// (f² − (f − 1)² + 1)/2 = f.
fn output(architecture: &Mlp, row: &Array2<f64>) -> f64 {
    let loss = |target: f64| {
        let target = Targets::Numbers(Array2::from_elem((1, 1), target));
        training_pass(architecture, "mse", row, &target).1
    };
    (loss(0.0) - loss(1.0) + 1.0) / 2.0
}

/// h. Without biases a ReLU network is homogeneous: f(c·x) = c·f(x) for c > 0.
#[test]
fn relu_networks_without_biases_scale_with_their_input() {
    for (order, skip) in [
        (Order::LinearNormActivation, "none"),
        (Order::NormActivationLinear, "none"),
        (Order::LinearNormActivation, "identity"),
        (Order::NormActivationLinear, "identity"),
    ] {
        // An init that would draw biases.
        let architecture = Mlp {
            bias: false,
            order,
            skip: named(skip),
            ..plain("relu", "mean_field", INPUTS, vec![16; 6], 1)
        };
        for seed in 0..5 {
            let row = normal(seed, 1, INPUTS);
            let here = output(&architecture, &row);
            assert!(here.abs() > 1e-6, "the network is dead");
            for c in [0.3, 2.0, 11.0] {
                let scaled = output(&architecture, &(&row * c));
                // The two losses are of the size (c·f)² + 1 and cancel.
                let size = (1.0 + (c * here).abs()).powi(2);
                assert_close(scaled, c * here, ROUNDING, size, "f(cx)");
            }
        }
    }
}
