//! The activation layer a = φ(z).

use crate::base::Scalar;
use crate::base::sums::nonzero_columns;
use crate::nn::activation::Activation;
use crate::nn::measure::ActivationSums;
use crate::nn::times::Phase;

use super::{Backward, Forward, Layer, Rows};

/// a = φ(z), elementwise. Keeps φ'(z): backward is then one product whatever
/// φ, and saturation can be read off it.
pub struct Activate {
    /// Width of z and a.
    pub width: usize,
    /// φ.
    pub activation: Activation,
}

impl<T: Scalar> Layer<T> for Activate {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saved_len(&self, rows: usize) -> usize {
        rows * self.width
    }

    fn forward(&self, pass: Forward<T>) {
        self.activation
            .curve()
            .forward(pass.inputs[0], pass.output, pass.saved);
    }

    fn backward(&self, pass: Backward<T>) {
        let [mut grad_input, ..] = pass.grad_inputs;
        grad_input.put(
            pass.grad_output
                .iter()
                .zip(pass.saved)
                .map(|(grad, slope)| *grad * *slope),
        );
    }

    fn observe(&self, rows: Rows, output: &[T], saved: &[T], sums: &mut ActivationSums) {
        let slopes = &saved[..rows.count * self.width];
        sums.values.add_all(output);
        sums.saturated = self.activation.curve().count_saturated(output, slopes);
        sums.alive_units = nonzero_columns(slopes, &mut sums.alive);
    }
}
