//! Reading a spec file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::changes::SpecChange;
use super::constraints::conflict;
use super::error::{Location, SpecError};
use super::gan_conflicts::other_loss;
use super::key_path::KeyPath;
use super::locate::locate;
use super::message::Message;
use super::overrides::Overrides;
use super::remedy_faults::remedy_faults;
use super::sections::Spec;
use super::shape::Shape;
use super::sweep::sweep_faults;
use super::validate::{ValueKind, faults, missing_activation};
use crate::base::Conflict;
use crate::base::paths::rebase;
use crate::base::problem::{Place, Problem};
use crate::study::data::TEST_FRACTION;

/// No spec is longer; whatever is, is some other file.
const LONGEST: u64 = 4 << 20;

/// A spec with the text it was read from, so that later errors can point into it.
#[derive(Clone, Debug)]
pub struct LoadedSpec {
    /// The spec, every default filled in.
    pub spec: Spec,
    /// The folder its paths are relative to.
    pub folder: PathBuf,
    source: Source,
}

/// What an error points into: the file and the flags.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub path: PathBuf,
    pub text: String,
    pub overrides: Overrides,
}

impl Spec {
    /// Reads the spec at `path` and changes it as the command line says.
    ///
    /// # Errors
    /// Whatever is wrong with the file or its content, one error at a time.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<LoadedSpec, SpecError> {
        Self::from_text(path, read(path)?, overrides)
    }

    /// As [`Spec::load`] for the text of a spec; errors name it as `path`.
    ///
    /// # Errors
    /// Whatever is wrong with the text, one error at a time.
    pub fn from_text(
        path: &Path,
        text: String,
        overrides: &Overrides,
    ) -> Result<LoadedSpec, SpecError> {
        Self::from_table(path, text, overrides, |_| {})
    }

    /// As [`Spec::from_text`], `change` having the last word on the keys.
    fn from_table(
        path: &Path,
        text: String,
        overrides: &Overrides,
        change: impl FnOnce(&mut Table),
    ) -> Result<LoadedSpec, SpecError> {
        let source = Source {
            path: path.to_owned(),
            text,
            overrides: overrides.clone(),
        };
        let mut table: Table = toml::from_str(&source.text).map_err(|e| source.syntax(&e))?;
        overrides.apply(&mut table)?;
        change(&mut table);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        table
            .entry("name")
            .or_insert_with(|| Value::String(stem.into_owned()));
        let value = Value::Table(table);

        let mut found = faults(&value, &Shape::root(), &KeyPath::default());
        found.extend(missing_activation(&value, &["network"]));
        found.extend(missing_activation(&value, &["gan", "discriminator"]));
        let axes = value.get("sweep").and_then(Value::as_table);
        found.extend(axes.map(sweep_faults).unwrap_or_default());
        let remedies = value.get("remedy").and_then(Value::as_array);
        found.extend(remedies.map(|it| remedy_faults(it)).unwrap_or_default());
        if let Some(fault) = found.into_iter().min_by_key(|fault| fault.kind) {
            let location = source.location(&fault.path, fault.kind != ValueKind::Value);
            return Err(SpecError::new(fault.message, location));
        }
        let train = value.get("train");
        let names_loss = train.is_some_and(|train| train.get("loss").is_some());
        let mut spec: Spec = value.try_into().map_err(|e: toml::de::Error| {
            let message = Message::new(e.message(), "").help("see `vgrad schema`");
            SpecError::new(message, source.whole())
        })?;
        let has_other_loss = names_loss && spec.gan.is_some();
        let loss = has_other_loss.then(other_loss);
        if let Some(conflict) = loss.or_else(|| conflict(&spec)) {
            return Err(source.conflict(conflict));
        }
        if let Some(gan) = &mut spec.gan {
            gan.fill_in();
        }
        spec.data.standardize = Some(spec.data.standardizes());
        if spec.data.test_fraction.is_none() && !spec.data.source.has_test_set() {
            spec.data.test_fraction = Some(TEST_FRACTION);
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(LoadedSpec {
            spec,
            folder,
            source,
        })
    }
}

