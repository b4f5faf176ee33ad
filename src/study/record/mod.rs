//! Recording a run: rows appended to `gradients.csv` and `training.csv` as it
//! goes, so that a killed run leaves what it had.

mod csv_file;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::csv_file::CsvFile;
use crate::base::Problem;
use crate::base::team::Team;
use crate::study::columns::{LayerRow, append_row, gradient_columns, training_columns};
use crate::study::train::{Callback, StepRecord};

/// Longest time that a finished row waits in memory, steps permitting.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// The table, which no other thread has at the moment.
fn owned(table: &mut Mutex<CsvFile>) -> &mut CsvFile {
    table.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// Layers whose rows one thread makes at a time.
const LAYERS_PER_PART: usize = 32;

/// The rows of some layers at one step.
struct Part {
    first: usize,
    rows: Vec<u8>,
}

/// Writes the CSV files of a run folder. The threads of a team make the rows of
/// a deep network's layers side by side, in parts that follow from its depth, and
/// one of them hands the rows of steps before to the system.
pub struct Recorder<'a> {
    team: &'a Team,
    /// Lent to the thread that makes the first part.
    gradients: Mutex<CsvFile>,
    training: CsvFile,
    /// Keep their memory from step to step.
    parts: Vec<Part>,
    rows: u64,
    last_step: Instant,
    last_flush: Instant,
}

