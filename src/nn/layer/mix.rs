//! The highway's gated mixture t⊙u + (1−t)⊙h.

use crate::base::Scalar;
use crate::nn::activation::sigmoid;

use super::{Backward, Forward, Layer};

/// t⊙u + (1−t)⊙h with t = σ(s); inputs in the order h (carried), u (branch),
/// s (the gate's linear map). Srivastava et al. 2015, arXiv:1505.00387.
///
/// Backward: ∂L/∂h = (1−t)⊙g, ∂L/∂u = t⊙g, ∂L/∂s = t(1−t)⊙(u−h)⊙g.
pub struct Mix {
    /// Width of all values.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for Mix {
    fn width(&self) -> usize {
        self.width
    }

    /// t and 1 − t, the latter from σ(−s), so that neither loses digits.
    fn saved_len(&self, rows: usize) -> usize {
        2 * rows * self.width
    }

    fn keeps_inputs(&self) -> bool {
        true
    }

    fn forward(&self, pass: Forward<T>) {
        let [carried, branch, gate] = pass.inputs;
        let (open, closed) = pass.saved.split_at_mut(gate.len());
        for (i, out) in pass.output.iter_mut().enumerate() {
            open[i] = sigmoid(gate[i]);
            closed[i] = sigmoid(-gate[i]);
            *out = open[i] * branch[i] + closed[i] * carried[i];
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [carried, branch, _] = pass.inputs;
        let grad = pass.grad_output;
        let (open, closed) = pass.saved.split_at(grad.len());
        let [mut grad_carried, mut grad_branch, mut grad_gate] = pass.grad_inputs;
        grad_carried.put(grad.iter().zip(closed).map(|(g, closed)| *closed * *g));
        grad_branch.put(grad.iter().zip(open).map(|(g, open)| *open * *g));
        grad_gate
            .put((0..grad.len()).map(|i| open[i] * closed[i] * (branch[i] - carried[i]) * grad[i]));
    }
}
