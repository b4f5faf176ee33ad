//! One cell of a sweep: its changes, its spec, its hash.

use super::{Sweep, hash};
use crate::lab::config::{LoadedSpec, SpecChange, SpecError};

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepCell {
    /// Its place in the plan, from 0.
    pub index: u64,
    /// A text per column of the grid.
    pub labels: Vec<String>,
    /// Its changes to the spec.
    pub changes: Vec<SpecChange>,
}

/// A cell's spec, without what only the sweep needs, and what it is called.
#[derive(Clone, Debug)]
pub struct CellSpec {
    /// The spec.
    pub loaded: LoadedSpec,
    /// 16 hexadecimal digits.
    pub hash: String,
}

impl Sweep {
    /// The cell at a place in the plan.
    pub fn cell(&self, index: u64) -> SweepCell {
        let choices = self.grid.cell(index);
        SweepCell {
            index,
            labels: choices.iter().flat_map(|c| c.labels.clone()).collect(),
            changes: choices.into_iter().flat_map(|c| c.changes).collect(),
        }
    }

    /// The spec of a cell.
    ///
    /// # Errors
    /// What is wrong with it, e.g. two values that do not go together.
    pub fn spec_of(&self, cell: &SweepCell) -> Result<CellSpec, SpecError> {
        let loaded = self.loaded.cell(&cell.changes)?;
        let mut numbers = loaded.spec.clone();
        numbers.name = String::new();
        // The spec that was given and its copy in a folder name the same files.
        numbers.map_paths(&|path| self.name_of(path));
        let hash = hash(&numbers).map_err(|problem| loaded.explain(problem))?;
        Ok(CellSpec { loaded, hash })
    }
}
