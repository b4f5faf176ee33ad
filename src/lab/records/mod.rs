//! Runs read back: run folders, groups of seeds and CSV files, in one pass and
//! with little memory however long they are.

mod columns;
mod curves;
mod diverged;
mod estimate;
mod grid;
mod halving;
mod layout;
mod natural;
mod resume;
mod run_data;
mod run_stats;
mod score;
mod source;
pub mod specs;
mod step;
mod steps;
mod table;
mod value_range;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use columns::Columns;
pub use curves::{Curve, Curves};
pub use diverged::Diverged;
pub use estimate::{Estimate, difference, mean, mean_half_width, median};
pub use grid::{Bucket, Grid, GridSize};
pub use halving::Bounds;
pub use layout::HEADLINE;
pub use natural::in_natural_order;
pub use step::Step;
pub use steps::{OUTPUT, Steps};

pub use run_data::RunData;
pub use run_stats::{LayerInfo, RunStats};
pub use score::Score;
pub use table::{Row, Table};
pub use value_range::ValueRange;

use crate::base::Problem;
use crate::lab::config::{Overrides, Spec};
use crate::lab::summary::Summary;
use crate::nn::architecture::Mlp;

/// One run as it was recorded.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its folder or file, as it was named.
    pub path: PathBuf,
    /// The rows per step and layer.
    pub gradients: PathBuf,
    /// The rows per step; absent where the run is a lone file.
    pub training: Option<PathBuf>,
    /// The spec it was run from; absent where the run is a lone file.
    pub spec: Option<Spec>,
    /// What it came to; absent for a lone file, a killed run and one that goes on.
    pub summary: Option<Summary>,
    /// The number in its folder's name, `seed-3`, where it is one of a group.
    numbered: Option<u64>,
    /// Whether a log whose steps go back is an error.
    refuses_resumed: bool,
}

/// What a user names on the command line: a run, or several seeds of one.
#[derive(Clone, Debug)]
pub struct Target {
    /// A short name, unlike those of the other targets.
    pub label: String,
    /// As it was named.
    pub path: PathBuf,
    /// At least one; several are the seeds of one experiment, by ascending seed.
    pub runs: Vec<Run>,
}

impl Run {
    /// Opens a run folder or a lone CSV file.
    ///
    /// # Errors
    /// If there is none, or its spec or summary cannot be understood.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        if !path.is_dir() {
            return Ok(Self {
                path: path.to_owned(),
                gradients: path.to_owned(),
                training: None,
                spec: None,
                summary: None,
                numbered: None,
                refuses_resumed: false,
            });
        }
        let file = |name: &str| Some(path.join(name)).filter(|file| file.exists());
        let gradients = file("gradients.csv").ok_or_else(|| no_run(path))?;
        let spec = file("spec.toml").map(|file| load_spec(&file)).transpose()?;
        let summary = file("summary.json")
            .map(|file| Summary::read(&file))
            .transpose()?;
        Ok(Self {
            path: path.to_owned(),
            gradients,
            training: file("training.csv"),
            spec,
            summary,
            numbered: None,
            refuses_resumed: false,
        })
    }

    /// Its seed: the spec's, or without one the number of its folder.
    pub fn seed(&self) -> Option<u64> {
        self.spec.as_ref().map(|spec| spec.seed).or(self.numbered)
    }

    /// Its spec with absolute paths, to be compared with that of another folder.
    pub fn resolved_spec(&self) -> Option<Spec> {
        let mut spec = self.spec.clone()?;
        spec.resolve_paths(&self.path);
        Some(spec)
    }

    /// Reads `columns` of its layers step by step.
    ///
    /// # Errors
    /// See [`Steps::open`].
    pub fn steps(&self, columns: &[&str]) -> Result<Steps, Problem> {
        let layers = self
            .spec
            .as_ref()
            .map(|spec| spec.network.layers(spec.data.positions()));
        let steps = Steps::open(&self.gradients, columns, layers)?;
        if self.refuses_resumed {
            steps.refuse_resumed()?;
        }
        Ok(steps)
    }

    /// Its loss and accuracy over the steps, none for a lone file, and where the
    /// loss stopped being finite. What is left out is told in `warnings`.
    ///
    /// # Errors
    /// If `training.csv` cannot be understood.
    fn curves(&self, warnings: &mut Vec<String>) -> Result<(Curves, Option<Diverged>), Problem> {
        match &self.training {
            None => Ok((Curves::default(), None)),
            Some(path) => curves::curves(path, warnings),
        }
    }

    /// What to tell the user where the rows end at step `last`, before the step
    /// that the summary calls the last.
    pub fn lost_end(&self, last: u64) -> Option<String> {
        let told = self.summary.as_ref()?.last.step;
        (told > last).then(|| {
            let path = self.gradients.display();
            format!("{path}: its whole steps end at {last}, the run's summary tells of step {told}")
        })
    }

    /// Where the layers lie on the path that decay is measured along: by the
    /// file's column `position`; for an older run, of an MLP, by its spec; else every layer not named `output` at its
    /// rank. `layers` are numbers, ascending.
    pub fn positions(&self, steps: &Steps, layers: &[usize]) -> BTreeMap<usize, usize> {
        let layers = layers.iter().copied();
        if steps.has_positions() {
            return layers
                .filter_map(|layer| Some((layer, steps.position(layer)?)))
                .collect();
        }
        match &self.spec {
            Some(spec) => layers
                .filter_map(|layer| {
                    let position = Mlp::position(&spec.network, layer)?;
                    Some((layer, position as usize))
                })
                .collect(),
            None => layers
                .filter(|&layer| steps.is_hidden(layer))
                .zip(1..)
                .collect(),
        }
    }
}

