//! MLflow's file store: a file per metric below `metrics`, a line `milliseconds value step`
//! for each number; slashes in a metric's name are folders.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFile, LogFormat, LogPlace};
use crate::lab::logs::input::LogInput;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, SeriesTable};
use crate::lab::logs::text::lines::Lines;
use crate::lab::logs::text::number::number;

/// MLflow's file store.
pub struct Mlflow;

impl LogFormat for Mlflow {
    fn name(&self) -> &'static str {
        "MLflow's file store"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let first = metrics(place).into_iter().next();
        first.is_some_and(|metric| {
            let file = LogInput::open(&metric.path).and_then(LogFile::of);
            file.is_ok_and(|file| {
                let text = file.text();
                text.lines()
                    .next()
                    .is_some_and(|line| entry(line).is_some())
            })
        })
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        let mut metrics = metrics(place);
        metrics.reverse();
        Ok(Box::new(MetricReader { metrics, now: None }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            is_by_tag: true,
            ..Conventions::default()
        }
    }
}

/// A file of numbers.
struct Metric {
    path: PathBuf,
    run: String,
    name: String,
}

/// The metrics of all runs in a folder, of which one folder is called `metrics`.
fn metrics(place: &LogPlace) -> Vec<Metric> {
    let is_inside = place.path.file_name().is_some_and(|name| name == "metrics");
    let mut found = Vec::new();
    for path in &place.files {
        let Ok(below) = path.strip_prefix(&place.path) else {
            continue;
        };
        let parts: Vec<String> = below
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let at = match is_inside {
            true => Some(0),
            false => parts
                .iter()
                .position(|part| part == "metrics")
                .map(|at| at + 1),
        };
        let Some(at) = at.filter(|at| *at < parts.len()) else {
            continue;
        };
        let folder = parts[..at.saturating_sub(1)]
            .iter()
            .fold(place.path.clone(), |all, part| all.join(part));
        found.push(Metric {
            path: path.clone(),
            run: run_name(&folder, at > 1),
            name: parts[at..].join("/"),
        });
    }
    // One run alone needs no name.
    if found.windows(2).all(|pair| pair[0].run == pair[1].run) {
        found.iter_mut().for_each(|metric| metric.run.clear());
    }
    found
}

/// What a run is called: as its user named it, else its folder.
fn run_name(folder: &Path, is_named: bool) -> String {
    let id = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let told = std::fs::read_to_string(folder.join("tags").join("mlflow.runName"));
    match told {
        Ok(name) if is_named && !name.trim().is_empty() => {
            let short: String = id.chars().take(8).collect();
            format!("{} ({short})", name.trim())
        }
        _ => id,
    }
}

/// Value and step of a line.
fn entry(line: &str) -> Option<[f64; 2]> {
    let mut words = line.split_whitespace();
    let (time, value, step) = (words.next()?, words.next()?, words.next()?);
    let is_whole = time.len() > 8 && time.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then_some([number(value)?.0, number(step)?.0])
}

struct MetricReader {
    /// Those to come, the last first.
    metrics: Vec<Metric>,
    now: Option<(Lines, u32)>,
}

impl LogReader for MetricReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        loop {
            let Some((lines, place)) = &mut self.now else {
                let Some(metric) = self.metrics.pop() else {
                    return Ok(false);
                };
                let lines = Lines::of(&LogInput::open(&metric.path)?)?;
                self.now = Some((lines, series.number(&metric.run, &metric.name)?));
                continue;
            };
            let Some(line) = lines.next_line()? else {
                self.now = None;
                continue;
            };
            let Some([value, step]) = entry(&line) else {
                if line.trim().is_empty() || lines.is_cut() {
                    continue;
                }
                let path = lines.input().path();
                return Err(
                    Problem::at_line(path, lines.line(), "is no line of a metric")
                        .help("MLflow writes `milliseconds value step`"),
                );
            };
            let step_series = series.number("", "step")?;
            row.cells.push(LogCell {
                series: step_series,
                value: step,
                digits: None,
            });
            row.cells.push(LogCell {
                series: *place,
                value,
                digits: None,
            });
            return Ok(true);
        }
    }

    fn place(&self) -> String {
        self.now
            .as_ref()
            .map_or_else(String::new, |(lines, _)| lines.place())
    }
}