impl<'a> Recorder<'a> {
    /// Creates both files in `folder` and writes their headers.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn create(folder: &Path, team: &'a Team) -> Result<Self, Problem> {
        let now = Instant::now();
        Ok(Self {
            team,
            gradients: Mutex::new(CsvFile::create(
                folder.join("gradients.csv"),
                gradient_columns(),
            )?),
            training: CsvFile::create(folder.join("training.csv"), training_columns())?,
            parts: Vec::new(),
            rows: 0,
            last_step: now,
            last_flush: now,
        })
    }

    /// Goes on with the files of a run in `folder`, `rows` logged steps of which end at
    /// these lengths of `gradients.csv` and `training.csv`; what stands behind is cut off.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn resume(
        folder: &Path,
        team: &'a Team,
        lengths: [u64; 2],
        rows: u64,
    ) -> Result<Self, Problem> {
        let now = Instant::now();
        Ok(Self {
            team,
            gradients: Mutex::new(CsvFile::reopen(folder.join("gradients.csv"), lengths[0])?),
            training: CsvFile::reopen(folder.join("training.csv"), lengths[1])?,
            parts: Vec::new(),
            rows,
            last_step: now,
            last_flush: now,
        })
    }

    /// Makes sure that every row is on the disk, and says how long the files are.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn sync(&mut self) -> Result<[u64; 2], Problem> {
        self.flush()?;
        Ok([owned(&mut self.gradients).sync()?, self.training.sync()?])
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
        owned(&mut self.gradients).flush()?;
        self.training.flush()
    }

    fn write(&mut self, record: &StepRecord) -> Result<(), Problem> {
        self.training.write(training_columns(), record)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::squares::{Scale, Squares};
    use crate::nn::graph::LayerInfo;
    use crate::nn::measure::{LayerSums, ParamSums};
    use crate::nn::train_step::StepMetrics;
    use crate::study::train::TestMetrics;

    fn sums(seed: usize) -> LayerSums {
        let squares = |sum: f64| Squares::scaled(sum, Scale::One);
        LayerSums {
            activation_grad: squares(0.25f64.powi(seed as i32 + 1)),
            params: Some(ParamSums {
                weight_squares: squares(seed as f64),
                weight_grad_squares: squares(f64::NAN),
                update_squares: (!seed.is_multiple_of(2)).then_some(squares(0.25 * seed as f64)),
                ..ParamSums::default()
            }),
            ..LayerSums::default()
        }
    }

    /// `depth` hidden layers and the output.
    fn infos(depth: usize) -> Vec<LayerInfo> {
        let info = |name, position| LayerInfo {
            name,
            position,
            z: None,
            h: 0,
            phi: None,
            params: None,
        };
        let hidden = (1..=depth).map(|l| info(format!("hidden_{l}"), Some(l as u32)));
        hidden.chain([info("output".into(), None)]).collect()
    }

    /// Tells of `steps` steps, every third of which is not logged.
    fn tell(recorder: &mut Recorder, steps: u64) -> Result<(), Problem> {
        for step in 0..steps {
            // Another number of layers each time, as if memory were reused badly.
            let layers: Vec<_> = (0..1 + step as usize % 70).map(sums).collect();
            let test = TestMetrics {
                loss: step as f64,
                accuracy: None,
            };
            if step.is_multiple_of(50) {
                recorder.on_evaluation()?;
            }
            recorder.on_step(&StepRecord {
                step,
                epoch: step / 10,
                learning_rate: 0.1,
                metrics: StepMetrics {
                    loss: 1.0 / (step + 1) as f64,
                    accuracy: Some(0.5),
                    grad_norm: f64::INFINITY,
                    clipped: step.is_multiple_of(2),
                    diverged_at: None,
                },
                test: step.is_multiple_of(6).then_some(test),
                infos: &infos(layers.len() - 1),
                layers: (!step.is_multiple_of(3)).then_some(&layers),
            })?;
        }
        Ok(())
    }

    #[test]
    fn any_team_writes_the_same_bytes() {
        let written = |threads: usize, flush: bool| {
            let folder = tempfile::tempdir().unwrap();
            let team = Team::new(threads).unwrap();
            let mut recorder = Recorder::create(folder.path(), &team).unwrap();
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
        let rows = (0..500)
            .filter(|step| step % 3 != 0)
            .map(|step| 1 + step % 70);
        assert_eq!(expected[0].lines().count(), 1 + rows.sum::<usize>());
        assert!(expected[1].contains("\n6,0,0.1,0.14285714285714285,0.5,6.0,,inf,1\n"));
        assert!(expected[0].contains("\n1,0,1,hidden_1,0.5,0.0,NaN,,0.0,,,,,,,1,,,,,,,\n1,0,2,output,0.25,0.0,NaN,,1.0,0.5,,,,,,,,,,,,,\n"));
        for (threads, flush) in [(1, false), (2, true), (2, false), (8, true)] {
            assert!(
                written(threads, flush) == expected,
                "{threads} threads, flush {flush}"
            );
        }
    }

    /// On a disk that takes the headers and nothing more.
    #[cfg(target_os = "linux")]
    fn on_a_full_disk(team: &Team) -> Recorder<'_> {
        let full = |name: &str| CsvFile::on_a_full_disk(name.into());
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::create(folder.path(), team).unwrap();
        recorder.gradients = Mutex::new(full("gradients.csv"));
        recorder.training = full("training.csv");
        recorder
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_of_while_rows_are_made() {
        for threads in [1, 2] {
            let team = Team::new(threads).unwrap();
            let mut recorder = on_a_full_disk(&team);
            let layers: Vec<_> = (0..1000).map(sums).collect();
            let mut tell = || {
                recorder.write(&StepRecord {
                    step: 0,
                    epoch: 0,
                    learning_rate: 0.1,
                    metrics: StepMetrics {
                        loss: 1.0,
                        accuracy: None,
                        grad_norm: 1.0,
                        clipped: false,
                        diverged_at: None,
                    },
                    test: None,
                    infos: &infos(layers.len() - 1),
                    layers: Some(&layers),
                })
            };
            // A full chunk is written with the second step's rows.
            tell().unwrap();
            let problem = tell().unwrap_err().to_string();
            assert!(problem.contains("gradients.csv"), "{problem}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_of_at_a_step_or_at_the_flush() {
        let team = Team::new(2).unwrap();
        let mut recorder = on_a_full_disk(&team);
        tell(&mut recorder, 40).and(recorder.flush()).unwrap_err();
        // Long enough that what is pending is written before the end.
        let mut recorder = on_a_full_disk(&team);
        let problem = tell(&mut recorder, 10_000).unwrap_err().to_string();
        assert!(problem.contains("gradients.csv") || problem.contains("training.csv"));
        assert!(problem.contains("No space left") && problem.contains("help"));
    }
}
