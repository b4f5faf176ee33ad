//! The baseline: what the gradients were when somebody last looked and agreed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline_step::{BaselineLayer, BaselineStep, baseline_step};
use super::figure::SeedFigure;
use super::layout::pretty;
use super::measure::Measured;
use super::moment::Moment;
use super::spec_keys::{Keys, SpecKeys};
use crate::base::{Problem, counted};
use crate::lab::atomic_file::{AtomicFile, folder_of};
use crate::lab::records::is_output;
use crate::nn::architecture::Along;

/// Version of the layout. The first one is still read: it lacks the keys of the
/// spec that decide nothing, the means and the positions.
const SCHEMA_VERSION: u64 = 2;
const FIRST_VERSION: u64 = 1;
/// No baseline is longer; whatever is, is some other file.
const LONGEST: u64 = 64 << 20;

/// A baseline file. Norms are held as log10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of the layout.
    pub schema_version: u64,
    /// The program that wrote it.
    pub vgrad_version: String,
    /// What decides the gradients; null for a lone CSV file.
    pub spec_hash: Option<String>,
    /// All its keys but the seed, so that a difference can be told.
    pub spec: Keys,
    /// The seeds, ascending; none for a lone CSV file.
    pub seeds: Vec<u64>,
    /// The norms, the one of the decay first.
    pub quantities: Vec<String>,
    /// The steps it holds.
    pub steps: Vec<BaselineStep>,
}

impl Baseline {
    /// Of a run, or of the seeds of an experiment. A norm that is NaN is left
    /// out like an empty cell; the run that has it diverged.
    ///
    /// # Errors
    /// If a step that is asked for was not logged, the seeds do not have the
    /// same layers, or a number is negative and so has no logarithm.
    pub fn of(
        runs: &[Measured],
        moments: &[Moment],
        spec: Option<&SpecKeys>,
    ) -> Result<Self, Problem> {
        let steps = moments.iter().map(|moment| baseline_step(runs, *moment));
        Ok(Self {
            schema_version: SCHEMA_VERSION,
            vgrad_version: env!("CARGO_PKG_VERSION").to_owned(),
            spec_hash: spec.map(|spec| spec.hash.clone()),
            spec: spec.map(|spec| spec.keys.clone()).unwrap_or_default(),
            seeds: runs.iter().filter_map(|run| run.seed).collect(),
            quantities: runs[0].quantities.clone(),
            steps: steps.collect::<Result<_, _>>()?,
        })
    }

    /// The steps it holds.
    pub fn moments(&self) -> Vec<Moment> {
        self.steps.iter().map(|step| step.at).collect()
    }

    /// What it holds: "31 layers at the initial step, 3 seeds".
    pub fn in_short(&self, along: Along) -> String {
        // Through time the others are those of layers before the last, and the output.
        let is_held = |layer: &&BaselineLayer| along == Along::Layers || layer.position.is_some();
        let of_step = |step: &BaselineStep| step.layers.iter().filter(is_held).count();
        let layers = self.steps.first().map_or(0, of_step);
        let steps: Vec<String> = self.moments().iter().map(|at| at.to_string()).collect();
        format!(
            "{} at {} over {}",
            counted(layers, along.one()),
            steps.join(", "),
            counted(self.seeds.len().max(1), "seed")
        )
    }

