//! Every initialisation scheme, by name: a new one needs an expectation here.

use ndarray::{Array2, Axis, s};
use serde_json::json;
use vgrad::base::rng::stream;
use vgrad::nn::activation::{Activation, Relu, Tanh};
use vgrad::nn::fans::Fans;
use vgrad::nn::init::Init;

/// Weights of shape [fan_in, fan_out] and fan_out biases.
fn fill(init: &Init, fan_in: usize, fan_out: usize, seed: u64) -> (Array2<f64>, Vec<f64>) {
    let mut weight = Array2::zeros((fan_in, fan_out));
    let mut bias = vec![0.0; fan_out];
    let mut rng = stream(seed, "init", 1);
    let fans = Fans::new(fan_in, fan_out);
    let drawn = init.for_activation(&tanh()).unwrap();
    drawn
        .initializer()
        .fill(&mut rng, fans, weight.view_mut(), &mut bias);
    (weight, bias)
}

fn tanh() -> Activation {
    Tanh {}.into()
}

fn from_json(value: serde_json::Value) -> Init {
    serde_json::from_value(value).expect("a valid init")
}

/// Every member at its defaults, and other parameters where there are any.
fn members_and_variants() -> Vec<Init> {
    let defaults = Init::NAMES.iter().map(|name| from_json((*name).into()));
    let variants = [
        json!({ "he_normal": { "gain": 0.5 } }),
        json!({ "xavier_uniform": { "gain": 1.7 } }),
        json!({ "normal": { "std": 2.0 } }),
        json!({ "uniform": { "bound": 0.3 } }),
        json!({ "truncated_normal": { "std": 0.7 } }),
        json!({ "critical": { "bias_variance": 0.05 } }),
        json!({ "mean_field": { "weight_variance": 0.5, "bias_variance": 0.2 } }),
        json!({ "siren": { "omega": 2.0 } }),
    ];
    defaults.chain(variants.map(from_json)).collect()
}

/// How independent draws are distributed.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Normal,
    Uniform,
    CutAtTwo,
}
use Shape::{CutAtTwo, Normal, Uniform};

impl Shape {
    /// Fourth moment over squared variance.
    fn kurtosis(self) -> f64 {
        match self {
            Normal => 3.0,
            Uniform => 1.8,
            // E z² = 1 − 4φ(2)/(2Φ(2) − 1) = 0.773741,
            // E z⁴ = 3 E z² − 16φ(2)/(2Φ(2) − 1) = 1.416189.
            CutAtTwo => 2.365_537,
        }
    }

    /// Where the largest of 20 000 or more draws lies, in standard deviations;
    /// another shape's would miss it but with probability < 1e-4.
    fn largest(self) -> std::ops::RangeInclusive<f64> {
        match self {
            // P(|Z| < 3.5)^20000 = (1 − 4.7e-4)^20000 = 1e-4; P(|Z| > 7) = 3e-12.
            Normal => 3.5..=7.0,
            // ±√3 standard deviations; rounding may touch the end.
            Uniform => 0.999 * 3f64.sqrt()..=1.000_001 * 3f64.sqrt(),
            // 2/0.87962566.
            CutAtTwo => 0.99 * 2.273_694..=2.273_695,
        }
    }

    /// Holds mean and variance to 5 standard errors, and the shape by the
    /// largest draw. Of n draws the mean has standard error σ/√n and the
    /// variance σ²√((kurtosis − 1)/n).
    fn check<'a>(self, draws: impl Iterator<Item = &'a f64> + Clone, variance: f64, what: &str) {
        let count = draws.clone().count() as f64;
        let std = variance.sqrt();
        let mean = draws.clone().sum::<f64>() / count;
        assert!(mean.abs() < 5.0 * std / count.sqrt(), "{what}: mean {mean}");
        let found = draws.clone().map(|w| w * w).sum::<f64>() / count;
        let standard_error = variance * ((self.kurtosis() - 1.0) / count).sqrt();
        assert!(
            (found - variance).abs() < 5.0 * standard_error,
            "{what}: variance {found} instead of {variance}"
        );
        let largest = draws.fold(0.0, |largest: f64, w| largest.max(w.abs())) / std;
        assert!(
            self.largest().contains(&largest),
            "{what}: reaches {largest} standard deviations, {self:?}"
        );
    }
}

