//! Averages of φ and φ' over one normal variable.

use crate::activation::Elementwise;

use super::nodes::Nodes;

/// Below this variance φ is its own tangent to every digit.
const TINY: f64 = 1e-280;

/// The share of q that a bias may have before the law it is drawn by counts: to second order
/// a number's fourth moment then differs by 1e-4 of a normal one's.
const SLIGHT: f64 = 0.01;

/// Finest panels tried: enough for a sine of frequency 30 at q = 500.
const FINEST: usize = 128;

/// What a normal pre-activation becomes behind φ, and what φ's slope does to a
/// gradient on its way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Averages {
    /// E φ.
    pub mean: f64,
    /// E φ².
    pub square: f64,
    /// E φ² − (E φ)², without cancellation.
    pub variance: f64,
    /// E φ'².
    pub slope_square: f64,
    /// E φ'⁴.
    pub slope_fourth: f64,
    /// E φ⁴.
    pub fourth: f64,
}

impl Averages {
    /// Over N(mean, variance), to 1e-11 of each or better.
    pub fn over(curve: &dyn Elementwise<f64>, mean: f64, variance: f64) -> Self {
        if mean == 0.0 && variance > 0.0 && variance < TINY && curve.at(0.0).0 == 0.0 {
            return Self::over(curve, 0.0, TINY).scaled(variance / TINY);
        }
        Self::refined(curve, |fineness| {
            Nodes::normal(mean, variance.sqrt(), curve.kinks(), fineness)
        })
    }

    /// Over a pre-activation of second moment `q`: a normal number plus a bias drawn evenly
    /// from ±`reach`, which for a sine of high frequency is far from a normal one.
    pub fn beside_bias(curve: &dyn Elementwise<f64>, q: f64, reach: f64) -> Self {
        if !Self::feels_bias(q, reach) {
            return Self::over(curve, 0.0, q);
        }
        let by_bias = reach * reach / 3.0;
        // No map brings q below its own bias's; a search for its fixed point may ask.
        let std = (q - by_bias).max(1e-4 * by_bias).sqrt();
        Self::refined(curve, |fineness| {
            Nodes::normal_and_even(std, reach, curve.kinks(), fineness)
        })
    }

    /// Whether the law of such a bias counts.
    pub fn feels_bias(q: f64, reach: f64) -> bool {
        reach * reach / 3.0 > SLIGHT * q
    }

    fn refined(curve: &dyn Elementwise<f64>, nodes: impl Fn(usize) -> Nodes) -> Self {
        let at = |fineness| Self::with(curve, &nodes(fineness));
        let mut coarse = at(1);
        let mut fineness = 2;
        loop {
            let fine = at(fineness);
            if fineness == FINEST || fine.agrees_with(&coarse) {
                return fine;
            }
            coarse = fine;
            fineness *= 2;
        }
    }

    fn with(curve: &dyn Elementwise<f64>, nodes: &Nodes) -> Self {
        let mut values = vec![0.0; nodes.points.len()];
        let mut slopes = values.clone();
        curve.forward(&nodes.points, &mut values, &mut slopes);
        let mean = nodes.mean(|i, _| values[i]);
        Self {
            mean,
            square: nodes.mean(|i, _| values[i].powi(2)),
            variance: nodes.mean(|i, _| (values[i] - mean).powi(2)),
            slope_square: nodes.mean(|i, _| slopes[i].powi(2)),
            slope_fourth: nodes.mean(|i, _| slopes[i].powi(4)),
            fourth: nodes.mean(|i, _| values[i].powi(4)),
        }
    }

    fn agrees_with(&self, other: &Self) -> bool {
        let close = |a: f64, b: f64, scale: f64| (a - b).abs() <= 1e-12 * scale.abs();
        close(self.mean, other.mean, self.square.sqrt())
            && close(self.square, other.square, self.square)
            // Its last digits are those of φ's rounding.
            && close(self.variance, other.variance, self.variance.max(1e-4 * self.square))
            && close(self.slope_square, other.slope_square, self.slope_square)
            && close(self.slope_fourth, other.slope_fourth, self.slope_fourth)
    }

