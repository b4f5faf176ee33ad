//! Random data in any number of dimensions, and a curve.

use std::f64::consts::PI;

use ndarray::Array2;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::raw_table::{Inputs, RawTable, Reading, reserve};
use super::{DataSource, LoadContext};
use crate::base::Problem;
use crate::base::family::member;
use crate::base::rng::{ChaCha8Rng, stream};
use crate::nn::loss::{TargetKind, Targets};

/// Appends standard normal draws.
pub(super) fn fill_normal(table: &mut Vec<f64>, numbers: usize, rng: &mut ChaCha8Rng) {
    table.extend((0..numbers).map(|_| rng.sample::<f64, _>(StandardNormal)));
}

member! {
    /// Normal clouds around random centres, one class per cloud, as scikit-learn's make_blobs.
    pub struct Blobs {
        /// Clouds.
        #[schemars(range(min = 2))]
        classes: u32 = 3,
        /// Points, all clouds together.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
        /// Dimensions.
        #[schemars(range(min = 1))]
        features: usize = 2,
        /// Standard deviation of a cloud; centres are uniform in [-10, 10].
        #[schemars(range(min = 0.0))]
        spread: f64 = 1.0,
    }
}

impl DataSource for Blobs {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let classes = self.classes as usize;
        let mut points = reserve("blobs", self.samples, self.features, self.classes)?;
        let mut rng = stream(context.seed, "data", 0);
        let centres: Vec<f64> = (0..classes * self.features)
            .map(|_| rng.random_range(-10.0..10.0))
            .collect();
        let mut labels = Vec::with_capacity(self.samples);
        for class in (0..self.classes).cycle().take(self.samples) {
            let start = class as usize * self.features;
            for centre in &centres[start..start + self.features] {
                let noise: f64 = rng.sample(StandardNormal);
                points.push(centre + self.spread * noise);
            }
            labels.push(class);
        }
        Ok(RawTable::labelled(
            points,
            self.features,
            labels,
            self.classes,
        ))
    }
}

member! {
    /// The parity of random signs: class 1 where the number of -1 among the inputs is odd. Minsky & Papert 1969.
    pub struct Parity {
        /// Inputs, each +1 or -1.
        #[schemars(range(min = 1))]
        bits: usize = 10,
        /// Samples.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
    }
}

impl DataSource for Parity {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let mut signs = reserve("parity", self.samples, self.bits, 2)?;
        let mut rng = stream(context.seed, "data", 0);
        let mut labels = Vec::with_capacity(self.samples);
        for _ in 0..self.samples {
            let mut odd = false;
            for _ in 0..self.bits {
                let negative: bool = rng.random();
                odd ^= negative;
                signs.push(if negative { -1.0 } else { 1.0 });
            }
            labels.push(u32::from(odd));
        }
        Ok(RawTable::labelled(signs, self.bits, labels, 2))
    }
}

member! {
    /// Standard normal inputs with random labels: nothing to learn but by heart. Zhang et al. 2017, arXiv:1611.03530.
    pub struct Gaussian {
        /// Inputs.
        #[schemars(range(min = 1))]
        features: usize = 64,
        /// Classes, equally likely.
        #[schemars(range(min = 2))]
        classes: u32 = 10,
        /// Samples.
        #[schemars(range(min = 1))]
        samples: usize = 1797,
    }
}

impl DataSource for Gaussian {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        // Random labels need not show every class.
        let mut inputs = reserve("gaussian", self.samples, self.features, 1)?;
        let mut rng = stream(context.seed, "data", 0);
        fill_normal(&mut inputs, self.samples * self.features, &mut rng);
        let labels = (0..self.samples)
            .map(|_| rng.random_range(0..self.classes))
            .collect();
        Ok(RawTable::labelled(
            inputs,
            self.features,
            labels,
            self.classes,
        ))
    }
}

member! {
    /// Regression: y = sin(x) plus noise, x evenly over whole cycles around 0. Needs loss = "mse".
    pub struct Sine {
        /// Samples.
        #[schemars(range(min = 1))]
        samples: usize = 1000,
        /// Standard deviation of the noise on y.
        #[schemars(range(min = 0.0))]
        noise: f64 = 0.0,
        /// Cycles; x runs from -π·cycles to π·cycles.
        #[schemars(extend("exclusiveMinimum" = 0))]
        cycles: f64 = 1.0,
    }
}

