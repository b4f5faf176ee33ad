//! Who follows a run step by step.

use crate::base::Problem;
use crate::lab::checkpoint::Checkpointer;
use crate::lab::history::History;
use crate::nn::snapshot::Snapshot;
use crate::study::data::DataSummary;
use crate::study::record::Recorder;
use crate::study::train::{Callback, StepRecord};

/// Who is told how a run goes, besides the files.
pub trait RunCallback: Callback + Send {
    /// The data has been read.
    fn loaded(&mut self, _data: &DataSummary) {}
    /// The run begins: `steps` updates lie ahead.
    fn begin(&mut self, name: &str, steps: u64);
    /// The run is over.
    fn end(&mut self);
}

/// Everybody who follows a run: its files, what is noted of it, and who else is told.
pub struct Callbacks<'a, 'run> {
    /// Notes what the summary needs.
    pub history: &'a mut History,
    /// Writes the rows.
    pub recorder: &'a mut Recorder<'run>,
    /// Keeps what the run can go on from.
    pub checkpointer: &'a mut Checkpointer<'run>,
    /// Told besides.
    pub callback: &'a mut dyn RunCallback,
}

impl Callbacks<'_, '_> {
    fn keep(&mut self, network: &dyn Snapshot) -> Result<(), Problem> {
        self.checkpointer
            .write(network, self.recorder, self.history)
    }
}

impl Callback for Callbacks<'_, '_> {
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.recorder.on_step(record)?;
        self.history.note(record);
        self.callback.on_step(record)
    }

    fn before_step(&mut self, step: u64, network: &dyn Snapshot) -> Result<(), Problem> {
        if self.checkpointer.is_due(step) {
            self.keep(network)?;
        }
        Ok(())
    }

    fn on_stop(&mut self, network: &dyn Snapshot) -> Result<(), Problem> {
        // Before the first row nothing is worth keeping.
        if self.recorder.logged_steps() > 0 {
            self.keep(network)?;
        }
        Ok(())
    }

    fn on_evaluation(&mut self) -> Result<(), Problem> {
        self.recorder.on_evaluation()?;
        self.callback.on_evaluation()
    }
}
