//! What must hold of recurrent networks and transformers exactly.

use super::sequences::{FEATURES, Sequential, recurrent, transformer};
use crate::common::kept;
use ndarray::Array2;
use serde_json::json;
use vgrad::base::team::Team;
use vgrad::nn::architecture::Cell;
use vgrad::nn::loss::Targets;
use vgrad::nn::network::Network;
use vgrad::nn::train_step::Step;

/// All norms of a step at the start.
fn norms(network: &mut Network<f64>, inputs: &Array2<f64>, targets: &Targets<f64>) -> Vec<f64> {
    let rows: Vec<usize> = (0..inputs.nrows()).collect();
    network.load(inputs, targets, &rows);
    let step = Step {
        observe: true,
        ..kept()
    };
    network.step(&Team::new(1).unwrap(), step);
    let layers = 1..=network.layers().len();
    layers
        .flat_map(|l| {
            let sums = network.sums(l);
            let params = sums.params.unwrap();
            [
                sums.activation_grad.norm(),
                sums.delta.norm(),
                params.weight_grad_squares.norm(),
            ]
        })
        .collect()
}

/// Without position encodings a transformer does not know the order of positions:
/// permuting those of all samples changes no norm but by rounding.
#[test]
fn without_encodings_the_order_of_positions_does_not_matter() {
    let this = Sequential {
        positions: 5,
        ..Sequential::new(transformer(json!({ "position_encoding": "none" })))
    };
    let (inputs, targets) = (this.inputs(4), this.targets(4));
    let turned = Array2::from_shape_fn(inputs.raw_dim(), |(row, column)| {
        let (position, feature) = (column / FEATURES, column % FEATURES);
        inputs[(row, (position + 2) % 5 * FEATURES + feature)]
    });
    let run = |inputs| {
        norms(
            &mut this.network(this.graph(), "cross_entropy", 4),
            inputs,
            &targets,
        )
    };
    for (a, b) in run(&inputs).into_iter().zip(run(&turned)) {
        assert!((a - b).abs() <= 1e-13 * a.abs().max(1e-3), "{a:e} {b:e}");
    }
    // With them it does.
    let known = Sequential {
        keys: transformer(json!({})),
        ..this
    };
    let run = |inputs| {
        norms(
            &mut known.network(known.graph(), "cross_entropy", 4),
            inputs,
            &targets,
        )
    };
    assert!(
        run(&inputs)
            .iter()
            .zip(run(&turned))
            .any(|(a, b)| (a - b).abs() > 1e-9 * a)
    );
}

/// Branches of factor 0 leave the main path alone: the same gradient in every layer, bit
/// for bit, and none in the branches.
#[test]
fn rezero_starts_as_the_identity() {
    let keys = transformer(json!({ "skip": "rezero", "depth": 3 }));
    let this = Sequential::new(keys);
    let mut network = this.network(this.graph(), "cross_entropy", 4);
    norms(&mut network, &this.inputs(4), &this.targets(4));
    let last = network.sums(7).activation_grad;
    for l in 1..=7 {
        let sums = network.sums(l);
        assert_eq!(sums.activation_grad, last, "layer {l}");
        let params = sums.params.unwrap();
        let zeros = params.weight_grads.unwrap().zeros as usize;
        assert_eq!(zeros == params.weights, l > 1, "layer {l}");
    }
    assert!(network.sums(8).params.unwrap().weight_grad_squares.norm() > 0.0);
}

/// A norm behind the sum is applied all the same: layers differ by a good part.
#[test]
fn rezero_behind_a_norm_is_no_identity() {
    let keys = transformer(json!({ "skip": "rezero", "depth": 3, "norm_position": "post" }));
    let this = Sequential::new(keys);
    let mut network = this.network(this.graph(), "cross_entropy", 4);
    norms(&mut network, &this.inputs(4), &this.targets(4));
    let norm = |l: usize| network.sums(l).activation_grad.norm();
    let off = (1..7).map(|l| (norm(l) / norm(7) - 1.0).abs());
    assert!(off.fold(0.0, f64::max) > 0.02);
}

