//! IDX files: images as bytes, labels as bytes or int32 integers.

use std::collections::{BTreeSet, HashMap};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::raw_table::{Inputs, RawTable, Reading, no_targets};
use super::{DataSource, LoadContext, Source, files};
use crate::base::Problem;
use crate::nn::loss::Targets;
use tensor::{Tensor, Values, times};

mod tensor;
#[cfg(test)]
mod tests;

const IMAGES: &str = "data.source.idx.images";
const LABELS: &str = "data.source.idx.labels";
const TEST_IMAGES: &str = "data.source.idx.test_images";
const TEST_LABELS: &str = "data.source.idx.test_labels";

/// IDX files, plain or gzipped: MNIST, Fashion-MNIST and their like. Pixels are bytes, divided by 255; labels are bytes or int32. Format: Y. LeCun, C. Cortes, C. Burges, the MNIST database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Idx {
    /// The training images, relative to the spec.
    pub images: PathBuf,
    /// The training labels.
    pub labels: PathBuf,
    /// The test images; only with `test_labels`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_images: Option<PathBuf>,
    /// The test labels; only with `test_images`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<PathBuf>,
}

impl DataSource for Idx {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let one_of_two = |lacking, given| {
            Problem::at_key(lacking, format!("is absent, but {given} is given"))
                .help("give both test files or neither")
        };
        let test = match (&self.test_images, &self.test_labels) {
            (Some(images), Some(labels)) => Some((images, labels)),
            (None, None) => None,
            (Some(_), None) => return Err(one_of_two(TEST_LABELS, TEST_IMAGES)),
            (None, Some(_)) => return Err(one_of_two(TEST_IMAGES, TEST_LABELS)),
        };
        let at = |path: &Path| context.base_dir.join(path);
        let read = |images: (&str, &Path), labels: (&str, &Path)| {
            let labels = context.targets.map(|_| (labels.0, at(labels.1)));
            read_pair((images.0, at(images.1)), labels)
        };
        let mut pair = read((IMAGES, &self.images), (LABELS, &self.labels))?;
        let mut test_rows = None;
        if let Some((images, labels)) = test {
            let test = read((TEST_IMAGES, images), (TEST_LABELS, labels))?;
            if test.shape != pair.shape {
                let what = format!(
                    "the images are {}, those to train on {}",
                    times(&test.shape),
                    times(&pair.shape)
                );
                return Err(Problem::in_file(&at(images), what)
                    .help("training and test images must be of the same size"));
            }
            test_rows = Some(test.samples);
            pair.samples += test.samples;
            pair.pixels.extend(test.pixels);
            pair.labels.extend(test.labels);
        }
        let files = LabelFiles {
            train: &at(&self.labels),
            test: &at(self.test_labels.as_deref().unwrap_or(&self.labels)),
        };
        pair.into_table(files, test_rows)
    }

    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![
            (IMAGES, self.images.as_path()),
            (LABELS, self.labels.as_path()),
        ];
        files.extend(self.test_images.as_deref().map(|path| (TEST_IMAGES, path)));
        files.extend(self.test_labels.as_deref().map(|path| (TEST_LABELS, path)));
        files
    }

    fn with_paths(&self, new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        Some(Source::Idx(Self {
            images: new(&self.images),
            labels: new(&self.labels),
            test_images: self.test_images.as_deref().map(new),
            test_labels: self.test_labels.as_deref().map(new),
        }))
    }
}

/// Images and as many labels, or none where nobody looks at them.
struct Pair {
    samples: usize,
    /// The shape of one image.
    shape: Vec<usize>,
    /// Image by image.
    pixels: Vec<u8>,
    labels: Vec<i32>,
}

/// A file to read: its key and its path.
type Named<'a> = (&'a str, PathBuf);

fn tensor((key, path): &Named) -> Result<Tensor, Problem> {
    Tensor::read(path, BufReader::new(files::open(key, path)?))
}

