//! Cross-entropy's gradient and value.

use vgrad::nn::loss::Targets;

use super::{CLASSES, INPUTS, ROUNDING, block, network};
use crate::common::{assert_close, labels, normal, repeat_pass, training_pass};

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
