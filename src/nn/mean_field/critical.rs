//! The edge of chaos: the weight variance at which gradients keep their size.

use std::fmt;

use crate::activation::Elementwise;

use super::averages::Averages;
use super::recursion::Recursion;

/// Why no weight variance is critical.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoCriticalPoint {
    /// Wherever χ(q) = 1, q moves on.
    NoFixedPoint,
    /// There is one at this q and weight variance, but q does not end there.
    Unstable {
        /// Its q.
        q: f64,
        /// Its σw².
        weight_variance: f64,
    },
}

impl fmt::Display for NoCriticalPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFixedPoint => f.write_str(
                "whatever the weight variance, the second moment of the pre-activations does not \
                 settle where gradients keep their size",
            ),
            Self::Unstable { q, weight_variance } => write!(
                f,
                "gradients keep their size at a weight variance of {weight_variance:.4} with \
                 pre-activations of second moment {q:.4}, but those do not stay there"
            ),
        }
    }
}

/// σw² at which χ₁ = 1 in a plain network with biases of variance
/// `bias_variance` on standardised data: where q = E φ²/E φ'² + σb², with
/// σw² = 1/E φ'², and the recursion ends there.
///
/// # Errors
/// Where there is none.
pub fn critical_weight_variance(
    curve: &dyn Elementwise<f64>,
    bias_variance: f64,
) -> Result<f64, NoCriticalPoint> {
    let at = |q: f64| Averages::over(curve, 0.0, q);
    let excess = |q: f64| {
        let averages = at(q);
        (averages.square / averages.slope_square + bias_variance) / q - 1.0
    };
    let mut found = Vec::new();
    if bias_variance == 0.0 && curve.at(0.0).0 == 0.0 {
        // The limit of small q, where every φ is linear on either side of 0.
        found.push((0.0, at(1e-100).slope_square));
    }
    let grid: Vec<f64> = (-48..=48).map(|k| 10f64.powf(f64::from(k) / 8.0)).collect();
    let signs: Vec<f64> = grid.iter().map(|q| excess(*q)).collect();
    for (ends, values) in grid.windows(2).zip(signs.windows(2)) {
        // Where both are rounding error, every q is a solution, 0 among them.
        let is_noise = values.iter().all(|value| value.abs() < 1e-10);
        if !is_noise && (values[0] > 0.0) != (values[1] > 0.0) {
            let q = root([ends[0], ends[1]], values[0] > 0.0, &excess);
            found.push((q, at(q).slope_square));
        }
    }
    let mut refused = NoCriticalPoint::NoFixedPoint;
    for (q, slope_square) in found {
        let weight_variance = 1.0 / slope_square;
        let recursion = Recursion {
            curve,
            weight_variance,
            bias_variance,
            bias_reach: 0.0,
            keep: 1.0,
        };
        let end = recursion.fixed_point(weight_variance + bias_variance);
        if (end.chi - 1.0).abs() < 1e-6 {
            return Ok(weight_variance);
        }
        refused = NoCriticalPoint::Unstable { q, weight_variance };
    }
    Err(refused)
}

/// Where `f` changes its sign between two positive numbers.
fn root([mut low, mut high]: [f64; 2], is_falling: bool, f: &impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        if (f(middle) > 0.0) == is_falling {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Erf, Gelu, Identity, LeakyRelu, Pointwise, Relu, Sigmoid, Tanh};

    #[track_caller]
    fn critical(curve: &impl Pointwise, bias_variance: f64, exact: f64, tolerance: f64) {
        let found = critical_weight_variance(curve, bias_variance).unwrap();
        assert!((found - exact).abs() <= tolerance, "{found} is not {exact}");
    }

    /// He's 2 for ReLU, 2/(1 + a²) for leaky ReLU, 1/φ'(0)² for odd φ; and the number
    /// for tanh with biases that Schoenholz et al. 2017 show as 1.76.
    #[test]
    fn known_critical_points() {
        critical(&Relu {}, 0.0, 2.0, 1e-12);
        critical(&LeakyRelu { slope: 0.3 }, 0.0, 2.0 / 1.09, 1e-12);
        critical(&Identity {}, 0.0, 1.0, 1e-12);
        critical(&Tanh {}, 0.0, 1.0, 1e-12);
        critical(&Erf {}, 0.0, std::f64::consts::FRAC_PI_4, 1e-12);
        critical(&Tanh {}, 0.05, 1.760955, 5e-7);
    }

    #[test]
    fn at_a_critical_point_gradients_keep_their_size() {
        for (curve, bias_variance) in [
            (&Sigmoid {} as &dyn Elementwise<f64>, 0.0),
            (&Tanh {}, 0.2),
            (&Erf {}, 0.1),
        ] {
            let weight_variance = critical_weight_variance(curve, bias_variance).unwrap();
            let recursion = Recursion {
                curve,
                weight_variance,
                bias_variance,
                bias_reach: 0.0,
                keep: 1.0,
            };
            // By plain iteration, not by the search that found it.
            let q = (0..2000).fold(1.0, |q, _| recursion.next_q(q));
            assert!((recursion.chi(q) - 1.0).abs() < 1e-3, "{q}");
        }
    }

    #[test]
    fn where_there_is_none() {
        assert_eq!(
            critical_weight_variance(&Relu {}, 0.05),
            Err(NoCriticalPoint::NoFixedPoint)
        );
        let gelu = critical_weight_variance(&Gelu {}, 0.0).unwrap_err();
        assert!(
            matches!(gelu, NoCriticalPoint::Unstable { q: 0.0, .. }),
            "{gelu:?}"
        );
        assert!(gelu.to_string().contains("4.0000"), "{gelu}");
    }
}
