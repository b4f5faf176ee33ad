//! How far a transformer tells the positions of a sample apart at its start, block by block.

use std::path::Path;

use crate::base::Scalar;
use crate::base::team::Team;
use crate::lab::config::{LoadedSpec, Precision};
use crate::lab::experiment::network;
use crate::lab::plan::Plan;
use crate::nn::architecture::Architecture;
use crate::nn::layer::Mode;

/// Samples that are looked at, at most: fewer than a step of most runs takes, so that looking
/// takes less than such a step.
const SAMPLES: usize = 4;

/// What is left of the differences between tokens behind a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenSpread {
    /// The block, from 1; 0 is the embedding.
    pub block: usize,
    /// Its last layer in the log.
    pub layer: usize,
    /// 1 minus the mean cosine of two tokens of a sample: 0 where all are alike.
    pub spread: f64,
}

/// Behind the embedding and behind every block at step 0; `None` where the spec cannot be run or
/// has no tokens.
pub fn token_spreads(loaded: &LoadedSpec) -> Option<Vec<TokenSpread>> {
    match loaded.spec.precision {
        Precision::F32 => of(plan::<f32>(loaded)?, &loaded.folder),
        Precision::F64 => of(plan::<f64>(loaded)?, &loaded.folder),
    }
}

fn plan<T: Scalar>(loaded: &LoadedSpec) -> Option<Plan<T>> {
    let Architecture::Transformer(_) = loaded.spec.network.architecture else {
        return None;
    };
    Plan::new(&loaded.spec, &loaded.folder).ok()
}

/// The same of a plan whose files are relative to `folder`: one pass over a few samples.
pub fn of<T: Scalar>(mut plan: Plan<T>, folder: &Path) -> Option<Vec<TokenSpread>> {
    let positions = plan.setting.positions;
    let Architecture::Transformer(_) = plan.network.architecture else {
        return None;
    };
    if positions < 2 {
        return None;
    }
    let count = plan.training.batch_size.min(SAMPLES);
    plan.training.batch_size = count;
    let team = Team::new(1).ok()?;
    let mut network = network(&plan, folder, &team).ok()?;
    let samples: Vec<usize> = (0..count).collect();
    let train = &plan.data.train;
    network.load(&train.inputs, &train.targets, &samples);
    let width = plan.network.width_of(1);
    let mut values = vec![T::zero(); count * positions * width];
    let mut after = 0;
    let spreads = (0..=plan.network.depth).map(|block| {
        let layer = 2 * block + 1;
        network.run_on(&team, [after, layer], Mode::Evaluation, &mut values);
        after = layer;
        let of_samples = values.chunks_exact(positions * width);
        let sum: f64 = of_samples.map(|tokens| spread(tokens, width)).sum();
        TokenSpread {
            block,
            layer,
            spread: sum / count as f64,
        }
    });
    Some(spreads.collect())
}

/// Of the tokens of one sample, `width` numbers each: of their directions, Σ‖x − mean‖² over one
/// less than they are, which is 1 minus the mean cosine of two and loses nothing to rounding.
fn spread<T: Scalar>(tokens: &[T], width: usize) -> f64 {
    let directions = tokens.chunks_exact(width).map(|token| {
        let token: Vec<f64> = token.iter().map(|x| (*x).to_f64()).collect();
        let norm = token.iter().map(|x| x * x).sum::<f64>().sqrt();
        token.iter().map(|x| x / norm).collect::<Vec<f64>>()
    });
    let directions: Vec<Vec<f64>> = directions.collect();
    let count = directions.len() as f64;
    let of_entry = |i: usize| {
        let entries = directions.iter().map(|token| token[i]);
        let mean = entries.clone().sum::<f64>() / count;
        entries.map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    (0..width).map(of_entry).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_one_minus_the_mean_cosine_of_two_tokens() {
        // Directions at 0, 90 and 180 degrees: cosines 0, 0 and -1.
        let tokens = [2.0, 0.0, 0.0, 3.0, -0.5, 0.0];
        assert!((spread(&tokens, 2) - 4.0 / 3.0).abs() < 1e-15);
        assert_eq!(spread(&[1.0, 2.0, 4.0, 8.0], 2), 0.0);
        // Directions 1e-9 apart: half of the square of that.
        let close = spread(&[1.0, 0.0, 1.0, 1e-9], 2);
        assert!((close / 0.5e-18 - 1.0).abs() < 1e-6, "{close}");
    }
}
