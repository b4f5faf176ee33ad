//! A log of another program, looked through once: what it holds, and how to read it.

use std::path::Path;
use std::sync::Arc;

use super::bare::is_bare;
use super::format::{Conventions, LogFile, LogPlace};
use super::formats::FORMATS;
use super::input::LogInput;
use super::names::Meaning;
use super::parameter::ParameterName;
use super::parts::{LogPart, RunSeries, parts, runs};
use super::pick::{Pick, runs_of};
use super::series::LogReader;
use super::survey::Survey;
use super::text::csv::CsvHead;
use crate::base::Problem;

/// How a log is to be read.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// Which layers, in which order: `--layers`.
    pub layers: Option<String>,
    /// Whether a log whose steps go back is an error.
    pub refuses_resumed: bool,
    /// Whether a log that has no norms of layers is one too, each of its runs being a network
    /// without layers: some questions are about numbers per step alone.
    pub takes_totals: bool,
}

/// A log of another program.
#[derive(Debug)]
pub struct ForeignLog {
    place: LogPlace,
    format: usize,
    /// What the first pass found.
    pub(super) survey: Survey,
    /// Its networks, in the order of its runs.
    pub parts: Vec<LogPart>,
    /// Its runs.
    pub runs: Vec<RunSeries>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl ForeignLog {
    /// Opens a file, a folder or stdin (`-`), and looks through it. `None` where no format
    /// recognises it.
    ///
    /// # Errors
    /// If it cannot be read or understood.
    pub fn open(path: &Path, options: &LogOptions) -> Result<Option<Arc<Self>>, Problem> {
        let Some((place, format)) = recognised(path)? else {
            return Ok(None);
        };
        let about = |problem: Problem| match problem.place {
            crate::base::problem::Place::Elsewhere => Problem {
                place: crate::base::problem::Place::File(path.to_owned(), None),
                ..problem
            },
            _ => problem,
        };
        Self::look(place, format, options)
            .map(Arc::new)
            .map(Some)
            .map_err(about)
    }

    fn look(place: LogPlace, format: usize, options: &LogOptions) -> Result<Self, Problem> {
        let own = FORMATS[format];
        let conventions = own.conventions();
        let is_bare = |series: &_| conventions.may_be_bare && is_bare(series);
        let open = || own.open(&place);
        let survey = Survey::of(&open, &is_bare, conventions.is_by_tag)?;
        if survey.rows == 0 {
            let told = survey.warnings.first().map(|told| format!(": {told}"));
            let what = format!("has no whole row{}", told.unwrap_or_default());
            return Err(Problem::new(what).help("let the run get as far as its first step"));
        }
        let names = layer_names(&survey);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let runs = runs(&survey);
        let run_names: Vec<&str> = runs.iter().map(|run| &*run.run).collect();
        let (meant, layers) = match options.layers.as_deref() {
            Some(text) => runs_of(text, &run_names, &measured_names(&survey)),
            None => (run_names, None),
        };
        let pick = Pick::of(layers, &names)?;
        let mut found = Vec::new();
        for run in &meant {
            found.extend(parts(&survey, run, conventions.order, &pick)?);
        }
        if found.is_empty() && options.takes_totals {
            let own = runs.iter().filter(|run| meant.contains(&&*run.run));
            found = own.map(RunSeries::without_layers).collect();
        }
        let mut log = Self {
            place,
            format,
            parts: found,
            runs,
            warnings: survey.warnings.clone(),
            survey,
        };
        log.warn_of_resumption(options)?;
        Ok(log)
    }

    fn warn_of_resumption(&mut self, options: &LogOptions) -> Result<(), Problem> {
        let path = self.place.path.display().to_string();
        for back in &self.survey.back {
            let place = if back.place.is_empty() {
                &path
            } else {
                &back.place
            };
            let run = match &*back.run {
                "" => String::new(),
                run => format!("run {run}: "),
            };
            let what = match back.step == back.before {
                true => format!("{run}step {} is there twice", back.step),
                false => format!("{run}step {} comes after step {}", back.step, back.before),
            };
            if options.refuses_resumed {
                let line = place
                    .strip_prefix(&path)
                    .and_then(|rest| rest.strip_prefix(':'));
                let problem = match line.and_then(|line| line.parse().ok()) {
                    Some(line) => Problem::at_line(&self.place.path, line, what),
                    None => Problem::in_file(&self.place.path, what),
                };
                return Err(problem.help("a resumed run is read without --no-resume"));
            }
            let so = match back.step == back.before {
                true => "the later of its rows hold".to_owned(),
                false => format!(
                    "the run was resumed there, and its later rows hold from step {} on",
                    back.step
                ),
            };
            self.warnings.push(format!("{place}: {what}: {so}"));
        }
        Ok(())
    }

    /// The name of its format.
    pub fn format(&self) -> &'static str {
        FORMATS[self.format].name()
    }

    /// What is known of its writer.
    fn conventions(&self) -> Conventions {
        FORMATS[self.format].conventions()
    }

