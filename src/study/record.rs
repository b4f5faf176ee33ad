//! Recording a run: rows appended to `gradients.csv` and `training.csv` as it
//! goes, so that a killed run leaves what it had.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::base::Problem;
use crate::nn::measure::LayerFigures;
use crate::nn::train_step::StepFigures;
use crate::study::columns::{
    Column, LayerName, LayerRow, append_row, gradient_columns, training_columns,
};
use crate::study::train::{StepRecord, TestFigures, Watch};

/// Longest time that a finished row waits in memory.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// Bytes that are handed to the system at once.
const CHUNK: usize = 1 << 16;

/// Steps that may wait for the writer thread.
const WAITING_STEPS: usize = 3;

/// One CSV file in the making.
struct Table {
    path: PathBuf,
    file: File,
    /// Whole rows that are not in the file yet.
    pending: Vec<u8>,
}

impl Table {
    fn create<R: ?Sized>(path: PathBuf, columns: &[Column<R>]) -> Result<Self, Problem> {
        let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        // A row more than a chunk fits, so that it never grows.
        let mut pending = Vec::with_capacity(2 * CHUNK);
        pending.extend_from_slice(names.join(",").as_bytes());
        pending.push(b'\n');
        let mut table = Self {
            path,
            file,
            pending,
        };
        // A file with a header can be read, an empty one cannot.
        table.flush()?;
        Ok(table)
    }

