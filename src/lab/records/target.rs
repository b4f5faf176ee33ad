//! What a user names on the command line: runs, groups of seeds, logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ForeignRun, Run, foreign, last_part, no_run, runs_inside, specs};
use crate::base::Problem;
use crate::lab::config::Spec;
use crate::lab::logs::input::STDIN;
use crate::lab::logs::{ForeignLog, LogOptions};
use crate::lab::predictive::{Predictions, ensemble};
use crate::lab::text::quoted;

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

impl Target {
    /// Opens a run folder, a folder of seeds (`seed-0`, `seed-1` …, as
    /// `vgrad run --seeds` leaves it), a lone CSV file or a log of another program.
    ///
    /// # Errors
    /// If there is none, the seeds of a folder are not of one experiment, or a log holds
    /// several networks.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Self::open_with(path, &LogOptions::default())
    }

    /// The same, a log read as `options` say.
    ///
    /// # Errors
    /// See [`Target::open`].
    pub fn open_with(path: &Path, options: &LogOptions) -> Result<Self, Problem> {
        let mut targets = Self::open_each(path, options)?;
        if targets.len() > 1 {
            let labels: Vec<&str> = targets.iter().map(|target| &*target.label).collect();
            let first = targets[0].runs[0].foreign().map(|own| own.part().label());
            let what = format!(
                "holds {} networks, where one was expected: {}",
                targets.len(),
                labels.join(", ")
            );
            return Err(Problem::in_file(path, what).help(format!(
                "pick one with --layers, by its name or a pattern: --layers {}",
                quoted(&first.unwrap_or_default())
            )));
        }
        Ok(targets.remove(0))
    }

    /// The same, and a target for each network of a log.
    ///
    /// # Errors
    /// If there is none, or it cannot be understood.
    pub fn open_each(path: &Path, options: &LogOptions) -> Result<Vec<Self>, Problem> {
        let is_stdin = path == Path::new(STDIN);
        if !path.exists() && !is_stdin {
            return Err(
                Problem::in_file(path, "does not exist").help("name a run folder or a CSV file")
            );
        }
        specs::refuse(path)?;
        let is_folder = path.is_dir();
        let is_run = path.join("gradients.csv").exists();
        let runs = if is_folder && !is_run {
            match seeds(path) {
                Ok(runs) => runs,
                Err(problem) => {
                    // Files of our own runs are no log of another program's.
                    let foreign = match has_seeds(path) || !runs_inside(path).is_empty() {
                        true => None,
                        false => foreign::open(path, options)?,
                    };
                    return foreign.ok_or(problem);
                }
            }
        } else {
            if !is_folder && let Some(targets) = foreign::open(path, options)? {
                return Ok(targets);
            }
            let mut run = Run::open(path)?;
            run.refuses_resumed = options.refuses_resumed;
            vec![run]
        };
        let mut target = Self {
            label: last_part(path),
            path: path.to_owned(),
            runs,
        };
        if options.refuses_resumed {
            target.refuse_resumed();
        }
        Ok(vec![target])
    }

    /// The networks of a log, a target each.
    pub fn of_log(log: &Arc<ForeignLog>) -> Vec<Self> {
        foreign::targets(log)
    }

    /// Opens several, and gives each a label of its own.
    ///
    /// # Errors
    /// See [`Target::open`].
    pub fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, Problem> {
        Self::open_all_with(paths, &LogOptions::default())
    }

    /// The same, logs read as `options` say.
    ///
    /// # Errors
    /// See [`Target::open_each`].
    pub fn open_all_with(paths: &[PathBuf], options: &LogOptions) -> Result<Vec<Self>, Problem> {
        let mut targets = Vec::new();
        for path in paths {
            targets.extend(Self::open_each(path, options)?);
        }
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

    /// Whether it has norms of layers: a log of another program may have none.
    pub fn has_layers(&self) -> bool {
        let mut logs = self.runs.iter().filter_map(Run::foreign);
        logs.all(ForeignRun::has_layers)
    }

    /// The mean probabilities of its runs on the test set; `None` where fewer than two were
    /// judged.
    ///
    /// # Errors
    /// See [`ensemble`].
    pub fn ensemble(&self) -> Result<Option<Predictions>, Problem> {
        let runs = self.runs.iter();
        let folders = runs.filter_map(|run| Some(run.gradients.parent()?.to_owned()));
        ensemble(&folders.collect::<Vec<_>>())
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

/// Whether a folder has one that is called as that of a seed.
fn has_seeds(folder: &Path) -> bool {
    let inside = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = inside.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.starts_with("seed-"))
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