impl LoadedSpec {
    /// The spec with further changes and without what says nothing of a run's numbers: a
    /// sweep, rules and remedies.
    ///
    /// # Errors
    /// Whatever is wrong with the changed spec.
    pub fn cell(&self, changes: &[SpecChange]) -> Result<Self, SpecError> {
        let mut overrides = self.source.overrides.clone();
        for (key, value) in changes {
            overrides.change(key, value)?;
        }
        let text = self.source.text.clone();
        Spec::from_table(&self.source.path, text, &overrides, |table| {
            for key in ["sweep", "check", "remedy"] {
                table.remove(key);
            }
        })
    }

    /// The schema that the file names in its first line, as `#:schema …`.
    pub fn schema(&self) -> Option<&str> {
        let first = self.source.text.lines().next()?;
        first.strip_prefix("#:schema").map(str::trim)
    }

    /// The lines of its `[network]` section, as they stand in the file; where the
    /// command line changes it, as the changed spec would be written.
    pub fn network_lines(&self) -> Vec<String> {
        let is_changed = !self.source.overrides.is_empty();
        let text = match self.spec.to_toml("") {
            Ok(changed) if is_changed => changed,
            _ => self.source.text.clone(),
        };
        let is_header = |line: &str| line.trim_start().starts_with('[');
        let from_header = text.lines().skip_while(|line| line.trim() != "[network]");
        let mut lines: Vec<String> = Vec::new();
        for line in from_header {
            if is_header(line) && !lines.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        lines
    }

    /// The schema that a copy of the spec in `folder` names.
    pub fn schema_seen_from(&self, folder: &Path) -> String {
        let named = self.schema().unwrap_or("vgrad.schema.json");
        if named.contains("://") || !self.folder.join(named).exists() {
            return named.to_owned();
        }
        let path = rebase(Path::new(named), &self.folder, folder);
        path.display().to_string()
    }

    /// Points a problem found later at the line, or the flag, to blame.
    pub fn explain(&self, problem: Problem) -> SpecError {
        let location = match &problem.place {
            Place::Key(key) => match KeyPath::parse(key) {
                Some(path) => self.source.location(&path, false),
                None => self.source.whole(),
            },
            Place::File(path, line) => Location {
                origin: path.display().to_string(),
                line: line.and_then(|line| usize::try_from(line).ok()),
                source: None,
            },
            Place::Elsewhere => self.source.whole(),
        };
        let what = match &problem.place {
            Place::Key(key) => format!("`{key}`: {}", problem.what),
            _ => problem.what,
        };
        let mut message = Message::new(what, "");
        message.help = problem.help;
        SpecError::new(message, location)
    }
}

impl Source {
    /// The file as a whole.
    pub fn whole(&self) -> Location {
        file(&self.path)
    }

    fn at(&self, span: std::ops::Range<usize>) -> Location {
        Location {
            source: Some((self.text.clone(), span)),
            ..self.whole()
        }
    }

    /// Where the value at `path` was written: in a flag, else in the file, else
    /// the table it would stand in.
    pub fn location(&self, path: &KeyPath, key_only: bool) -> Location {
        if let Some(flag) = self.overrides.location_of(path) {
            return flag;
        }
        if let Some(span) = locate(&self.text, path, key_only) {
            return self.at(span);
        }
        if path.keys().is_empty() {
            return self.whole();
        }
        if let Some(flag) = self.overrides.location_below(path) {
            return flag;
        }
        let parent = path.parent().unwrap_or_default();
        self.location(&parent, true)
    }

    /// Several keys that do not go together: the first that a flag has set is
    /// to blame, else the first of all.
    pub fn conflict(&self, conflict: Conflict) -> SpecError {
        let paths: Vec<KeyPath> = conflict
            .keys
            .iter()
            .filter_map(|key| KeyPath::parse(key))
            .collect();
        let flag = paths
            .iter()
            .find_map(|path| self.overrides.location_of(path));
        let location = flag.unwrap_or_else(|| self.location(&paths[0], false));
        let message = Message::new(conflict.what, conflict.expected).help(conflict.help);
        SpecError::new(message, location)
    }

