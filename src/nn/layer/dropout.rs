//! Dropout.

use rand::Rng;

use crate::base::Scalar;
use crate::base::rng::stream;

use super::{Backward, Forward, Layer, Mode, Saves, entries, entries_mut};

/// Zeroes entries with probability p in training and where networks are sampled, and
/// scales the rest by 1/(1−p). Srivastava et al. 2014, JMLR 15.
///
/// The mask depends on (seed, layer, step or pass) and the entry's place in the batch,
/// not on how the batch is cut into shards.
pub struct Dropout {
    /// Width of the value.
    pub width: usize,
    /// p in [0, 1).
    pub probability: f64,
    /// The run's seed.
    pub seed: u64,
    /// Number of the hidden layer, from 1.
    pub layer: usize,
}

impl<T: Scalar> Layer<T> for Dropout {
    fn width(&self) -> usize {
        self.width
    }

    /// The factor of every entry: 0 or 1/(1−p).
    fn saves(&self) -> Saves {
        Saves {
            per_row: [self.width, 0],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let (input, output) = (entries(&pass.inputs[0]), entries_mut(pass.output));
        let (purpose, draw) = match pass.mode {
            Mode::Training { step } => ("dropout", step),
            Mode::Sampled { pass } => ("sampled dropout", pass),
            Mode::Evaluation => {
                output.copy_from_slice(input);
                return;
            }
        };
        let mut random = stream(self.seed, purpose, self.layer as u64);
        random.set_stream(draw);
        random.set_word_pos((pass.rows.first * self.width) as u128);
        // p·2³² of the 2³² values of a word are dropped.
        let dropped = (self.probability * 4_294_967_296.0) as u64;
        let kept = T::from_f64(1.0 / (1.0 - self.probability));
        let [factors, _] = pass.saved.map(entries_mut);
        for i in 0..input.len() {
            let is_dropped = u64::from(random.next_u32()) < dropped;
            factors[i] = if is_dropped { T::zero() } else { kept };
            output[i] = input[i] * factors[i];
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let (grad, factors) = (entries(&pass.grad_output), entries(&pass.saved[0]));
        grad_input.write_or_add(grad.iter().zip(factors).map(|(g, factor)| *g * *factor));
    }
}
