//! The activation layer a = φ(z).

use crate::base::Scalar;
use crate::nn::activation::Activation;
use crate::nn::measure::{ActivationSums, Moments};
use crate::nn::times::Phase;

use super::{Backward, Forward, Layer, Rows};

/// a = φ(z), elementwise. Keeps φ'(z), or a where that says as much: backward
/// is then one product whatever φ, and saturation can be read off it.
pub struct Activate {
    /// Width of z and a.
    pub width: usize,
    /// φ.
    pub activation: Activation,
}

impl Activate {
    fn saves_slope<T: Scalar>(&self) -> bool {
        !self.activation.elementwise::<T>().slope_is_of_value()
    }
}

impl<T: Scalar> Layer<T> for Activate {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saved_len(&self, rows: usize) -> usize {
        if self.saves_slope::<T>() {
            rows * self.width
        } else {
            0
        }
    }

    fn saves_output(&self) -> bool {
        !self.saves_slope::<T>()
    }

    fn forward(&self, pass: Forward<T>) {
        self.activation
            .elementwise()
            .forward(pass.inputs[0], pass.output, pass.saved);
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        self.activation.elementwise().backward(
            pass.grad_output,
            pass.output,
            pass.saved,
            grad_input.values,
            grad_input.accumulate,
        );
    }

    fn observe(&self, rows: Rows, output: &[T], saved: &[T], sums: &mut ActivationSums) {
        let kept = <Self as Layer<T>>::saved_len(self, rows.count);
        let (curve, slopes) = (self.activation.elementwise(), &saved[..kept]);
        sums.values = Moments::of(output);
        sums.saturated = curve.count_saturated(output, slopes);
        sums.alive_units = curve.find_alive(output, slopes, &mut sums.alive);
    }
}