    /// Those of a φ that is linear on either side of 0, at `factor` times the variance.
    fn scaled(self, factor: f64) -> Self {
        Self {
            mean: self.mean * factor.sqrt(),
            square: self.square * factor,
            variance: self.variance * factor,
            fourth: self.fourth * factor * factor,
            ..self
        }
    }

    /// E φ'⁴/(E φ'²)²: how unevenly units pass a gradient on; 1 where all do alike.
    /// NaN where none does.
    pub fn slope_kurtosis(&self) -> f64 {
        self.slope_fourth / self.slope_square.powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Activation, Elu, HardTanh, LeakyRelu, Selu, Sine};
    use serde::Deserialize;
    use serde::de::value::{Error, StrDeserializer};
    use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

    fn named(name: &str) -> Activation {
        Activation::deserialize(StrDeserializer::<Error>::new(name)).unwrap()
    }

    fn averages(activation: &Activation, q: f64) -> Averages {
        Averages::over(activation.elementwise(), 0.0, q)
    }

    #[track_caller]
    fn close(a: f64, exact: f64, tolerance: f64, what: &str) {
        assert!(
            (a - exact).abs() <= tolerance * exact.abs(),
            "{what}: {a:e} is not {exact:e}"
        );
    }

    const QS: [f64; 9] = [1e-8, 1e-5, 0.01, 0.3, 1.0, 2.5, 20.0, 137.0, 500.0];

    /// Linear q and 1; ReLU half of both; leaky ReLU of slope a (1 + a²)/2 of
    /// both; erf (2/π) asin(2q/(1 + 2q)) and (4/π)/√(1 + 4q) (Williams 1998).
    /// Φ is erf(x/√2)/2 + ½.
    #[test]
    fn closed_forms_of_the_second_moments() {
        let leaky = Activation::from(LeakyRelu { slope: 0.3 });
        for q in QS {
            let erf = |q: f64| 2.0 / PI * (2.0 * q / (1.0 + 2.0 * q)).asin();
            let erf_slope = |q: f64| 4.0 / PI / (1.0 + 4.0 * q).sqrt();
            for (activation, square, slope) in [
                (named("identity"), q, 1.0),
                (named("relu"), q / 2.0, 0.5),
                (leaky.clone(), 0.545 * q, 0.545),
                (named("erf"), erf(q), erf_slope(q)),
                (
                    named("normal_cdf"),
                    0.25 + erf(q / 2.0) / 4.0,
                    erf_slope(q / 2.0) / 8.0,
                ),
            ] {
                let averages = averages(&activation, q);
                let what = format!("{} at {q}", activation.name());
                close(averages.square, square, 1e-12, &what);
                close(averages.slope_square, slope, 1e-12, &what);
            }
            let normal_cdf = averages(&named("normal_cdf"), q).variance;
            close(normal_cdf, erf(q / 2.0) / 4.0, 1e-10, "variance");
        }
    }

    /// E sin²(ωx) = ½(1 − e^(−2ω²q)), E (ω cos ωx)² = ½ω²(1 + e^(−2ω²q)).
    #[test]
    fn closed_forms_of_sines() {
        for omega in [1.0, 30.0] {
            let sine = Sine { omega }.into();
            for q in QS {
                let averages = averages(&sine, q);
                let what = format!("sine of {omega} at {q}");
                let exponent = -2.0 * omega * omega * q;
                close(averages.square, -0.5 * exponent.exp_m1(), 1e-11, &what);
                let slope = 0.5 * omega * omega * (1.0 + exponent.exp());
                close(averages.slope_square, slope, 1e-11, &what);
            }
        }
    }

