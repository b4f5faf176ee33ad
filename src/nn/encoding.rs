//! How an MLP's input is encoded before layer 1 reads it.

use std::f64::consts::PI;

use crate::base::Scalar;
use crate::base::family::{family, member};
use crate::nn::graph::{GraphBuilder, ValueId};
use crate::nn::layer::fourier_features::FourierFeatures;

family! {
    /// What becomes of a feature before layer 1 reads it.
    pub enum InputEncoding {
        NoEncoding = "none",
        Fourier = "fourier",
    }
    /// The encoding itself.
    fn scheme<T> -> Encode<T>;
}

/// A way to encode features.
pub trait Encode<T: Scalar> {
    /// Encodes `input` [batch, features]; returns the result.
    fn add(&self, graph: &mut GraphBuilder<T>, input: ValueId) -> ValueId;

    /// The columns that a feature x becomes.
    fn columns_of(&self, x: f64) -> Vec<f64>;
}

member! {
    /// Features as they are.
    pub struct NoEncoding {}
}

impl<T: Scalar> Encode<T> for NoEncoding {
    fn add(&self, _: &mut GraphBuilder<T>, input: ValueId) -> ValueId {
        input
    }

    fn columns_of(&self, x: f64) -> Vec<f64> {
        vec![x]
    }
}

member! {
    /// Every feature x becomes x, sin(πx), cos(πx), sin(2πx), cos(2πx), …, sin(2^(bands−1)πx), cos(2^(bands−1)πx). Mildenhall et al. 2020, arXiv:2003.08934; Tancik et al. 2020, arXiv:2006.10739.
    pub struct Fourier {
        /// Frequencies, each twice the one before.
        #[schemars(range(min = 1, max = 32))]
        bands: usize = 4,
        /// Whether x itself is among the columns.
        include_input: bool = true,
    }
}

impl Fourier {
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

impl<T: Scalar> Encode<T> for Fourier {
    fn add(&self, graph: &mut GraphBuilder<T>, input: ValueId) -> ValueId {
        let features = FourierFeatures {
            inputs: graph.width(input),
            fourier: self.clone(),
        };
        graph.add(1, features, &[input])
    }

    fn columns_of(&self, x: f64) -> Vec<f64> {
        self.of(x).map(|[value, _]| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_slopes_are_those_of_sines_and_cosines() {
        let fourier = Fourier {
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
        let without = Fourier {
            include_input: false,
            ..fourier
        };
        assert_eq!(without.of(0.25).collect::<Vec<_>>(), found[1..]);
        assert_eq!((fourier.columns(), without.columns()), (7, 6));
    }

    /// x and x + 2 are the same point to every wave, however fast.
    #[test]
    fn the_fastest_wave_keeps_its_digits() {
        let fourier = Fourier {
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
