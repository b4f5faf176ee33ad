//! Some columns of a value.

use crate::base::Scalar;

use super::{Backward, Forward, Layer, entries, entries_mut};

/// y = x[.., first..first + count]: neighbouring units of every row.
pub struct Columns {
    /// Width of x.
    pub read: usize,
    /// The first of them, from 0.
    pub first: usize,
    /// How many.
    pub count: usize,
}

impl<T: Scalar> Layer<T> for Columns {
    fn width(&self) -> usize {
        self.count
    }

    fn forward(&self, pass: Forward<T>) {
        let rows = entries(&pass.inputs[0]).chunks_exact(self.read);
        let kept = entries_mut(pass.output).chunks_exact_mut(self.count);
        kept.zip(rows)
            .for_each(|(y, x)| y.copy_from_slice(&x[self.first..][..self.count]));
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let rows = entries_mut(values).chunks_exact_mut(self.read);
        let grads = entries(&pass.grad_output).chunks_exact(self.count);
        for (dx, g) in rows.zip(grads) {
            if !grad_input.accumulate {
                dx.fill(T::zero());
            }
            let kept = dx[self.first..].iter_mut().zip(g);
            kept.for_each(|(dx, g)| *dx += *g);
        }
    }
}
