//! Averages of φ and φ' over two correlated normal variables.

use crate::activation::Elementwise;

use super::nodes::Nodes;

/// What two samples' pre-activations of one unit become behind φ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairAverages {
    /// E φ(u) φ(v).
    pub value: f64,
    /// E φ'(u) φ'(v).
    pub slope: f64,
}

impl PairAverages {
    /// Over u, v ~ N(0, q) of the given correlation.
    ///
    /// With u, v = √q (s·y ± t·z), s² = |correlation|, s² + t² = 1 and y, z, z' independent
    /// standard normal variables, E φ(u) φ(v) = E_y G(y) G(±y), where G(y) = E_z φ(√q (s·y + t·z)).
    pub fn over(curve: &dyn Elementwise<f64>, q: f64, correlation: f64) -> Self {
        let common = (q * correlation.abs()).sqrt();
        let own = (q * (1.0 - correlation.abs())).max(0.0).sqrt();
        let blurred = |x: f64| {
            let nodes = Nodes::normal(x, own, curve.kinks(), 1);
            let mut values = vec![0.0; nodes.points.len()];
            let mut slopes = values.clone();
            curve.forward(&nodes.points, &mut values, &mut slopes);
            [nodes.mean(|i, _| values[i]), nodes.mean(|i, _| slopes[i])]
        };
        // A kink of φ is a bend of width `own` in G.
        let widths = std::iter::successors(Some(own), |width| Some(2.0 * width));
        let widths: Vec<f64> = widths.take(if own > 0.0 { 8 } else { 0 }).collect();
        let around = |kink: f64| {
            widths
                .iter()
                .flat_map(move |width| [kink - width, kink + width])
        };
        let mut edges = curve.kinks().to_vec();
        edges.extend(curve.kinks().iter().flat_map(|kink| around(*kink)));
        let nodes = Nodes::normal(0.0, common, &edges, 1);
        let here: Vec<[f64; 2]> = nodes.points.iter().map(|x| blurred(*x)).collect();
        // The nodes lie evenly about 0 only where the kinks do.
        let there = if correlation < 0.0 {
            nodes.points.iter().map(|x| blurred(-x)).collect()
        } else {
            here.clone()
        };
        let mean = |k: usize| nodes.mean(|i, _| here[i][k] * there[i][k]);
        Self {
            value: mean(0),
            slope: mean(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Erf, Identity, Pointwise, Relu};
    use std::f64::consts::PI;

    const CORRELATIONS: [f64; 7] = [-0.9, -1.0 / 31.0, 0.0, 0.3, 0.8, 0.999, 1.0];

    #[track_caller]
    fn check(curve: &impl Pointwise, q: f64, c: f64, value: f64, slope: f64) {
        let pair = PairAverages::over(curve, q, c);
        assert!(
            (pair.value - value).abs() <= 1e-10 * q.min(1.0),
            "{q} {c}: {pair:?} {value}"
        );
        assert!(
            (pair.slope - slope).abs() <= 1e-10,
            "{q} {c}: {pair:?} {slope}"
        );
    }

    /// The line q·c and 1; ReLU q·(√(1 − c²) + (π − acos c)c)/2π and (π − acos c)/2π
    /// (Cho & Saul 2009); erf (2/π) asin(2qc/(1 + 2q)) and, by its derivative,
    /// (4/π)/√((1 + 2q)² − 4q²c²) (Williams 1998).
    #[test]
    fn closed_forms() {
        for q in [0.01, 1.0, 30.0f64] {
            for c in CORRELATIONS {
                check(&Identity {}, q, c, q * c, 1.0);
                let angle = PI - c.acos();
                let relu = q * ((1.0 - c * c).sqrt() + angle * c) / (2.0 * PI);
                check(&Relu {}, q, c, relu, angle / (2.0 * PI));
                let width = 1.0 + 2.0 * q;
                let erf = 2.0 / PI * (2.0 * q * c / width).asin();
                let slope = 4.0 / PI / (width * width - 4.0 * q * q * c * c).sqrt();
                check(&Erf {}, q, c, erf, slope);
            }
        }
    }
}
