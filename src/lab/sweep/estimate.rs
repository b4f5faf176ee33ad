//! About how long a cell takes and how much memory, before it is run.

use std::path::Path;

use crate::base::{Problem, Scalar};
use crate::lab::bench::peak::peak_gflops;
use crate::lab::config::{LoadedSpec, Precision, Spec};
use crate::lab::plan::Plan;
use crate::study::data::Dataset;

/// The share of a core's peak that matrix products reach.
const SHARE_OF_PEAK: f64 = 0.75;
/// Seconds that a layer takes at a step whatever its size, its rows in the log included.
const PER_LAYER: f64 = 2.5e-6;
/// Seconds for each number that a layer hands on, there and back.
const PER_NUMBER: f64 = 0.6e-9;
/// Seconds for the files of a cell.
const PER_CELL: f64 = 2e-3;

/// What a cell needs, roughly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellEstimate {
    /// Seconds on one core.
    pub seconds: f64,
    /// Bytes: of the network, with what a batch leaves in it, and of the data.
    pub bytes: f64,
}

/// Estimates cell after cell; data that several cells have in common is read once.
#[derive(Default)]
pub struct Estimator {
    single: InPrecision<f32>,
    double: InPrecision<f64>,
}

/// The most bytes of data that are kept for the next cell.
const KEPT: f64 = 64e6;

/// What cells of one precision have in common.
struct InPrecision<T> {
    /// 10⁹ operations a second that a core reaches, once it was measured.
    peak: Option<f64>,
    /// The data of the last cell, with what it was read for.
    data: Option<(Spec, Dataset<T>)>,
}

impl<T> Default for InPrecision<T> {
    fn default() -> Self {
        Self {
            peak: None,
            data: None,
        }
    }
}

impl Estimator {
    /// What a cell needs.
    ///
    /// # Errors
    /// What keeps it from being run: its data, its batch size, its memory.
    pub fn estimate(&mut self, cell: &LoadedSpec) -> Result<CellEstimate, Problem> {
        match cell.spec.precision {
            Precision::F32 => self.single.estimate(&cell.spec, &cell.folder),
            Precision::F64 => self.double.estimate(&cell.spec, &cell.folder),
        }
    }

    /// The bytes that a cell needs, alone.
    ///
    /// # Errors
    /// Those of [`Self::estimate`].
    pub fn bytes(&mut self, cell: &LoadedSpec) -> Result<f64, Problem> {
        match cell.spec.precision {
            Precision::F32 => self.single.look(&cell.spec, &cell.folder, bytes),
            Precision::F64 => self.double.look(&cell.spec, &cell.folder, bytes),
        }
    }
}

impl<T: Scalar> InPrecision<T> {
    fn estimate(&mut self, spec: &Spec, folder: &Path) -> Result<CellEstimate, Problem> {
        let peak = *self.peak.get_or_insert_with(peak_gflops::<T>);
        self.look(spec, folder, |plan| CellEstimate {
            seconds: seconds(plan, peak),
            bytes: bytes(plan),
        })
    }

    /// Looks at the plan of a cell.
    fn look<R>(
        &mut self,
        spec: &Spec,
        folder: &Path,
        look: impl FnOnce(&Plan<T>) -> R,
    ) -> Result<R, Problem> {
        let data = match self.data.take() {
            Some((other, data)) if has_same_data(&other, spec) => data,
            _ => Plan::<T>::load(spec, folder)?,
        };
        let plan = Plan::of(spec, data)?;
        let seen = look(&plan);
        let is_small = bytes_of_data(&plan.data) <= KEPT;
        self.data = is_small.then(|| (spec.clone(), plan.data));
        Ok(seen)
    }
}

/// Whether two specs read data of the same size; which rows are drawn for what is no matter.
fn has_same_data(a: &Spec, b: &Spec) -> bool {
    a.data == b.data && a.train.loss == b.train.loss
}

/// Bytes of the network and of the data.
fn bytes<T: Scalar>(plan: &Plan<T>) -> f64 {
    plan.bytes + bytes_of_data(&plan.data)
}

fn bytes_of_data<T>(data: &Dataset<T>) -> f64 {
    let samples = (data.train.samples() + data.test.samples()) as f64;
    let numbers = data.features() + data.train.targets_each() * data.outputs();
    samples * (numbers * size_of::<T>()) as f64
}

