//! The view that a radiance field was not trained on, as its network renders it.

use std::path::PathBuf;

use crate::base::Problem;
use crate::base::team::Team;
use crate::lab::experiment::network;
use crate::lab::plan::Plan;
use crate::lab::records::Run;
use crate::nn::layer::Mode;
use crate::nn::loss::Targets;

/// The weights that a run ends with, in its folder.
const WEIGHTS: &str = "weights/final.safetensors";

/// A colour: red, green and blue in [0, 1].
pub type Colour = [f64; 3];

/// The view held out, row by row from the top left.
#[derive(Clone, Debug)]
pub struct View {
    /// Pixels in a row.
    pub columns: usize,
    /// What is there.
    pub truth: Vec<Colour>,
    /// What the trained network renders.
    pub rendered: Vec<Colour>,
}

impl View {
    /// Whether a run is of a radiance field whose weights lie in its folder.
    pub fn is_kept(run: &Run) -> bool {
        is_of_rays(run) && weights(run).is_file()
    }

    /// Renders that of a run with its final weights, in f64 whatever the run's precision;
    /// `None` of a run of other data.
    ///
    /// # Errors
    /// If the run kept no weights or they do not fit its spec.
    pub fn of(run: &Run, threads: usize) -> Result<Option<Self>, Problem> {
        let Some(mut spec) = run.spec.clone().filter(|_| is_of_rays(run)) else {
            return Ok(None);
        };
        if !weights(run).is_file() {
            let what = "kept no weights to render its view with";
            return Err(
                Problem::in_file(&run.path, what).help("run it again with log.save_weights = true")
            );
        }
        spec.network.weights = Some(WEIGHTS.into());
        let team = Team::new(threads)?;
        let plan = Plan::<f64>::new(&spec, &run.path)?;
        let mut network = network(&plan, &run.path, &team)?;
        network.divide(&team);
        let test = &plan.data.test;
        let Targets::Numbers(truth) = &test.targets else {
            return Ok(None);
        };
        let rows: Vec<usize> = (0..test.samples()).collect();
        let mut rendered = Vec::new();
        for rows in rows.chunks(plan.training.batch_size) {
            network.load(&test.inputs, &test.targets, rows);
            rendered.extend(colours(network.outputs(&team, Mode::Evaluation)));
        }
        Ok(Some(Self {
            columns: rows.len().isqrt(),
            truth: colours(truth.iter().copied()),
            rendered,
        }))
    }

    /// The mean squared error over pixels and colours.
    pub fn error(&self) -> f64 {
        let pairs = self
            .truth
            .iter()
            .flatten()
            .zip(self.rendered.iter().flatten());
        let squares: f64 = pairs.map(|(truth, found)| (truth - found).powi(2)).sum();
        squares / (3 * self.truth.len()).max(1) as f64
    }
}

fn is_of_rays(run: &Run) -> bool {
    let spec = run.spec.as_ref();
    spec.is_some_and(|spec| spec.data.source.is_rays())
}

fn weights(run: &Run) -> PathBuf {
    run.path.join(WEIGHTS)
}

/// Numbers in threes.
fn colours(numbers: impl IntoIterator<Item = f64>) -> Vec<Colour> {
    let numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.as_chunks().0.to_vec()
}
