//! Fourier features.

use std::f64::consts::PI;

use crate::base::Scalar;

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

/// Every unit x becomes x, sin(πx), cos(πx), sin(2πx), cos(2πx), …, computed in f64.
#[derive(Clone, Copy)]
pub struct FourierFeatures {
    /// Width of the input.
    pub inputs: usize,
    /// Frequencies, each twice the one before.
    pub bands: usize,
    /// Whether x itself is among the columns.
    pub include_input: bool,
}

impl FourierFeatures {
    /// Columns per feature.
    pub fn columns(&self) -> usize {
        usize::from(self.include_input) + 2 * self.bands
    }

    /// The columns of a feature x in their order, each with its slope by x.
    pub fn of(&self, x: f64) -> impl Iterator<Item = [f64; 2]> {
        let input = self.include_input.then_some([x, 1.0]);
        let waves = (0..self.bands).flat_map(move |band| {
            let frequency = 2f64.powi(band as i32);
            // Whole turns leave sine and cosine as they are: taken off exactly, they cost
            // no digits.
            let turns = frequency * x / 2.0;
            let (sin, cos) = (2.0 * PI * (turns - turns.round())).sin_cos();
            let scale = PI * frequency;
            [[sin, scale * cos], [cos, -scale * sin]]
        });
        input.into_iter().chain(waves)
    }
}

impl<T: Scalar> Layer<T> for FourierFeatures {
    fn width(&self) -> usize {
        self.inputs * self.columns()
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let x = entries(&pass.inputs[0]);
        let y = entries_mut(pass.output).chunks_exact_mut(self.columns());
        for (x, y) in x.iter().zip(y) {
            let values = self.of((*x).to_f64());
            y.iter_mut()
                .zip(values)
                .for_each(|(y, [value, _])| *y = T::from_f64(value));
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let x = entries(&pass.inputs[0]);
        let grads = entries(&pass.grad_output).chunks_exact(self.columns());
        grad_input.write_or_add(x.iter().zip(grads).map(|(x, g)| {
            let slopes = self.of((*x).to_f64());
            let terms = slopes.zip(g).map(|([_, slope], g)| slope * (*g).to_f64());
            T::from_f64(terms.sum())
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_slopes_are_those_of_sines_and_cosines() {
        let fourier = FourierFeatures {
            inputs: 1,
            bands: 3,
            include_input: true,
        };
        let found: Vec<[f64; 2]> = fourier.of(0.25).collect();
        // sin and cos of π/4, π/2 and π; slopes π, 2π and 4π times the other one.
        let r = 0.5f64.sqrt();
        let expected = [
            [0.25, 1.0],
            [r, PI * r],
            [r, -PI * r],
            [1.0, 0.0],
            [0.0, -2.0 * PI],
            [0.0, -4.0 * PI],
            [-1.0, 0.0],
        ];
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 4e-15, "{found} {expected}");
        }
        let without = FourierFeatures {
            include_input: false,
            ..fourier
        };
        assert_eq!(without.of(0.25).collect::<Vec<_>>(), found[1..]);
        assert_eq!((fourier.columns(), without.columns()), (7, 6));
    }

    /// x and x + 2 are the same point to every wave, however fast.
    #[test]
    fn the_fastest_wave_keeps_its_digits() {
        let fourier = FourierFeatures {
            inputs: 1,
            bands: 32,
            include_input: false,
        };
        let x = 1.0 / 1024.0;
        let (near, far): (Vec<_>, Vec<_>) =
            (fourier.of(x).collect(), fourier.of(x + 2.0).collect());
        assert_eq!(near, far);
        // sin(2⁹π/1024) = sin(π/2).
        assert_eq!(near[18][0], 1.0);
    }
}
