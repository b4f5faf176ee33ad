//! From layer to layer: the maps of q and of the correlation, and where they end.

use crate::activation::Elementwise;

use super::averages::Averages;
use super::pair::PairAverages;

/// A relative change per layer that is rounding error.
const STILL: f64 = 1e-12;

/// A change of the growth from one step to the next that is none.
const EVEN: f64 = 1e-10;

/// q beyond which it counts as 0 or as infinite where it has not turned round.
const EXTREME: f64 = 1e30;

/// A plain layer, repeated: z = W φ(z) + b.
#[derive(Clone, Copy)]
pub struct Recursion<'a> {
    /// φ.
    pub curve: &'a dyn Elementwise<f64>,
    /// σw²: the weights' variance times fan_in.
    pub weight_variance: f64,
    /// σb².
    pub bias_variance: f64,
    /// Biases are drawn evenly from ± this; 0 where they are normal, or there are none.
    pub bias_reach: f64,
    /// Share of activations that dropout keeps; 1 without dropout.
    pub keep: f64,
}

/// Where q ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedPoint {
    /// q*, from 0 to ∞.
    pub q: f64,
    /// χ(q*), the limit where q* is 0 or ∞.
    pub chi: f64,
    /// Whether the approach is slower than geometric.
    pub is_slow: bool,
}

/// Where the correlation of two samples' pre-activations ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrelationFixedPoint {
    /// c*.
    pub correlation: f64,
    /// σw² E φ'(u) φ'(v) at it: the factor on a deviation from it, per layer.
    pub chi: f64,
}

