//! How far the log of one draw's squared gradient lies from the log of the expected one.

use std::f64::consts::LN_10;

/// The log of a squared gradient over draws, beside the log of its expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogSpread {
    /// Its variance.
    pub variance: f64,
    /// How far its mean lies below.
    pub below: f64,
}

impl LogSpread {
    /// Of a small relative variance, to first order.
    pub fn of_relative(variance: f64) -> Self {
        Self {
            variance,
            below: variance / 2.0,
        }
    }

    /// Of a sum of so many squares of normal numbers, which is a gamma variable of half as
    /// large a shape a: its log has the mean ψ(a) and the variance ψ'(a), and few numbers are
    /// now and then all small.
    pub fn of_squares(count: f64) -> Self {
        let shape = count / 2.0;
        let (mut x, mut variance, mut below) = (shape, 0.0, 0.0);
        // ψ and ψ' of x by those of x + 1, until their series are good to 1e-10.
        while x < 8.0 {
            variance += 1.0 / (x * x);
            below += 1.0 / x;
            x += 1.0;
        }
        let y = 1.0 / (x * x);
        variance += 1.0 / x + y / 2.0 + y / x * (1.0 / 6.0 - y * (1.0 / 30.0 - y / 42.0));
        below += (shape / x).ln() + 0.5 / x + y * (1.0 / 12.0 - y * (1.0 / 120.0 - y / 252.0));
        Self { variance, below }
    }

    /// Of the product of two that know nothing of each other.
    pub fn and(self, other: Self) -> Self {
        Self {
            variance: self.variance + other.variance,
            below: self.below + other.below,
        }
    }

    /// Two standard deviations of one draw about its mean, where so many decades of the
    /// gradient are expected to be lost.
    pub fn interval(self, attenuation: f64) -> [f64; 2] {
        let centre = attenuation + self.below / (2.0 * LN_10);
        let reach = self.variance.sqrt() / LN_10;
        [centre - reach, centre + reach]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn few_squares_are_a_gamma_variable() {
        // ψ(½) = −γ − 2 ln 2, ψ'(½) = π²/2; ψ(1) = −γ, ψ'(1) = π²/6.
        let euler = 0.577_215_664_901_532_9;
        let one = LogSpread::of_squares(1.0);
        assert!((one.variance - PI * PI / 2.0).abs() < 1e-9, "{one:?}");
        assert!((one.below - (euler + 2f64.ln())).abs() < 1e-9, "{one:?}");
        let two = LogSpread::of_squares(2.0);
        assert!((two.variance - PI * PI / 6.0).abs() < 1e-9, "{two:?}");
        assert!((two.below - euler).abs() < 1e-9, "{two:?}");
        // Many are what their relative variance 2/n says.
        let (many, first) = (LogSpread::of_squares(1e5), LogSpread::of_relative(2e-5));
        assert!((many.variance - first.variance).abs() < 1e-9);
        assert!((many.below - first.below).abs() < 1e-9);
    }
}
