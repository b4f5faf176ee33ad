//! Checkpoints: what a run needs to go on as if nothing had happened. One is written
//! every so often and when the run is stopped; the two last are kept.

use std::cell::LazyCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::ArrayView1;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::{Problem, Scalar};
use crate::lab::atomic_file::AtomicFile;
use crate::lab::config::{CheckpointEvery, Spec};
use crate::lab::history::History;
use crate::lab::run_folder::CHECKPOINTS;
use crate::nn::loss::Targets;
use crate::nn::snapshot::Snapshot;
use crate::study::data::Dataset;
use crate::study::record::{Recorded, Recorder};

/// The tensor that holds the rest.
const STATE: &str = "state";
/// How many are kept.
const KEPT: usize = 2;
/// The time between two, unless the spec says otherwise.
const EVERY: Duration = Duration::from_secs(30);

/// What a checkpoint holds besides the network.
#[derive(Serialize, Deserialize)]
struct State {
    version: String,
    /// The hash of the run's spec.
    spec: String,
    /// That of its data, where it comes from files; `None` in one of an earlier build too.
    #[serde(default)]
    data: Option<String>,
    updates: u64,
    /// What the run's files hold of the steps before it.
    #[serde(flatten)]
    recorded: Recorded,
    history: History,
}

/// A checkpoint read back.
pub struct Checkpoint {
    state: State,
    bytes: Vec<u8>,
}

/// What makes a run what it is: everything in its spec but what it is called, and how it is
/// logged and kept.
pub fn essence(spec: &Spec) -> Spec {
    let mut spec = spec.clone();
    spec.name = String::new();
    spec.log.checkpoint_every = None;
    spec.check = Vec::new();
    spec.sweep = toml::Table::new();
    spec.remedy = Vec::new();
    spec
}

/// Which run a checkpoint is of: its spec with what may be left out, as a run's copy has it,
/// and as it was before that was written down.
fn identities(spec: &Spec) -> Result<[String; 2], Problem> {
    Ok([identity(spec)?, hash(&essence(spec))?])
}

/// The first of them.
fn identity(spec: &Spec) -> Result<String, Problem> {
    let mut filled = essence(spec);
    filled.network.fill_in();
    hash(&filled)
}

fn hash(spec: &Spec) -> Result<String, Problem> {
    Ok(hex(&Sha256::digest(spec.to_toml("")?)))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What tells data that `spec` reads from files from others: the shape and every number of both
/// splits. `None` where it reads none: a spec draws the same data always.
pub fn fingerprint<T: Scalar>(spec: &Spec, data: &Dataset<T>) -> Option<String> {
    if spec.data.source.input_files().is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    for split in [&data.train, &data.test] {
        digest.update(format!("{:?}", split.inputs.shape()));
        let numbers = |row: ArrayView1<T>| -> Vec<u8> {
            let bytes = row.iter().map(|x| (*x).to_f64().to_le_bytes());
            bytes.flatten().collect()
        };
        for row in split.inputs.rows() {
            digest.update(numbers(row));
        }
        match &split.targets {
            Targets::Numbers(targets) => {
                for row in targets.rows() {
                    digest.update(numbers(row));
                }
            }
            Targets::Classes(classes) => {
                let bytes: Vec<u8> = classes.iter().flat_map(|it| it.to_le_bytes()).collect();
                digest.update(bytes);
            }
        }
    }
    Some(hex(&digest.finalize()))
}

impl Checkpoint {
    /// The newest that can be read in the folder of a run on data of this fingerprint; `None` if
    /// there is none.
    ///
    /// # Errors
    /// If it is of another spec, of other data or of another version of this program.
    pub fn newest(folder: &Path, spec: &Spec, data: Option<&str>) -> Result<Option<Self>, Problem> {
        for path in list(folder).into_iter().rev() {
            // One that was cut off is as good as none.
            let Some(found) = Self::read(&path) else {
                continue;
            };
            let version = env!("CARGO_PKG_VERSION");
            let is_there = |(name, length): (&str, &u64)| {
                fs::metadata(folder.join(name)).is_ok_and(|file| file.len() >= *length)
            };
            let files = spec.extras().files();
            let lengths = &found.state.recorded.lengths;
            if !files.into_iter().zip(lengths).all(is_there) {
                continue;
            }
            let refused = |what: String| {
                Problem::in_file(&path, what)
                    .help("start afresh with --force, or choose another folder with --out")
            };
            if found.state.version != version {
                let own = &found.state.version;
                return Err(refused(format!(
                    "is of vgrad {own}, this is {version}, and numbers may differ"
                )));
            }
            if !identities(spec)?.contains(&found.state.spec) {
                return Err(refused("is of another spec".to_owned()));
            }
            let pair = found.state.data.as_deref().zip(data);
            if pair.is_some_and(|(own, now)| own != now) {
                let what =
                    "is of other data: what data.source reads has changed since it was written";
                return Err(Problem::in_file(&path, what).help(
                    "put the data back, start afresh with --force, or choose another folder with --out",
                ));
            }
            return Ok(Some(found));
        }
        Ok(None)
    }

    fn read(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let file = SafeTensors::deserialize(&bytes).ok()?;
        let state = file.tensor(STATE).ok()?;
        let state = ciborium::from_reader(state.data()).ok()?;
        Some(Self { state, bytes })
    }

    /// What the run's files hold of the steps before it.
    pub fn recorded(&self) -> &Recorded {
        &self.state.recorded
    }

    /// Makes the network what it was, and gives back what had been noted of the run.
    ///
    /// # Errors
    /// If it does not fit the network.
    pub fn restore(self, network: &mut dyn Snapshot) -> Result<History, Problem> {
        let file = SafeTensors::deserialize(&self.bytes);
        let file = file.map_err(|error| Problem::new(format!("the checkpoint: {error}")))?;
        let buffer = |name: &str| Some(file.tensor(name).ok()?.data().to_vec());
        network
            .restore(self.state.updates, &buffer)
            .map_err(|name| Problem::new(format!("the checkpoint does not fit: {name}")))?;
        Ok(self.state.history)
    }
}

/// The checkpoints of a run, the oldest first.
fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(CHECKPOINTS)).into_iter().flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "safetensors"))
        .collect();
    paths.sort();
    paths
}

