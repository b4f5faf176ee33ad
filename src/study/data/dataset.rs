//! Training and test split in the run's precision.

use std::path::Path;

use ndarray::Array2;
use rand::seq::SliceRandom;

use super::gaps::fill_gaps;
use super::raw_table::RawTable;
use super::split::Split;
use super::standardizer::Standardizer;
use super::summary::DataSummary;
use super::{LoadContext, Source};
use crate::base::compiled::compiled;
use crate::base::rng::stream;
use crate::base::{Problem, Scalar};
use crate::nn::loss::{TargetKind, Targets};

/// The share of test rows where the spec does not say.
pub const TEST_FRACTION: f64 = 0.2;

/// What a network is trained and tested on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<T> {
    /// At least one sample.
    pub train: Split<T>,
    /// No sample if the spec wants no test set.
    pub test: Split<T>,
    /// The test samples' numbers in the source, from 1; those of a test file follow those of
    /// the training file.
    pub test_numbers: Vec<usize>,
    /// The classes' names by index; empty for numeric targets.
    pub class_names: Vec<String>,
    /// `[channels, rows, columns]` of the features where they are known to be an image's.
    pub image: Option<[usize; 3]>,
    /// What numeric targets were standardised by, if they were.
    pub target_scale: Option<Standardizer>,
    /// What was read, for people.
    pub summary: DataSummary,
}

impl<T> Dataset<T> {
    /// Features per sample.
    pub fn features(&self) -> usize {
        self.train.inputs.ncols()
    }

    /// Outputs a network needs: one per class, or one per target number.
    pub fn outputs(&self) -> usize {
        match &self.train.targets {
            Targets::Classes(_) => self.class_names.len(),
            Targets::Numbers(numbers) => numbers.ncols(),
        }
    }

    /// Whether the targets are numbers rather than classes.
    pub fn is_regression(&self) -> bool {
        matches!(self.train.targets, Targets::Numbers(_))
    }
}

/// The spec's wishes about its data.
pub struct LoadOptions<'a> {
    /// The run's seed.
    pub seed: u64,
    /// The folder that relative paths start from: the spec's.
    pub base_dir: &'a Path,
    /// `data.test_fraction`, in [0, 1); `None` if the spec does not give it.
    pub test_fraction: Option<f64>,
    /// `data.standardize`.
    pub standardize: bool,
    /// `data.standardize_target`.
    pub standardize_target: bool,
    /// The kind of targets that the loss wants; `None` where nobody looks at them, a
    /// generator's: then there are none in the dataset.
    pub targets: Option<TargetKind>,
}

/// Loads, splits, fills missing cells in and standardises.
///
/// # Errors
/// Those of the source; `test_fraction` along with a test file; no row left to
/// train on; `standardize_target` with classes; a value too large for the precision.
pub fn load<T: Scalar>(source: &Source, options: &LoadOptions) -> Result<Dataset<T>, Problem> {
    type Load<T> = fn(&Source, &LoadOptions) -> Result<Dataset<T>, Problem>;
    compiled!(Load<T> = load_here)(source, options)
}

fn load_here<T: Scalar>(source: &Source, options: &LoadOptions) -> Result<Dataset<T>, Problem> {
    let mut raw = source.as_dyn().load(&LoadContext {
        seed: options.seed,
        base_dir: options.base_dir,
        targets: options.targets,
    })?;
    if options.targets.is_none() {
        raw.forget_targets();
    }
    let (train, test) = choose_rows(&raw, options)?;
    fill_gaps(&mut raw, &train)?;
    let scales = Scales {
        features: match options.standardize {
            true => Some(Standardizer::of_features(&raw, &train)?),
            false => None,
        },
        targets: match options.standardize_target {
            true => Some(Standardizer::of_targets(
                &raw.targets,
                &raw.target_rows(&train),
            )?),
            false => None,
        },
    };
    Ok(Dataset {
        summary: DataSummary::of(source, &raw, [train.len(), test.len()], options.targets),
        train: gather(&raw, &train, &scales)?,
        test: gather(&raw, &test, &scales)?,
        test_numbers: test.iter().map(|row| row + 1).collect(),
        class_names: raw.class_names,
        image: raw.reading.image,
        target_scale: scales.targets,
    })
}

