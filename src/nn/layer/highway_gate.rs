//! The highway's gated mixture t⊙u + (1−t)⊙h.

use crate::activation::sigmoid;
use crate::base::{Scalar, simd};

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

/// t⊙u + (1−t)⊙h with t = σ(s); inputs in the order h (carried), u (branch),
/// s (the gate's linear map). Srivastava et al. 2015, arXiv:1505.00387.
///
/// Backward: ∂L/∂h = (1−t)⊙g, ∂L/∂u = t⊙g, ∂L/∂s = t(1−t)⊙(u−h)⊙g.
pub struct HighwayGate {
    /// Width of all values.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for HighwayGate {
    fn width(&self) -> usize {
        self.width
    }

    /// t and 1 − t, the latter from σ(−s), so that neither loses digits.
    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            per_row: [self.width; 2],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let [h, u, s] = pass.inputs.each_ref().map(entries);
        let [t, rest] = pass.saved.map(entries_mut);
        let y = entries_mut(pass.output);
        // Slices of one known length, so that no bound is checked in the loop.
        let n = y.len();
        let (h, u, s, t, rest) = (&h[..n], &u[..n], &s[..n], &mut t[..n], &mut rest[..n]);
        simd::dispatch(
            #[inline(always)]
            || {
                for i in 0..n {
                    t[i] = sigmoid(s[i]);
                    rest[i] = sigmoid(-s[i]);
                    y[i] = t[i] * u[i] + rest[i] * h[i];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let [h, u, _] = pass.inputs.each_ref().map(entries);
        let [t, rest] = pass.saved.each_ref().map(entries);
        let g = entries(&pass.grad_output);
        let [grad_h, grad_u, grad_s] = pass.grad_inputs;
        grad_h.write_or_add(rest.iter().zip(g).map(|(rest, g)| *rest * *g));
        grad_u.write_or_add(t.iter().zip(g).map(|(t, g)| *t * *g));
        let gates = t.iter().zip(rest).map(|(t, rest)| *t * *rest);
        let sides = u.iter().zip(h).map(|(u, h)| *u - *h);
        let terms = gates.zip(sides).zip(g);
        grad_s.write_or_add(terms.map(|((gate, side), g)| gate * side * *g));
    }
}
