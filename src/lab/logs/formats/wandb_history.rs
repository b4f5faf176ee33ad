//! A run's history as W&B's public API writes it to CSV.

use super::wide::{WideReader, own_name};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;

/// A run's history as W&B's public API writes it to CSV.
pub struct WandbHistory;

impl LogFormat for WandbHistory {
    fn name(&self) -> &'static str {
        "history of a W&B run, as CSV"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let has = |name: &str| place.header().iter().any(|own| own == name);
        has("_step") && (has("_runtime") || has("_timestamp"))
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &own_name)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            notes: &["run.history() samples 500 rows unless it is asked for more"],
            ..Conventions::default()
        }
    }
}
