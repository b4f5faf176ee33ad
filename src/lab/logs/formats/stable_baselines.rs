//! Stable-Baselines3: columns in the order of a Python set, the steps of the environment as steps.

use super::wide::{WideReader, own_name};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;

/// Stable-Baselines3: columns in the order of a Python set, the steps of the environment as steps.
pub struct StableBaselines;

impl LogFormat for StableBaselines {
    fn name(&self) -> &'static str {
        "progress.csv of Stable-Baselines3"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let header = place.header();
        let count = |prefix: &str| header.iter().filter(|own| own.starts_with(prefix)).count();
        let others = ["time/", "train/", "rollout/"].map(count);
        header.iter().any(|own| own == "time/total_timesteps") && others.iter().sum::<usize>() > 1
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &own_name)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            is_clipped: Some(true),
            notes: &[
                "norms recorded by a callback are those of the last minibatch, after clipping",
            ],
            ..Conventions::default()
        }
    }
}
