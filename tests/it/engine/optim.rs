//! What every optimizer must do, and what theory says of Adam.

use vgrad::base::Scalar;
use vgrad::base::squares::sum_of_squares;
use vgrad::nn::optim::{
    Adam, CHUNK, Optimizer, OptimizerSpec, RmsProp, Sgd, Slices, StepInfo, UpdateSquares,
    clip_coefficient,
};

/// Every optimizer at its defaults, so that a new one is covered, and the
/// switches that change a chain.
fn optimizers() -> Vec<OptimizerSpec> {
    let by_name = |name: &&str| serde_json::from_value((*name).into()).expect("all have defaults");
    let mut list: Vec<OptimizerSpec> = OptimizerSpec::NAMES.iter().map(by_name).collect();
    let momentum = 0.9;
    for nesterov in [false, true] {
        let sgd = Sgd {
            momentum,
            nesterov,
            ..Sgd::default()
        };
        list.push(sgd.into());
    }
    let rms_prop = RmsProp {
        momentum,
        ..RmsProp::default()
    };
    list.push(rms_prop.into());
    list
}

/// Steps from `start` down `slope`, the learning rate falling linearly to 0.
fn descend<T: Scalar>(
    spec: &OptimizerSpec,
    start: &[f64],
    learning_rate: f64,
    steps: u64,
    slope: impl Fn(&[T]) -> Vec<T>,
) -> Vec<T> {
    let optimizer = Optimizer::<T>::new(spec);
    let mut params: Vec<T> = start.iter().map(|p| T::from_f64(*p)).collect();
    let mut state = vec![T::zero(); optimizer.states_per_param() * params.len()];
    for t in 1..=steps {
        let moment = StepInfo {
            t,
            learning_rate: learning_rate * (1.0 - t as f64 / steps as f64),
        };
        let grads = slope(&params);
        optimizer.step(&moment, T::one(), &mut params, &grads, &mut state);
    }
    params
}

fn converges<T: Scalar>() {
    for spec in optimizers() {
        // Σ c_i (x_i − i)²/2, curvatures c from 0.1 to 10: minimum at x_i = i.
        let curvatures = [0.1, 1.0, 10.0].map(T::from_f64);
        let quadratic = |x: &[T]| {
            (0..3)
                .map(|i| curvatures[i] * (x[i] - T::from_f64(i as f64)))
                .collect()
        };
        let found = descend(&spec, &[5.0, -3.0, 4.0], 0.05, 10_000, quadratic);
        for (i, x) in found.iter().enumerate() {
            let error = ((*x).to_f64() - i as f64).abs();
            // AdamW's decay pulls 5e-5 off the minimum; the others end closer.
            assert!(error < 1e-4, "quadratic: {spec:?} ends {error} off");
        }
        // Rosenbrock 1960: (1 − x)² + 100 (y − x²)², minimum at (1, 1) in a
        // valley whose curvatures differ by a factor of 2500.
        let rosenbrock = |p: &[T]| {
            let (x, y) = (p[0].to_f64(), p[1].to_f64());
            let across = 200.0 * (y - x * x);
            vec![
                T::from_f64(2.0 * (x - 1.0) - 2.0 * x * across),
                T::from_f64(across),
            ]
        };
        let found = descend(&spec, &[-1.2, 1.0], 1e-3, 60_000, rosenbrock);
        for x in found {
            let error = (x.to_f64() - 1.0).abs();
            assert!(error < 1e-3, "Rosenbrock: {spec:?} ends {error} off");
        }
    }
}

#[test]
fn every_optimizer_converges_in_f64() {
    converges::<f64>();
}

#[test]
fn every_optimizer_converges_in_f32() {
    converges::<f32>();
}

/// How far one optimizer moves parameters at 0 in each of some steps.
fn moves(spec: &OptimizerSpec, learning_rate: f64, grads_of_steps: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let optimizer = Optimizer::<f64>::new(spec);
    let count = grads_of_steps[0].len();
    let mut state = vec![0.0; optimizer.states_per_param() * count];
    (1..)
        .zip(grads_of_steps)
        .map(|(t, grads)| {
            let moment = StepInfo { t, learning_rate };
            let mut params = vec![0.0; count];
            optimizer.step(&moment, 1.0, &mut params, grads, &mut state);
            params
        })
        .collect()
}

#[test]
fn adam_without_eps_ignores_the_gradients_scale() {
    let adam = Adam {
        eps: 0.0,
        ..Adam::default()
    };
    let grads = |scale: f64| -> Vec<Vec<f64>> {
        let entry = |t: u32, i: u32| scale * (f64::from((5 * t + 3 * i) % 7) - 3.5);
        (0..10)
            .map(|t| (0..4).map(|i| entry(t, i)).collect())
            .collect()
    };
    let plain = moves(&adam.clone().into(), 0.1, &grads(1.0));
    for scale in [1e-100, 1e-8, 1e100] {
        let scaled = moves(&adam.clone().into(), 0.1, &grads(scale));
        for (a, b) in plain.iter().flatten().zip(scaled.iter().flatten()) {
            assert!((a - b).abs() < 1e-14, "scale {scale}: {a} and {b}");
        }
    }
}

#[test]
fn adams_first_step_is_lr_g_over_g_plus_eps() {
    let learning_rate = 0.1;
    let grads = vec![1e-20, -1e-8, 1e-8, -1e-4, 1.0, 1e10];
    let first = &moves(
        &Adam::default().into(),
        learning_rate,
        std::slice::from_ref(&grads),
    )[0];
    for (moved, g) in first.iter().zip(&grads) {
        let expected = -learning_rate * g / (g.abs() + 1e-8);
        assert!((moved / expected - 1.0).abs() < 1e-12, "{g}: {moved}");
    }
    // A gradient as large as eps: half the step of one far above it.
    assert!((first[2] / first[4] - 0.5).abs() < 1e-7);
}

