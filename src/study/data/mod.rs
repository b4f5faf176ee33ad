//! Data sources: what a network is trained on.
//!
//! A [`Source`] loads a [`RawTable`]; [`load`] splits and standardises its rows
//! into a [`Dataset`] in the run's precision.

use std::path::{Path, PathBuf};

use crate::base::Problem;
use crate::base::family::family;
use crate::base::paths::resolve;
use crate::nn::loss::TargetKind;

mod csv;
mod dataset;
mod digits;
mod files;
mod gaps;
mod idx;
mod nerf;
mod picture;
mod planar;
mod raw_table;
mod sequences;
mod split;
mod standardizer;
mod summary;
mod synthetic;
mod teacher;

pub use csv::{Csv, Delimiter, Missing};
pub use dataset::{Dataset, LoadOptions, TEST_FRACTION, load};
pub use digits::Digits;
pub use idx::Idx;
pub use nerf::{Nerf, Scene};
pub use picture::Picture;
pub use planar::{Circles, Moons, Ring, Spirals};
pub use raw_table::{Inputs, RawTable, Reading};
pub use sequences::{Adding, Copy, Text};
pub use split::Split;
pub use standardizer::Standardizer;
pub use summary::DataSummary;
pub use synthetic::{Blobs, Gaussian, Parity, Sine};
pub use teacher::Teacher;

family! {
    /// Where the samples come from.
    pub enum Source {
        Digits = "digits",
        Spirals = "spirals",
        Moons = "moons",
        Circles = "circles",
        Ring = "ring",
        Blobs = "blobs",
        Parity = "parity",
        Teacher = "teacher",
        Gaussian = "gaussian",
        Sine = "sine",
        Csv = "csv",
        Idx = "idx",
        Picture = "image",
        Nerf = "nerf",
        Adding = "adding",
        Copy = "copy",
        Text = "text",
    }
    /// The member as what it can do.
    fn as_dyn -> DataSource;
}

/// What a source may depend on besides its own parameters.
pub struct LoadContext<'a> {
    /// The run's seed; every draw comes from `stream(seed, "data", …)`.
    pub seed: u64,
    /// The folder that relative paths start from: the spec's.
    pub base_dir: &'a Path,
    /// The kind of targets that the loss wants; `None` where nobody looks at them.
    pub targets: Option<TargetKind>,
}

/// What every data source can do.
pub trait DataSource {
    /// All rows, unscaled; the rows of a test file, if any, come last. Where nobody looks
    /// at targets, no fault of theirs may keep the others from being loaded.
    ///
    /// # Errors
    /// A file that cannot be read or does not hold what it should, parameters
    /// that contradict each other, or a loss that does not fit the targets.
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem>;

    /// The files it reads, as the spec names them, each with its key.
    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        Vec::new()
    }

    /// The same source with `new` applied to each path; `None` if it has none.
    fn with_paths(&self, _new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        None
    }

    /// The one kind of targets it has; `None` if it has classes, which can be
    /// made numbers where the loss wants those, or what the loss wants.
    fn gives(&self) -> Option<TargetKind> {
        None
    }

    /// Positions of its samples where they are sequences.
    fn positions(&self) -> Option<usize> {
        None
    }

    /// Whether its samples are rays of light: a position is a point and, last, the width of
    /// the stretch that it stands for. The last rows are those of a view to test on.
    fn is_rays(&self) -> bool {
        false
    }

    /// Whether its samples are the pixels of a picture, row by row from the top left: the
    /// place of each, its row last, and its colour in [0, 1], grey or red, green and blue.
    fn is_picture(&self) -> bool {
        false
    }

    /// Whether its features are on a scale of their own, which standardising by default
    /// would take away.
    fn is_encoded(&self) -> bool {
        false
    }
}

impl Source {
    /// The files it reads, as the spec names them, each with its key
    /// (e.g. `data.source.csv.path`).
    pub fn input_files(&self) -> Vec<(&'static str, &Path)> {
        self.as_dyn().input_files()
    }

