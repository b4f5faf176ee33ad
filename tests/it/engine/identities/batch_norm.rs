//! What batch norm takes out of the gradient.

use ndarray::{Array2, Axis};
use vgrad::base::team::Team;
use vgrad::nn::layer::EPS;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, StepInfo};
use vgrad::nn::train_step::{Step, Update};

use super::{CLASSES, INPUTS, ROUNDING, block, network, norm};
use crate::common::{
    Mlp, assert_close, dot, kept, labels, named, normal, plain, repeat_pass, training_pass,
};

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
