//! Layers that take the positions of a sequence apart and put them together.

use crate::base::Scalar;

use super::{Backward, Forward, Layer, MAX_INPUTS, entries, entries_mut};

/// One position of a sequence: y = x_t.
pub struct AtPosition {
    /// Width of x and y.
    pub width: usize,
    /// Positions of x.
    pub positions: usize,
    /// Which of them, from 0.
    pub at: usize,
}

impl<T: Scalar> Layer<T> for AtPosition {
    fn width(&self) -> usize {
        self.width
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        1
    }

    fn forward(&self, pass: Forward<T>) {
        let sample = self.positions * self.width;
        let place = self.at * self.width..(self.at + 1) * self.width;
        let x = entries(&pass.inputs[0]).chunks_exact(sample);
        let y = entries_mut(pass.output).chunks_exact_mut(self.width);
        y.zip(x)
            .for_each(|(y, x)| y.copy_from_slice(&x[place.clone()]));
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let sample = self.positions * self.width;
        let place = self.at * self.width..(self.at + 1) * self.width;
        let grads = entries(&pass.grad_output).chunks_exact(self.width);
        for (dx, g) in entries_mut(values).chunks_exact_mut(sample).zip(grads) {
            if !grad_input.accumulate {
                dx.fill(T::zero());
            }
            add(&mut dx[place.clone()], g);
        }
    }
}

/// Sequences of equal width one after the other, as one sequence.
pub struct JoinPositions {
    /// Width of all values.
    pub width: usize,
    /// Positions of each that is joined.
    pub parts: Vec<usize>,
}

impl<T: Scalar> Layer<T> for JoinPositions {
    fn width(&self) -> usize {
        self.width
    }

    fn positions(&self, inputs: &[usize]) -> usize {
        inputs.iter().sum()
    }

    fn forward(&self, pass: Forward<T>) {
        let whole = self.parts.iter().sum::<usize>() * self.width;
        let y = entries_mut(pass.output);
        let mut first = 0;
        for (x, positions) in pass.inputs.iter().zip(&self.parts) {
            let length = positions * self.width;
            let samples = y.chunks_exact_mut(whole);
            for (y, x) in samples.zip(entries(x).chunks_exact(length)) {
                y[first..first + length].copy_from_slice(x);
            }
            first += length;
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let whole = self.parts.iter().sum::<usize>() * self.width;
        let grads = entries(&pass.grad_output);
        let mut first = 0;
        for (grad_input, positions) in pass.grad_inputs.into_iter().zip(&self.parts) {
            let length = positions * self.width;
            let accumulate = grad_input.accumulate;
            if let Some(values) = grad_input.values {
                let samples = entries_mut(values).chunks_exact_mut(length);
                for (dx, g) in samples.zip(grads.chunks_exact(whole)) {
                    let g = &g[first..first + length];
                    if accumulate {
                        add(dx, g);
                    } else {
                        dx.copy_from_slice(g);
                    }
                }
            }
            first += length;
        }
    }
}

/// The most sequences that one [`JoinPositions`] joins.
pub const MAX_JOINED: usize = MAX_INPUTS;

/// The mean over positions: y = 1/P Σ_t x_t.
pub struct MeanPositions {
    /// Width of x and y.
    pub width: usize,
    /// P.
    pub positions: usize,
}

impl<T: Scalar> Layer<T> for MeanPositions {
    fn width(&self) -> usize {
        self.width
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        1
    }

    fn forward(&self, pass: Forward<T>) {
        let share = T::from_f64(1.0 / self.positions as f64);
        let samples = entries(&pass.inputs[0]).chunks_exact(self.positions * self.width);
        let y = entries_mut(pass.output).chunks_exact_mut(self.width);
        for (y, x) in y.zip(samples) {
            y.fill(T::zero());
            x.chunks_exact(self.width).for_each(|x| add(y, x));
            y.iter_mut().for_each(|y| *y *= share);
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let share = T::from_f64(1.0 / self.positions as f64);
        let samples = entries_mut(values).chunks_exact_mut(self.positions * self.width);
        let grads = entries(&pass.grad_output).chunks_exact(self.width);
        for (dx, g) in samples.zip(grads) {
            for dx in dx.chunks_exact_mut(self.width) {
                if !grad_input.accumulate {
                    dx.fill(T::zero());
                }
                dx.iter_mut().zip(g).for_each(|(dx, g)| *dx += share * *g);
            }
        }
    }
}

/// A state before the first position: 0 whatever is read.
pub struct Zeros {
    /// Width of the output.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for Zeros {
    fn width(&self) -> usize {
        self.width
    }

    fn forward(&self, pass: Forward<T>) {
        entries_mut(pass.output).fill(T::zero());
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        if let Some(values) = grad_input.values
            && !grad_input.accumulate
        {
            entries_mut(values).fill(T::zero());
        }
    }
}

fn add<T: Scalar>(slots: &mut [T], terms: &[T]) {
    slots.iter_mut().zip(terms).for_each(|(y, x)| *y += *x);
}
