//! What the width of a layer adds: how far one draw lies from the expectation.

use crate::activation::Elementwise;
use crate::mean_field::{Averages, Recursion};

/// A layer of a plain network without norm.
pub struct PlainLayer {
    /// q of its pre-activations.
    pub q: f64,
    /// σw² and σb² of the next map.
    pub next: [f64; 2],
    /// Units.
    pub units: usize,
    /// Whether ln χ(q) is a part of the attenuation.
    pub counts: bool,
}

/// The variance that the log of the squared gradient's ratio has because q differs
/// from draw to draw, to first order: every layer's φ² averages over finitely many
/// units, and the error is carried on by the slope of q's map.
pub fn variance_by_q(curve: &dyn Elementwise<f64>, keep: f64, layers: &[PlainLayer]) -> f64 {
    let mut total = 0.0;
    // d(Σ ln χ)/dq of the layer behind.
    let mut sensitivity = 0.0;
    for layer in layers.iter().rev() {
        let [weight_variance, bias_variance] = layer.next;
        let recursion = Recursion {
            curve,
            weight_variance,
            bias_variance,
            // To first order the law of biases makes no difference.
            bias_reach: 0.0,
            keep,
        };
        let at = |q: f64| Averages::over(curve, 0.0, q);
        let here = at(layer.q);
        let noise = here.fourth / keep.powi(3) - (here.square / keep).powi(2);
        total += weight_variance.powi(2) * noise / layer.units as f64 * sensitivity * sensitivity;
        let step = 1e-4 * layer.q;
        let [below, above] = [at(layer.q - step), at(layer.q + step)];
        let slope = |of: &dyn Fn(&Averages) -> f64| (of(&above) - of(&below)) / (2.0 * step);
        let of_map = slope(&|averages| recursion.q_after(averages));
        let of_chi = slope(&|averages| averages.slope_square.ln());
        sensitivity = of_map * sensitivity + if layer.counts { of_chi } else { 0.0 };
    }
    total
}
