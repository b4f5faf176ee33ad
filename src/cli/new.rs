//! `vgrad new`: a spec from the gallery to start from.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::gallery::{Experiment, GALLERY};
use super::suggested::Suggested;
use super::{Failure, Global, Outcome, output};
use crate::base::Problem;
use crate::base::nearest::nearest;
use crate::lab::config::schema_json;
use crate::lab::text::quoted;

/// Where a new spec looks for the schema: beside itself.
const SCHEMA: &str = "vgrad.schema.json";

/// Write a commented spec from the gallery into the current folder
#[derive(Args, Debug)]
pub struct NewArgs {
    /// The experiment; without it, the gallery is listed
    #[arg(value_parser = Suggested { words: names }, hide_possible_values = true)]
    experiment: Option<String>,
    /// The spec to write; files that it reads go beside it [default: EXPERIMENT.toml]
    #[arg(short, long, value_name = "FILE.toml", requires = "experiment")]
    out: Option<PathBuf>,
    /// Overwrite a file of that name
    #[arg(long)]
    force: bool,
}

impl NewArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let Some(name) = &self.experiment else {
            output::result(&listing())?;
            return Ok(Outcome::Done);
        };
        let experiment = find(name)?;
        let file = match &self.out {
            Some(out) => out.clone(),
            None => format!("{}.toml", experiment.name).into(),
        };
        let mut written = vec![file.clone()];
        for (name, text) in experiment.files {
            let path = file.with_file_name(name);
            // A file that is there already may be the user's own.
            if !fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                write(&path, text, self.force)?;
            }
            written.push(path);
        }
        let spec = experiment.with_schema(SCHEMA);
        write(&file, &spec, self.force)?;
        // An older schema that lies here may be another project's: it stays.
        let schema_is_new = write_new(&file.with_file_name(SCHEMA), &schema_json()).is_ok();
        for path in &written {
            output::result(&format!("{}\n", path.display()))?;
        }
        if !global.quiet {
            let beside = if schema_is_new {
                format!(" ({SCHEMA} beside it lets an editor complete and check it)")
            } else {
                String::new()
            };
            output::remark(&format!("{}{beside}", experiment.question()));
            let file = quoted(&file.display().to_string());
            output::remark(&format!("Next: vgrad run {file}"));
        }
        Ok(Outcome::Done)
    }
}

/// The names of the experiments.
fn names() -> Vec<&'static str> {
    GALLERY.iter().map(|experiment| experiment.name).collect()
}

/// The gallery, an experiment a line.
fn listing() -> String {
    let width = GALLERY.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for experiment in GALLERY {
        let (name, question) = (experiment.name, experiment.question());
        writeln!(text, "{name:width$}  {question}").expect("a string takes everything");
    }
    text
}

fn find(name: &str) -> Result<&'static Experiment, Problem> {
    // People type the file's name, too.
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    Experiment::named(stem).ok_or_else(|| {
        let near = nearest(stem, GALLERY.iter().map(|experiment| experiment.name));
        let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        // Their names would fill the screen.
        Problem::new(format!("there is no experiment `{name}` in the gallery"))
            .help(format!("{near}`vgrad new` lists the gallery"))
    })
}

/// Writes a file, over one of its name only if `force`.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Problem> {
    let written = if force {
        fs::write(path, text)
    } else {
        write_new(path, text)
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Problem::in_file(path, "there is such a file already")
            .help("--force overwrites it; or move it away"),
        _ => Problem::in_file(path, format!("cannot be written: {error}"))
            .help("go to a folder that you may write to"),
    })
}

/// Writes a file that must not exist yet.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