/// Shape and variance of the weights and, where they are drawn, of the biases;
/// `None` where the weights are not independent draws.
type Expectation = Option<(Shape, f64, Option<f64>)>;

fn expectation(init: &Init, fan_in: f64, fan_out: f64) -> Expectation {
    let fans = fan_in + fan_out;
    match init {
        Init::HeNormal(he) => Some((Normal, he.gain.powi(2) * 2.0 / fan_in, None)),
        Init::HeUniform(he) => Some((Uniform, he.gain.powi(2) * 2.0 / fan_in, None)),
        Init::LecunNormal(lecun) => Some((Normal, lecun.gain.powi(2) / fan_in, None)),
        Init::LecunUniform(lecun) => Some((Uniform, lecun.gain.powi(2) / fan_in, None)),
        Init::XavierNormal(xavier) => Some((Normal, xavier.gain.powi(2) * 2.0 / fans, None)),
        Init::XavierUniform(xavier) => Some((Uniform, xavier.gain.powi(2) * 2.0 / fans, None)),
        Init::Normal(normal) => Some((Normal, normal.std.powi(2), None)),
        Init::Uniform(uniform) => Some((Uniform, uniform.bound.powi(2) / 3.0, None)),
        Init::TruncatedNormal(cut) => Some((CutAtTwo, cut.std.powi(2), None)),
        Init::MeanField(field) => Some((
            Normal,
            field.weight_variance / fan_in,
            Some(field.bias_variance),
        )),
        // tanh's by Schoenholz et al. 2017 to seven digits, and 1/tanh'(0)² without biases.
        Init::Critical(critical) if critical.bias_variance == 0.05 => {
            Some((Normal, 1.760955 / fan_in, Some(0.05)))
        }
        Init::Critical(_) => Some((Normal, 1.0 / fan_in, None)),
        Init::PytorchDefault(_) => {
            Some((Uniform, 1.0 / (3.0 * fan_in), Some(1.0 / (3.0 * fan_in))))
        }
        // Uniform on ±√(6/fan_in)/omega: omega z has variance 2·E x².
        Init::Siren(siren) => Some((
            Uniform,
            2.0 / fan_in / siren.omega.powi(2),
            Some(1.0 / (3.0 * fan_in)),
        )),
        // Below: the exact tests.
        Init::Orthogonal(_) | Init::IdentityMatrix(_) | Init::Lsuv(_) => None,
    }
}

#[test]
fn weights_have_the_stated_mean_variance_and_shape() {
    for init in members_and_variants() {
        for (fan_in, fan_out) in [(300, 200), (200, 300)] {
            let Some((shape, variance, _)) = expectation(&init, fan_in as f64, fan_out as f64)
            else {
                continue;
            };
            let (weight, _) = fill(&init, fan_in, fan_out, 0);
            shape.check(
                weight.iter(),
                variance,
                &format!("{init:?}, {fan_in}×{fan_out}"),
            );
        }
    }
}

/// What theory reckons with is what is drawn.
#[test]
fn the_spread_is_that_of_the_draws() {
    for init in members_and_variants() {
        let drawn = init.for_activation(&tanh()).unwrap();
        for (fan_in, fan_out) in [(300, 200), (200, 300)] {
            let spread = drawn.initializer().spread(Fans::new(fan_in, fan_out));
            let Some(spread) = spread else {
                assert_eq!(init.name(), "identity");
                continue;
            };
            let expected = expectation(&init, fan_in as f64, fan_out as f64);
            let bias = expected.and_then(|(_, _, bias)| bias).unwrap_or(0.0);
            // Orthogonal matrices: the mean square of what was drawn is exact.
            let weight = expected.map_or_else(
                || {
                    let (weight, _) = fill(&init, fan_in, fan_out, 0);
                    weight.iter().map(|w| w * w).sum::<f64>() / weight.len() as f64
                },
                |(_, weight, _)| weight,
            );
            assert!((spread.weight - weight).abs() < 1e-6 * weight, "{init:?}");
            assert!((spread.bias - bias).abs() <= 1e-6 * bias, "{init:?}");
            assert_eq!(spread.is_orthogonal, expected.is_none(), "{init:?}");
        }
    }
}

