//! Fourier features.

use crate::base::Scalar;
use crate::nn::encoding::Fourier;

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

/// Every unit x becomes the columns of [`Fourier`].
pub struct FourierFeatures {
    /// Width of the input.
    pub inputs: usize,
    /// The columns.
    pub fourier: Fourier,
}

impl<T: Scalar> Layer<T> for FourierFeatures {
    fn width(&self) -> usize {
        self.inputs * self.fourier.columns()
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let x = entries(&pass.inputs[0]);
        let y = entries_mut(pass.output).chunks_exact_mut(self.fourier.columns());
        for (x, y) in x.iter().zip(y) {
            let values = self.fourier.of((*x).to_f64());
            y.iter_mut()
                .zip(values)
                .for_each(|(y, [value, _])| *y = T::from_f64(value));
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let x = entries(&pass.inputs[0]);
        let grads = entries(&pass.grad_output).chunks_exact(self.fourier.columns());
        grad_input.write_or_add(x.iter().zip(grads).map(|(x, g)| {
            let slopes = self.fourier.of((*x).to_f64());
            let terms = slopes.zip(g).map(|([_, slope], g)| slope * (*g).to_f64());
            T::from_f64(terms.sum())
        }));
    }
}