    /// A bias b of U(±h) beside N(0, v): E sin²(ω·) = ½(1 − e^(−2ω²v)·E cos 2ωb), and
    /// E cos 2ωb = sin(2ωh)/(2ωh); the line keeps q, and a small bias is as a normal one.
    #[test]
    fn closed_forms_beside_even_biases() {
        let omega = 30.0;
        let sine: Activation = Sine { omega }.into();
        let line = named("identity");
        for (variance, reach) in [(1e-3, 0.0625), (1e-4, 0.5), (2.0, 1.0)] {
            let q = variance + reach * reach / 3.0;
            let phase = 2.0 * omega * reach;
            let even = (-2.0 * omega * omega * variance).exp() * phase.sin() / phase;
            let beside = |of: &Activation| Averages::beside_bias(of.elementwise(), q, reach);
            let waves = beside(&sine);
            close(waves.square, 0.5 * (1.0 - even), 1e-10, "sine");
            close(
                waves.slope_square,
                0.5 * omega * omega * (1.0 + even),
                1e-10,
                "slope",
            );
            close(beside(&line).square, q, 1e-10, "line");
        }
        let slight = Averages::beside_bias(sine.elementwise(), 0.1, 0.01);
        assert_eq!(slight, averages(&sine, 0.1));
    }

    /// Fourth powers: ReLU and the line have E φ'⁴ = E φ'², E φ⁴ = 3q² for the
    /// line and half of it for ReLU; erf's slope to the fourth is
    /// (2/√π)⁴ E exp(−4qZ²) = (16/π²)/√(1 + 8q).
    #[test]
    fn closed_forms_of_the_fourth_moments() {
        for q in QS {
            let line = averages(&named("identity"), q);
            let relu = averages(&named("relu"), q);
            close(line.slope_kurtosis(), 1.0, 1e-12, "line");
            close(relu.slope_kurtosis(), 2.0, 1e-12, "ReLU");
            close(line.fourth, 3.0 * q * q, 1e-12, "line");
            close(relu.fourth, 1.5 * q * q, 1e-12, "ReLU");
            close(relu.mean, (q / TAU).sqrt(), 1e-12, "ReLU");
            close(relu.variance, q * (0.5 - 1.0 / TAU), 1e-12, "ReLU");
            let erf = averages(&named("erf"), q).slope_fourth;
            close(
                erf,
                16.0 / PI.powi(2) / (1.0 + 8.0 * q).sqrt(),
                1e-12,
                "erf",
            );
        }
    }

    /// σ(x) + σ(−x) = 1.
    #[test]
    fn the_mean_of_sigmoid_is_a_half() {
        for q in QS {
            close(averages(&named("sigmoid"), q).mean, 0.5, 1e-14, "E σ");
        }
    }

    /// For s = √q, with E(k) = E[e^{kx}; x < 0] = exp(k²q/2)·Φ(−ks):
    /// ELU of α: E φ² = q/2 + α²(E(2) − 2E(1) + ½), E φ'² = ½ + α² E(2). Hard tanh:
    /// E φ'² = P(|x| < 1).
    #[test]
    fn closed_forms_of_kinked_activations() {
        let cdf = |x: f64| 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
        // Beyond, exp(k²q/2) is large and Φ small: they lose the digits asked for.
        for q in QS.into_iter().filter(|q| *q <= 20.0) {
            let s = q.sqrt();
            let below = |k: f64| (k * k * q / 2.0).exp() * cdf(-k * s);
            let bend = below(2.0) - 2.0 * below(1.0) + 0.5;
            let elu = averages(&Elu { alpha: 1.7 }.into(), q);
            // `bend` is the difference of numbers near ½ and its size is q/2.
            let lost = 1e-15 / q;
            close(
                elu.square,
                q / 2.0 + 1.7 * 1.7 * bend,
                1e-12 + lost,
                &format!("ELU at {q}"),
            );
            close(elu.slope_square, 0.5 + 1.7 * 1.7 * below(2.0), 1e-12, "ELU");
            let (scale, alpha) = (1.050_700_987_355_480_5f64, 1.673_263_242_354_377_2f64);
            let selu = averages(&Selu {}.into(), q);
            let exact = scale * scale * (0.5 + alpha * alpha * below(2.0));
            close(selu.slope_square, exact, 1e-12, "SELU");
        }
        for q in QS {
            let hard = averages(&HardTanh {}.into(), q);
            close(
                hard.slope_square,
                1.0 - 2.0 * cdf(-1.0 / q.sqrt()),
                1e-12,
                "hard tanh",
            );
        }
    }