impl DataSource for Sine {
    fn gives(&self) -> Option<TargetKind> {
        Some(TargetKind::Numbers)
    }

    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        if context.targets == Some(TargetKind::Classes) {
            return Err(Problem::at_key(
                "train.loss",
                "the sine data is a regression: its targets are numbers, not classes",
            )
            .help("set train.loss = \"mse\""));
        }
        let mut inputs = reserve("sine", self.samples, 1, 1)?;
        let mut rng = stream(context.seed, "data", 0);
        let span = (self.samples.max(2) - 1) as f64;
        inputs.extend((0..self.samples).map(|i| PI * self.cycles * (2.0 * i as f64 / span - 1.0)));
        let outputs = Array2::from_shape_fn((self.samples, 1), |(i, _)| {
            let noise: f64 = rng.sample(StandardNormal);
            inputs[i].sin() + self.noise * noise
        });
        Ok(RawTable {
            inputs: Inputs::Numbers(inputs),
            features: 1,
            targets: Targets::Numbers(outputs),
            targets_each: 1,
            class_names: Vec::new(),
            test_rows: None,
            reading: Reading::default(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::Source;
    use std::path::Path;

    pub fn context(seed: u64) -> LoadContext<'static> {
        LoadContext {
            seed,
            base_dir: Path::new("."),
            targets: Some(TargetKind::Classes),
        }
    }

    pub fn rows(raw: &RawTable) -> Vec<Vec<f64>> {
        (0..raw.samples())
            .map(|row| {
                let mut values = vec![0.0; raw.features];
                raw.read_row(row, &mut values);
                values
            })
            .collect()
    }

    pub fn labels(raw: &RawTable) -> &[u32] {
        match &raw.targets {
            Targets::Classes(labels) => labels,
            Targets::Numbers(_) => panic!("no classes"),
        }
    }

    pub fn class_counts(raw: &RawTable) -> Vec<usize> {
        let mut counts = vec![0; raw.class_names.len()];
        for &label in labels(raw) {
            counts[label as usize] += 1;
        }
        counts
    }

    #[test]
    fn every_source_repeats_by_seed_and_changes_with_it() {
        for name in Source::NAMES {
            let Ok(source) = serde_json::from_value::<Source>((*name).into()) else {
                continue; // needs files
            };
            let load = |seed| {
                let context = LoadContext {
                    targets: Some(source.gives().unwrap_or(TargetKind::Classes)),
                    ..context(seed)
                };
                source.as_dyn().load(&context).unwrap()
            };
            assert_eq!(load(1), load(1), "{name}");
            let fixed = matches!(*name, "digits" | "sine" | "image");
            assert_eq!(load(1) == load(2), fixed, "{name}");
        }
    }

    #[test]
    fn blobs_have_the_spread_asked_for() {
        let blobs = Blobs {
            classes: 2,
            samples: 20_000,
            features: 3,
            spread: 0.5,
        };
        let raw = blobs.load(&context(0)).unwrap();
        assert_eq!(class_counts(&raw), [10_000, 10_000]);
        let firsts: Vec<f64> = rows(&raw).iter().step_by(2).map(|row| row[1]).collect();
        let mean = firsts.iter().sum::<f64>() / 1e4;
        let variance = firsts.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 10.1);
        // The standard error of a deviation from 10000 draws: 0.5/√20000 ≈ 0.0035.
        assert!((variance.sqrt() - 0.5).abs() < 0.02, "{variance}");
    }

    #[test]
    fn parity_is_the_product_of_the_signs() {
        let raw = Parity::default().load(&context(0)).unwrap();
        for (row, &label) in rows(&raw).iter().zip(labels(&raw)) {
            let product: f64 = row.iter().product();
            assert_eq!(product, if label == 1 { -1.0 } else { 1.0 });
        }
        // Fair signs: 1500 draws of a fair coin lie within 4 standard errors of 19.
        assert!((class_counts(&raw)[0] as f64 - 750.0).abs() < 78.0);
    }

    #[test]
    fn gaussian_is_standard_normal() {
        let raw = Gaussian::default().load(&context(0)).unwrap();
        let values: Vec<f64> = rows(&raw).concat();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|x| x * x).sum::<f64>() / count;
        // 115008 draws: standard errors 0.003 of the mean, 0.004 of the square.
        assert!(mean.abs() < 0.012 && (square - 1.0).abs() < 0.017);
        assert!(class_counts(&raw).iter().all(|&count| count > 120));
    }

    #[test]
    fn sine_needs_mse() {
        let problem = Sine::default().load(&context(0)).unwrap_err();
        assert!(problem.to_string().starts_with("train.loss: "), "{problem}");
        assert!(problem.help.unwrap().contains("mse"));
    }
}
