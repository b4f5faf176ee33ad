//! Recording a run: rows appended to `gradients.csv` and `training.csv` as it
//! goes, so that a killed run leaves what it had.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use csv::{Writer, WriterBuilder};
use serde::{Serialize, Serializer};

use crate::base::Problem;
use crate::study::columns::{Column, LayerName, LayerRow, gradient_columns, training_columns};
use crate::study::train::{StepRecord, Watch};

/// Longest time that a finished row waits in memory.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// One CSV file in the making.
struct Table {
    path: PathBuf,
    writer: Writer<File>,
}

impl Table {
    fn create(path: PathBuf, columns: impl Iterator<Item = &'static str>) -> Result<Self, Problem> {
        let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
        let mut writer = WriterBuilder::new()
            .has_headers(false)
            .buffer_capacity(1 << 16)
            .from_writer(file);
        writer
            .write_record(columns)
            .map_err(|error| cannot_write(&path, &error))?;
        let mut table = Self { path, writer };
        // A file with a header can be read, an empty one cannot.
        table.flush()?;
        Ok(table)
    }

    fn write(&mut self, row: impl Serialize) -> Result<(), Problem> {
        self.writer
            .serialize(row)
            .map_err(|error| cannot_write(&self.path, &error))
    }

    fn flush(&mut self) -> Result<(), Problem> {
        self.writer
            .flush()
            .map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    Problem::in_file(path, format!("could not be written: {error}")).help(
        "free some space or choose another place with --out; the rows written so far are readable",
    )
}

/// A row's cells in the order of its columns.
struct Cells<'a, R: ?Sized> {
    columns: &'a [Column<R>],
    row: &'a R,
}

impl<R: ?Sized> Serialize for Cells<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.columns.iter().map(|column| (column.cell)(self.row)))
    }
}

/// Writes the CSV files of a run folder.
pub struct Recorder {
    gradients: Table,
    training: Table,
    rows: u64,
    last_step: Instant,
    last_flush: Instant,
}

impl Recorder {
    /// Creates both files in `folder` and writes their headers.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn create(folder: &Path) -> Result<Self, Problem> {
        let gradients = Table::create(
            folder.join("gradients.csv"),
            gradient_columns().iter().map(|c| c.name),
        )?;
        let training = Table::create(
            folder.join("training.csv"),
            training_columns().iter().map(|c| c.name),
        )?;
        let now = Instant::now();
        Ok(Self {
            gradients,
            training,
            rows: 0,
            last_step: now,
            last_flush: now,
        })
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
        self.gradients.flush()?;
        self.training.flush()
    }
}

impl Watch for Recorder {
    fn step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        if record.layers.is_some() || record.test.is_some() {
            self.training.write(Cells {
                columns: training_columns(),
                row: record,
            })?;
        }
        for (i, figures) in record.layers.into_iter().flatten().enumerate() {
            let layers = record.layers.map_or(0, <[_]>::len);
            let row = LayerRow {
                record,
                name: LayerName {
                    layer: i + 1,
                    layers,
                },
                figures,
            };
            self.gradients.write(Cells {
                columns: gradient_columns(),
                row: &row,
            })?;
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

    fn before_evaluation(&mut self) -> Result<(), Problem> {
        self.flush()
    }
}