/// The rows to train on and the rows to test on, both in their order of appearance.
fn choose_rows(raw: &RawTable, options: &LoadOptions) -> Result<(Vec<usize>, Vec<usize>), Problem> {
    let samples = raw.samples();
    if let Some(test_rows) = raw.test_rows {
        if options.test_fraction.is_some() {
            return Err(Problem::at_key(
                "data.test_fraction",
                "there is a test file, so nothing is split off the training file",
            )
            .help("remove test_fraction, or remove the test file from data.source"));
        }
        let train_rows = samples - test_rows;
        return Ok(((0..train_rows).collect(), (train_rows..samples).collect()));
    }
    let fraction = options.test_fraction.unwrap_or(TEST_FRACTION);
    let test_rows = (samples as f64 * fraction).round() as usize;
    if test_rows >= samples {
        return Err(Problem::at_key(
            "data.test_fraction",
            format!("testing on {fraction} of {samples} samples leaves none to train on"),
        )
        .help("lower test_fraction or give more samples"));
    }
    let mut rows: Vec<usize> = (0..samples).collect();
    let mut rng = stream(options.seed, "split", 0);
    let (test, train) = rows.partial_shuffle(&mut rng, test_rows);
    test.sort_unstable();
    train.sort_unstable();
    Ok((train.to_vec(), test.to_vec()))
}

/// How values are scaled; `None`: not at all.
struct Scales {
    features: Option<Standardizer>,
    targets: Option<Standardizer>,
}

/// Copies rows into the run's precision.
fn gather<T: Scalar>(raw: &RawTable, rows: &[usize], scales: &Scales) -> Result<Split<T>, Problem> {
    let mut values = Vec::with_capacity(rows.len() * raw.features);
    let mut row_values = vec![0.0; raw.features];
    for &row in rows {
        raw.read_row(row, &mut row_values);
        if let Some(scale) = &scales.features {
            scale.apply(&mut row_values);
        }
        for (feature, &value) in row_values.iter().enumerate() {
            let whose = || format!("{} of sample {}", raw.feature(feature), row + 1);
            values.push(rounded(value, whose)?);
        }
    }
    let inputs = Array2::from_shape_vec((rows.len(), raw.features), values)
        .expect("every row has all features");
    let targets = match &raw.targets {
        Targets::Classes(classes) => {
            let rows = raw.target_rows(rows);
            Targets::Classes(rows.iter().map(|&r| classes[r]).collect())
        }
        Targets::Numbers(numbers) => {
            let rows = raw.target_rows(rows);
            let mut chosen = Array2::zeros((rows.len(), numbers.ncols()));
            for (mut to, &row) in chosen.rows_mut().into_iter().zip(&rows) {
                let mut target = numbers.row(row).to_vec();
                if let Some(scale) = &scales.targets {
                    scale.apply(&mut target);
                }
                for (to, &value) in to.iter_mut().zip(&target) {
                    *to = rounded(value, || {
                        format!("the target of sample {}", row / raw.targets_each + 1)
                    })?;
                }
            }
            Targets::Numbers(chosen)
        }
    };
    Ok(Split { inputs, targets })
}

