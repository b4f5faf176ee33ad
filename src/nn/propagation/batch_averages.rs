//! Batch norm and φ over a batch of B at infinite width.
//!
//! Two units' pre-activations are independent normal vectors over the batch.
//! Where the samples are alike but for their noise, norm makes each a point drawn
//! evenly from the sphere of radius √B within the vectors of sum 0 (Yang et al.
//! 2019, arXiv:1902.08129).

use crate::activation::Elementwise;
use crate::mean_field::Nodes;

/// φ's averages behind batch norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchAverages {
    /// E φ.
    pub mean: f64,
    /// E φ².
    pub square: f64,
    /// E φ(x_b) φ(x_b') for two samples of a batch.
    pub product: f64,
    /// E φ'².
    pub slope_square: f64,
    /// E φ'⁴.
    pub slope_fourth: f64,
    /// The factor on ‖∂L/∂h‖² from φ's output to the norm's input, per unit of 1/(variance + ε).
    pub backward: f64,
}

impl BatchAverages {
    /// To 1e-4 for B = 4, to 1e-8 from B = 8 on, of a norm whose output has the second moment `square` ≤ 1 in batches of `batch` ≥ 4,
    /// and dropout that keeps the share `keep`.
    ///
    /// Backward, g = ∂L/∂φ sums to 0 over the batch, and norm's Jacobian takes the
    /// components along 1 and along its own output x out of φ'(x)·g. The norm's σ² is that of
    /// B − 1 normal numbers, so E 1/σ² = B/(B − 3) of the inverse variance. Together
    ///   [(B − 1) E φ'² + E φ'φ' − E x²φ'² + E xφ'·xφ']/(B − 3),
    /// the products over two samples: for ReLU Yang's λ(B) times Var φ, for the line
    /// (B − 2)/(B − 3) times that.
    pub fn over(curve: &dyn Elementwise<f64>, square: f64, batch: usize, keep: f64) -> Self {
        let scale = square.sqrt();
        let b = batch as f64;
        let correlation = -1.0 / (b - 1.0);
        let across = (1.0 - correlation * correlation).sqrt();
        let kinks: Vec<f64> = curve.kinks().iter().map(|kink| kink / scale).collect();
        let here = Nodes::sphere(batch - 1, &kinks);
        let at = |points: &[f64]| {
            let scaled: Vec<f64> = points.iter().map(|x| scale * x).collect();
            let mut values = vec![0.0; points.len()];
            let mut slopes = values.clone();
            curve.forward(&scaled, &mut values, &mut slopes);
            (values, slopes)
        };
        // The other sample, given this one at x: correlation·x plus a coordinate of a
        // sphere one dimension below, shrunk to what x leaves.
        let there = |x: f64| {
            let left = (1.0 - x * x / (b - 1.0)).max(0.0).sqrt();
            let width = across * left * ((b - 1.0) / (b - 2.0)).sqrt();
            let own: Vec<f64> = kinks
                .iter()
                .map(|k| (k - correlation * x) / width)
                .collect();
            let mut nodes = Nodes::sphere(batch - 2, &own);
            nodes
                .points
                .iter_mut()
                .for_each(|y| *y = correlation * x + width * *y);
            let (values, slopes) = at(&nodes.points);
            [
                nodes.mean(|i, _| values[i]),
                nodes.mean(|i, _| slopes[i]),
                nodes.mean(|i, y| y * slopes[i]),
            ]
        };
        let (values, slopes) = at(&here.points);
        let others: Vec<[f64; 3]> = here.points.iter().map(|x| there(*x)).collect();
        let slope_square = here.mean(|i, _| slopes[i].powi(2));
        let along_x = here.mean(|i, x| (x * slopes[i]).powi(2));
        let slopes_product = here.mean(|i, _| slopes[i] * others[i][1]);
        let along_x_product = here.mean(|i, x| x * slopes[i] * others[i][2]);
        let backward =
            (b - 1.0) * slope_square / keep + slopes_product - along_x / keep + along_x_product;
        Self {
            mean: here.mean(|i, _| values[i]),
            square: here.mean(|i, _| values[i].powi(2)),
            product: here.mean(|i, _| values[i] * others[i][0]),
            slope_square,
            slope_fourth: here.mean(|i, _| slopes[i].powi(4)),
            backward: backward / (b - 3.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{Identity, Pointwise, Relu, Tanh};
    use crate::mean_field::Averages;
    use std::f64::consts::PI;

    /// The squared gradient's growth per layer.
    fn rate(curve: &impl Pointwise, batch: usize) -> f64 {
        let averages = BatchAverages::over(curve, 1.0, batch, 1.0);
        averages.backward / (averages.square - averages.product)
    }

    #[track_caller]
    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b, "{a} is not {b}");
    }

    /// [(B − 1 + J'(c))/(1 − J(c)) − 1]/(B − 3) with c = −1/(B − 1),
    /// J(c) = (√(1 − c²) + (π − acos c)·c)/π and J' its derivative.
    #[test]
    fn relu_grows_by_yangs_rate() {
        for batch in [4, 5, 8, 32, 128, 3000] {
            let b = batch as f64;
            let c = -1.0 / (b - 1.0);
            let j = ((1.0 - c * c).sqrt() + (PI - c.acos()) * c) / PI;
            let slope = 1.0 - c.acos() / PI;
            let yang = ((b - 1.0 + slope) / (1.0 - j) - 1.0) / (b - 3.0);
            // In the smallest batches a kink touches the sphere's edge.
            let tolerance = if batch < 8 { 1e-4 } else { 1e-8 };
            close(rate(&Relu {}, batch), yang, tolerance);
        }
        // As Yang et al. state them.
        close(rate(&Relu {}, 32), 1.521953, 1e-6);
        close(rate(&Relu {}, 128), 1.479681, 1e-6);
        close(rate(&Relu {}, 1_000_000), PI / (PI - 1.0), 1e-5);
    }

    #[test]
    fn a_line_grows_in_small_batches_only() {
        for batch in [4, 8, 32, 128] {
            let b = batch as f64;
            close(rate(&Identity {}, batch), (b - 2.0) / (b - 3.0), 1e-9);
        }
    }

    /// E φ'²/Var φ over N(0, 1).
    #[test]
    fn large_batches_are_normal() {
        let averages = Averages::over(&Tanh {}, 0.0, 1.0);
        let limit = averages.slope_square / averages.variance;
        close(rate(&Tanh {}, 1_000_000), limit, 1e-5);
    }
}
