//! Every optimizer against ten steps made by PyTorch in f64.
//!
//! `fixtures/optim_pytorch.py` holds the PyTorch lines that made the numbers.

use serde::Deserialize;
use vgrad::base::squares::sum_of_squares;
use vgrad::nn::optim::{Optimizer, OptimizerSpec, StepInfo, clip_coefficient};

#[derive(Deserialize)]
struct Fixture {
    starts: Vec<f64>,
    scales: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    optimizer: OptimizerSpec,
    learning_rate: f64,
    clip_grad_norm: Option<f64>,
    steps: Vec<Vec<f64>>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../fixtures/optim_pytorch.json")).unwrap()
}

/// The script's gradient: g_i = scale_i (((7i + 5t) mod 11 − 5)/4 + p_i/8).
fn gradient(scales: &[f64], params: &[f64], t: usize) -> Vec<f64> {
    let entry = |i: usize| ((7 * i + 5 * t) % 11) as f64 - 5.0;
    (0..params.len())
        .map(|i| scales[i] * (entry(i) / 4.0 + params[i] / 8.0))
        .collect()
}

#[test]
fn ten_steps_are_pytorchs() {
    let Fixture {
        starts,
        scales,
        cases,
    } = fixture();
    for case in cases {
        let optimizer = Optimizer::<f64>::new(&case.optimizer);
        let mut params = starts.clone();
        let mut state = vec![0.0; optimizer.states_per_param() * params.len()];
        // The largest value a parameter has had so far: what its rounding
        // errors are measured by.
        let mut sizes: Vec<f64> = starts.iter().map(|p| p.abs()).collect();
        assert_eq!(case.steps.len(), 10);
        for (t, expected) in (1..).zip(&case.steps) {
            let grads = gradient(&scales, &params, t);
            let clip = case.clip_grad_norm.map_or(1.0, |max_norm| {
                clip_coefficient(max_norm, sum_of_squares(&grads).norm())
            });
            let moment = StepInfo {
                t: t as u64,
                learning_rate: case.learning_rate,
            };
            let before = params.clone();
            let squares = optimizer.step(&moment, clip, &mut params, &grads, &mut state);
            for ((p, e), size) in params.iter().zip(expected).zip(&mut sizes) {
                *size = size.max(e.abs());
                assert!(
                    (p - e).abs() <= 1e-12 * *size,
                    "{:?}, step {t}: {p} instead of {e}",
                    case.optimizer
                );
            }
            // The reported sizes are those of the step just checked; the step
            // re-read from the rounded parameters is known to 1e-16 of them.
            let moved: Vec<f64> = params.iter().zip(&before).map(|(a, b)| a - b).collect();
            let moved = sum_of_squares(&moved).norm();
            assert!((squares.update.norm() - moved).abs() < 1e-12 * (1.0 + moved));
            let whole = before.iter().map(|p| p * p).sum::<f64>().sqrt();
            assert!((squares.params.norm() - whole).abs() <= 1e-14 * whole);
        }
    }
}

#[test]
fn every_optimizer_has_a_fixture() {
    let cases = fixture().cases;
    for name in OptimizerSpec::NAMES {
        let seen = cases.iter().filter(|case| case.optimizer.name() == *name);
        assert!(
            seen.count() >= 2,
            "no PyTorch steps for {name}: add them to fixtures/optim_pytorch.py"
        );
    }
}
