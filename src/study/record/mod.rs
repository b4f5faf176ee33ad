//! Recording a run: rows appended to `gradients.csv` and `training.csv`, and to what
//! else was asked for, as it goes, so that a killed run leaves what it had.

mod events;
mod record_file;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::events::EventFile;
use self::record_file::RecordFile;
use serde::{Deserialize, Serialize};

use crate::base::Problem;
use crate::base::team::Team;
use crate::columns::{
    Column, LayerRow, TensorRow, adversary_columns, append_more, append_row, gradient_columns,
    header, parameter_columns, training_columns, view_columns,
};
use crate::train::{Callback, StepRecord};

/// The files of every run.
const USUAL: [&str; 2] = ["gradients.csv", "training.csv"];
/// A row per logged step and trained tensor.
const PARAMETERS: &str = "parameters.csv";
/// What TensorBoard reads; it goes by `tfevents` in the name.
const EVENTS: &str = "events.out.tfevents.vgrad";

/// The files to be written besides those of every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// `parameters.csv`.
    pub parameters: bool,
    /// The events that TensorBoard reads.
    pub tensorboard: bool,
    /// In `training.csv` what a generator's steps tell besides.
    pub adversary: bool,
    /// There the error of rendered colours.
    pub psnr: bool,
}

impl Extras {
    /// The columns of `training.csv` behind those of every run.
    fn columns<'a>(self) -> &'a [Column<StepRecord<'a>>] {
        match self {
            Self {
                adversary: true, ..
            } => adversary_columns(),
            Self { psnr: true, .. } => view_columns(),
            _ => &[],
        }
    }

    /// The names of all files that a recorder writes.
    pub fn files(self) -> Vec<&'static str> {
        let parameters = self.parameters.then_some(PARAMETERS);
        let events = self.tensorboard.then_some(EVENTS);
        USUAL.into_iter().chain(parameters).chain(events).collect()
    }
}

/// How much of a run its files hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// How long each file is, in bytes, in the order of [`Extras::files`].
    pub lengths: Vec<u64>,
    /// Logged steps.
    #[serde(rename = "rows")]
    pub steps: u64,
}

/// The first line of `training.csv`.
fn training_header(extras: Extras) -> String {
    let usual = header(training_columns());
    match extras.columns() {
        [] => usual,
        further => usual.replace('\n', ",") + &header(further),
    }
}

/// What a file begins with.
fn beginning(name: &str, extras: Extras) -> Vec<u8> {
    match name {
        EVENTS => events::header(),
        PARAMETERS => header(parameter_columns()).into(),
        "training.csv" => training_header(extras).into(),
        _ => header(gradient_columns()).into(),
    }
}

/// Longest time that a finished row waits in memory, steps permitting.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// The table, which no other thread has at the moment.
fn owned(table: &mut Mutex<RecordFile>) -> &mut RecordFile {
    table.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// Layers whose rows one thread makes at a time.
const LAYERS_PER_PART: usize = 32;

/// The rows of some layers at one step.
struct Part {
    first: usize,
    rows: Vec<u8>,
}

/// Writes the files of a run folder that grow step by step. The threads of a team make the rows of
/// a deep network's layers side by side, in parts that follow from its depth, and
/// one of them hands the rows of steps before to the system.
pub struct Recorder<'a> {
    team: &'a Team,
    /// Lent to the thread that makes the first part.
    gradients: Mutex<RecordFile>,
    training: RecordFile,
    extras: Extras,
    parameters: Option<RecordFile>,
    events: Option<EventFile>,
    /// Keep their memory from step to step.
    parts: Vec<Part>,
    rows: u64,
    last_step: Instant,
    last_flush: Instant,
}

