//! Many runs of one spec: every cell of its `[sweep]`, each in a folder named by what it
//! is, so that a cell that is done is never done again and a changed spec is another cell.

mod cells;
mod emit;
mod estimate;
mod folder;
mod forms;
mod memory;
mod process;
mod rows;
mod run;
mod shard;
mod stall;
mod targets;
mod view;
mod workshops;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use cells::{CellSpec, SweepCell};
pub use emit::{ENGINES, Engine, Job};
pub use estimate::{CellEstimate, Estimator};
pub use folder::{CellState, SweepFolder};
pub use forms::FORMS;
pub use rows::{CellFigure, CellGroup, FIGURES, SEED, SweepRow, SweepTable, figure};
pub use run::{CellEnd, SweepCallback, SweepEnd, SweepOptions, run_sweep};
pub use shard::Shard;
pub use targets::{CellKind, kinds, open_targets};
pub use view::{SweepView, ViewAxis};

use folder::names_of_files;

use crate::base::Problem;
use crate::base::paths::resolve;
use crate::lab::config::{LoadedSpec, Spec, SweepAxis, SweepGrid};

/// More cells than anybody runs; their plan can be printed all the same.
pub const MOST_CELLS: u128 = 1_000_000;

/// A change of the grid that names a file in `folder` by a relative path, with that path.
fn file_from_spec<'a>(grid: &'a SweepGrid, folder: &Path) -> Option<(&'a str, &'a str)> {
    let changes = grid.axes.iter().flat_map(SweepAxis::changes);
    let mut texts = changes.filter_map(|(key, value)| Some((key, value.as_str()?)));
    texts.find(|(key, text)| {
        let may_be_file = key.starts_with("data.source.") || *key == "network.weights";
        may_be_file && Path::new(text).is_relative() && folder.join(text).is_file()
    })
}

/// A spec with its grid.
pub struct Sweep {
    /// The spec as it stands, `[sweep]` and all.
    pub loaded: LoadedSpec,
    /// Its cells.
    pub grid: SweepGrid,
    /// In the copy of a spec that lies in a sweep's folder: what the spec that was given
    /// calls the files, by their paths in the copy. A cell is what it is wherever it lies.
    files: BTreeMap<PathBuf, PathBuf>,
}

impl Sweep {
    /// Of a spec, with its cells in `folder`.
    ///
    /// # Errors
    /// If it has no axis, or one of files that are named from where the spec lies.
    pub fn of(loaded: LoadedSpec, folder: &Path) -> Result<Self, Problem> {
        let grid = SweepGrid::of(&loaded.spec.sweep);
        if grid.axes.is_empty() {
            return Err(Problem::at_key("sweep", "the spec has no axis to sweep").help(
                "add [sweep] with e.g. \"network.depth\" = [10, 20], or --grid network.depth=[10,20]",
            ));
        }
        if let Some((key, file)) = file_from_spec(&grid, &loaded.folder) {
            let what = format!(
                "the axis `{key}` names the file \"{file}\" from where the spec lies, and a sweep \
                 is read back from another folder"
            );
            let whole = std::path::absolute(loaded.folder.join(file));
            let whole = whole.map_or_else(|_| file.to_owned(), |path| path.display().to_string());
            return Err(
                Problem::at_key("sweep", what).help(format!("write its whole path: \"{whole}\""))
            );
        }
        let files = if resolve(&loaded.folder) == resolve(folder) {
            names_of_files(folder)
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            loaded,
            grid,
            files,
        })
    }

    /// What the spec that was given calls the file of this path.
    fn name_of(&self, path: &Path) -> PathBuf {
        self.files
            .get(path)
            .map_or(path, PathBuf::as_path)
            .to_owned()
    }

    /// How many cells it has, where they can be run.
    ///
    /// # Errors
    /// If they are too many.
    pub fn count(&self) -> Result<u64, Problem> {
        let count = self.grid.len();
        if count > MOST_CELLS {
            let what = format!("{count} cells are more than can be run, {MOST_CELLS}");
            return Err(Problem::at_key("sweep", what)
                .help("leave out values or axes; --plan prints the cells all the same"));
        }
        Ok(count as u64)
    }
}

/// What a cell is: the hash of its spec, without what cannot change its numbers, and of
/// this program's version.
fn hash(spec: &Spec) -> Result<String, Problem> {
    let text = spec.to_toml("")?;
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update("\n");
    digest.update(text);
    let bytes = digest.finalize();
    Ok(bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
