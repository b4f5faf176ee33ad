//! Plain networks: the known numbers, phases and intervals.

use vgrad::lab::decay::Verdict;
use vgrad::lab::json::Real;
use vgrad::lab::prediction::{Phase, Prediction};

use super::measured::Case;

pub fn plain(activation: &str, init: &str) -> Case {
    Case::new(format!("activation = \"{activation}\"\ninit = {init}"))
}

/// Decades that δ loses from layer 30 to layer 1, q* and χ₁: an independent program's, which
/// also simulated them (width 1000: −18.234, −24.657, −0.801, 0.457, −1.928, −4.403,
/// −0.038, −8.413, 0.452).
#[test]
fn known_numbers() {
    for (activation, weight_variance, bias_variance, q, chi, decades) in [
        ("sigmoid", 1.0, 0.0, 0.264687, 0.0557207, 18.232),
        ("sigmoid", 1.0 / 3.0, 0.0, 0.0850338, 0.0200078, 24.655),
        ("tanh", 1.0, 0.0, 0.0, 1.0, 0.803),
        ("tanh", 2.0, 0.0, 0.617965, 1.1055288, -0.449),
        ("tanh", 1.0, 0.05, 0.193593, 0.7590316, 1.945),
        ("relu", 1.0, 0.0, 0.0, 0.5, 4.365),
        ("relu", 2.0, 0.0, 2.0, 1.0, 0.0),
        ("gelu", 1.0, 0.0, 0.0, 0.25, 8.410),
        ("selu", 1.0, 0.0, 1.0, 1.0715750, -0.435),
    ] {
        let init = format!(
            "{{ mean_field = {{ weight_variance = {weight_variance:?}, bias_variance = {bias_variance:?} }} }}"
        );
        let mut case = plain(activation, &init);
        (case.depth, case.width) = (30, 32);
        let prediction = case.predict().unwrap();
        let delta: f64 = prediction.layers[..29]
            .iter()
            .map(|it| it.decades.unwrap().0)
            .sum();
        let [q_star, chi_1] = [prediction.q_star, prediction.chi_1].map(|it| it.unwrap().0);
        let what = format!("{activation} {init}: {q_star} {chi_1} {delta}");
        assert!((q_star - q).abs() < 1e-6, "{what}");
        assert!((chi_1 - chi).abs() < 1e-7, "{what}");
        assert!((delta - decades).abs() < 1e-3, "{what}");
    }
}

fn he_of(activation: &str) -> Prediction {
    plain(activation, "\"he_normal\"").predict().unwrap()
}

/// Measured at width 1000 and depth 30, the variance over draws is 2.7, 3.2 and 13 times that
/// of the gradient's own averages for softplus, SiLU and GELU, and 1.04 to 1.41 times for sigmoid
/// (Xavier), tanh and SELU (LeCun).
#[test]
fn where_finite_width_dominates() {
    for (activation, init, dominates) in [
        ("softplus", "he_normal", true),
        ("silu", "he_normal", true),
        ("gelu", "he_normal", true),
        ("sigmoid", "xavier_normal", false),
        ("tanh", "he_normal", false),
        ("selu", "lecun_normal", false),
        ("relu", "he_normal", false),
    ] {
        let mut case = plain(activation, &format!("\"{init}\""));
        case.depth = 30;
        let prediction = case.predict().unwrap();
        assert_eq!(prediction.finite_width_dominates, dominates, "{activation}");
    }
}

/// −½ Σ log10 χ + C/(4n ln 10) ± √(C/n)/ln 10 with C = Σ c over the layers between, c = 5 for
/// ReLU, 2 for a linear network and 0 for an orthogonal one.
#[test]
fn the_interval_is_that_of_the_width() {
    for (activation, init, c) in [
        ("relu", "he_normal", 5.0),
        ("identity", "lecun_normal", 2.0),
        ("identity", "orthogonal", 0.0),
    ] {
        let prediction = plain(activation, &format!("\"{init}\"")).predict().unwrap();
        let spread: f64 = 19.0 * c / 256.0;
        let ln10 = std::f64::consts::LN_10;
        let centre = prediction.attenuation_decades.0 + spread / (4.0 * ln10);
        let interval = prediction.attenuation_interval.unwrap();
        let [low, high] = interval.map(|end| end.0);
        assert!(
            (low - (centre - spread.sqrt() / ln10)).abs() < 1e-6,
            "{activation}"
        );
        assert!(
            (high - (centre + spread.sqrt() / ln10)).abs() < 1e-6,
            "{activation}"
        );
        assert!(prediction.attenuation_decades.0.abs() < 1e-9);
    }
}

#[test]
fn phases_and_depth_scales() {
    let he = he_of("tanh");
    assert_eq!(
        (he.phase, he.verdict),
        (Some(Phase::Chaotic), Verdict::Healthy)
    );
    // 1/ln 1.1055288.
    assert!((he.xi.unwrap().0 - 9.9680).abs() < 1e-3, "{:?}", he.xi);
    assert_eq!(he.c_star, Some(Real(0.0)));
    let relu = he_of("relu");
    assert_eq!(
        (relu.phase, relu.c_star),
        (Some(Phase::Critical), Some(Real(1.0)))
    );
    assert_eq!(relu.q_is_slow, Some(false));
    let sigmoid = plain("sigmoid", "\"xavier_normal\"").predict().unwrap();
    assert_eq!(sigmoid.phase, Some(Phase::Ordered));
    assert_eq!(sigmoid.verdict, Verdict::Vanishing);
    assert!((sigmoid.xi.unwrap().0 - 1.0 / 0.0557207f64.ln().abs()).abs() < 1e-5);
    let tanh = plain("tanh", "\"xavier_normal\"").predict().unwrap();
    assert_eq!(
        (tanh.q_is_slow, tanh.underflow_depth.f32),
        (Some(true), None)
    );
    // A gradient of this network loses 0.627 decades a layer.
    let depth = sigmoid.underflow_depth;
    let [f32, bf16, fp16] = [depth.f32, depth.bf16, depth.fp16].map(Option::unwrap);
    assert!(fp16 < bf16 && bf16 < f32, "{depth:?}");
    assert!(
        ((f32 - fp16) as f64 - (44.853 - 7.225) / 0.6270).abs() < 1.5,
        "{depth:?}"
    );
}