    fn write<R: ?Sized>(&mut self, columns: &[Column<R>], row: &R) -> Result<(), Problem> {
        append_row(columns, row, &mut self.pending);
        if self.pending.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        let written = self.file.write_all(&self.pending);
        // What could not be written is not tried again.
        self.pending.clear();
        written.map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    Problem::in_file(path, format!("could not be written: {error}")).help(
        "free some space or choose another place with --out; the rows written so far are readable",
    )
}

/// Both files.
struct Tables {
    gradients: Table,
    training: Table,
}

impl Tables {
    fn write(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.training.write(training_columns(), record)?;
        let layers = record.layers.unwrap_or_default();
        for (i, figures) in layers.iter().enumerate() {
            let name = LayerName {
                layer: i + 1,
                layers: layers.len(),
            };
            let row = LayerRow {
                record,
                name,
                figures,
            };
            self.gradients.write(gradient_columns(), &row)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        self.gradients.flush()?;
        self.training.flush()
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = self.flush();
    }
}

/// Writes the CSV files of a run folder.
pub struct Recorder {
    sink: Sink,
    rows: u64,
    last_step: Instant,
    last_flush: Instant,
}

/// Where rows are made: here, or on a thread of their own.
enum Sink {
    Here(Tables),
    Thread(Writer),
}

impl Recorder {
    /// Creates both files in `folder` and writes their headers. With
    /// `threads` ≥ 2, rows are made and written on a thread of their own,
    /// which is at most three steps behind; the files are the same.
    ///
    /// # Errors
    /// If the files cannot be written or the thread cannot be started.
    pub fn create(folder: &Path, threads: usize) -> Result<Self, Problem> {
        let tables = Tables {
            gradients: Table::create(folder.join("gradients.csv"), gradient_columns())?,
            training: Table::create(folder.join("training.csv"), training_columns())?,
        };
        let sink = if threads >= 2 {
            Sink::Thread(Writer::start(tables)?)
        } else {
            Sink::Here(tables)
        };
        let now = Instant::now();
        Ok(Self {
            sink,
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
    /// If the files could not be written, now or at an earlier step, e.g.
    /// because the disk is full.
    pub fn flush(&mut self) -> Result<(), Problem> {
        self.last_flush = Instant::now();
        match &mut self.sink {
            Sink::Here(tables) => tables.flush(),
            Sink::Thread(writer) => writer.flush(),
        }
    }

    /// Has rows written to the file without waiting for it.
    fn flush_soon(&mut self) -> Result<(), Problem> {
        self.last_flush = Instant::now();
        match &mut self.sink {
            Sink::Here(tables) => tables.flush(),
            Sink::Thread(writer) => writer.send(Job::Flush),
        }
    }
}

impl Watch for Recorder {
    fn step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        if record.layers.is_some() || record.test.is_some() {
            match &mut self.sink {
                Sink::Here(tables) => tables.write(record)?,
                Sink::Thread(writer) => writer.write(record)?,
            }
        }
        self.rows += u64::from(record.layers.is_some());
        // Asked at every step, logged or not, and at once where steps are slow.
        let now = Instant::now();
        let slow = now - self.last_step > FLUSH_AFTER;
        self.last_step = now;
        if slow || now - self.last_flush > FLUSH_AFTER {
            self.flush_soon()?;
        }
        Ok(())
    }

    fn before_evaluation(&mut self) -> Result<(), Problem> {
        self.flush_soon()
    }
}

/// A step on its way to the writer thread.
struct Kept {
    step: u64,
    epoch: u64,
    learning_rate: f64,
    figures: StepFigures,
    clipped: bool,
    test: Option<TestFigures>,
    is_logged: bool,
    /// Keeps its memory from step to step.
    layers: Vec<LayerFigures>,
}

impl Kept {
    /// Keeps `record` in the memory `layers`.
    fn new(record: &StepRecord, mut layers: Vec<LayerFigures>) -> Self {
        layers.clear();
        layers.extend_from_slice(record.layers.unwrap_or_default());
        Self {
            step: record.step,
            epoch: record.epoch,
            learning_rate: record.learning_rate,
            figures: record.figures,
            clipped: record.clipped,
            test: record.test,
            is_logged: record.layers.is_some(),
            layers,
        }
    }

    fn record(&self) -> StepRecord<'_> {
        StepRecord {
            step: self.step,
            epoch: self.epoch,
            learning_rate: self.learning_rate,
            figures: self.figures,
            clipped: self.clipped,
            test: self.test,
            layers: self.is_logged.then_some(&self.layers),
        }
    }
}

/// What the writer thread is told.
enum Job {
    Step(Kept),
    Flush,
    /// Flush and say so.
    Report,
}

/// The near side of the writer thread. The thread ends at the first error,
/// which is then found here by a channel that leads nowhere.
struct Writer {
    /// `None` once the thread has been joined.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<Result<(), Problem>>>,
    /// Memory that steps may be kept in: as many as may wait.
    free: Receiver<Vec<LayerFigures>>,
    reports: Receiver<()>,
}

impl Writer {
    fn start(mut tables: Tables) -> Result<Self, Problem> {
        // With room for a flush besides the steps.
        let (jobs, inbox) = sync_channel(WAITING_STEPS + 1);
        let (give_back, free) = sync_channel(WAITING_STEPS);
        for _ in 0..WAITING_STEPS {
            give_back.send(Vec::new()).expect("the other end is here");
        }
        let (report, reports) = sync_channel(1);
        let work = move || {
            for job in inbox {
                match job {
                    Job::Step(kept) => {
                        tables.write(&kept.record())?;
                        // A recorder that is being dropped wants none back.
                        let _ = give_back.send(kept.layers);
                    }
                    Job::Flush => tables.flush()?,
                    Job::Report => {
                        tables.flush()?;
                        let _ = report.send(());
                    }
                }
            }
            tables.flush()
        };
        let thread = std::thread::Builder::new().name("csv".into()).spawn(work);
        let thread = thread.map_err(|error| {
            Problem::new(format!("could not start a thread: {error}")).help("use --threads 1")
        })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            free,
            reports,
        })
    }

    fn write(&mut self, record: &StepRecord) -> Result<(), Problem> {
        match self.free.recv() {
            Ok(layers) => self.send(Job::Step(Kept::new(record, layers))),
            Err(_) => self.why_it_ended(),
        }
    }

    fn flush(&mut self) -> Result<(), Problem> {
        self.send(Job::Report)?;
        match self.reports.recv() {
            Ok(()) => Ok(()),
            Err(_) => self.why_it_ended(),
        }
    }

    fn send(&mut self, job: Job) -> Result<(), Problem> {
        match &self.jobs {
            Some(jobs) if jobs.send(job).is_ok() => Ok(()),
            _ => self.why_it_ended(),
        }
    }

