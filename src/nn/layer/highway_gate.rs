//! The highway's gated mixture t⊙u + (1−t)⊙h.

use crate::base::{Scalar, simd};
use crate::nn::activation::sigmoid;

use super::{Backward, Forward, Layer};

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
    fn saved_len(&self, rows: usize) -> usize {
        2 * rows * self.width
    }

    fn saves_inputs(&self) -> bool {
        true
    }

    fn forward(&self, pass: Forward<T>) {
        let [carried, branch, gate] = pass.inputs;
        let (open, closed) = pass.saved.split_at_mut(gate.len());
        let gates = gate.iter().zip(open).zip(closed);
        let mixed = pass.output.iter_mut().zip(branch).zip(carried);
        simd::dispatch(
            #[inline(always)]
            || {
                for (((gate, open), closed), ((out, branch), carried)) in gates.zip(mixed) {
                    *open = sigmoid(*gate);
                    *closed = sigmoid(-*gate);
                    *out = *open * *branch + *closed * *carried;
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let [carried, branch, _] = pass.inputs;
        let grad = pass.grad_output;
        let (open, closed) = pass.saved.split_at(grad.len());
        let [mut grad_carried, mut grad_branch, mut grad_gate] = pass.grad_inputs;
        grad_carried.write_or_add(grad.iter().zip(closed).map(|(g, closed)| *closed * *g));
        grad_branch.write_or_add(grad.iter().zip(open).map(|(g, open)| *open * *g));
        let gates = open.iter().zip(closed);
        let values = branch.iter().zip(carried).zip(grad);
        grad_gate.write_or_add(gates.zip(values).map(
            |((open, closed), ((branch, carried), grad))| {
                *open * *closed * (*branch - *carried) * *grad
            },
        ));
    }
}
