//! Quadrature nodes of probability densities on the line.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI, TAU};
use std::sync::LazyLock;

/// Points of the rule on one panel.
const ORDER: usize = 20;

/// Standard deviations on either side that count; 4e-33 of the mass lies outside.
const REACH: f64 = 12.0;

/// Points, ascending, and the share of the probability that each stands for.
///
/// The line is cut where φ has kinks, at every standard deviation, and around
/// the origin, where φ bends on the scale of 1, at ±1, ±2, ±4, …; each panel has
/// a Gauss–Legendre rule of its own. So neither a narrow density nor one much
/// wider than φ's bend costs digits.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// Where φ is looked at.
    pub points: Vec<f64>,
    /// Sum to 1.
    pub masses: Vec<f64>,
}

impl Nodes {
    /// Those of N(mean, std²), cut at `kinks` too, each panel in `fineness` parts.
    pub fn normal(mean: f64, std: f64, kinks: &[f64], fineness: usize) -> Self {
        if std == 0.0 {
            return Self {
                points: vec![mean],
                masses: vec![1.0],
            };
        }
        let mut edges: Vec<f64> = (-12..=12).map(f64::from).collect();
        let bends = std::iter::successors(Some(1.0), |x| Some(2.0 * x));
        let bends = bends.take_while(|x| *x < mean.abs() + REACH * std);
        let bends = bends.flat_map(|x| [-x, x]);
        let inner = kinks.iter().copied().chain(bends);
        edges.extend(inner.map(|x| (x - mean) / std));
        let mut nodes = Self::default();
        for [from, to] in panels(edges, REACH, fineness) {
            nodes.panel([from, to], |z| {
                (mean + std * z, (-0.5 * z * z).exp() / TAU.sqrt())
            });
        }
        nodes
    }

    /// Those of a number of N(0, std²) plus one drawn evenly from ±`reach`. Cut at `kinks` too.
    pub fn normal_and_even(std: f64, reach: f64, kinks: &[f64], fineness: usize) -> Self {
        let limit = (REACH + reach / std).ceil();
        let mut edges: Vec<f64> = (0..=2 * limit as usize).map(|k| k as f64 - limit).collect();
        edges.extend(kinks.iter().map(|x| x / std));
        let below = |z: f64| 0.5 * libm::erfc(-z * FRAC_1_SQRT_2);
        let half = reach / std;
        let mut nodes = Self::default();
        for ends in panels(edges, limit, fineness) {
            nodes.panel(ends, |z| {
                (std * z, (below(z + half) - below(z - half)) / (2.0 * half))
            });
        }
        nodes
    }

    /// Those of one coordinate of a point drawn evenly from the sphere of radius
    /// √dimension in a space of `dimension` ≥ 2, which tends to N(0, 1). Cut at
    /// `kinks` too.
    pub fn sphere(dimension: usize, kinks: &[f64]) -> Self {
        let radius = (dimension as f64).sqrt();
        // The coordinate is radius·sin θ, and θ has density ∝ cos θ^(dimension − 2).
        let power = dimension as f64 - 2.0;
        let limit = (REACH / power.max(1.0).sqrt()).min(FRAC_PI_2);
        let mut edges: Vec<f64> = (-4..=4).map(|k| limit * f64::from(k) / 4.0).collect();
        let inside = kinks.iter().filter(|kink| kink.abs() < radius);
        edges.extend(inside.map(|kink| (kink / radius).asin()));
        let mut nodes = Self::default();
        for [from, to] in panels(edges, limit, 1) {
            nodes.panel([from, to], |theta| {
                (radius * theta.sin(), theta.cos().powf(power))
            });
        }
        let total: f64 = nodes.masses.iter().sum();
        nodes.masses.iter_mut().for_each(|mass| *mass /= total);
        nodes
    }

    /// Adds the rule of one panel; `at` gives a point and the density there.
    fn panel(&mut self, [from, to]: [f64; 2], at: impl Fn(f64) -> (f64, f64)) {
        let (middle, half) = ((from + to) / 2.0, (to - from) / 2.0);
        for (place, weight) in &*RULE {
            let (point, density) = at(middle + half * place);
            self.points.push(point);
            self.masses.push(half * weight * density);
        }
    }

    /// Σ mass·f(i, point i).
    pub fn mean(&self, f: impl Fn(usize, f64) -> f64) -> f64 {
        let pairs = self.points.iter().zip(&self.masses).enumerate();
        pairs.map(|(i, (x, mass))| mass * f(i, *x)).sum()
    }
}

/// The panels between edges within ±`limit`, each in `parts` parts.
fn panels(mut edges: Vec<f64>, limit: f64, parts: usize) -> Vec<[f64; 2]> {
    edges.retain(|edge| edge.abs() <= limit);
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let cut = |[from, to]: [f64; 2]| {
        let at = move |k: usize| from + (to - from) * k as f64 / parts as f64;
        (0..parts).map(move |k| [at(k), at(k + 1)])
    };
    let between = edges.windows(2).map(|ends| [ends[0], ends[1]]);
    between.flat_map(cut).collect()
}

/// The roots of the Legendre polynomial of degree [`ORDER`], ascending, and
/// their weights on [−1, 1].
static RULE: LazyLock<[(f64, f64); ORDER]> = LazyLock::new(|| {
    let n = ORDER as f64;
    std::array::from_fn(|i| {
        // A close guess, which Newton's method doubles the digits of.
        let mut x = -(PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..6 {
            let (mut before, mut value) = (1.0, x);
            for k in 2..=ORDER {
                let k = k as f64;
                (before, value) = (
                    value,
                    ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
                );
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_exact_up_to_degree_39() {
        for power in [0, 1, 2, 11, 38, 39] {
            let sum: f64 = RULE.iter().map(|(x, w)| w * x.powi(power)).sum();
            let exact = if power % 2 == 0 {
                2.0 / f64::from(power + 1)
            } else {
                0.0
            };
            assert!((sum - exact).abs() < 2e-15, "x^{power}: {sum} {exact}");
        }
    }

    /// E x^k about the mean: 1, 3, 15 times the powers of the variance.
    #[test]
    fn moments_of_a_normal_density() {
        for (mean, std) in [
            (0.0, 1e-4),
            (0.0, 1.0),
            (-3.0, 0.5),
            (2.0, 40.0),
            (0.0, 1e12),
        ] {
            let nodes = Nodes::normal(mean, std, &[0.0, 0.3], 1);
            for (power, exact) in [(0, 1.0), (2, 1.0), (4, 3.0), (6, 15.0)] {
                let moment = nodes.mean(|_, x| ((x - mean) / std).powi(power));
                assert!(
                    (moment - exact).abs() < 1e-13 * exact,
                    "{mean} {std} {power}: {moment}"
                );
            }
        }
        assert_eq!(Nodes::normal(0.7, 0.0, &[], 1).points, [0.7]);
    }

    /// On the sphere of radius √d in d dimensions E x² = 1 and E x⁴ = 3d/(d + 2).
    #[test]
    fn moments_of_a_coordinate_on_the_sphere() {
        for d in [2, 3, 4, 31, 127, 5000] {
            let nodes = Nodes::sphere(d, &[0.0, -1.0]);
            let d = d as f64;
            let fourth = 3.0 * d / (d + 2.0);
            assert!((nodes.mean(|_, x| x * x) - 1.0).abs() < 1e-12, "{d}");
            assert!((nodes.mean(|_, x| x.powi(4)) - fourth).abs() < 1e-12, "{d}");
        }
    }
}