/// He's variance for ReLU; none for ReLU with biases, whose second moments grow.
#[test]
fn critical_depends_on_the_activation() {
    let critical = from_json("critical".into());
    let relu = critical.for_activation(&Relu {}.into()).unwrap();
    let he = from_json("he_normal".into());
    let fans = Fans::new(300, 200);
    let [found, expected] = [relu, he].map(|init| init.initializer().spread(fans).unwrap().weight);
    assert!(
        (found - expected).abs() < 1e-12 * expected,
        "{found} {expected}"
    );
    let biased = from_json(json!({ "critical": { "bias_variance": 0.05 } }));
    assert!(biased.for_activation(&Relu {}.into()).is_err());
}

#[test]
fn biases_are_drawn_where_stated_and_0_elsewhere() {
    for init in members_and_variants() {
        // So that there are 20 000 biases.
        let (fan_in, fan_out) = (3, 20_000);
        let (_, bias) = fill(&init, fan_in, fan_out, 0);
        match expectation(&init, fan_in as f64, fan_out as f64) {
            Some((shape, _, Some(variance))) => {
                shape.check(bias.iter(), variance, &format!("{init:?}, biases"));
            }
            _ => assert!(bias.iter().all(|b| *b == 0.0), "{init:?}"),
        }
    }
}

#[test]
fn gains_multiply_the_weights() {
    let mut seen = 0;
    for member in Init::members() {
        if !member.parameters.iter().any(|p| p.name == "gain") {
            continue;
        }
        let (plain, _) = fill(&from_json(member.name.into()), 30, 20, 0);
        let with_gain = from_json(json!({ member.name: { "gain": 2.5 } }));
        let (scaled, _) = fill(&with_gain, 30, 20, 0);
        for (a, b) in plain.iter().zip(&scaled) {
            assert!((2.5 * a - b).abs() <= 1e-15 * b.abs(), "{}", member.name);
        }
        seen += 1;
    }
    assert_eq!(seen, 7, "he, lecun, xavier, each twice, and orthogonal");
}

/// Holds the shorter side's vectors to be orthogonal and `gain` long.
fn is_orthogonal(init: &Init, gain: f64) {
    // Tall, wide and square; sizes on either side of a block of columns.
    for (fan_in, fan_out) in [(300, 200), (200, 300), (130, 130), (33, 32), (7, 1), (1, 1)] {
        let (w, _) = fill(init, fan_in, fan_out, 0);
        let products = if fan_in >= fan_out {
            w.t().dot(&w)
        } else {
            w.dot(&w.t())
        };
        let expected = gain * gain * Array2::<f64>::eye(fan_in.min(fan_out));
        for (found, expected) in products.iter().zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-14 * gain * gain,
                "{init:?}, {fan_in}×{fan_out}: {found} instead of {expected}"
            );
        }
    }
}

#[test]
fn orthogonal_matrices_are_orthogonal() {
    is_orthogonal(&from_json("orthogonal".into()), 1.0);
    is_orthogonal(&from_json(json!({ "orthogonal": { "gain": 1.7 } })), 1.7);
    is_orthogonal(&from_json("lsuv".into()), 1.0);
}

#[test]
fn orthogonal_matrices_favour_no_direction() {
    // Haar on O(3): the trace has moments E t = 0, E t² = 1, E t⁴ = 3
    // (Diaconis & Shahshahani 1994, "On the eigenvalues of random matrices").
    let count = 4000;
    let init = from_json("orthogonal".into());
    let traces: Vec<f64> = (0..count)
        .map(|seed| fill(&init, 3, 3, seed).0.diag().sum())
        .collect();
    let mean = traces.iter().sum::<f64>() / count as f64;
    let square = traces.iter().map(|t| t * t).sum::<f64>() / count as f64;
    // 5 standard errors: of t 1/√n, of t² √(3 − 1)/√n.
    let error = 5.0 / (count as f64).sqrt();
    assert!(mean.abs() < error, "mean trace {mean}");
    assert!(
        (square - 1.0).abs() < 2f64.sqrt() * error,
        "mean squared trace {square}"
    );
}

#[test]
fn identity_is_pytorchs_eye() {
    for (fan_in, fan_out) in [(3, 3), (3, 5), (5, 3)] {
        let (w, _) = fill(&from_json("identity".into()), fan_in, fan_out, 0);
        for ((i, j), w) in w.indexed_iter() {
            assert_eq!(*w, f64::from(i == j));
        }
    }
}

