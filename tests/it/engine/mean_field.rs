//! Mean-field signal propagation (Poole et al. 2016, arXiv:1606.05340;
//! Schoenholz et al. 2017, arXiv:1611.01232) against simulated networks.
//!
//! With Var W_ij = σw²/fan_in and Var b = σb², in the limit of infinite width
//!   q_l = σw² E[φ(√q_{l−1} Z)²] + σb²      the second moment of z_l,
//!   χ(q) = σw² E[φ'(√q Z)²],                Z ~ N(0, 1),
//!   E‖δ_l‖² = χ(q_l) E‖δ_{l+1}‖²   and   E‖∂L/∂h_l‖² = χ(q_{l+1}) E‖∂L/∂h_{l+1}‖².
//! A measured decay is compared with the product of χ(q_l) layer by layer, not
//! with χ at the fixed point, which some networks never reach.

use crate::common::Mlp;
use crate::common::{all_sums, labels, mean_and_log_error, named, normal, plain, training_pass};
use ndarray::{Array2, Axis};
use vgrad::nn::activation::{Activation, Elementwise, LeakyRelu};
use vgrad::nn::init::{Init, MeanField};
use vgrad::nn::measure::LayerSums;

const DEPTH: usize = 30;
const WIDTH: usize = 400;
const SEEDS: u64 = 12;
const ROWS: usize = 4;

/// Mean square of the simulated networks' input.
const INPUT_SQUARE: f64 = 1.0;

