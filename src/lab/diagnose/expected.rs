//! What a spec and its data say of a run before it is made: theory, and the scale of the
//! numbers that the network is given.

use std::path::Path;

use ndarray::{Array2, ArrayView2};

use super::tokens::{self, TokenSpread};
use crate::base::Scalar;
use crate::base::spectral::spectral_radius;
use crate::base::team::Team;
use crate::lab::config::{LoadedSpec, Precision};
use crate::lab::experiment::network;
use crate::lab::plan::Plan;
use crate::lab::prediction::Prediction;
use crate::lab::theory::predict;
use crate::nn::architecture::{Architecture, Cell, NetworkSpec, Setting};
use crate::nn::loss::{TargetKind, Targets};

/// What the map from one state to the next is called in its layer.
const RECURRENT_MAP: &str = "weight_hh";

/// What a spec and its data say.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What theory expects at step 0, or why it says nothing.
    pub theory: Result<Prediction, String>,
    /// The data's scale; `None` where there is no spec or its data cannot be read.
    pub scales: Option<Scales>,
    /// What the run costs; likewise.
    pub work: Option<Work>,
    /// The spectral radius of the last layer's recurrent map at step 0, where the state is
    /// that of a plain recurrent network: about what a time step does to a gradient but
    /// for φ'.
    pub recurrent_radius: Option<f64>,
    /// How far a transformer tells tokens apart at step 0.
    pub tokens: Option<Vec<TokenSpread>>,
}

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Updates that it makes.
    pub steps: u64,
    /// Floating-point operations of one, forward and backward.
    pub operations: f64,
}

/// Sizes of the numbers that a network is given, over the training split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Root mean square of the features as the network gets them.
    pub features: f64,
    /// Root mean square of what differs between samples, over `features`.
    pub varying: f64,
    /// Root mean square of numeric targets; `None` for classes.
    pub targets: Option<f64>,
}

impl Expected {
    /// Of a run with this spec.
    pub fn of(loaded: Option<&LoadedSpec>) -> Self {
        match loaded {
            None => Self {
                theory: Err("the log names no spec".to_owned()),
                scales: None,
                work: None,
                recurrent_radius: None,
                tokens: None,
            },
            Some(loaded) => match loaded.spec.precision {
                Precision::F32 => of::<f32>(loaded),
                Precision::F64 => of::<f64>(loaded),
            },
        }
    }
}

fn of<T: Scalar>(loaded: &LoadedSpec) -> Expected {
    let plan = match Plan::<T>::new(&loaded.spec, &loaded.folder) {
        Ok(plan) => plan,
        Err(problem) => {
            return Expected {
                theory: Err(format!("the spec cannot be run here: {}", problem.what)),
                scales: None,
                work: None,
                recurrent_radius: None,
                tokens: None,
            };
        }
    };
    let theory = predict(&plan).map_err(|why| format!("`{}`: {}", why.key, why.reason));
    let [features, varying] = feature_scales(plan.inputs().view());
    let is_numeric = plan.loss.criterion::<T>().wants() == TargetKind::Numbers;
    let targets = match &plan.data.train.targets {
        Targets::Numbers(numbers) if is_numeric => Some(root_mean_square(numbers.view())),
        _ => None,
    };
    // Two for each of forward, backward to the inputs and backward to the weights.
    let own = weights(&plan.network, &plan.setting);
    let adversary = plan.training.adversary.as_ref().map_or(0.0, |adversary| {
        let other = weights(&adversary.network, &adversary.setting);
        // The generator forward alone, then the discriminator over two batches.
        2.0 * other / 3.0 + adversary.steps as f64 * (own / 3.0 + 2.0 * other)
    });
    let rows = plan.training.batch_size * plan.setting.rows();
    let operations = 6.0 * (own + adversary) * rows as f64;
    Expected {
        theory,
        scales: Some(Scales {
            features,
            varying,
            targets,
        }),
        work: Some(Work {
            steps: plan.training.steps,
            operations,
        }),
        recurrent_radius: recurrent_radius(&plan, &loaded.folder),
        tokens: tokens::of(plan, &loaded.folder),
    }
}

/// Weights of an MLP.
fn weights(network: &NetworkSpec, setting: &Setting) -> f64 {
    let width = |layer: usize| network.width.of(layer) as f64;
    let hidden: f64 = (2..=network.depth)
        .map(|layer| width(layer - 1) * width(layer))
        .sum();
    hidden + setting.inputs as f64 * width(1) + width(network.depth) * setting.outputs as f64
}

fn recurrent_radius<T: Scalar>(plan: &Plan<T>, folder: &Path) -> Option<f64> {
    let Architecture::Recurrent(recurrent) = &plan.network.architecture else {
        return None;
    };
    if !matches!(recurrent.cell, Cell::Rnn(_)) {
        return None;
    }
    let network = network(plan, folder, &Team::new(1).ok()?).ok()?;
    let params = network.layer_params().iter().rev();
    let mut maps = params.filter(|params| params.tensors[0].name == RECURRENT_MAP);
    let map = maps.next()?;
    let weight = map.trained[..map.weight_len()].iter();
    let shape = (map.tensors[0].shape[0], map.tensors[0].shape[1]);
    let weight = Array2::from_shape_vec(shape, weight.map(|w| (*w).to_f64()).collect());
    Some(spectral_radius(&weight.ok()?))
}

fn root_mean_square<T: Scalar>(numbers: ArrayView2<T>) -> f64 {
    let squares: f64 = numbers.iter().map(|x| (*x).to_f64().powi(2)).sum();
    (squares / numbers.len().max(1) as f64).sqrt()
}

/// The root mean square of all features, and the share of it that is not the same in
/// every sample.
fn feature_scales<T: Scalar>(inputs: ArrayView2<T>) -> [f64; 2] {
    let size = root_mean_square(inputs);
    let rows = inputs.nrows().max(1) as f64;
    let variances = inputs.columns().into_iter().map(|column| {
        let mean = column.iter().map(|x| (*x).to_f64()).sum::<f64>() / rows;
        column
            .iter()
            .map(|x| ((*x).to_f64() - mean).powi(2))
            .sum::<f64>()
            / rows
    });
    let variance = variances.sum::<f64>() / inputs.ncols().max(1) as f64;
    [
        size,
        if size > 0.0 {
            variance.sqrt() / size
        } else {
            1.0
        },
    ]
}