    /// E φ² and E φ'² by mpmath 1.3 with 40 digits, tanh–sinh quadrature and formulas
    /// of its own for φ.
    const BY_MPMATH: [(&str, f64, f64, f64); 28] = [
        ("sigmoid", 1e-8, 0.250000000625, 0.0624999996875),
        ("sigmoid", 0.5, 0.2753766320063602, 0.05136251704070471),
        ("sigmoid", 12.0, 0.3973597711195326, 0.01825107066825014),
        ("sigmoid", 500.0, 0.4822170528208121, 0.002969713581099288),
        ("tanh", 1e-8, 9.999999800000006e-9, 0.9999999800000007),
        ("tanh", 0.5, 0.2736763079367389, 0.5924257933717964),
        ("tanh", 12.0, 0.7770496839567482, 0.1515380668930992),
        ("tanh", 500.0, 0.9643468147850142, 0.02378065504060775),
        ("softsign", 1e-8, 9.99680936150154e-9, 0.999680946143774),
        ("softsign", 0.5, 0.1283791670955126, 0.2970393068682155),
        ("softsign", 12.0, 0.4498918348896154, 0.07483461662580805),
        ("softsign", 500.0, 0.8042868375108001, 0.01188339292971244),
        ("gelu", 1e-8, 2.500000047746482e-9, 0.2500000063661976),
        ("gelu", 0.5, 0.1895565418322276, 0.4072479685443648),
        ("gelu", 12.0, 5.951183326508384, 0.5112108184125206),
        ("gelu", 500.0, 249.9916333919209, 0.5024959574110234),
        ("silu", 1e-8, 2.50000001875e-9, 0.2500000025),
        ("silu", 0.5, 0.1585762495658272, 0.3347089583480499),
        ("silu", 12.0, 5.757049352015203, 0.5004935056987844),
        ("silu", 500.0, 249.9421032623537, 0.5037019840386588),
        ("softplus", 1e-8, 0.4804530181510694, 0.250000000625),
        ("softplus", 0.5, 0.6972250044122633, 0.2753766320063602),
        ("softplus", 12.0, 6.234669072901834, 0.3973597711195326),
        ("softplus", 500.0, 250.042679371221, 0.4822170528208121),
        ("mish", 1e-8, 3.60000002496e-9, 0.3600000035199999),
        ("mish", 0.5, 0.2135889054750402, 0.4491145604148511),
        ("mish", 12.0, 5.961264094695763, 0.5154350599228887),
        ("mish", 500.0, 249.9929669918189, 0.5032872705692469),
    ];

    #[test]
    fn smooth_activations_meet_another_program() {
        for (name, q, square, slope) in BY_MPMATH {
            let averages = averages(&named(name), q);
            close(averages.square, square, 1e-11, &format!("{name} at {q}"));
            close(
                averages.slope_square,
                slope,
                1e-11,
                &format!("{name}' at {q}"),
            );
        }
    }

    /// As SELU was made: mean 0 and variance 1 are kept (Klambauer et al. 2017).
    #[test]
    fn selu_keeps_the_standard_normal() {
        let selu = averages(&Selu {}.into(), 1.0);
        assert!(selu.mean.abs() < 1e-12, "{}", selu.mean);
        close(selu.variance, 1.0, 1e-12, "SELU");
    }

    #[test]
    fn a_mean_shifts_the_average() {
        // E (Z + m)⁺ = m Φ(m) + density(m); at m = 1 by mpmath 1.3.
        let relu = Averages::over(named("relu").elementwise(), 1.0, 1.0);
        close(relu.mean, 1.083_315_470_587_686_3, 1e-13, "ReLU");
        close(relu.slope_square, 0.841_344_746_068_542_9, 1e-13, "ReLU");
    }

    #[test]
    fn tiny_variances_keep_their_digits() {
        let relu = averages(&named("relu"), 1e-300);
        close(relu.square, 5e-301, 1e-12, "ReLU");
        let tanh = averages(&named("tanh"), 1e-300);
        close(tanh.square, 1e-300, 1e-12, "tanh");
        assert_eq!(averages(&named("relu"), 0.0).slope_square, 0.0);
    }
}