    /// Ends the thread and has its error; a panic goes on here.
    fn why_it_ended(&mut self) -> Result<(), Problem> {
        self.jobs = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Err(Problem::new(
                "the CSV files could not be written, as said before",
            )),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Waits until the rows are in the files; whoever asks for errors
            // flushes first.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(seed: usize) -> LayerFigures {
        LayerFigures {
            activation_grad_norm: 0.1 / (seed + 1) as f64,
            weight_norm: seed as f64,
            update_ratio: (!seed.is_multiple_of(2)).then_some(1e-30),
            zero_grad_fraction: f64::NAN,
            ..LayerFigures::default()
        }
    }

    /// Tells of `steps` steps, every third of which is not logged.
    fn tell(recorder: &mut Recorder, steps: u64) -> Result<(), Problem> {
        for step in 0..steps {
            // Another number of layers each time, as if memory were reused badly.
            let layers: Vec<_> = (0..1 + step as usize % 7).map(figures).collect();
            let test = TestFigures {
                loss: step as f64,
                accuracy: None,
            };
            if step.is_multiple_of(50) {
                recorder.before_evaluation()?;
            }
            recorder.step(&StepRecord {
                step,
                epoch: step / 10,
                learning_rate: 0.1,
                figures: StepFigures {
                    loss: 1.0 / (step + 1) as f64,
                    accuracy: Some(0.5),
                    grad_norm: f64::INFINITY,
                    diverged_at: None,
                },
                clipped: step.is_multiple_of(2),
                test: step.is_multiple_of(6).then_some(test),
                layers: (!step.is_multiple_of(3)).then_some(&layers),
            })?;
        }
        Ok(())
    }

    #[test]
    fn a_thread_of_its_own_writes_the_same_bytes() {
        let written = |threads: usize, flush: bool| {
            let folder = tempfile::tempdir().unwrap();
            let mut recorder = Recorder::create(folder.path(), threads).unwrap();
            tell(&mut recorder, 500).unwrap();
            assert_eq!(recorder.logged_steps(), 333);
            if flush {
                recorder.flush().unwrap();
            } else {
                drop(recorder);
            }
            ["gradients.csv", "training.csv"].map(|name| {
                let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
                assert!(text.starts_with("step,epoch,") && text.ends_with('\n'));
                text
            })
        };
        let expected = written(1, true);
        // 500 steps but for those neither logged nor evaluated; 500 = 6·83 + 2.
        assert_eq!(expected[1].lines().count(), 1 + 333 + 84);
        assert!(expected[1].contains("\n6,0,0.1,0.14285714285714285,0.5,6.0,,inf,1\n"));
        assert!(expected[0].contains("\n1,0,2,output,0.05,0.0,0.0,,1.0,1e-30,,,,,NaN\n"));
        for (threads, flush) in [(1, false), (2, true), (2, false), (8, true)] {
            assert!(
                written(threads, flush) == expected,
                "{threads} threads, flush {flush}"
            );
        }
    }

    /// A file that takes the header and nothing more.
    #[cfg(target_os = "linux")]
    fn on_a_full_disk(threads: usize) -> Recorder {
        let full = |name: &str| Table {
            path: name.into(),
            file: File::options().write(true).open("/dev/full").unwrap(),
            pending: Vec::new(),
        };
        let tables = Tables {
            gradients: full("gradients.csv"),
            training: full("training.csv"),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::create(folder.path(), 1).unwrap();
        recorder.sink = if threads >= 2 {
            Sink::Thread(Writer::start(tables).unwrap())
        } else {
            Sink::Here(tables)
        };
        recorder
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_of_at_a_step_or_at_the_flush() {
        for threads in [1, 2] {
            let mut recorder = on_a_full_disk(threads);
            tell(&mut recorder, 40).and(recorder.flush()).unwrap_err();
            // Long enough that what is pending is written before the end.
            let mut recorder = on_a_full_disk(threads);
            let problem = tell(&mut recorder, 100_000).unwrap_err().to_string();
            assert!(problem.contains("gradients.csv") || problem.contains("training.csv"));
            assert!(problem.contains("could not be written") && problem.contains("help"));
            // It ends without a word or a wait.
            drop(recorder);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_flush_that_fails_says_why_and_says_so_again() {
        let mut recorder = on_a_full_disk(2);
        tell(&mut recorder, 2).ok();
        let problem = recorder.flush().unwrap_err().to_string();
        assert!(problem.contains("No space left"), "{problem}");
        recorder.flush().unwrap_err();
        tell(&mut recorder, 2).unwrap_err();
    }
}
