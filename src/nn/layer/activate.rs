//! The activation layer a = φ(z).

use ndarray::ArrayView2;

use crate::base::Scalar;
use crate::nn::activation::Activation;
use crate::nn::measure::{ActivationSums, Moments};
use crate::nn::times::Phase;

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

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

    fn saves(&self) -> Saves {
        let saves_slope = self.saves_slope::<T>();
        Saves {
            output: !saves_slope,
            per_row: [if saves_slope { self.width } else { 0 }, 0],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let [slope, _] = pass.saved;
        self.activation.elementwise().forward(
            entries(&pass.inputs[0]),
            entries_mut(pass.output),
            entries_mut(slope),
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        self.activation.elementwise().backward(
            entries(&pass.grad_output),
            entries(&pass.output),
            entries(&pass.saved[0]),
            entries_mut(values),
            grad_input.accumulate,
        );
    }

    fn observe(&self, output: ArrayView2<T>, saved: [ArrayView2<T>; 2], sums: &mut ActivationSums) {
        let (output, slopes) = (entries(&output), entries(&saved[0]));
        let phi = self.activation.elementwise();
        sums.values = Moments::of(output);
        sums.saturated = phi.count_saturated(output, slopes);
        sums.alive_units = phi.find_alive(output, slopes, &mut sums.alive);
    }
}
