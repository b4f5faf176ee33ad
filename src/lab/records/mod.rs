//! Runs read back: run folders, groups of seeds and CSV files, in one pass and
//! with little memory however long they are.

mod bounds;
mod columns;
mod curves;
mod diverged;
mod estimate;
mod foreign;
mod grid;
mod halving;
mod layout;
mod loss_slopes;
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
mod table_steps;
mod target;
mod training;
mod unrolled;
mod value_range;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use crate::lab::logs::is_output;
pub use columns::Columns;
pub use curves::{Curve, Curves};
pub use diverged::Diverged;
pub use estimate::{Estimate, difference, mean, mean_half_width, median};
pub use foreign::{BLIND_WEIGHTS, ForeignRun};
pub use grid::{Bucket, Grid, GridSize};
pub use halving::Bounds;
pub use layout::HEADLINE;
pub use natural::in_natural_order;
pub use step::Step;
pub use steps::Steps;
pub use target::Target;
pub use training::Training;

pub use run_data::RunData;
pub use run_stats::{LayerInfo, RunStats};
pub use score::Score;
pub use table::{Row, Table};
pub use value_range::ValueRange;

use bounds::bounds;

use crate::base::Problem;
use crate::lab::config::{Overrides, Spec};
use crate::lab::summary::Summary;
use crate::nn::architecture::{Along, Mlp};

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
    /// The network of a log that another program wrote.
    foreign: Option<ForeignRun>,
    /// The columns of a lone file that hold bounds, once they have been looked for.
    bounds: OnceLock<BTreeMap<String, f64>>,
    /// What a lone file's path is made of, once its rows' names have been looked at.
    named_along: OnceLock<Along>,
}

impl Run {
    /// What its gradient's path is made of.
    pub fn along(&self) -> Along {
        let told = self.summary.as_ref().map(|summary| summary.along);
        let by_spec = || self.spec.as_ref().map(|spec| spec.network.along());
        told.or_else(by_spec)
            .unwrap_or_else(|| match &self.foreign {
                Some(_) => Along::default(),
                None => *self
                    .named_along
                    .get_or_init(|| unrolled::along(&self.gradients)),
            })
    }

    /// Opens a run folder or a lone CSV file.
    ///
    /// # Errors
    /// If there is none, or its spec or summary cannot be understood.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        if !path.is_dir() {
            return Ok(Self::file(path));
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
            ..Self::file(path)
        })
    }

    /// A lone file.
    fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            gradients: path.to_owned(),
            training: None,
            spec: None,
            summary: None,
            numbered: None,
            refuses_resumed: false,
            foreign: None,
            bounds: OnceLock::new(),
            named_along: OnceLock::new(),
        }
    }

    /// The network of a log that another program wrote, if it is one.
    pub fn foreign(&self) -> Option<&ForeignRun> {
        self.foreign.as_ref()
    }

    /// What a norm in `column` that reads as this value or less is at most: the writer of a
    /// log rounded it.
    pub fn resolution(&self, column: &str) -> Option<f64> {
        match &self.foreign {
            Some(foreign) => foreign.part().column(column)?.resolution,
            // A run of ours has all digits.
            None if self.spec.is_some() || self.summary.is_some() => None,
            None => {
                let bounds = self.bounds.get_or_init(|| bounds(&self.gradients));
                bounds.get(column).copied()
            }
        }
    }

    /// What a norm in `column` above its resolution may be off by: the writer of a log rounded
    /// all of them alike.
    pub fn rounding(&self, column: &str) -> Option<f64> {
        match &self.foreign {
            Some(foreign) => foreign.part().column(column)?.rounding,
            None => self.resolution(column),
        }
    }

    /// What to mind where decay is told by this column of a log that another program wrote.
    /// The same for all logs, so that it is said once for several.
    pub fn caution(&self, headline: &str) -> Option<String> {
        let is_blind = self.foreign.is_some() && headline == "weight_grad_norm";
        is_blind.then(|| BLIND_WEIGHTS.to_owned())
    }

    /// The name here of a column of its layers, which its log may call otherwise.
    pub fn column_name(&self, name: &str) -> String {
        let own = self.foreign.as_ref().and_then(|own| own.column(name).ok());
        own.unwrap_or_else(|| name.to_owned())
    }

    /// Whether it has rows per step: losses, the whole gradient's norm.
    pub fn has_training(&self) -> bool {
        self.training.is_some() || self.foreign.is_some()
    }

    /// The names of its layers' columns.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn layer_columns(&self) -> Result<Vec<String>, Problem> {
        match &self.foreign {
            Some(foreign) => Ok(foreign.all_names()),
            None => Ok(Table::open(&self.gradients)?.header().to_vec()),
        }
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
        if let Some(foreign) = &self.foreign {
            return Steps::of_log(foreign, columns);
        }
        let layers = self.spec.as_ref().map(Spec::layers);
        let mut steps = Steps::open(&self.gradients, columns, layers)?;
        let is_made = self.spec.as_ref().is_some_and(|spec| spec.gan.is_some());
        if let Some(training) = self.training.as_deref().filter(|_| is_made) {
            steps.tell_loss_slopes(training)?;
        }
        if self.refuses_resumed {
            steps.refuse_resumed()?;
        }
        Ok(steps)
    }

    /// Its loss, accuracy and whole gradient over the steps, none for a lone file, and where
    /// the loss or the gradient stopped being finite. What is left out is told in `warnings`.
    ///
    /// # Errors
    /// If `training.csv` cannot be understood.
    pub fn curves(
        &self,
        warnings: &mut Vec<String>,
    ) -> Result<(Curves, Option<Diverged>), Problem> {
        match Training::of(self)? {
            None => Ok((Curves::default(), None)),
            Some(rows) => curves::curves(rows, warnings),
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

/// The last part of a path that says something: `runs/deep` is "deep", and so
/// is `.` within it.
fn last_part(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().or(whole.file_name()).unwrap_or_default();
    name.to_string_lossy().into_owned()
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

/// The runs and groups of seeds that lie in a folder.
fn runs_inside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let runs = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("gradients.csv").exists() || path.join("seed-0").exists());
    let mut runs: Vec<String> = runs.map(|path| path.display().to_string()).collect();
    runs.sort();
    runs
}

/// The error about a folder without a run, naming runs that lie in it.
fn no_run(folder: &Path) -> Problem {
    let mut inside = runs_inside(folder);
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
