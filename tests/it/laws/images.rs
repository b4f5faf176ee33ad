//! Over images.

use super::{Start, assert_mean, over_images};

fn conv(kernel: usize, depth: usize, width: usize, keys: &str) -> String {
    format!(
        "architecture = {{ conv = {{ kernel = {kernel} }} }}\ndepth = {depth}\nwidth = {width}\n{keys}"
    )
}

/// Batch norm over batch and pixels explodes as it does in an MLP (Yang et al. 2019,
/// arXiv:1902.08129), a little less where a kernel averages over pixels. The values are a
/// simulation's; theory has −0.0841 for kernel 1 over 256 values.
#[test]
fn batch_norm_explodes_over_images() {
    let keys = "activation = \"relu\"\ninit = \"he_normal\"\nnorm = \"batch\"";
    for (kernel, shape, slope, scatter) in [
        (3, [1, 8, 16], -0.0729, 0.0023),
        (1, [16, 4, 16], -0.0869, 0.0024),
    ] {
        let network = conv(kernel, 12, 32, keys);
        assert_mean(over_images(shape, &network).slope(8), slope, scatter, 8);
    }
}

/// The slope that `vgrad predict` has of the same spec.
fn predicted_slope(this: &Start) -> f64 {
    let desk = this.desk();
    let ended = desk
        .vgrad(["predict", "trial.toml", "--format", "json"])
        .fine();
    let value: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    value["decay_decades_per_layer"].as_f64().unwrap()
}

/// Mean field pixel by pixel, the border included: drawn networks against what is predicted of
/// them, at the scatter that PyTorch's have.
fn assert_mean_field(
    activation: &str,
    weights: f64,
    kernel: usize,
    size: [usize; 2],
    scatter: f64,
) {
    let keys = format!(
        "activation = \"{activation}\"\n\
         init = {{ mean_field = {{ weight_variance = {weights:?}, bias_variance = 0.0 }} }}"
    );
    let [depth, width] = size;
    let network = conv(kernel, depth, width, &keys);
    let this = over_images([1, 8, 8], &network);
    assert_mean(this.slope(8), predicted_slope(&this), scatter, 8);
}

#[test]
fn a_tanh_that_shrinks_follows_mean_field_theory() {
    assert_mean_field("tanh", 0.9, 3, [16, 48], 0.0046);
}

#[test]
fn a_tanh_that_grows_follows_mean_field_theory() {
    assert_mean_field("tanh", 2.5, 3, [16, 48], 0.0012);
}

#[test]
fn a_tanh_of_wide_kernels_follows_mean_field_theory() {
    assert_mean_field("tanh", 4.0, 5, [16, 48], 0.0013);
}

#[test]
fn a_sigmoid_follows_mean_field_theory() {
    assert_mean_field("sigmoid", 1.0, 3, [12, 32], 0.0069);
}

/// What 16 linear layers lose at the border of 8 × 8 pixels, by kernel 3 a good third of a
/// decade, by kernel 5 twice as much.
#[test]
fn a_wide_kernel_loses_more_at_the_border() {
    let keys = "activation = \"identity\"\ninit = \"lecun_normal\"";
    let network = conv(5, 16, 32, keys);
    let [_, lost] = over_images([1, 8, 8], &network).means(8);
    assert_mean(lost, 0.752, 0.036, 8);
}

/// ReLU with He's init loses the same, less what finite width keeps: 80 networks of a simulation
/// have 0.292 ± 0.011.
#[test]
fn relu_loses_at_the_border_as_linear_networks_do() {
    let network = conv(3, 16, 64, "activation = \"relu\"\ninit = \"he_normal\"");
    let [_, lost] = over_images([1, 8, 8], &network).means(8);
    assert_mean(lost, 0.292, 0.098, 8);
}
