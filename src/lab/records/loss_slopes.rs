//! The slope of a generator's loss at the logged steps, which `training.csv` tells.

use std::path::Path;

use super::training::{Training, TrainingRow};
use crate::base::Problem;

/// Reads the slopes of a run step by step, the steps ascending.
pub struct LossSlopes {
    rows: Training,
    place: [usize; 1],
    ahead: Option<TrainingRow>,
}

impl LossSlopes {
    /// Opens a `training.csv`; `None` where it tells none.
    ///
    /// # Errors
    /// If it cannot be read or has no steps.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        let mut rows = Training::of_file(path)?;
        let Some(place) = rows.find("loss_slope") else {
            return Ok(None);
        };
        let place = [place];
        let ahead = rows.next_row(&place)?;
        Ok(Some(Self { rows, place, ahead }))
    }

    /// The slope at a step, which lies behind those that were asked for before; `None`
    /// where there is no row of it.
    ///
    /// # Errors
    /// If a row cannot be understood.
    pub fn at(&mut self, step: u64) -> Result<Option<f64>, Problem> {
        while self.ahead.as_ref().is_some_and(|row| row.step < step) {
            self.ahead = self.rows.next_row(&self.place)?;
        }
        let row = self.ahead.as_ref().filter(|row| row.step == step);
        Ok(row.and_then(|row| row.values[0]))
    }
}
