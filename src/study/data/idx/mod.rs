//! IDX files: images and labels as bytes.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::raw::{Inputs, Raw};
use super::{LoadContext, Loader, Source, files};
use crate::base::Problem;
use crate::nn::loss::Targets;
use tensor::{Tensor, times};

mod tensor;
#[cfg(test)]
mod tests;

const IMAGES: &str = "data.source.idx.images";
const LABELS: &str = "data.source.idx.labels";
const TEST_IMAGES: &str = "data.source.idx.test_images";
const TEST_LABELS: &str = "data.source.idx.test_labels";

/// IDX files, plain or gzipped: MNIST, Fashion-MNIST and their like. Bytes are divided by 255. Format: Y. LeCun, C. Cortes, C. Burges, the MNIST database.
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

impl Loader for Idx {
    fn load(&self, context: &LoadContext) -> Result<Raw, Problem> {
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
        let mut pair = read_pair((IMAGES, at(&self.images)), (LABELS, at(&self.labels)))?;
        let mut test_rows = None;
        if let Some((images, labels)) = test {
            let test = read_pair((TEST_IMAGES, at(images)), (TEST_LABELS, at(labels)))?;
            if test.shape != pair.shape {
                let what = format!(
                    "the images are {}, those to train on {}",
                    times(&test.shape),
                    times(&pair.shape)
                );
                return Err(Problem::in_file(&at(images), what)
                    .help("training and test images must be of the same size"));
            }
            test_rows = Some(test.labels.len());
            pair.pixels.extend(test.pixels);
            pair.labels.extend(test.labels);
        }
        pair.into_raw(&at(&self.labels), test_rows)
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

/// Images and as many labels.
struct Pair {
    /// The shape of one image.
    shape: Vec<usize>,
    /// Image by image.
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// Reads two files that belong together, each named by its key and path.
fn read_pair(images: (&str, PathBuf), labels: (&str, PathBuf)) -> Result<Pair, Problem> {
    let read = |(key, path): &(&str, PathBuf)| -> Result<Tensor, Problem> {
        Tensor::read(path, BufReader::new(files::open(key, path)?))
    };
    let (image_tensor, label_tensor) = (read(&images)?, read(&labels)?);
    let swapped = format!("are {} and {} the right way round?", images.0, labels.0);
    let count = match image_tensor.shape.split_first() {
        Some((&count, rest)) if !rest.is_empty() => count,
        _ => {
            let what = "holds a plain list of bytes, expected images: two dimensions or more";
            return Err(Problem::in_file(&images.1, what).help(swapped));
        }
    };
    if label_tensor.shape.len() != 1 {
        let what = format!(
            "holds bytes in the shape {}, expected labels: one dimension",
            times(&label_tensor.shape)
        );
        return Err(Problem::in_file(&labels.1, what).help(swapped));
    }
    if label_tensor.bytes.len() != count {
        let what = format!(
            "holds {} labels, but {} holds {count} images",
            label_tensor.bytes.len(),
            images.1.display()
        );
        return Err(Problem::in_file(&labels.1, what).help("name two files that belong together"));
    }
    Ok(Pair {
        shape: image_tensor.shape[1..].to_vec(),
        pixels: image_tensor.bytes,
        labels: label_tensor.bytes,
    })
}

impl Pair {
    /// The distinct labels, in order, become the classes.
    fn into_raw(self, labels_path: &Path, test_rows: Option<usize>) -> Result<Raw, Problem> {
        let mut class_of = [None; 256];
        for &label in &self.labels {
            class_of[usize::from(label)] = Some(0);
        }
        let mut class_names = Vec::new();
        for (label, class) in class_of.iter_mut().enumerate() {
            if class.is_some() {
                *class = Some(class_names.len() as u32);
                class_names.push(label.to_string());
            }
        }
        if let [only] = class_names.as_slice() {
            let what = format!("every label is {only}: there is one class only");
            return Err(Problem::in_file(labels_path, what).help("expected at least two classes"));
        }
        let classes = self
            .labels
            .iter()
            .filter_map(|&label| class_of[usize::from(label)]);
        Ok(Raw {
            targets: Targets::Classes(classes.collect()),
            features: self.shape.iter().product(),
            inputs: Inputs::Bytes(self.pixels),
            class_names,
            test_rows,
        })
    }
}
