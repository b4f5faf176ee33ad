//! What a run of a log has at one step.

/// The numbers of a run at one step.
#[derive(Clone, Debug, Default)]
pub struct LogStep {
    /// The step.
    pub step: u64,
    /// The epoch, where the log tells it.
    pub epoch: Option<u64>,
    values: Vec<Option<f64>>,
    touched: Vec<u32>,
}

impl LogStep {
    /// The number of a series.
    pub fn value(&self, series: u32) -> Option<f64> {
        self.values.get(series as usize).copied().flatten()
    }

    /// Takes in a number.
    pub fn set(&mut self, series: u32, value: f64) {
        let at = series as usize;
        if self.values.len() <= at {
            self.values.resize(at + 1, None);
        }
        if self.values[at].is_none() {
            self.touched.push(series);
        }
        self.values[at] = Some(value);
    }

    /// Begins another step.
    pub fn clear(&mut self, step: u64) {
        for series in self.touched.drain(..) {
            self.values[series as usize] = None;
        }
        self.step = step;
        self.epoch = None;
    }
}