/// With one position there is nothing to choose: queries and keys receive nothing.
#[test]
fn with_one_position_queries_and_keys_receive_nothing() {
    let this = Sequential {
        positions: 1,
        ..Sequential::new(transformer(json!({})))
    };
    let mut network = this.network(this.graph(), "cross_entropy", 4);
    norms(&mut network, &this.inputs(4), &this.targets(4));
    for l in [2, 4] {
        let params = network.sums(l).params.unwrap();
        // Two of in_proj's three blocks, of the four as large in all.
        let zeros = params.weight_grads.unwrap().zeros as usize;
        assert_eq!(2 * zeros, params.weights, "layer {l}");
    }
}

/// Over one position an rnn is an MLP of one layer whose recurrent map receives nothing.
#[test]
fn over_one_position_a_recurrent_map_receives_nothing() {
    for cell in Cell::NAMES {
        let this = Sequential {
            positions: 1,
            ..Sequential::new(recurrent(cell, "tanh", 1, "last"))
        };
        let mut network = this.network(this.graph(), "cross_entropy", 4);
        norms(&mut network, &this.inputs(4), &this.targets(4));
        let of_state = &network.layer_params()[1];
        assert_eq!(of_state.tensors[0].name, "weight_hh");
        let weights = &of_state.gradient[..of_state.tensors[0].len()];
        assert!(weights.iter().all(|g| *g == 0.0), "{cell}");
        let of_input = &network.layer_params()[0];
        assert!(of_input.gradient.iter().any(|g| *g != 0.0), "{cell}");
    }
}

/// Over one position an rnn is the MLP with its weight_ih and the sum of its biases.
#[test]
fn over_one_position_an_rnn_is_an_mlp() {
    let this = Sequential {
        positions: 1,
        ..Sequential::new(recurrent("rnn", "tanh", 1, "last"))
    };
    let mut rnn = this.network(this.graph(), "cross_entropy", 4);
    // Biases start at 0, which would hide one that is left out.
    for block in 0..2 {
        let params = &mut rnn.layer_params_mut()[block];
        let weights = params.tensors[0].len();
        let biases = params.trained[weights..].iter_mut().enumerate();
        biases.for_each(|(i, b)| *b = 0.1 * (i + 1) as f64 - 0.3 * block as f64);
    }
    let flat = Sequential {
        keys: json!({ "depth": 1, "width": 3, "activation": "tanh" }),
        ..this.clone()
    };
    let mut mlp = flat.network(flat.graph(), "cross_entropy", 4);
    let blocks: Vec<Vec<f64>> = (rnn.layer_params().iter())
        .map(|params| params.trained.to_vec())
        .collect();
    let weights = 3 * FEATURES;
    let hidden = mlp.layer_params_mut()[0].trained.iter_mut().enumerate();
    for (i, own) in hidden {
        *own = blocks[0][i];
        if i >= weights {
            // Behind the 3 × 3 recurrent weights.
            *own += blocks[1][9 + i - weights];
        }
    }
    let output = mlp.layer_params_mut()[1].trained.iter_mut();
    output
        .zip(&blocks[2])
        .for_each(|(own, of_rnn)| *own = *of_rnn);
    let (inputs, targets) = (this.inputs(4), this.targets(4));
    let [a, b] = [&mut rnn, &mut mlp].map(|network| norms(network, &inputs, &targets));
    assert_eq!(a.len(), b.len());
    for (a, b) in a.into_iter().zip(b) {
        assert!(a > 0.0 && (a / b - 1.0).abs() < 1e-13, "{a:e} {b:e}");
    }
}

/// Of one sample ‖∂L/∂W‖ = ‖δ‖·‖what W reads‖: at the first position that is x alone, as h_0 is
/// 0 and the recurrent map receives nothing.
#[test]
fn at_the_first_position_a_recurrent_map_receives_nothing() {
    let this = Sequential {
        positions: 3,
        ..Sequential::new(recurrent("rnn", "tanh", 1, "last"))
    };
    let mut network = this.network(this.graph(), "cross_entropy", 1);
    let inputs = this.inputs(1);
    norms(&mut network, &inputs, &this.targets(1));
    let product = |l: usize| {
        let x = inputs.iter().skip((l - 1) * FEATURES).take(FEATURES);
        let length = x.map(|x| x * x).sum::<f64>().sqrt();
        network.sums(l).delta.norm() * length
    };
    let found = |l: usize| network.sums(l).params.unwrap().weight_grad_squares.norm();
    assert!((found(1) / product(1) - 1.0).abs() < 1e-14, "{}", found(1));
    for l in [2, 3] {
        assert!(found(l) > 1.001 * product(l), "{l}");
    }
}
