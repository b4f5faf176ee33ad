//! The activation layer a = φ(z).

use crate::activation::Activation;
use crate::base::Scalar;
use crate::base::sums::{count_where, sum_rows};
use crate::measure::ActivationSums;
use crate::moments::Moments;
use crate::times::Phase;

use super::{Backward, Forward, Layer, Observed, Saves, entries, entries_mut};

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

    fn observe(&self, pass: Observed<T>, sums: &mut ActivationSums) {
        let input = entries(&pass.inputs[0]);
        let (output, slopes) = (entries(&pass.output), entries(&pass.saved[0]));
        let phi = self.activation.elementwise();
        sums.values = Moments::of(output);
        sums.checked = output.len() as u64;
        sums.saturated = phi.count_saturated(output, slopes);
        sums.beyond = phi
            .published_limits()
            .map(|limits| limits.map(|limits| count_beyond(input, limits)));
        sums.counts_active = true;
        phi.count_active_rows(output, slopes, &mut sums.active_rows);
        sum_rows(output, self.width, 0, &mut sums.unit_sums);
    }
}

/// How many entries lie below the first limit or above the second.
fn count_beyond<T: Scalar>(x: &[T], limits: [f64; 2]) -> u64 {
    let [low, high] = limits.map(T::from_f64);
    count_where(
        x,
        x,
        #[inline(always)]
        |x, _| (x < low) | (x > high),
    )
}