/// Reads the images, and the labels that belong to them where they are to be read.
fn read_pair(images: Named, labels: Option<Named>) -> Result<Pair, Problem> {
    let swapped = labels.as_ref().map_or_else(
        || format!("is {} the right file?", images.0),
        |labels| format!("are {} and {} the right way round?", images.0, labels.0),
    );
    let image_tensor = tensor(&images)?;
    let samples = match image_tensor.shape.split_first() {
        Some((&count, rest)) if !rest.is_empty() => count,
        _ => {
            let what = "holds a plain list, expected images: two dimensions or more";
            return Err(Problem::in_file(&images.1, what).help(swapped));
        }
    };
    let Values::Bytes(pixels) = image_tensor.values else {
        let what = "holds int32 integers, expected images of unsigned bytes (00 00 08)";
        return Err(Problem::in_file(&images.1, what).help("store the pixels as bytes, 0 to 255"));
    };
    let labels = match labels {
        None => Vec::new(),
        Some(labels) => {
            let found = read_labels(&labels, swapped)?;
            if found.len() != samples {
                let what = format!(
                    "holds {} labels, but {} holds {samples} images",
                    found.len(),
                    images.1.display()
                );
                return Err(
                    Problem::in_file(&labels.1, what).help("name two files that belong together")
                );
            }
            found
        }
    };
    Ok(Pair {
        samples,
        shape: image_tensor.shape[1..].to_vec(),
        pixels,
        labels,
    })
}

/// Reads labels; `swapped` asks whether they are the images.
fn read_labels(labels: &Named, swapped: String) -> Result<Vec<i32>, Problem> {
    let tensor = tensor(labels)?;
    if tensor.shape.len() != 1 {
        let what = format!(
            "holds values in the shape {}, expected labels: one dimension",
            times(&tensor.shape)
        );
        return Err(Problem::in_file(&labels.1, what).help(swapped));
    }
    Ok(match tensor.values {
        Values::Bytes(bytes) => bytes.into_iter().map(i32::from).collect(),
        Values::Int32(integers) => integers,
    })
}

impl Pair {
    /// All rows, the last `test_rows` those of the test files.
    fn into_table(self, files: LabelFiles, test_rows: Option<usize>) -> Result<RawTable, Problem> {
        let (targets, class_names) = match &self.labels[..] {
            [] => (no_targets(self.samples), Vec::new()),
            labels => classes(labels, files, test_rows.unwrap_or(0))?,
        };
        Ok(RawTable {
            targets,
            targets_each: 1,
            features: self.shape.iter().product(),
            inputs: Inputs::Bytes(self.pixels),
            class_names,
            test_rows,
            reading: Reading {
                // Of colours it is not known where they stand.
                image: match self.shape[..] {
                    [rows, columns] => Some([1, rows, columns]),
                    _ => None,
                },
                ..Reading::default()
            },
        })
    }
}

/// The distinct labels, in order, become the classes; the last `test_rows` are those of the
/// test file.
fn classes(
    labels: &[i32],
    files: LabelFiles,
    test_rows: usize,
) -> Result<(Targets<f64>, Vec<String>), Problem> {
    let (train, test) = labels.split_at(labels.len() - test_rows);
    let known: BTreeSet<i32> = train.iter().copied().collect();
    if let Some(at) = test.iter().position(|label| !known.contains(label)) {
        let what = format!(
            "label {} is {}, a class that no label of {} has",
            at + 1,
            test[at],
            files.train.display()
        );
        return Err(Problem::in_file(files.test, what).help(
            "a network cannot learn it: add images of this class to the training files, or \
             remove them from the test files",
        ));
    }
    if known.len() == 1 {
        let what = format!("every label is {}: there is one class only", train[0]);
        return Err(Problem::in_file(files.train, what).help("expected at least two classes"));
    }
    let class_of: HashMap<i32, u32> = known.iter().copied().zip(0..).collect();
    let classes = labels.iter().map(|label| class_of[label]).collect();
    let names = known.iter().map(i32::to_string).collect();
    Ok((Targets::Classes(classes), names))
}

/// The paths of the labels, for messages.
struct LabelFiles<'a> {
    train: &'a Path,
    /// That of the test labels; without any it is never named.
    test: &'a Path,
}
