//! A log in the form of a run's `gradients.csv`: a row per step and layer.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::LogReport;
use super::network::Network;
use crate::base::Problem;
use crate::lab::atomic_file::{AtomicFile, FileKind, folder_of, may_replace};
use crate::study::columns::{Cell, gradient_columns};

/// What such a file may replace.
const TIDY: FileKind = FileKind {
    name: "a CSV file of layers",
    is_one: is_tidy,
};

fn is_tidy(head: &[u8]) -> bool {
    head.starts_with(b"step,epoch,layer,name,")
}

/// Where such a file goes.
#[derive(Clone, Debug)]
pub struct TidyFile {
    path: PathBuf,
}

impl TidyFile {
    /// A file in a folder that must exist; an earlier one of the kind may be there.
    ///
    /// # Errors
    /// If something else is there.
    pub fn new(path: &Path) -> Result<Self, Problem> {
        may_replace(path, &TIDY)?;
        let folder = folder_of(path);
        if !folder.is_dir() {
            let what = format!("its folder {} does not exist", folder.display());
            return Err(Problem::in_file(path, what).help("make the folder first"));
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Writes the networks of a log: a single one into the file, of several each into one
    /// that has its name before the extension. Gives the files written.
    ///
    /// # Errors
    /// If there is none, or a file cannot be written.
    pub fn write(&self, report: &LogReport) -> Result<Vec<PathBuf>, Problem> {
        if report.networks.is_empty() {
            return Err(
                Problem::in_file(&report.path, "has no layers to be written")
                    .help("leave -o out to see what it holds"),
            );
        }
        let mut written = Vec::new();
        for network in &report.networks {
            let path = match report.networks.len() {
                1 => self.path.clone(),
                _ => self.of_network(network)?,
            };
            self.write_one(&path, network)?;
            written.push(path);
        }
        Ok(written)
    }

    /// `gradients.csv` of the network `policy`: `gradients.policy.csv`.
    fn of_network(&self, network: &Network) -> Result<PathBuf, Problem> {
        let label = match network.run.foreign() {
            Some(foreign) => foreign.part().label(),
            None => network.label.clone(),
        };
        let clean = |c: char| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        };
        let label: String = label.chars().map(clean).collect();
        let extension = self
            .path
            .extension()
            .map(|own| own.to_string_lossy().into_owned());
        let extension = extension.unwrap_or_else(|| "csv".to_owned());
        let path = self.path.with_extension(format!("{label}.{extension}"));
        may_replace(&path, &TIDY)?;
        Ok(path)
    }

    fn write_one(&self, path: &Path, network: &Network) -> Result<(), Problem> {
        let failed = |error: std::io::Error| {
            Problem::in_file(path, format!("could not be written: {error}"))
                .help("make room, or choose another file with -o")
        };
        let mut file = AtomicFile::create(path).map_err(failed)?;
        rows(network, BufWriter::new(file.file())).map_err(|error| match error {
            RowError::Log(problem) => problem,
            RowError::File(error) => failed(error),
        })?;
        file.finish().map_err(failed)
    }
}

enum RowError {
    Log(Problem),
    File(std::io::Error),
}

impl From<Problem> for RowError {
    fn from(problem: Problem) -> Self {
        Self::Log(problem)
    }
}

impl From<std::io::Error> for RowError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

/// Writes the header and all rows.
fn rows(network: &Network, mut file: impl Write) -> Result<(), RowError> {
    let own: Vec<&str> = gradient_columns()
        .iter()
        .map(|column| column.name)
        .collect();
    let columns: Vec<&str> = network.columns.iter().map(String::as_str).collect();
    let further: Vec<usize> = (0..columns.len())
        .filter(|at| !own.contains(&columns[*at]))
        .collect();
    let header = own
        .iter()
        .copied()
        .chain(further.iter().map(|at| columns[*at]));
    writeln!(file, "{}", header.collect::<Vec<_>>().join(","))?;
    // What each cell holds: a coordinate, a column that the log has, or nothing.
    let place = |name: &str| columns.iter().position(|own| *own == name);
    // A bound is written as one.
    let bounds = columns.iter().map(|name| network.run.resolution(name));
    let bounds: Vec<Option<f64>> = bounds.collect();
    let cell = |value: Option<f64>, at: usize, bytes: &mut Vec<u8>| {
        if value
            .zip(bounds[at])
            .is_some_and(|(value, bound)| (0.0..=bound).contains(&value))
        {
            bytes.push(b'<');
        }
        Cell::Number(value)
    };
    let mut bytes = Vec::new();
    let mut steps = network.run.steps(&columns)?;
    let names: Vec<String> = network
        .stats
        .layers
        .iter()
        .map(|layer| quoted(&layer.name))
        .collect();
    while let Some(step) = steps.next_step()? {
        bytes.clear();
        for (i, layer) in step.layers.iter().enumerate() {
            let known = network
                .stats
                .layers
                .binary_search_by_key(layer, |own| own.layer);
            let known = known.ok().map(|at| (at, &network.stats.layers[at]));
            for name in &own {
                match *name {
                    "step" => Cell::Count(step.step),
                    "epoch" => step.epoch.map_or(Cell::Number(None), Cell::Count),
                    "layer" => Cell::Count(*layer as u64),
                    "name" => Cell::Name(known.map_or("", |(at, _)| &names[at])),
                    "position" => {
                        let position = known.and_then(|(_, own)| own.position);
                        position.map_or(Cell::Number(None), |place| Cell::Count(place as u64))
                    }
                    name => {
                        let at = place(name);
                        at.map_or(Cell::Number(None), |at| {
                            cell(step.value(i, at), at, &mut bytes)
                        })
                    }
                }
                .append_to(&mut bytes);
                bytes.push(b',');
            }
            for at in &further {
                cell(step.value(i, *at), *at, &mut bytes).append_to(&mut bytes);
                bytes.push(b',');
            }
            bytes.pop();
            bytes.push(b'\n');
        }
        file.write_all(&bytes)?;
    }
    file.flush()?;
    Ok(())
}

/// A name as a cell of CSV.
fn quoted(name: &str) -> String {
    match name.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}