    /// The file's text.
    ///
    /// # Errors
    /// None that is known of.
    pub fn to_json(&self) -> Result<String, Problem> {
        let value = serde_json::to_value(self)
            .map_err(|error| Problem::new(format!("the baseline cannot be written: {error}")))?;
        Ok(pretty(&value))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no baseline or one of another version.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable =
            |error: std::io::Error| Problem::in_file(path, format!("cannot be read: {error}"));
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(not_one(path, "is no regular file"));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        // One byte more shows that there is more.
        let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
        if read.map_err(unreadable)? as u64 > LONGEST {
            return Err(not_one(path, "is longer than 64 MiB, no baseline is"));
        }
        Self::parse(path, &bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Problem> {
        let at = |error: &serde_json::Error, what: &str| {
            let line = error.line() as u64;
            Problem::at_line(path, line.max(1), format!("{what}: {error}")).help(
                "give a file that `vgrad check --accept` wrote, or accept anew with `--accept`",
            )
        };
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| at(&error, "is not valid JSON"))?;
        match value.get("schema_version").and_then(Value::as_u64) {
            _ if value.get("spec_hash").is_none() || value.get("steps").is_none() => {
                return Err(not_one(
                    path,
                    "is no baseline: it lacks `spec_hash` or `steps`",
                ));
            }
            Some(FIRST_VERSION..=SCHEMA_VERSION) => {}
            Some(other) if other > SCHEMA_VERSION => {
                return Err(Problem::in_file(
                    path,
                    format!(
                        "its schema_version is {other}, this program knows {FIRST_VERSION} and {SCHEMA_VERSION}"
                    ),
                )
                .help("use a newer vgrad, or accept anew with `--accept`"));
            }
            _ => {
                return Err(Problem::in_file(
                    path,
                    format!(
                        "its schema_version is neither {FIRST_VERSION} nor {SCHEMA_VERSION}, the ones this program knows"
                    ),
                )
                .help("accept anew with `--accept`"));
            }
        }
        let mut baseline: Self =
            serde_json::from_slice(bytes).map_err(|error| at(&error, "is no proper baseline"))?;
        if baseline.schema_version == FIRST_VERSION {
            baseline.find_positions();
        }
        match baseline.fault() {
            None => Ok(baseline),
            Some(fault) => Err(Problem::in_file(path, fault)
                .help("restore the file, or accept anew with `--accept`")),
        }
    }

    /// The positions that the first layout does not hold: those of the hidden
    /// layers, with a skip over several layers of those at its ends.
    fn find_positions(&mut self) {
        let every = self.spec.get("network.skip.identity.every");
        let every = every.and_then(Value::as_u64).unwrap_or(1).max(1) as usize;
        for step in &mut self.steps {
            let on_path = |layer: &&mut BaselineLayer| {
                !is_output(&layer.name) && layer.layer.wrapping_sub(1).is_multiple_of(every)
            };
            let path = step.layers.iter_mut().filter(on_path);
            path.zip(1..)
                .for_each(|(layer, position)| layer.position = Some(position));
        }
    }

    /// Why nothing can be held against it, if so: every norm is 0, as after
    /// `zero_grad`, or none is finite.
    fn emptiness(&self) -> Option<String> {
        for step in &self.steps {
            for quantity in &self.quantities {
                for run in 0..self.seeds.len().max(1) {
                    let figures = step
                        .layers
                        .iter()
                        .filter_map(|layer| layer.log10[quantity].as_ref());
                    let logs: Vec<f64> = figures.map(|figure| figure.values()[run]).collect();
                    if logs.is_empty() || logs.iter().any(|log| log.is_finite()) {
                        continue;
                    }
                    let place = step.at.in_words();
                    return Some(match logs.iter().all(|log| *log == f64::NEG_INFINITY) {
                        true => format!(
                            "every {quantity} is exactly 0 {place}: was it logged after the gradients were set to 0?"
                        ),
                        false => format!("{place} no {quantity} is finite"),
                    });
                }
            }
        }
        None
    }

    /// What is wrong with the content, if something is.
    fn fault(&self) -> Option<String> {
        let runs = self.seeds.len().max(1);
        if !self.seeds.windows(2).all(|pair| pair[0] < pair[1]) {
            return Some("its seeds do not ascend".to_owned());
        }
        if self.quantities.is_empty() || self.steps.is_empty() {
            return Some("it holds no quantity or no step".to_owned());
        }
        let moments: BTreeSet<Moment> = self.steps.iter().map(|step| step.at).collect();
        if moments.len() < self.steps.len() {
            return Some("it holds a step twice".to_owned());
        }
        let names: BTreeSet<&String> = self.quantities.iter().collect();
        if names.len() < self.quantities.len() {
            return Some("it holds a quantity twice".to_owned());
        }
        for step in &self.steps {
            let place = step.at.in_words();
            if step.layers.is_empty() {
                return Some(format!("{place} it holds no layer"));
            }
            if !step
                .layers
                .windows(2)
                .all(|pair| pair[0].layer < pair[1].layer)
            {
                return Some(format!("{place} its layers do not ascend"));
            }
            let mut cells = step.layers.iter().flat_map(|layer| layer.log10.values());
            if cells.all(Option::is_none) {
                return Some(format!(
                    "{place} it holds no value: every cell is empty or below the log's resolution"
                ));
            }
            let mut figures: Vec<&Option<SeedFigure>> =
                vec![&step.attenuation_decades, &step.decay_decades_per_layer];
            for layer in &step.layers {
                if layer.log10.keys().collect::<BTreeSet<_>>() != names {
                    return Some(format!(
                        "{place} layer {} does not hold the quantities {}",
                        layer.layer,
                        self.quantities.join(", ")
                    ));
                }
                figures.extend(layer.log10.values());
            }
            if figures
                .iter()
                .copied()
                .flatten()
                .any(|figure| figure.values().len() != runs)
            {
                return Some(format!(
                    "{place} a figure has not one value per seed, of which there are {runs}"
                ));
            }
        }
        self.emptiness()
    }

    /// Writes the file in one go: it is there whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written, or could not be read back.
    pub fn write(&self, path: &Path) -> Result<(), Problem> {
        if let Some(fault) = self.fault() {
            return Err(Problem::in_file(
                path,
                format!("is not written, for it would not be read again: {fault}"),
            )
            .help("run the spec anew, or name another column with --quantity"));
        }
        let failed =
            |error: std::io::Error| Problem::in_file(path, format!("cannot be written: {error}"));
        fs::create_dir_all(folder_of(path)).map_err(failed)?;
        let file = AtomicFile::create(path).map_err(failed)?;
        file.write(self.to_json()?.as_bytes()).map_err(failed)
    }

    /// That `--accept` may write to `path`: nothing is there, or a baseline,
    /// even a damaged one or one of another version.
    ///
    /// # Errors
    /// If something else is there.
    pub fn may_replace(path: &Path) -> Result<(), Problem> {
        if path.is_dir() {
            return Err(Problem::in_file(
                path,
                "is a folder, expected the name of a JSON file",
            ));
        }
        if path.exists() && !path.is_file() {
            return Err(not_one(path, "is no regular file and is not replaced"));
        }
        let Ok(file) = File::open(path) else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        if file.take(LONGEST).read_to_end(&mut bytes).is_err() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty()
            || text.contains("\"schema_version\"") && text.contains("\"spec_hash\"")
        {
            return Ok(());
        }
        Err(not_one(path, "is no baseline and is not replaced"))
    }
}

fn not_one(path: &Path, what: &str) -> Problem {
    Problem::in_file(path, what)
        .help("give a file that `vgrad check --accept` wrote, or a new name to accept to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{
  "quantities": ["a_norm"],
  "schema_version": 1,
  "seeds": [3, 4],
  "spec": {"network.depth": 1},
  "spec_hash": "00",
  "steps": [{
    "at": "initial", "step": 0, "attenuation_decades": null, "decay_decades_per_layer": null,
    "layers": [{"layer": 1, "name": "hidden_1", "log10": {"a_norm":
      {"by_seed": [-1.5, -2.5], "high": -1.5, "low": "-inf", "median": -2.0}}}]
  }],
  "vgrad_version": "0.1.0"
}"#;

    fn parse(bytes: &[u8]) -> Result<Baseline, Problem> {
        Baseline::parse(Path::new("b.json"), bytes)
    }

    #[test]
    fn the_first_layout_is_read_and_a_written_one_reads_back_the_same() {
        let mut baseline = parse(GOOD.as_bytes()).unwrap();
        assert_eq!(baseline.steps[0].layers[0].position, Some(1));
        baseline.schema_version = SCHEMA_VERSION;
        let text = baseline.to_json().unwrap();
        assert_eq!(parse(text.as_bytes()).unwrap(), baseline, "{text}");
        assert_eq!(
            baseline.in_short(Along::Layers),
            "1 layer at initial over 2 seeds"
        );
    }

    #[test]
    fn a_baseline_of_zeros_or_infinities_is_none() {
        for (logs, word) in [
            ([r#""-inf""#; 2], "exactly 0"),
            ([r#""inf""#; 2], "finite"),
            // One dead seed is enough.
            (["-1.5", r#""-inf""#], "exactly 0"),
        ] {
            let text = GOOD.replace("[-1.5, -2.5]", &format!("[{}]", logs.join(", ")));
            assert_ne!(text, GOOD);
            let problem = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(problem.contains(word), "{logs:?}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        /// A damaged file reaches the deeper places.
        #[test]
        fn no_damage_makes_it_panic(
            at in 0..GOOD.len(),
            length in 0..20usize,
            put in "(|null|-?[0-9]{1,20}|\"[a-z]{0,3}\"|\\[\\]|\\{\\}|1e999|,|[a-zé{}:]{1,3})",
        ) {
            let end = (at + length).min(GOOD.len());
            let text = [&GOOD.as_bytes()[..at], put.as_bytes(), &GOOD.as_bytes()[end..]].concat();
            let _ = parse(&text);
        }
    }
}