impl Recursion<'_> {
    fn averages(&self, q: f64) -> Averages {
        Averages::beside_bias(self.curve, q, self.bias_reach)
    }

    /// The second moment of the next layer's z.
    pub fn next_q(&self, q: f64) -> f64 {
        self.q_after(&self.averages(q))
    }

    /// [`Self::next_q`] where φ's averages are known.
    pub fn q_after(&self, averages: &Averages) -> f64 {
        self.weight_variance * averages.square / self.keep + self.bias_variance
    }

    /// χ(q): the factor on the squared gradient across a layer.
    pub fn chi(&self, q: f64) -> f64 {
        self.chi_of(&self.averages(q))
    }

    /// [`Self::chi`] where φ's averages are known.
    pub fn chi_of(&self, averages: &Averages) -> f64 {
        self.weight_variance * averages.slope_square / self.keep
    }

    /// The fixed point of q that the recursion reaches from `start` ≥ 0.
    ///
    /// The map rises with q, so q moves one way only and ends at the first point
    /// where the map crosses the diagonal.
    pub fn fixed_point(&self, start: f64) -> FixedPoint {
        let growth = |q: f64| self.next_q(q) / q - 1.0;
        if start == 0.0 && self.next_q(0.0) == 0.0 {
            return self.at_zero();
        }
        let start = start.clamp(1.0 / EXTREME, EXTREME);
        let first = growth(start);
        if first.abs() <= STILL {
            return FixedPoint {
                q: start,
                chi: self.chi(start),
                is_slow: false,
            };
        }
        let is_up = first > 0.0;
        let has_turned = |growth: f64| growth.abs() > STILL && (growth > 0.0) != is_up;
        let stride: f64 = if is_up { 1.25 } else { 0.8 };
        let (mut near, mut far) = (start, start);
        let (mut last, mut factor) = (first, stride);
        while !has_turned(last) {
            near = far;
            far *= factor;
            let here = growth(far);
            // Where φ acts like a line, q grows evenly and the steps lengthen.
            factor = if (here - last).abs() <= EVEN {
                (factor * factor).clamp(1e-4, 1e4)
            } else {
                stride
            };
            last = here;
            if far > EXTREME {
                return self.at_infinity();
            }
            if far < 1.0 / EXTREME {
                return self.at_zero();
            }
        }
        // Halving the logarithm; 60 halvings of ln 10⁴ are below rounding error.
        for _ in 0..60 {
            let middle = (near * far).sqrt();
            if has_turned(growth(middle)) {
                far = middle;
            } else {
                near = middle;
            }
        }
        let q = (near * far).sqrt();
        let step = 1e-4 * q;
        let slope = (self.next_q(q + step) - self.next_q(q - step)) / (2.0 * step);
        FixedPoint {
            q,
            chi: self.chi(q),
            is_slow: (slope - 1.0).abs() < 1e-4,
        }
    }

    fn at_zero(&self) -> FixedPoint {
        self.limit(0.0, 1e-100)
    }

    fn at_infinity(&self) -> FixedPoint {
        self.limit(f64::INFINITY, 1e24)
    }

    /// The end `q`, looked at from `near` it.
    fn limit(&self, q: f64, near: f64) -> FixedPoint {
        FixedPoint {
            q,
            chi: self.chi(near),
            is_slow: (self.next_q(near) / near - 1.0).abs() < 1e-6,
        }
    }

    /// The correlation that two different samples end at, where q has ended at
    /// `fixed`; `None` where that is 0 or ∞, since there φ makes no difference to
    /// the correlation or always the same, and for biases that are not normal.
    pub fn correlation(&self, fixed: &FixedPoint) -> Option<CorrelationFixedPoint> {
        if fixed.q == 0.0 || !fixed.q.is_finite() {
            return None;
        }
        // Identical samples stay so, unless dropout tells them apart, and nearly
        // identical ones approach each other by χ₁ per layer.
        if self.keep == 1.0 && fixed.chi <= 1.0 + 1e-9 {
            return Some(CorrelationFixedPoint {
                correlation: 1.0,
                chi: fixed.chi,
            });
        }
        if Averages::feels_bias(fixed.q, self.bias_reach) {
            return None;
        }
        // The map is convex and starts above the diagonal: from the left,
        // Newton's method never overshoots.
        let mut correlation = 0.0;
        loop {
            let pair = PairAverages::over(self.curve, fixed.q, correlation);
            let next = (self.weight_variance * pair.value + self.bias_variance) / fixed.q;
            let chi = self.weight_variance * pair.slope;
            let step = (next - correlation) / (1.0 - chi);
            // Not a number where both are 0.
            if step.is_nan() || step <= 1e-10 || correlation + step >= 1.0 {
                return Some(CorrelationFixedPoint { correlation, chi });
            }
            correlation += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Gelu, Pointwise, Relu, Selu, Sigmoid, Softplus, Tanh};

    fn plain(curve: &impl Pointwise, weight_variance: f64, bias_variance: f64) -> Recursion<'_> {
        Recursion {
            curve,
            weight_variance,
            bias_variance,
            bias_reach: 0.0,
            keep: 1.0,
        }
    }

    #[track_caller]
    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
    }

    /// q* and χ(q*) by a separate program with tanh–sinh quadrature and formulas of
    /// its own for φ.
    #[test]
    fn fixed_points_that_are_reached_geometrically() {
        for (recursion, q, chi) in [
            (plain(&Sigmoid {}, 1.0, 0.0), 0.264686875, 0.055720707),
            (plain(&Sigmoid {}, 1.0 / 3.0, 0.0), 0.085033765, 0.020007829),
            (plain(&Tanh {}, 2.0, 0.0), 0.617964770, 1.105528820),
            (plain(&Tanh {}, 1.0, 0.05), 0.193592520, 0.759031647),
            (plain(&Selu {}, 1.0, 0.0), 1.0, 1.071574992),
        ] {
            for start in [1e-3, 1.0, 40.0] {
                let fixed = recursion.fixed_point(start);
                close(fixed.q, q, 1e-8);
                close(fixed.chi, chi, 1e-7);
                assert!(!fixed.is_slow);
            }
        }
    }

    #[test]
    fn fixed_points_at_the_ends() {
        let slow = |q: f64, chi: f64, fixed: FixedPoint| {
            assert_eq!((fixed.q, fixed.is_slow), (q, true));
            close(fixed.chi, chi, 1e-10);
        };
        // Critical tanh: q_l ~ 1/2l.
        slow(0.0, 1.0, plain(&Tanh {}, 1.0, 0.0).fixed_point(1.0));
        // q_l grows by about √(2q/π)·2 ln 2 or by a constant, not by a factor.
        slow(
            f64::INFINITY,
            1.0,
            plain(&Softplus {}, 2.0, 0.0).fixed_point(1.0),
        );
        slow(
            f64::INFINITY,
            1.0,
            plain(&Relu {}, 2.0, 0.05).fixed_point(1.0),
        );
        let gone = plain(&Relu {}, 1.0, 0.0).fixed_point(1.0);
        assert_eq!((gone.q, gone.is_slow), (0.0, false));
        close(gone.chi, 0.5, 1e-12);
        let grown = plain(&Relu {}, 3.0, 0.0).fixed_point(1.0);
        assert_eq!((grown.q, grown.is_slow), (f64::INFINITY, false));
        close(grown.chi, 1.5, 1e-12);
        // He's init keeps whatever there is.
        let kept = plain(&Relu {}, 2.0, 0.0).fixed_point(1.7);
        assert_eq!((kept.q, kept.is_slow), (1.7, false));
        close(kept.chi, 1.0, 1e-12);
    }

    /// GELU's E φ² is q/4 at small and q/2 at large q: with σw² between 2 and 4 a
    /// fixed point between them repels, and the start decides.
    #[test]
    fn which_fixed_point_depends_on_the_start() {
        let gelu = plain(&Gelu {}, 2.1, 0.0);
        assert_eq!(gelu.fixed_point(0.3).q, 0.0);
        close(gelu.fixed_point(0.3).chi, 0.525, 1e-10);
        assert_eq!(gelu.fixed_point(12.0).q, f64::INFINITY);
        close(gelu.fixed_point(12.0).chi, 1.05, 1e-10);
    }

    /// 0 for odd φ without biases: E tanh(u) tanh(v) = 0 there. χ_c is then
    /// σw² (E tanh')².
    #[test]
    fn chaos_decorrelates() {
        let chaotic = plain(&Tanh {}, 2.0, 0.0);
        let fixed = chaotic.fixed_point(1.0);
        let end = chaotic.correlation(&fixed).unwrap();
        assert_eq!(end.correlation, 0.0);
        assert!(end.chi < 1.0 && end.chi > 0.9, "{end:?}");
        // With biases some correlation stays, and it is a fixed point.
        let biased = plain(&Tanh {}, 4.0, 0.3);
        let fixed = biased.fixed_point(1.0);
        let end = biased.correlation(&fixed).unwrap();
        assert!(end.correlation > 0.05 && end.correlation < 0.95, "{end:?}");
        let pair = PairAverages::over(&Tanh {}, fixed.q, end.correlation);
        close((4.0 * pair.value + 0.3) / fixed.q, end.correlation, 1e-9);
    }

    #[test]
    fn order_makes_samples_alike_and_dropout_tells_them_apart() {
        let sigmoid = plain(&Sigmoid {}, 1.0, 0.0);
        let fixed = sigmoid.fixed_point(1.0);
        let end = sigmoid.correlation(&fixed).unwrap();
        assert_eq!((end.correlation, end.chi), (1.0, fixed.chi));
        let dropped = Recursion {
            keep: 0.5,
            ..plain(&Relu {}, 1.0, 0.0)
        };
        // A gain of √(1 − p) makes up for it, as He's does for ReLU alone.
        let fixed = dropped.fixed_point(1.0);
        close(fixed.chi, 1.0, 1e-12);
        assert!(dropped.correlation(&fixed).unwrap().correlation < 0.9);
        let gone = plain(&Relu {}, 1.0, 0.0);
        assert_eq!(gone.correlation(&gone.fixed_point(1.0)), None);
    }
}
