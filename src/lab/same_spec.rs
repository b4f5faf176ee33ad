//! Whether a run that is to be gone on with is one of the spec at hand.

use std::path::Path;

use crate::base::Problem;
use crate::lab::checkpoint::essence;
use crate::lab::config::{LoadedSpec, Overrides, Spec, changed_keys};

/// The most keys that are named.
const NAMED: usize = 5;

/// That the run in `folder`, if there is one, is of the spec at hand: of the same in
/// everything but what it is called, and how it is logged and kept.
///
/// # Errors
/// If it is not, naming the keys that differ.
pub fn is_of_spec(folder: &Path, loaded: &LoadedSpec) -> Result<(), Problem> {
    let path = folder.join("spec.toml");
    // One that cannot be read was not written by a run.
    let Ok(found) = Spec::load(&path, &Overrides::default()) else {
        return Ok(());
    };
    let mut wanted = loaded.spec.clone();
    wanted.rebase_paths(&loaded.folder, folder);
    let mut found = found.spec;
    if wanted.log.evaluate_every.is_none() {
        // A run writes down what it chose.
        found.log.evaluate_every = None;
    }
    let changed = changed_keys(&[&essence(&found), &essence(&wanted)]);
    if changed.is_empty() {
        return Ok(());
    }
    let told = changed.iter().take(NAMED).map(|changed| {
        let value = |i: usize| changed.values[i].as_deref().unwrap_or("absent");
        format!(
            "{} is {} there and {} here",
            changed.key,
            value(0),
            value(1)
        )
    });
    let more = match changed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let told: Vec<String> = told.collect();
    let what = format!("is of another spec: {}{more}", told.join(", "));
    Err(Problem::in_file(&path, what)
        .help("take the change back, or choose another folder with --out"))
}
