//! What whole paths keep or scale.

use ndarray::Array2;
use vgrad::nn::loss::Targets;
use vgrad::nn::order::Order;
use vgrad::nn::skip::Identity;

use super::{CLASSES, INPUTS, ROUNDING};
use crate::common::{Mlp, all_sums, assert_close, labels, named, normal, plain, training_pass};

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

/// i. Where the branch adds nothing, a skip multiplies ∂L/∂h by its shortcut: by a half,
/// without rounding, 0.30103 decades a unit.
#[test]
fn a_shortcut_of_a_half_halves_the_gradient_at_every_unit() {
    for (every, order) in [
        (1, Order::LinearNormActivation),
        (1, Order::NormActivationLinear),
        (3, Order::LinearNormActivation),
    ] {
        let skip = Identity {
            every,
            scale: 0.0,
            shortcut: 0.5,
        };
        let architecture = Mlp {
            order,
            skip: skip.into(),
            ..plain("tanh", "xavier_normal", INPUTS, vec![16; 13], CLASSES)
        };
        let inputs = normal(9, 9, INPUTS);
        let (network, _) = training_pass(&architecture, "cross_entropy", &inputs, &labels(9, 4));
        let sums = all_sums(&network);
        let path: Vec<f64> = (0..13)
            .step_by(every)
            .map(|l| sums[l].activation_grad.norm())
            .collect();
        for pair in path.windows(2) {
            assert!(pair[1] > 0.0);
            assert_eq!(pair[0].to_bits(), (pair[1] / 2.0).to_bits(), "{order:?}");
        }
        let lost = (path[path.len() - 1] / path[0]).log10();
        let units = (path.len() - 1) as f64;
        assert_close(
            lost / units,
            std::f64::consts::LOG10_2,
            1e-15,
            1.0,
            "log10 2",
        );
    }
}