    /// The one kind of targets it has, if a loss must want it.
    pub fn gives(&self) -> Option<TargetKind> {
        self.as_dyn().gives()
    }

    /// Whether its samples are rays of light.
    pub fn is_rays(&self) -> bool {
        self.as_dyn().is_rays()
    }

    /// Whether its samples are the pixels of a picture.
    pub fn is_picture(&self) -> bool {
        self.as_dyn().is_picture()
    }

    /// Whether it brings its own test set.
    pub fn has_test_set(&self) -> bool {
        let files = self.input_files();
        self.is_rays() || files.iter().any(|(key, _)| key.contains(".test_"))
    }

    /// Makes paths that are relative to `folder` absolute, so that the sources
    /// of two specs can be compared.
    pub fn resolve(&mut self, folder: &Path) {
        self.map_paths(&|path| resolve(&folder.join(path)));
    }

    /// Gives each path in it the name that `new` has for it.
    pub fn map_paths(&mut self, new: &dyn Fn(&Path) -> PathBuf) {
        if let Some(moved) = self.as_dyn().with_paths(new) {
            *self = moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::family::MemberInfo;
    use crate::base::paths::rebase;
    use serde_json::{Value, json};

    #[test]
    fn a_source_is_written_as_in_the_design() {
        let read = |value| serde_json::from_value::<Source>(value);
        assert_eq!(read(json!("digits")).unwrap(), Digits {}.into());
        let spirals = json!({ "spirals": { "classes": 3, "samples": 1500, "noise": 0.1 } });
        assert_eq!(read(spirals).unwrap(), Spirals::default().into());
        let csv = json!({ "csv": { "path": "train.csv", "target": "label" } });
        let source = read(csv.clone()).unwrap();
        // Keys at their default are not written: a baseline of before they existed still holds.
        assert_eq!(serde_json::to_value(source).unwrap(), csv);
        for wrong in [
            json!("csv"),
            json!({ "csv": { "path": "train.csv" } }),
            json!({ "idx": { "images": "a", "labels": "b", "test": "c" } }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_source_is_described_and_the_digits_are_attributed() {
        let members = Source::members();
        assert!(members.iter().all(|member| !member.doc.is_empty()));
        let MemberInfo { doc, .. } = &members[0];
        for credit in ["E. Alpaydin", "C. Kaynak", "1998", "UCI", "CC BY 4.0"] {
            assert!(doc.contains(credit), "{doc}");
        }
    }

    #[test]
    fn the_schema_knows_the_ranges() {
        let schema = schemars::schema_for!(Circles).to_value();
        let property = |name: &str| &schema["properties"][name];
        assert_eq!(property("samples")["minimum"], 1);
        assert_eq!(property("noise")["minimum"].as_f64(), Some(0.0));
        assert_eq!(property("factor")["exclusiveMinimum"], 0);
        assert_eq!(property("factor")["exclusiveMaximum"], 1);
        let required = schemars::schema_for!(Csv).to_value()["required"].clone();
        assert_eq!(required, json!(["path", "target"]));
        let defaulted = schemars::schema_for!(Spirals).to_value();
        assert_eq!(defaulted.get("required"), None::<&Value>);
    }

    #[test]
    fn a_source_moves_with_its_spec() {
        let root = tempfile::tempdir().unwrap();
        let mut source = Source::from(Csv {
            test_path: Some("test.csv".into()),
            ..Csv::new("train.csv", "y")
        });
        let run = root.path().join("runs/one");
        source.map_paths(&|path| rebase(path, root.path(), &run));
        let files = source.input_files();
        assert_eq!(
            files,
            [
                ("data.source.csv.path", Path::new("../../train.csv")),
                ("data.source.csv.test_path", Path::new("../../test.csv")),
            ]
        );
        let mut digits = Source::from(Digits {});
        digits.map_paths(&|path| rebase(path, root.path(), Path::new("elsewhere")));
        assert_eq!(digits, Digits {}.into());
        assert!(digits.input_files().is_empty());
    }
}
