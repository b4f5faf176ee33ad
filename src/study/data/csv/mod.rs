//! CSV files: a header, a target column, numbers in every other column.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::raw::Raw;
use super::{LoadContext, Loader, Source, files};
use crate::base::Problem;
use table::Table;
use text::Text;

mod classes;
mod table;
#[cfg(test)]
mod tests;
mod text;

const PATH: &str = "data.source.csv.path";
const TEST_PATH: &str = "data.source.csv.test_path";

/// A CSV file with a header: `target` is the column of classes (or, with loss = "mse", of numbers), all other columns are features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file, relative to the spec.
    pub path: PathBuf,
    /// The column to predict.
    pub target: String,
    /// A file of test rows with the same columns, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_path: Option<PathBuf>,
}

impl Loader for Csv {
    fn load(&self, context: &LoadContext) -> Result<Raw, Problem> {
        let mut table = Table::new(&self.target, context.numeric_targets);
        let mut append = |key: &str, path: &Path| {
            let bytes = files::read(key, path)?;
            table.append(&Text::new(path, &bytes)?)
        };
        let path = context.base_dir.join(&self.path);
        append(PATH, &path)?;
        let test_rows = match &self.test_path {
            Some(test_path) => Some(append(TEST_PATH, &context.base_dir.join(test_path))?),
            None => None,
        };
        table.finish(&path, test_rows)
    }

    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![(PATH, self.path.as_path())];
        files.extend(self.test_path.as_deref().map(|path| (TEST_PATH, path)));
        files
    }

    fn with_paths(&self, new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        Some(Source::Csv(Self {
            path: new(&self.path),
            target: self.target.clone(),
            test_path: self.test_path.as_deref().map(new),
        }))
    }
}