/// When the next one is due.
enum Due {
    Never,
    Steps(u64),
    Time(Duration),
}

/// A fingerprint of data, worked out once it is asked for.
pub type Fingerprint<'a> = LazyCell<Option<String>, Box<dyn FnOnce() -> Option<String> + 'a>>;

/// Writes the checkpoints of a run.
pub struct Checkpointer<'a> {
    folder: PathBuf,
    spec: String,
    /// Most runs end before their first checkpoint, and never look at all of their data for it.
    data: Fingerprint<'a>,
    due: Due,
    last: Instant,
    /// The step at which this process began, or the last that was kept.
    last_step: u64,
}

impl<'a> Checkpointer<'a> {
    /// For the run of `spec` in `folder` on data of this fingerprint, which begins at a step.
    ///
    /// # Errors
    /// If the spec cannot be written.
    pub fn new(
        folder: &Path,
        spec: &Spec,
        data: Fingerprint<'a>,
        step: u64,
    ) -> Result<Self, Problem> {
        let due = match &spec.log.checkpoint_every {
            None => Due::Time(EVERY),
            Some(CheckpointEvery::Steps(0)) => Due::Never,
            Some(CheckpointEvery::Steps(steps)) => Due::Steps(*steps),
            Some(every) => Due::Time(every.time().unwrap_or(EVERY)),
        };
        Ok(Self {
            folder: folder.to_owned(),
            spec: identity(spec)?,
            data,
            due,
            last: Instant::now(),
            last_step: step,
        })
    }

    /// Whether one is due before this step.
    pub fn is_due(&self, step: u64) -> bool {
        step > self.last_step
            && match self.due {
                Due::Never => false,
                Due::Steps(every) => step.is_multiple_of(every),
                Due::Time(every) => self.last.elapsed() >= every,
            }
    }

    /// Writes one, once the rows before it are on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(
        &mut self,
        network: &dyn Snapshot,
        recorder: &mut Recorder,
        history: &History,
    ) -> Result<(), Problem> {
        let updates = network.updates();
        let state = State {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            spec: self.spec.clone(),
            data: self.data.clone(),
            updates,
            recorded: recorder.sync()?,
            history: history.clone(),
        };
        let folder = self.folder.join(CHECKPOINTS);
        let path = folder.join(format!("{updates:020}.safetensors"));
        let failed = |what: &dyn std::fmt::Display| {
            Problem::in_file(&path, format!("could not be written: {what}"))
                .help("free some space; the run goes on from an earlier one with --resume")
        };
        let mut bytes = Vec::new();
        ciborium::into_writer(&state, &mut bytes).map_err(|error| failed(&error))?;
        let mut buffers = network.buffers();
        buffers.push((STATE.to_owned(), bytes));
        let views: Result<Vec<_>, _> = buffers
            .iter()
            .map(|(name, bytes)| Ok((name, TensorView::new(Dtype::U8, vec![bytes.len()], bytes)?)))
            .collect();
        let bytes = views
            .and_then(|views| safetensors::serialize(views, None))
            .map_err(|error| failed(&error))?;
        fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
        let file = AtomicFile::create(&path).and_then(|file| file.write(&bytes));
        file.map_err(|error| failed(&error))?;
        let all = list(&self.folder);
        for old in &all[..all.len().saturating_sub(KEPT)] {
            let _ = fs::remove_file(old);
        }
        (self.last, self.last_step) = (Instant::now(), updates);
        Ok(())
    }

    /// Takes them away: the run has come to its end.
    pub fn end(&self) {
        let _ = fs::remove_dir_all(self.folder.join(CHECKPOINTS));
    }
}