/// A slice over three chunks and a bit, stepped three times in the given cuts.
fn stepped_in_pieces<T: Scalar>(
    spec: &OptimizerSpec,
    cuts: &[usize],
) -> (Vec<T>, Vec<T>, Vec<UpdateSquares>) {
    let count = 3 * CHUNK + 37;
    let entry = |i: usize, k: usize| T::from_f64(((i * k) % 101) as f64 * 0.02 - 1.0);
    let optimizer = Optimizer::<T>::new(spec);
    let states = optimizer.states_per_param();
    let mut params: Vec<T> = (0..count).map(|i| entry(i, 7)).collect();
    let grads: Vec<T> = (0..count).map(|i| entry(i, 13)).collect();
    let mut state = vec![T::zero(); states * count];
    let mut totals = Vec::new();
    let ends = cuts.iter().copied().chain([count]);
    for t in 1..=3 {
        let moment = StepInfo {
            t,
            learning_rate: 0.01,
        };
        let whole = sum_of_squares(&params);
        let mut total = UpdateSquares::default();
        let mut start = 0;
        for end in ends.clone() {
            total += optimizer.step(
                &moment,
                T::from_f64(0.5),
                &mut params[start..end],
                &grads[start..end],
                &mut state[states * start..states * end],
            );
            start = end;
        }
        if cuts.is_empty() {
            // As what is measured where no step is made, to the bit.
            assert_eq!(total.params, whole, "{spec:?}");
        }
        totals.push(total);
    }
    (params, state, totals)
}

fn pieces_do_not_matter<T: Scalar>() {
    for spec in optimizers() {
        let (params, state, totals) = stepped_in_pieces::<T>(&spec, &[]);
        for cuts in [vec![CHUNK], vec![2 * CHUNK], vec![CHUNK, 3 * CHUNK]] {
            let (other_params, other_state, other_totals) = stepped_in_pieces::<T>(&spec, &cuts);
            assert!(params == other_params, "{spec:?} cut at {cuts:?}");
            assert!(state == other_state, "{spec:?} cut at {cuts:?}");
            for (a, b) in totals.iter().zip(&other_totals) {
                // Sums of one slice and of pieces: only the order differs.
                assert!((a.params.norm_over(b.params) - 1.0).abs() < 1e-14);
                assert!((a.update.norm_over(b.update) - 1.0).abs() < 1e-14);
            }
        }
    }
}

#[test]
fn a_slice_may_be_stepped_in_pieces() {
    pieces_do_not_matter::<f32>();
    pieces_do_not_matter::<f64>();
}

#[test]
fn the_parts_of_a_layer_step_like_slices_of_their_own() {
    for spec in optimizers() {
        let optimizer = Optimizer::<f32>::new(&spec);
        let states = optimizer.states_per_param();
        let moment = StepInfo {
            t: 3,
            learning_rate: 0.01,
        };
        // No multiples of anything that a loop might be cut at.
        let grads: [Vec<f32>; 2] =
            [CHUNK + 37, 11].map(|count| (0..count).map(|i| i as f32 * 0.01 - 0.3).collect());
        let start = || {
            grads
                .clone()
                .map(|g| (vec![0.5; g.len()], vec![0.1; states * g.len()]))
        };
        let mut alone = start();
        let mut measured = [UpdateSquares::default(); 2];
        for (i, (params, state)) in alone.iter_mut().enumerate() {
            measured[i] = optimizer.step(&moment, 0.5, params, &grads[i], state);
        }
        let mut both = start();
        let [weights, others] = &mut both;
        let slices = |(params, state), grads| Slices {
            params,
            grads,
            state,
        };
        let squares = optimizer.step_both(
            &moment,
            0.5,
            slices((&mut weights.0, &mut weights.1), &grads[0]),
            slices((&mut others.0, &mut others.1), &grads[1]),
        );
        assert!(alone == both, "{spec:?}");
        assert_eq!(squares, measured[0], "{spec:?}: the weights' alone");
    }
}

#[test]
fn a_stepper_is_shared_by_threads() {
    fn shared<S: Send + Sync>() {}
    shared::<Optimizer<f32>>();
}

#[test]
fn state_is_kept_only_where_it_is_used() {
    let states = |json: &str| {
        let spec: OptimizerSpec = serde_json::from_str(json).unwrap();
        Optimizer::<f32>::new(&spec).states_per_param()
    };
    assert_eq!(states(r#""sgd""#), 0);
    assert_eq!(states(r#"{ "sgd": { "momentum": 0.9 } }"#), 1);
    assert_eq!(states(r#""adam""#), 2);
    assert_eq!(states(r#""adamw""#), 2);
    assert_eq!(states(r#""rmsprop""#), 1);
    assert_eq!(states(r#"{ "rmsprop": { "momentum": 0.9 } }"#), 2);
}

#[test]
fn clipping_bounds_the_norm_and_lets_small_ones_pass() {
    assert_eq!(clip_coefficient(1.0, 0.5), 1.0);
    assert_eq!(clip_coefficient(1.0, 0.0), 1.0);
    assert_eq!(clip_coefficient(1.0, 4.0), 1.0 / (4.0 + 1e-6));
    // A diverged norm is not hidden.
    assert!(clip_coefficient(1.0, f64::NAN).is_nan());
    assert_eq!(clip_coefficient(1.0, f64::INFINITY), 0.0);
}
