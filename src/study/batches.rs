//! Which samples a step trains on.

use crate::base::rng::stream;
use rand::seq::SliceRandom;

/// The order of samples: every epoch a new permutation of the training split,
/// cut into full batches; the remainder is dropped.
pub struct Batches {
    seed: u64,
    batch_size: usize,
    order: Vec<usize>,
    epoch: Option<u64>,
}

impl Batches {
    /// Over `rows` samples; `seed` decides their order.
    pub fn new(seed: u64, batch_size: usize, rows: usize) -> Self {
        Self {
            seed,
            batch_size,
            order: (0..rows).collect(),
            epoch: None,
        }
    }

    /// Batches in an epoch.
    pub fn per_epoch(&self) -> u64 {
        (self.order.len() / self.batch_size) as u64
    }

    /// The rows of the `step`-th batch, from 0.
    pub fn at(&mut self, step: u64) -> &[usize] {
        let epoch = step / self.per_epoch();
        if self.epoch != Some(epoch) {
            self.order
                .iter_mut()
                .enumerate()
                .for_each(|(i, row)| *row = i);
            self.order.shuffle(&mut stream(self.seed, "shuffle", epoch));
            self.epoch = Some(epoch);
        }
        let first = (step % self.per_epoch()) as usize * self.batch_size;
        &self.order[first..first + self.batch_size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_a_permutation_cut_into_full_batches() {
        let mut batches = Batches::new(3, 4, 11);
        let mut epoch = |e: u64| -> Vec<usize> {
            (2 * e..2 * e + 2)
                .flat_map(|s| batches.at(s).to_vec())
                .collect()
        };
        let (first, second) = (epoch(0), epoch(1));
        for rows in [&first, &second] {
            let mut sorted = (*rows).clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 8);
            assert!(sorted.iter().all(|&row| row < 11));
        }
        assert_ne!(first, second);
        assert_eq!(first, epoch(0));
    }
}
