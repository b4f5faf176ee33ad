//! Two values side by side.

use crate::base::Scalar;

use super::{Backward, Forward, Layer, entries, entries_mut};

/// y = [a, b]: the units of both, row by row.
pub struct JoinColumns {
    /// Width of a and of b.
    pub widths: [usize; 2],
}

impl<T: Scalar> Layer<T> for JoinColumns {
    fn width(&self) -> usize {
        self.widths.iter().sum()
    }

    fn forward(&self, pass: Forward<T>) {
        let [first, second] = self.widths;
        let rows = entries_mut(pass.output).chunks_exact_mut(first + second);
        let [a, b, _] = pass.inputs.each_ref().map(entries);
        let parts = a.chunks_exact(first).zip(b.chunks_exact(second));
        for (y, (a, b)) in rows.zip(parts) {
            y[..first].copy_from_slice(a);
            y[first..].copy_from_slice(b);
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let width = self.widths.iter().sum();
        let grads = entries(&pass.grad_output);
        let mut first = 0;
        for (grad_input, own) in pass.grad_inputs.into_iter().zip(self.widths) {
            if let Some(values) = grad_input.values {
                let rows = entries_mut(values).chunks_exact_mut(own);
                for (dx, g) in rows.zip(grads.chunks_exact(width)) {
                    let terms = dx.iter_mut().zip(&g[first..]);
                    if grad_input.accumulate {
                        terms.for_each(|(dx, g)| *dx += *g);
                    } else {
                        terms.for_each(|(dx, g)| *dx = *g);
                    }
                }
            }
            first += own;
        }
    }
}
