//! What a generator is tested with: noise that stays the same, and the test split that its
//! samples are held against.

use ndarray::{Array2, ArrayView2};

use crate::base::Scalar;
use crate::base::rng::stream;
use crate::base::team::Team;
use crate::nn::init::normal;

use super::energy_distance::{energy_distance, mean_distance};

/// What a generator is tested with.
pub struct GeneratorTest<T> {
    /// A row for each sample that it is to make.
    pub noise: Array2<T>,
    /// The samples that it made, row after row.
    pub made: Vec<T>,
    /// Mean distance of the real samples; once it is known.
    within: Option<f64>,
}

impl<T: Scalar> GeneratorTest<T> {
    /// For as many samples as `real` has, from `width` entries of noise each.
    pub fn new(seed: u64, real: &Array2<T>, width: usize) -> Self {
        let mut noise = Array2::zeros((real.nrows(), width));
        fill(&mut noise, seed, "test_noise", 0);
        Self {
            noise,
            made: vec![T::zero(); real.len()],
            within: None,
        }
    }

    /// Between the samples that were made and the `real` ones.
    pub fn energy_distance(&mut self, real: &Array2<T>, team: &Team) -> f64 {
        let made = ArrayView2::from_shape(real.raw_dim(), &self.made);
        let (real, made) = (real.view(), made.expect("as many numbers"));
        let within = self.within;
        let within = within.unwrap_or_else(|| mean_distance(real, real, team));
        self.within = Some(within);
        energy_distance(real, made, within, team)
    }
}

/// Fills `noise` with N(0, 1) from a stream of its own.
pub fn fill<T: Scalar>(noise: &mut Array2<T>, seed: u64, purpose: &str, number: u64) {
    let mut random = stream(seed, purpose, number);
    noise
        .iter_mut()
        .for_each(|z| *z = T::from_f64(normal(&mut random)));
}