impl<'a> Recorder<'a> {
    /// Creates the files in `folder`, `extras` among them, and writes their headers.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn create(folder: &Path, team: &'a Team, extras: Extras) -> Result<Self, Problem> {
        Self::with_files(team, extras, |name| {
            RecordFile::create(folder.join(name), &beginning(name, extras))
        })
    }

    /// Goes on with the files of a run in `folder`, of which `kept` is what to keep; what
    /// stands behind is cut off.
    ///
    /// # Errors
    /// If they cannot be written, or another version began them, with other columns.
    pub fn resume(
        folder: &Path,
        team: &'a Team,
        extras: Extras,
        kept: &Recorded,
    ) -> Result<Self, Problem> {
        let mut lengths = kept.lengths.iter();
        let mut recorder = Self::with_files(team, extras, |name| {
            let length = lengths.next().copied().unwrap_or_default();
            // Events begin with the time.
            let begun = match name {
                EVENTS => Vec::new(),
                _ => beginning(name, extras),
            };
            RecordFile::reopen(folder.join(name), &begun, length)
        })?;
        recorder.rows = kept.steps;
        Ok(recorder)
    }

    /// With the files that `open` opens, in the order of [`Extras::files`].
    fn with_files(
        team: &'a Team,
        extras: Extras,
        mut open: impl FnMut(&'static str) -> Result<RecordFile, Problem>,
    ) -> Result<Self, Problem> {
        let now = Instant::now();
        let [gradients, training] = USUAL;
        Ok(Self {
            team,
            gradients: Mutex::new(open(gradients)?),
            training: open(training)?,
            extras,
            parameters: extras.parameters.then(|| open(PARAMETERS)).transpose()?,
            events: extras
                .tensorboard
                .then(|| open(EVENTS).map(EventFile::new))
                .transpose()?,
            parts: Vec::new(),
            rows: 0,
            last_step: now,
            last_flush: now,
        })
    }

    /// Makes sure that every row is on the disk, and says what is there.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn sync(&mut self) -> Result<Recorded, Problem> {
        self.flush()?;
        let lengths = self.files().map(RecordFile::sync).collect::<Result<_, _>>();
        Ok(Recorded {
            lengths: lengths?,
            steps: self.rows,
        })
    }

    /// The files, in the order of [`Extras::files`].
    fn files(&mut self) -> impl Iterator<Item = &mut RecordFile> {
        let usual = [owned(&mut self.gradients), &mut self.training];
        let events = self.events.as_mut().map(|events| &mut events.file);
        usual.into_iter().chain(&mut self.parameters).chain(events)
    }

    /// Steps written to `gradients.csv`.
    pub fn logged_steps(&self) -> u64 {
        self.rows
    }

    /// Makes sure that every row is in the file.
    ///
    /// # Errors
    /// If the files cannot be written, e.g. because the disk is full.
    pub fn flush(&mut self) -> Result<(), Problem> {
        self.last_flush = Instant::now();
        self.files().try_for_each(RecordFile::flush)
    }

    fn write(&mut self, record: &StepRecord) -> Result<(), Problem> {
        append_row(training_columns(), record, &mut self.training.pending);
        let further = self.extras.columns();
        if !further.is_empty() {
            append_more(further, record, &mut self.training.pending);
        }
        self.training.flush_if_full()?;
        if let Some(file) = &mut self.parameters {
            for tensor in record.tensors {
                let step = record.step;
                let row = TensorRow { step, tensor };
                append_row(parameter_columns(), &row, &mut file.pending);
            }
            file.flush_if_full()?;
        }
        if let Some(events) = &mut self.events {
            events.write(record, further)?;
        }
        let layers = record.layers.unwrap_or_default();
        let parts = layers.len().div_ceil(LAYERS_PER_PART);
        while self.parts.len() < parts {
            self.parts.push(Part {
                first: self.parts.len() * LAYERS_PER_PART,
                rows: Vec::new(),
            });
        }
        let parts = &mut self.parts[..parts];
        // The rows of steps before, if they are a chunk, go to the system with the
        // first part, while others make theirs.
        let gradients = &self.gradients;
        self.team.each(parts, |part| {
            if part.first == 0 {
                let mut table = gradients.lock().unwrap_or_else(PoisonError::into_inner);
                table.failure = table.flush_if_full().err();
            }
            part.rows.clear();
            let mine = layers.iter().enumerate().skip(part.first);
            for (i, sums) in mine.take(LAYERS_PER_PART) {
                let row = LayerRow {
                    record,
                    layer: i + 1,
                    info: &record.infos[i],
                    sums,
                };
                append_row(gradient_columns(), &row, &mut part.rows);
            }
        });
        let table = owned(&mut self.gradients);
        if let Some(problem) = table.failure.take() {
            return Err(problem);
        }
        for part in parts {
            table.pending.extend_from_slice(&part.rows);
        }
        Ok(())
    }
}

impl Drop for Recorder<'_> {
    fn drop(&mut self) {
        // No caller is left to return an error to.
        let _ = self.flush();
    }
}

impl Callback for Recorder<'_> {
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        if record.layers.is_some() || record.test.is_some() {
            self.write(record)?;
        }
        self.rows += u64::from(record.layers.is_some());
        // Asked at every step, logged or not, and at once where steps are slow.
        let now = Instant::now();
        let slow = now - self.last_step > FLUSH_AFTER;
        self.last_step = now;
        if slow || now - self.last_flush > FLUSH_AFTER {
            self.flush()?;
        }
        Ok(())
    }

    fn on_evaluation(&mut self) -> Result<(), Problem> {
        self.flush()
    }
}