/// Seconds on one core that reaches `peak` · 10⁹ operations a second.
fn seconds<T: Scalar>(plan: &Plan<T>, peak: f64) -> f64 {
    let (work, training) = (&plan.work, &plan.training);
    let products = work.products / (SHARE_OF_PEAK * peak * 1e9);
    let step = products + PER_NUMBER * work.numbers + PER_LAYER * work.layers as f64;
    // Forward alone is a third, on as many batches as the test set has.
    let batches = plan.data.test.samples() as f64 / training.batch_size as f64;
    let evaluations = (training.steps / training.evaluate_every.max(1) + 2) as f64;
    // The last row is measured at a step that changes nothing.
    let steps = training.steps as f64 + 1.0;
    PER_CELL + step * (steps + evaluations * batches / 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::bench::workloads::Workload;
    use crate::lab::config::Overrides;

    /// Steps per second on one core of Zen 3, from benches/README.md, where a core reaches
    /// about 3.4 GHz · 2 units · 8 numbers · 2 operations = 109 · 10⁹ a second.
    #[test]
    fn the_reference_workloads_take_about_as_long_as_they_did() {
        for (name, steps_per_s) in [
            ("W1", 26.8),
            ("W2", 2.04),
            ("W3", 293.0),
            ("W4", 101.0),
            ("W5", 22.5),
        ] {
            let workload = Workload::named(name).unwrap();
            let spec = workload.spec(&Overrides::default()).unwrap().spec;
            let plan = Plan::<f32>::new(&spec, Path::new("")).unwrap();
            let each = seconds(&plan, 109.0) / plan.training.steps as f64;
            let ratio = each * steps_per_s;
            assert!((0.5..2.0).contains(&ratio), "{name}: {ratio}");
        }
    }

    /// A network of 2 · 8² weights and as many gradients is nothing beside its batch.
    #[test]
    fn memory_is_that_of_the_batch_and_the_data_too() {
        let bytes = |samples: usize, batch: &str| {
            let text = format!(
                "[data]\nsource = {{ gaussian = {{ samples = {samples}, features = 8, classes = 3 }} }}\n\
                 test_fraction = 0.0\n[network]\ndepth = 2\nwidth = 8\nactivation = \"tanh\"\n\
                 [train]\nsteps = 1\nbatch_size = {batch}\nlearning_rate = 0.1\n"
            );
            let spec = Spec::from_text(Path::new("a.toml"), text, &Overrides::default());
            Estimator::default().bytes(&spec.unwrap()).unwrap()
        };
        let few = bytes(4000, "10");
        // Each sample is 8 numbers of 4 bytes, at least.
        assert!(bytes(8000, "10") - few >= 4000.0 * 8.0 * 4.0);
        // Each row of a batch is at least what two layers hand on, there and back.
        let row = (bytes(4000, "4000") - few) / 3990.0;
        assert!(row >= 2.0 * 2.0 * 8.0 * 4.0, "{row}");
    }

    #[test]
    fn data_is_read_again_only_where_it_differs() {
        let mut estimator = Estimator::default();
        let cell = |set: &[&str]| {
            let text = "[data]\nsource = { blobs = { samples = 60, classes = 3 } }\n[network]\n\
                        depth = 2\nwidth = 4\nactivation = \"tanh\"\n[train]\nepochs = 3\n\
                        batch_size = 8\nlearning_rate = 0.1\n";
            let set: Vec<String> = set.iter().map(|set| (*set).to_owned()).collect();
            let overrides = Overrides::parse(&set).unwrap();
            Spec::from_text(Path::new("a.toml"), text.to_owned(), &overrides).unwrap()
        };
        let mut seconds = |set: &[&str]| estimator.estimate(&cell(set)).map(|it| it.seconds);
        let one = seconds(&["train.steps=1000000"]).unwrap();
        // A third of the rows, a third of the steps of an epoch.
        let few = seconds(&["data.source.blobs.samples=20", "train.epochs=100000"]).unwrap();
        let many = seconds(&["data.source.blobs.samples=60", "train.epochs=100000"]).unwrap();
        assert!(one > 0.0);
        assert!((many / few - 3.0).abs() < 0.5, "{many} {few}");
        let refused = seconds(&["train.batch_size=500"]).unwrap_err();
        assert!(refused.what.contains("larger than the training split"));
        assert_eq!(
            seconds(&["data.source.blobs.samples=60", "train.epochs=100000"]).unwrap(),
            many
        );
    }
}