impl Target {
    /// Opens a run folder, a folder of seeds (`seed-0`, `seed-1` …, as
    /// `vgrad run --seeds` leaves it) or a lone CSV file.
    ///
    /// # Errors
    /// If there is none, or the seeds of a folder are not of one experiment.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let runs = if !path.exists() {
            return Err(
                Problem::in_file(path, "does not exist").help("name a run folder or a CSV file")
            );
        } else if path.is_dir() && !path.join("gradients.csv").exists() {
            seeds(path)?
        } else {
            vec![Run::open(path)?]
        };
        Ok(Self {
            label: last_part(path),
            path: path.to_owned(),
            runs,
        })
    }

    /// Opens several, and gives each a label of its own.
    ///
    /// # Errors
    /// See [`Target::open`].
    pub fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, Problem> {
        let mut targets = paths
            .iter()
            .map(|path| Self::open(path))
            .collect::<Result<Vec<_>, _>>()?;
        Self::make_labels_unlike(&mut targets);
        Ok(targets)
    }

    /// Gives each a label of its own: short names where they suffice, else the paths,
    /// else numbers.
    pub fn make_labels_unlike(targets: &mut [Self]) {
        relabel(targets, |target, _| target.path.display().to_string());
        relabel(targets, |target, n| {
            format!("{} ({n})", target.path.display())
        });
    }

    /// The name of one of its runs, with the seed where it has several.
    pub fn label_of(&self, run: &Run) -> String {
        match (self.runs.len(), run.path.file_name()) {
            (1, _) | (_, None) => self.label.clone(),
            (_, Some(seed)) => format!("{}/{}", self.label, seed.to_string_lossy()),
        }
    }

    /// Makes a log whose steps go back an error.
    pub fn refuse_resumed(&mut self) {
        let runs = self.runs.iter_mut();
        runs.for_each(|run| run.refuses_resumed = true);
    }

    /// The spec of its first seed.
    pub fn spec(&self) -> Option<&Spec> {
        self.runs[0].spec.as_ref()
    }
}

/// Gives the targets that share a label another one, made from the target and
/// its place among those that share it, from 1.
fn relabel(targets: &mut [Target], new: impl Fn(&Target, usize) -> String) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, target) in targets.iter().enumerate() {
        groups.entry(target.label.clone()).or_default().push(i);
    }
    for members in groups.into_values().filter(|members| members.len() > 1) {
        for (n, i) in members.into_iter().enumerate() {
            targets[i].label = new(&targets[i], n + 1);
        }
    }
}

/// The last part of a path that says something: `runs/deep` is "deep", and so
/// is `.` within it.
fn last_part(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().or(whole.file_name()).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The runs `seed-0`, `seed-1` … of a folder, by ascending seed.
fn seeds(folder: &Path) -> Result<Vec<Run>, Problem> {
    let unreadable =
        |error: std::io::Error| Problem::in_file(folder, format!("cannot be read: {error}"));
    let mut runs = Vec::new();
    let mut empty = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = last_part(&path);
        let Some(number) = name.strip_prefix("seed-").and_then(|n| n.parse().ok()) else {
            continue;
        };
        if path.join("gradients.csv").exists() {
            runs.push(Run {
                numbered: Some(number),
                ..Run::open(&path)?
            });
        } else {
            empty.push(path);
        }
    }
    if runs.is_empty() {
        return Err(no_run(folder));
    }
    empty.sort();
    if let Some(path) = empty.first() {
        return Err(no_run(path).help("run this seed again, or take its folder away"));
    }
    runs.sort_by(|a, b| (a.seed(), &a.path).cmp(&(b.seed(), &b.path)));
    for pair in runs.windows(2) {
        let [a, b] = pair else { continue };
        let wrong = if a.seed() == b.seed() {
            "are of the same seed"
        } else if experiment(a) != experiment(b) {
            "are not seeds of one experiment: their specs differ"
        } else {
            continue;
        };
        let (a, b) = (last_part(&a.path), last_part(&b.path));
        return Err(Problem::in_file(folder, format!("{a} and {b} {wrong}"))
            .help("name the two as runs of their own"));
    }
    Ok(runs)
}

/// What the seeds of one experiment have in common.
fn experiment(run: &Run) -> Option<Spec> {
    run.resolved_spec().map(|spec| Spec {
        seed: 0,
        name: String::new(),
        check: Vec::new(),
        sweep: toml::Table::new(),
        ..spec
    })
}

fn load_spec(path: &Path) -> Result<Spec, Problem> {
    match Spec::load(path, &Overrides::default()) {
        Ok(loaded) => Ok(loaded.spec),
        Err(error) => Err(Problem::in_file(
            path,
            format!("the run's spec cannot be read\n{}", error.render(false)),
        )),
    }
}

/// The error about a folder without a run, naming runs that lie in it.
fn no_run(folder: &Path) -> Problem {
    let mut inside: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("gradients.csv").exists() || path.join("seed-0").exists())
        .map(|path| path.display().to_string())
        .collect();
    inside.sort();
    let more = inside.len().saturating_sub(5);
    inside.truncate(5);
    let help = match (inside.is_empty(), more) {
        (true, _) => "name a folder that `vgrad run` wrote, or a CSV file".to_owned(),
        (false, 0) => format!("name one of the runs in it: {}", inside.join(", ")),
        (false, _) => format!(
            "name one of the runs in it: {} and {more} more",
            inside.join(", ")
        ),
    };
    Problem::in_file(folder, "holds no run: there is no gradients.csv in it").help(help)
}