/// `value` in the run's precision, if it fits.
fn rounded<T: Scalar>(value: f64, whose: impl Fn() -> String) -> Result<T, Problem> {
    let rounded = T::from_f64(value);
    if rounded.is_finite() {
        return Ok(rounded);
    }
    Err(Problem::at_key(
        "data.source",
        format!("{} is {value:e}, beyond what {} can hold", whose(), T::NAME),
    )
    .help("rescale the data, or set precision = \"f64\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Csv, Digits, Gaussian, Sine};

    fn options() -> LoadOptions<'static> {
        LoadOptions {
            seed: 0,
            base_dir: Path::new("."),
            test_fraction: None,
            standardize: true,
            standardize_target: false,
            targets: Some(TargetKind::Classes),
        }
    }

    #[test]
    fn a_fifth_of_the_digits_is_for_testing() {
        let data = load::<f32>(&Digits {}.into(), &options()).unwrap();
        // round(1797 · 0.2) = round(359.4).
        assert_eq!((data.train.samples(), data.test.samples()), (1438, 359));
        assert_eq!((data.features(), data.outputs()), (64, 10));
        assert!(!data.is_regression());
        assert_eq!(data.class_names[9], "9");
    }

    #[test]
    fn training_features_have_mean_0_and_deviation_1_or_are_0() {
        let data = load::<f64>(&Digits {}.into(), &options()).unwrap();
        let mut constant = 0;
        for column in data.train.inputs.columns() {
            let deviation = column.std(0.0);
            if deviation == 0.0 {
                constant += 1;
                assert!(column.iter().all(|&value| value == 0.0));
            } else {
                assert!(column.mean().unwrap().abs() < 1e-12);
                assert!((deviation - 1.0).abs() < 1e-12);
            }
        }
        // Pixels 0, 32 and 39 are 0 in all 1797 images (sklearn's load_digits().data.std(0) == 0).
        assert!(constant >= 3);
    }

    #[test]
    fn every_row_lands_in_one_split_and_the_seed_decides_which() {
        let source = Source::from(Gaussian {
            features: 1,
            classes: 2,
            samples: 101,
        });
        let inputs = |seed, test_fraction| {
            let options = LoadOptions {
                seed,
                test_fraction: Some(test_fraction),
                standardize: false,
                ..options()
            };
            let data = load::<f64>(&source, &options).unwrap();
            (
                data.train.inputs.into_raw_vec_and_offset().0,
                data.test.inputs.into_raw_vec_and_offset().0,
            )
        };
        let (all, none) = inputs(3, 0.0);
        assert_eq!((all.len(), none.len()), (101, 0));
        let (train, test) = inputs(3, 0.5);
        // round(50.5), half away from zero.
        assert_eq!(test.len(), 51);
        let mut both = [train.clone(), test.clone()].concat();
        let mut expected = all;
        both.sort_by(f64::total_cmp);
        expected.sort_by(f64::total_cmp);
        assert_eq!(both, expected);
        assert_eq!(inputs(3, 0.5), (train, test.clone()));
        assert_ne!(inputs(4, 0.5).1, test);
    }

    #[test]
    fn a_split_without_training_rows_is_an_error() {
        let source = Source::from(Gaussian {
            features: 1,
            classes: 1,
            samples: 1,
        });
        let options = LoadOptions {
            test_fraction: Some(0.9),
            ..options()
        };
        let problem = load::<f32>(&source, &options).unwrap_err();
        assert!(problem.to_string().starts_with("data.test_fraction: "));
    }

    #[test]
    fn a_test_file_is_the_test_split() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("train.csv"), "x,y\n1,a\n3,b\n").unwrap();
        std::fs::write(folder.path().join("test.csv"), "x,y\n5,b\n").unwrap();
        let source = Source::from(Csv {
            test_path: Some("test.csv".into()),
            ..Csv::new("train.csv", "y")
        });
        let mut options = LoadOptions {
            base_dir: folder.path(),
            ..options()
        };
        let data = load::<f32>(&source, &options).unwrap();
        // Mean 2 and population deviation 1 are those of the training rows.
        assert_eq!(data.train.inputs, ndarray::array![[-1.0], [1.0]]);
        assert_eq!(data.test.inputs, ndarray::array![[3.0]]);
        assert_eq!(data.test.targets, Targets::Classes(vec![1]));
        options.test_fraction = Some(0.2);
        let problem = load::<f32>(&source, &options).unwrap_err();
        assert!(problem.to_string().starts_with("data.test_fraction: "));
    }

    #[test]
    fn numeric_targets_follow_their_rows() {
        let options = LoadOptions {
            standardize: false,
            targets: Some(TargetKind::Numbers),
            ..options()
        };
        let data = load::<f64>(&Sine::default().into(), &options).unwrap();
        assert!(data.is_regression());
        assert_eq!(data.outputs(), 1);
        for split in [&data.train, &data.test] {
            let Targets::Numbers(targets) = &split.targets else {
                panic!("sine has numeric targets");
            };
            for (x, y) in split.inputs.iter().zip(targets) {
                assert_eq!(x.sin(), *y);
            }
        }
    }

    #[test]
    fn targets_are_standardised_by_the_training_split() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("train.csv"), "x,y\n1,10\n3,30\n").unwrap();
        std::fs::write(folder.path().join("test.csv"), "x,y\n5,50\n").unwrap();
        let source = Source::from(Csv {
            test_path: Some("test.csv".into()),
            ..Csv::new("train.csv", "y")
        });
        let options = LoadOptions {
            base_dir: folder.path(),
            standardize_target: true,
            targets: Some(TargetKind::Numbers),
            ..options()
        };
        let data = load::<f64>(&source, &options).unwrap();
        // Mean 20 and population deviation 10 are those of the training rows.
        let numbers = |values: &[f64]| {
            let shape = (values.len(), 1);
            Targets::Numbers(Array2::from_shape_vec(shape, values.to_vec()).unwrap())
        };
        assert_eq!(data.train.targets, numbers(&[-1.0, 1.0]));
        assert_eq!(data.test.targets, numbers(&[3.0]));

        let classes = load::<f64>(&Digits {}.into(), &options).unwrap_err();
        let message = classes.to_string();
        assert!(
            message.starts_with("data.standardize_target: the targets are classes"),
            "{message}"
        );
        assert!(classes.help.unwrap().contains("remove standardize_target"));
    }

    #[test]
    fn values_beyond_the_precision_are_named() {
        let problem = rounded::<f32>(1e39, || "feature 1 of sample 2".into()).unwrap_err();
        assert!(problem.what.contains("feature 1 of sample 2 is 1e39"));
        assert_eq!(rounded::<f64>(1e39, String::new), Ok(1e39));
    }
}