    /// What a reader of its numbers should know.
    pub fn notes(&self) -> &'static [&'static str] {
        self.conventions().notes
    }

    /// Whether its norms are those after clipping, where that is known.
    pub fn is_clipped(&self) -> Option<bool> {
        self.conventions().is_clipped
    }

    /// As it was named.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// What counts its steps; `None` where they are counted here.
    pub fn step_name(&self) -> Option<&str> {
        self.survey.step.as_deref()
    }

    /// Rows that it has.
    pub fn rows(&self) -> u64 {
        self.survey.rows
    }

    /// Series that hold histograms and no norms.
    pub fn histograms(&self) -> usize {
        self.survey.histograms.len()
    }

    /// Series that it has.
    pub fn series_count(&self) -> usize {
        self.survey
            .infos
            .iter()
            .filter(|info| info.count > 0)
            .count()
    }

    /// Whether columns were taken for layers with nothing that says so.
    pub fn is_assumed(&self) -> bool {
        let gradients = self.survey.infos.iter().zip(self.survey.series.all());
        let mut gradients =
            gradients.filter(|(info, _)| matches!(info.meaning, Meaning::Gradient(_)));
        self.conventions().may_be_bare
            && gradients.any(|(_, series)| {
                series.parts.is_none() && super::names::meaning(series) == Meaning::Other
            })
    }

    /// Whether a run has norms of gradients, of layers or as a whole.
    pub(super) fn has_gradients(&self, run: &str) -> bool {
        let all = self.survey.series.all().iter().zip(&self.survey.infos);
        let mut own = all.filter(|(series, info)| series.run == run && info.count > 0);
        own.any(|(_, info)| matches!(info.meaning, Meaning::Gradient(_) | Meaning::Total))
    }

    /// Begins to read it.
    pub(super) fn reader(&self) -> Result<Box<dyn LogReader>, Problem> {
        FORMATS[self.format].open(&self.place)
    }

    /// The series of a run that have a number per step, with their names in the log: all that
    /// are neither a layer's nor count steps.
    pub fn per_step(&self, run: &str) -> impl Iterator<Item = (&str, u32)> {
        let all = self.survey.series.all().iter().zip(&self.survey.infos);
        let own = (0..).zip(all).filter(move |(_, (series, info))| {
            let is_other = matches!(info.meaning, Meaning::Gradient(_) | Meaning::Coordinate);
            series.run == run && info.count > 0 && !is_other
        });
        own.map(|(number, (series, _))| (&*series.name, number))
    }

    /// The loss, the accuracy and the whole gradient's norm of a run.
    pub fn run(&self, run: &str) -> Option<&RunSeries> {
        self.runs.iter().find(|own| own.run == run)
    }
}

/// The names of all layers and parameters, for `--layers`.
fn layer_names(survey: &Survey) -> Vec<String> {
    let mut names = Vec::new();
    let mut known = std::collections::HashSet::new();
    for info in survey.infos.iter().filter(|info| info.count > 0) {
        if let Meaning::Gradient(measured) = &info.meaning {
            let module = ParameterName::of(&measured.target).module;
            if known.insert(module.clone()) {
                names.push(module);
            }
        }
    }
    names
}

/// The names of all that was measured, as the log has them.
fn measured_names(survey: &Survey) -> Vec<&str> {
    let infos = survey.infos.iter().filter(|info| info.count > 0);
    let names = infos.filter_map(|info| match &info.meaning {
        Meaning::Gradient(measured) => Some([Some(&measured.target), measured.layer.as_ref()]),
        _ => None,
    });
    names.flatten().flatten().map(String::as_str).collect()
}

/// The log at a path and the place of its format in the list.
fn recognised(path: &Path) -> Result<Option<(LogPlace, usize)>, Problem> {
    let place = LogPlace::of(path)?;
    let table = place.file.as_ref().and_then(|file| file.table.as_ref());
    if let Some(cell) = table
        .filter(|table| table.find(&["layer"]).is_none())
        .and_then(CsvHead::decimal_comma)
    {
        let cell: String = cell.chars().take(40).collect();
        let what = format!("`{cell}` in its first row has a decimal comma");
        return Err(Problem::in_file(path, what).help("write numbers with a decimal point"));
    }
    let format = |place: &LogPlace| FORMATS.iter().position(|format| format.recognises(place));
    if let Some(found) = format(&place) {
        return Ok(Some((place, found)));
    }
    if let Some(file) = &place.file {
        // What MLflow writes unless it is told otherwise.
        if file.head.starts_with(b"SQLite format 3\0") {
            return Err(
                Problem::in_file(path, "is a database of SQLite, which is not read").help(
                    "MLflow keeps files with MLFLOW_TRACKING_URI=file:./mlruns; of a database, \
                     write step, key and value of its table `metrics` to CSV",
                ),
            );
        }
        return Ok(None);
    }
    // A folder with one log in it: version_0 of Lightning, a checkpoint of a Trainer.
    const MOST: usize = 2000;
    let mut inside: Vec<(LogPlace, usize)> = Vec::new();
    for path in place.files.iter().take(MOST) {
        let Ok(file) = LogInput::open(path).and_then(LogFile::of) else {
            continue;
        };
        let inner = LogPlace {
            path: path.clone(),
            file: Some(file),
            files: Vec::new(),
        };
        if let Some(found) = format(&inner) {
            inside.push((inner, found));
        }
    }
    if inside.len() > 1 {
        let names: Vec<String> = inside
            .iter()
            .take(8)
            .map(|(inner, _)| inner.path.display().to_string())
            .collect();
        let what = format!("holds {} logs of other programs", inside.len());
        return Err(
            Problem::in_file(path, what).help(format!("name one of them: {}", names.join(", ")))
        );
    }
    Ok(inside.pop())
}