/// Sitzmann et al. 2020, section 3.2: what reads the data spreads its phases widely.
#[test]
fn sirens_first_layer_is_uniform_within_1_over_fan_in() {
    let siren = from_json("siren".into());
    let fans = Fans {
        is_first: true,
        ..Fans::new(50, 400)
    };
    let mut weight = Array2::zeros((50, 400));
    let mut bias = vec![0.0; 400];
    let mut rng = stream(0, "init", 1);
    siren
        .initializer()
        .fill(&mut rng, fans, weight.view_mut(), &mut bias);
    let variance = 1.0 / 50f64.powi(2) / 3.0;
    Uniform.check(weight.iter(), variance, "layer 1");
    let spread = siren.initializer().spread(fans).unwrap();
    assert!((spread.weight - variance).abs() < 1e-12 * variance);
    let largest = bias
        .iter()
        .fold(0.0, |largest: f64, b| largest.max(b.abs()));
    assert!((0.9..1.0).contains(&(largest * 50f64.sqrt())), "{largest}");
}

/// A convolution's kernel of these inits is a matrix at its centre (Xiao et al. 2018).
#[test]
fn orthogonal_kernels_are_0_but_for_the_centre_tap() {
    for name in ["orthogonal", "lsuv", "identity"] {
        for (side, channels, outputs) in [(3, 4, 6), (5, 3, 3), (1, 2, 5)] {
            let fans = Fans {
                kernel: Some(side),
                ..Fans::new(side * side * channels, side * side * outputs)
            };
            let taps = side * side;
            let mut weight = Array2::zeros((taps * channels, outputs));
            let mut rng = stream(0, "init", 1);
            let init = from_json(name.into());
            init.initializer()
                .fill(&mut rng, fans, weight.view_mut(), &mut []);
            let tap = |t: usize| weight.slice(s![t * channels..(t + 1) * channels, ..]);
            let (matrix, _) = fill(&init, channels, outputs, 0);
            for t in 0..taps {
                let expected = if t == taps / 2 {
                    matrix.clone()
                } else {
                    0.0 * &matrix
                };
                assert_eq!(tap(t), expected, "{name} {side} {t}");
            }
        }
    }
}

#[test]
fn only_lsuv_scales_to_data() {
    for name in Init::NAMES {
        let scales = from_json((*name).into()).initializer().is_data_dependent();
        assert_eq!(scales, *name == "lsuv", "{name}");
    }
}

#[test]
fn draws_depend_on_the_seed_alone() {
    for init in members_and_variants() {
        let draw = |seed| fill(&init, 40, 30, seed);
        assert_eq!(draw(1), draw(1));
        assert_eq!(draw(1) == draw(2), init.name() == "identity", "{init:?}");
        // No two rows are the same draw.
        let (w, _) = draw(1);
        let rows: Vec<_> = w.axis_iter(Axis(0)).take(30).collect();
        for (i, row) in rows.iter().enumerate() {
            assert!(!rows[..i].contains(row), "{init:?}");
        }
    }
}

#[test]
fn a_matrix_is_filled_from_the_fans_stated_and_not_from_its_shape() {
    let fans = Fans::new(50, 150);
    // Variances: 2/fan_in, 2/(fan_in + fan_out), σw²/fan_in
    // and, uniform on ±1/√fan_in, 1/(3 fan_in).
    for (init, variance) in [
        ("he_normal", 2.0 / 50.0),
        ("xavier_uniform", 2.0 / 200.0),
        ("mean_field", 1.76 / 50.0),
        ("pytorch_default", 1.0 / 150.0),
    ] {
        let mut weight = Array2::zeros((20, 400));
        let init = from_json(init.into());
        let mut rng = stream(3, "init", 1);
        init.initializer()
            .fill(&mut rng, fans, weight.view_mut(), &mut []);
        let found = weight.iter().map(|w| w * w).sum::<f64>() / 8000.0;
        // Five standard errors of the mean of 8000 squares: 5·√(2/8000).
        assert!(
            (found / variance - 1.0).abs() < 0.08,
            "{}: {found}",
            init.name()
        );
    }
}
