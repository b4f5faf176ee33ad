//! CSV files: a header, a target column, features in the others.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::raw_table::RawTable;
use super::{DataSource, LoadContext, Source, files};
use crate::base::Problem;
pub use options::{Delimiter, Missing, TargetColumns};
use table::Table;
use text::CsvText;

mod header;
mod index_like;
#[cfg(test)]
mod key_tests;
mod one_hot;
mod options;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod words;

const PATH: &str = "data.source.csv.path";
const TEST_PATH: &str = "data.source.csv.test_path";
const CATEGORICAL: &str = "data.source.csv.categorical";
const TARGET: &str = "data.source.csv.target";
const IGNORE: &str = "data.source.csv.ignore";

/// A CSV file with a header: `target` is the column of classes (or, with loss = "mse", of numbers), all other columns are features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file, relative to the spec.
    pub path: PathBuf,
    /// The column to predict; or a list, a column for each position of a sequence (with `readout = "every"`).
    pub target: TargetColumns,
    /// A file of test rows with the same columns, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_path: Option<PathBuf>,
    /// The character between two cells; absent = recognised from the header: comma, semicolon, tab or vertical bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// What becomes of rows with a missing cell: empty, ?, NA, N/A, #N/A, `<NA>`, NaN or null, in upper or lower case.
    #[serde(default, skip_serializing_if = "Missing::is_default")]
    #[schemars(extend("default" = "refuse"))]
    pub missing: Missing,
    /// Columns of words: each becomes a feature per distinct word of all rows, 1 where the row has it and 0 elsewhere. They stand where the column stood, in numeric order if all words are numbers, else in text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
    /// Columns that are not read, such as an index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

impl Csv {
    /// A file and its target column, everything else at its default.
    pub fn new(path: impl Into<PathBuf>, target: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            target: TargetColumns::One(target.into()),
            test_path: None,
            delimiter: None,
            missing: Missing::default(),
            categorical: Vec::new(),
            ignore: Vec::new(),
        }
    }

    fn ignores(&self, name: &str) -> bool {
        self.ignore.iter().any(|it| it == name)
    }
}

impl DataSource for Csv {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let mut table = Table::new(self, context.targets);
        let mut append = |key: &str, path: &Path| {
            let bytes = files::read(key, path)?;
            table.append(&CsvText::new(path, &bytes)?)
        };
        let path = context.base_dir.join(&self.path);
        append(PATH, &path)?;
        let test = match &self.test_path {
            Some(test_path) => {
                let test_path = context.base_dir.join(test_path);
                let rows = append(TEST_PATH, &test_path)?;
                Some((test_path, rows))
            }
            None => None,
        };
        let test = test.as_ref().map(|(path, rows)| (path.as_path(), *rows));
        table.finish(&path, test)
    }

    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![(PATH, self.path.as_path())];
        files.extend(self.test_path.as_deref().map(|path| (TEST_PATH, path)));
        files
    }

    fn with_paths(&self, new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        Some(Source::Csv(Self {
            path: new(&self.path),
            test_path: self.test_path.as_deref().map(new),
            ..self.clone()
        }))
    }
}