/// ∫ f(φ(x), φ'(x)) dN(0, q) over ±12 standard deviations, outside of which
/// lies 4e-33 of the mass. Composite Simpson rule between φ's kinks with steps
/// of at most 0.005 standard deviations: at the cut into smooth pieces its error
/// goes with the fourth power of the step (the trapezoid's with the second).
fn expect(activation: &Activation, q: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
    let curve: &dyn Elementwise<f64> = activation.elementwise();
    let end = 12.0 * q.sqrt();
    let mut cuts = vec![-end];
    cuts.extend(curve.kinks().iter().filter(|kink| kink.abs() < end));
    cuts.push(end);
    let piece = |from: f64, to: f64| {
        let steps = 2 * ((to - from) / (2.0 * 0.005 * q.sqrt())).ceil() as usize;
        let step = (to - from) / steps as f64;
        let value = |k: usize| {
            // At a kink the slope is the one inside the piece.
            let x = (from + k as f64 * step).clamp(from.next_up(), to.next_down());
            let (value, slope) = curve.at(x);
            f(value, slope) * (-x * x / (2.0 * q)).exp()
        };
        let weight = |k: usize| match k {
            _ if k == 0 || k == steps => 1.0,
            _ if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (0..=steps).map(|k| weight(k) * value(k)).sum::<f64>() * step / 3.0
    };
    let sum: f64 = cuts.windows(2).map(|cut| piece(cut[0], cut[1])).sum();
    sum / (std::f64::consts::TAU * q).sqrt()
}

/// An activation with an init, and the init's variances.
struct Setting {
    activation: Activation,
    init: Init,
    /// σw² on square layers.
    weight_variance: f64,
    /// σb².
    bias_variance: f64,
}

impl Setting {
    fn new(activation: &str, init: &str, weight_variance: f64) -> Self {
        Self {
            activation: named(activation),
            init: named(init),
            weight_variance,
            bias_variance: 0.0,
        }
    }

    fn next_q(&self, q: f64) -> f64 {
        let square = expect(&self.activation, q, |value, _| value * value);
        self.weight_variance * square + self.bias_variance
    }

    fn chi(&self, q: f64) -> f64 {
        self.weight_variance * expect(&self.activation, q, |_, slope| slope * slope)
    }

    /// q_1 … q_DEPTH from an input of mean square [`INPUT_SQUARE`].
    fn all_q(&self) -> Vec<f64> {
        let first = self.weight_variance * INPUT_SQUARE + self.bias_variance;
        std::iter::successors(Some(first), |q| Some(self.next_q(*q)))
            .take(DEPTH)
            .collect()
    }

    /// ln of E‖δ_1‖²/E‖δ_DEPTH‖².
    fn delta_log_ratio(&self) -> f64 {
        let q = self.all_q();
        q[..DEPTH - 1].iter().map(|q| self.chi(*q).ln()).sum()
    }

    /// ln of E‖∂L/∂h_1‖²/E‖∂L/∂h_DEPTH‖².
    fn activation_log_ratio(&self) -> f64 {
        self.all_q()[1..].iter().map(|q| self.chi(*q).ln()).sum()
    }

    /// The sums of one network's layers, for rows of mean square
    /// [`INPUT_SQUARE`].
    fn simulate(&self, seed: u64, rows: usize) -> Vec<LayerSums> {
        let architecture = Mlp {
            activation: self.activation.clone(),
            init: self.init.clone(),
            seed,
            ..plain("identity", "he_normal", WIDTH, vec![WIDTH; DEPTH], 10)
        };
        let inputs = rows_of_length(normal(seed, rows, WIDTH));
        let (network, _) =
            training_pass(&architecture, "cross_entropy", &inputs, &labels(rows, 10));
        all_sums(&network)
    }

    /// Decay of δ, of ∂L/∂h and the size of the last activations over
    /// [`SEEDS`] networks against theory.
    fn check(&self) {
        let runs: Vec<_> = (0..SEEDS).map(|seed| self.simulate(seed, ROWS)).collect();
        let delta =
            |run: &Vec<LayerSums>| (run[0].delta.norm() / run[DEPTH - 1].delta.norm()).powi(2);
        let activation = |run: &Vec<LayerSums>| {
            (run[0].activation_grad.norm() / run[DEPTH - 1].activation_grad.norm()).powi(2)
        };
        let square = |run: &Vec<LayerSums>| {
            let values = run[DEPTH - 1].phi.unwrap().values;
            values.mean.powi(2) + values.std().powi(2)
        };
        let last_q = self.all_q()[DEPTH - 1];
        let last_square = expect(&self.activation, last_q, |value, _| value * value);
        agree("δ", &runs, delta, self.delta_log_ratio());
        agree("∂L/∂h", &runs, activation, self.activation_log_ratio());
        agree("φ(z)²", &runs, square, last_square.ln());
    }
}

/// Rows scaled to a mean square of [`INPUT_SQUARE`].
fn rows_of_length(mut inputs: Array2<f64>) -> Array2<f64> {
    for mut row in inputs.axis_iter_mut(Axis(0)) {
        let square = row.dot(&row) / row.len() as f64;
        row *= (INPUT_SQUARE / square).sqrt();
    }
    inputs
}

/// Asserts that the arithmetic mean of `quantity` over the runs is e^`theory`.
/// The tolerance on the logarithm: 3.5 standard errors of the mean (exceeded by
/// chance once in 2000 times), 3 % of the logarithm for what finite width does
/// (its terms add up over the layers as the logarithm does), and 0.05.
fn agree<R>(what: &str, runs: &[R], quantity: impl Fn(&R) -> f64, theory: f64) {
    let values: Vec<f64> = runs.iter().map(quantity).collect();
    let (mean, error) = mean_and_log_error(&values);
    let tolerance = 3.5 * error + 0.03 * theory.abs() + 0.05;
    assert!(
        (mean.ln() - theory).abs() <= tolerance,
        "{what}: ln {:.3} in simulation, {theory:.3} ± {tolerance:.3} in theory",
        mean.ln()
    );
}

fn tanh_with_biases() -> Setting {
    let (weight_variance, bias_variance) = (1.0, 0.05);
    let init = MeanField {
        weight_variance,
        bias_variance,
    };
    Setting {
        init: init.into(),
        bias_variance,
        ..Setting::new("tanh", "he_normal", weight_variance)
    }
}

#[test]
fn sigmoid_xavier() {
    Setting::new("sigmoid", "xavier_normal", 1.0).check();
}

/// Weights and biases of variance 1/(3 fan_in).
#[test]
fn sigmoid_pytorch() {
    Setting {
        bias_variance: 1.0 / (3.0 * WIDTH as f64),
        ..Setting::new("sigmoid", "pytorch_default", 1.0 / 3.0)
    }
    .check();
}

#[test]
fn tanh_lecun() {
    Setting::new("tanh", "lecun_normal", 1.0).check();
}

#[test]
fn tanh_he() {
    Setting::new("tanh", "he_uniform", 2.0).check();
}

#[test]
fn tanh_lecun_with_biases() {
    tanh_with_biases().check();
}

#[test]
fn relu_xavier() {
    Setting::new("relu", "xavier_uniform", 1.0).check();
}

#[test]
fn relu_he() {
    Setting::new("relu", "he_normal", 2.0).check();
}

#[test]
fn gelu_lecun() {
    Setting::new("gelu", "lecun_normal", 1.0).check();
}

#[test]
fn selu_lecun() {
    Setting::new("selu", "lecun_uniform", 1.0).check();
}

/// The trap of weight gradients: in a ReLU network with Xavier's init δ loses a
/// factor √½ per layer, but ‖∂W_l‖ = ‖δ_l‖·‖a_{l−1}‖ (one row) is the same in
/// all layers, because a loses the same factor on its way forward.
#[test]
fn weight_gradients_hide_the_decay_of_relu_xavier() {
    let setting = Setting::new("relu", "xavier_normal", 1.0);
    let runs: Vec<_> = (0..SEEDS)
        .map(|seed| setting.simulate(seed + 100, 1))
        .collect();
    // Layer 1 reads the data, layers 2 … DEPTH read activations.
    let ratio = |norm: fn(&LayerSums) -> f64| {
        move |run: &Vec<LayerSums>| (norm(&run[1]) / norm(&run[DEPTH - 1])).powi(2)
    };
    let layers = (DEPTH - 2) as f64;
    agree("δ", &runs, ratio(|l| l.delta.norm()), layers * 0.5f64.ln());
    agree(
        "∂W",
        &runs,
        ratio(|l| l.params.unwrap().weight_grad_squares.norm()),
        0.0,
    );
}

/// Asserts that two numbers agree to seven digits.
#[track_caller]
fn seven_digits(number: f64, reference: f64, what: &str) {
    assert!(
        (number - reference).abs() <= 1e-7 * reference,
        "{what}: {number:.9} is not {reference:.9}"
    );
}

/// E φ² and E φ'² where they have closed forms: linear q and 1; ReLU q/2 and 1/2;
/// leaky ReLU of slope a: (1 + a²)/2 of the linear ones; erf: (2/π) asin(2q/(1+2q))
/// and (4/π)/√(1+4q) (Williams 1998). E σ = ½, for σ(x) + σ(−x) = 1.
#[test]
fn quadrature_meets_closed_forms() {
    use std::f64::consts::PI;
    let leaky = Activation::from(LeakyRelu { slope: 0.3 });
    let half = (1.0 + 0.3f64.powi(2)) / 2.0;
    for q in [1e-6, 0.1, 1.0, 7.0, 100.0f64] {
        let erf_square = 2.0 / PI * (2.0 * q / (1.0 + 2.0 * q)).asin();
        let erf_slope = 4.0 / PI / (1.0 + 4.0 * q).sqrt();
        for (activation, square, slope_square) in [
            (named("identity"), q, 1.0),
            (named("relu"), q / 2.0, 0.5),
            (leaky.clone(), half * q, half),
            (named("erf"), erf_square, erf_slope),
        ] {
            let of = |f: fn(f64, f64) -> f64| expect(&activation, q, f);
            let close = |a: f64, b: f64| {
                assert!(
                    (a - b).abs() <= 1e-10 * b,
                    "{activation:?} at q = {q}: {a} {b}"
                );
            };
            close(of(|value, _| value * value), square);
            close(of(|_, slope| slope * slope), slope_square);
        }
        let mean = expect(&named("sigmoid"), q, |value, _| value);
        assert!((mean - 0.5).abs() < 1e-13, "E σ = {mean} at q = {q}");
    }
}

/// q* and χ(q*) where q converges geometrically; the numbers are those of a
/// separate program with tanh–sinh quadrature and formulas of its own for φ.
#[test]
fn fixed_points() {
    for (setting, q, chi) in [
        (
            Setting::new("sigmoid", "lecun_normal", 1.0),
            0.264686875,
            0.055720707,
        ),
        (
            Setting::new("sigmoid", "lecun_normal", 1.0 / 3.0),
            0.085033765,
            0.020007829,
        ),
        (
            Setting::new("tanh", "lecun_normal", 2.0),
            0.617964770,
            1.105528820,
        ),
        (tanh_with_biases(), 0.193592520, 0.759031647),
        // Constructed to have q* = 1 (Klambauer et al. 2017).
        (Setting::new("selu", "lecun_normal", 1.0), 1.0, 1.071574992),
    ] {
        let fixed = (0..300).fold(1.5, |q, _| setting.next_q(q));
        let what = format!("{:?}", setting.activation);
        seven_digits(fixed, q, &what);
        seven_digits(setting.chi(fixed), chi, &what);
    }
}

/// Where q* = 0, χ tends to σw²·φ'(0)²: tanh 1, GELU ¼. Critical tanh gets
/// there slowly: 1/q_l grows by 2 per layer, since tanh² x = x² − 2x⁴/3 + …
/// and E Z⁴ = 3. ReLU has χ = σw²/2 whatever q, which He's init keeps.
#[test]
fn limits_of_vanishing_activations() {
    let tanh = Setting::new("tanh", "lecun_normal", 1.0);
    seven_digits(tanh.chi(1e-8), 1.0, "tanh");
    let q = 1e-4;
    let growth = 1.0 / tanh.next_q(q) - 1.0 / q;
    assert!((growth - 2.0).abs() < 10.0 * q, "{growth}");
    let gelu = Setting::new("gelu", "lecun_normal", 1.0);
    seven_digits(gelu.chi(1e-8), 0.25, "gelu");
    assert!(gelu.all_q().windows(2).all(|q| q[1] < q[0]));
    for q in [1e-3, 1.0, 50.0] {
        let he = Setting::new("relu", "he_normal", 2.0);
        seven_digits(he.next_q(q), q, "ReLU");
        seven_digits(he.chi(q), 1.0, "ReLU");
    }
}
