//! A run of which a log has the whole gradient's norm or a loss: how they go over training.

use std::sync::Arc;

use crate::base::Problem;
use crate::lab::logs::{ForeignLog, RunSeries};
use crate::lab::records::Training;
use crate::lab::text::number;

/// A run without layers.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// The run, where the log holds several; else empty.
    pub run: String,
    /// The whole gradient's norm.
    pub norm: Option<OverSteps>,
    /// What a norm is at most that reads 0, where the writer rounded.
    pub resolution: Option<f64>,
    /// The loss of training.
    pub loss: Option<OverSteps>,
}

/// A number over the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct OverSteps {
    /// Steps that have it.
    pub count: u64,
    /// The first and the last of them.
    pub steps: [u64; 2],
    /// The numbers there.
    pub ends: [f64; 2],
    /// The smallest and the largest finite number; NaN where there is none.
    pub range: [f64; 2],
    /// The first step at which it is not finite, and how many are like it.
    pub non_finite: Option<(u64, u64)>,
    /// Steps at which it reads 0.
    pub zeros: u64,
}

impl OverSteps {
    fn of(step: u64, value: f64) -> Self {
        Self {
            count: 0,
            steps: [step; 2],
            ends: [value; 2],
            range: [f64::NAN; 2],
            non_finite: None,
            zeros: 0,
        }
    }

    fn add(&mut self, step: u64, value: f64) {
        self.count += 1;
        (self.steps[1], self.ends[1]) = (step, value);
        self.zeros += u64::from(value == 0.0);
        if value.is_finite() {
            self.range = [self.range[0].min(value), self.range[1].max(value)];
        } else {
            self.non_finite.get_or_insert((step, 0)).1 += 1;
        }
    }
}

impl Total {
    /// From where to where the loss goes, beside a norm.
    pub fn loss_line(&self) -> Option<String> {
        let loss = self.loss.as_ref().filter(|_| self.norm.is_some())?;
        let [first, last] = loss.ends.map(number);
        Some(format!("{first} to {last}"))
    }

    /// Reads a run of a log.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(log: &Arc<ForeignLog>, run: &RunSeries) -> Result<Self, Problem> {
        let mut rows = Training::of_log(log, &run.run)?;
        let places = ["grad_norm", "train_loss"].map(|name| rows.find(name));
        let asked: Vec<usize> = places.iter().flatten().copied().collect();
        let mut total = Self {
            run: run.run.clone(),
            resolution: run.total_resolution,
            ..Self::default()
        };
        while let Some(row) = rows.next_row(&asked)? {
            let mut values = row.values.iter();
            for (slot, place) in [&mut total.norm, &mut total.loss].into_iter().zip(places) {
                if place.is_none() {
                    continue;
                }
                if let Some(Some(value)) = values.next() {
                    let own = slot.get_or_insert_with(|| OverSteps::of(row.step, *value));
                    own.add(row.step, *value);
                }
            }
        }
        Ok(total)
    }
}