    pub fn syntax(&self, error: &toml::de::Error) -> SpecError {
        let location = error.span().map_or(self.whole(), |span| self.at(span));
        // What the parser says of 2^64 speaks of its own types.
        let label = match error.message() {
            message if message.contains("i128") => "an integer of more than 64 bits",
            message => message,
        };
        let message = Message::new("the spec is not valid TOML", label)
            .help("see https://toml.io; `vgrad new deep_sigmoid` writes an example");
        SpecError::new(message, location)
    }
}

fn file(path: &Path) -> Location {
    Location {
        origin: path.display().to_string(),
        line: None,
        source: None,
    }
}

/// The text of a spec file.
pub(super) fn read(path: &Path) -> Result<String, SpecError> {
    let fail =
        |what: String, help: &str| SpecError::new(Message::new(what, "").help(help), file(path));
    if path.is_dir() {
        let inside = path.join("spec.toml");
        let help = if inside.is_file() {
            format!("the spec of this run is {}", inside.display())
        } else {
            "name the TOML file itself".to_owned()
        };
        return Err(fail(
            "the spec is a folder, expected a TOML file".to_owned(),
            &help,
        ));
    }
    let cannot = |error: std::io::Error| {
        fail(
            format!("the spec cannot be read: {error}"),
            "name a TOML file; `vgrad new deep_sigmoid` writes one to start from",
        )
    };
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(cannot)?;
    opened
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        return Err(fail(
            "the file is longer than 4 MiB, no spec is".to_owned(),
            "name the TOML file of an experiment",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        let message = Message::new("the spec is not UTF-8 text", "");
        let location = Location {
            line: Some(line),
            ..file(path)
        };
        SpecError::new(message.help("save it as UTF-8"), location)
    })?;
    if text.trim().is_empty() {
        return Err(fail(
            "the spec is empty, expected at least [data], [network] and [train]".to_owned(),
            "`vgrad new deep_sigmoid` writes one to start from",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[data]\nsource = \"digits\"\n[network]\ndepth = 2\nwidth = 8\n\
                        activation = \"tanh\"\n[train]\nsteps = 3\nlearning_rate = 0.1\n";

    fn load(flags: &[&str]) -> LoadedSpec {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.toml");
        std::fs::write(&path, TEXT).unwrap();
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        Spec::load(&path, &Overrides::parse(&flags).unwrap()).unwrap()
    }

    #[test]
    fn name_and_test_fraction_have_defaults_of_their_own() {
        let loaded = load(&[]);
        assert_eq!(loaded.spec.name, "tiny");
        assert_eq!(loaded.spec.data.test_fraction, Some(0.2));
        let csv = load(&["data.source={ csv = { path = 'a', target = 'y', test_path = 'b' } }"]);
        assert_eq!(csv.spec.data.test_fraction, None);
    }

    #[test]
    fn a_later_problem_points_at_its_key_or_its_section() {
        let told = |flags: &[&str], key: &str| {
            let problem = Problem::at_key(key, "too large").help("lower it");
            load(flags).explain(problem).to_string()
        };
        let error = told(&[], "network.depth");
        assert!(
            error.contains("tiny.toml:4:9") && error.contains("lower it"),
            "{error}"
        );
        // Not written in the file: its section is.
        assert!(told(&[], "train.batch_size").contains("tiny.toml:7:2"));
        assert!(!told(&[], "log.every").contains("tiny.toml:"));
        let error = told(&["train.batch_size=4000"], "train.batch_size");
        assert!(
            error.contains("--set train.batch_size=4000") && !error.contains("tiny.toml"),
            "{error}"
        );
    }

    #[test]
    fn a_problem_with_another_file_names_that_file() {
        let problem = Problem::at_line(Path::new("train.csv"), 7, "no number");
        let error = load(&[]).explain(problem).to_string();
        assert!(
            error.contains("train.csv:7") && error.contains("no number"),
            "{error}"
        );
    }
}
