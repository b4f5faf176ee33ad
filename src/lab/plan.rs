//! From a spec to a plan: every choice made, every size known, everything
//! checked that does not need a network. Only a plan runs.

use std::path::Path;

use crate::base::{Problem, Scalar};
use crate::lab::config::{BatchSize, Every, Spec, Width};
use crate::lab::machine::free_memory;
use crate::lab::text;
use crate::nn::architecture::Architecture;
use crate::nn::layer::skip::Skip;
use crate::nn::loss::TargetKind;
use crate::nn::optim::Optimizer;
use crate::study::data::{Dataset, LoadOptions, load};
use crate::study::train::{LogSteps, TrainingPlan};

/// An experiment ready to run, with its data.
pub struct Plan<T> {
    /// The spec with every default filled in.
    pub spec: Spec,
    /// Training and test split.
    pub data: Dataset<T>,
    /// The network.
    pub architecture: Architecture,
    /// What the loop does.
    pub training: TrainingPlan,
    /// The optimizer.
    pub optimizer: Optimizer<T>,
    /// Bytes the network takes.
    pub bytes: f64,
}

impl<T: Scalar> Plan<T> {
    /// Loads the data of `spec`, whose paths are relative to `folder`, and
    /// settles everything that depends on it.
    ///
    /// # Errors
    /// A problem with the data, a batch larger than the training split, a
    /// network that does not fit in memory. Nothing large has been allocated.
    pub fn new(mut spec: Spec, folder: &Path) -> Result<Self, Problem> {
        refuse_absurd_sizes::<T>(&spec)?;
        let data: Dataset<T> = load(
            &spec.data.source,
            &LoadOptions {
                seed: spec.seed,
                base_dir: folder,
                test_fraction: spec.data.test_fraction,
                standardize: spec.data.standardize,
                standardize_target: spec.data.standardize_target,
                numeric_targets: spec.train.loss.criterion::<T>().wants() == TargetKind::Numbers,
            },
        )?;
        let samples = data.train.samples();
        let batch_size = batch_size(&spec, samples)?;
        let optimizer = Optimizer::new(&spec.train.optimizer);
        // To be clipped, a gradient must be kept until all are known.
        let per_parameter =
            optimizer.states_per_param() + usize::from(spec.train.clip_grad_norm.is_some());
        let bytes = network_bytes::<T>(&spec, &data, batch_size, per_parameter);
        if let Some(free) = free_memory().filter(|free| bytes > *free) {
            return Err(too_large(bytes, &format!("{} are free", text::bytes(free))));
        }
        let steps = steps(&spec, (samples / batch_size) as u64)?;
        let evaluate_every = spec
            .log
            .evaluate_every
            .unwrap_or_else(|| ((samples / batch_size) as u64).max(10));
        spec.log.evaluate_every = Some(evaluate_every);
        let training = TrainingPlan {
            steps,
            batch_size,
            learning_rate: spec.train.learning_rate,
            schedule: spec.train.schedule.clone(),
            clip_grad_norm: spec.train.clip_grad_norm,
            evaluate_every,
            log: match spec.log.every {
                Every::Steps(every) => LogSteps::Every(every),
                Every::Log(_) => LogSteps::Log,
            },
            seed: spec.seed,
        };
        let architecture = architecture(
            &spec,
            &data,
            widths(&spec.network.width, spec.network.depth),
        );
        Ok(Self {
            spec,
            data,
            architecture,
            training,
            optimizer,
            bytes,
        })
    }
}

fn batch_size(spec: &Spec, samples: usize) -> Result<usize, Problem> {
    let norm = &spec.network.norm;
    match spec.train.batch_size {
        BatchSize::Full(_) if samples == 1 && norm.choice::<f64>().couples_rows() => {
            let name = norm.name();
            let what =
                format!("the training split has one sample, and {name} norm needs at least two");
            Err(Problem::at_key("train.batch_size", what)
                .help("give more samples, lower data.test_fraction, or choose another norm"))
        }
        BatchSize::Full(_) => Ok(samples),
        BatchSize::Samples(batch) if batch <= samples => Ok(batch),
        BatchSize::Samples(batch) => Err(Problem::at_key(
            "train.batch_size",
            format!("a batch of {batch} is larger than the training split of {samples} samples"),
        )
        .help(format!(
            "set it to at most {samples}, or to \"full\" for the whole training split"
        ))),
    }
}

fn steps(spec: &Spec, per_epoch: u64) -> Result<u64, Problem> {
    match (spec.train.steps, spec.train.epochs) {
        (Some(steps), _) => Ok(steps),
        (None, Some(epochs)) => epochs.checked_mul(per_epoch).ok_or_else(|| {
            Problem::at_key("train.epochs", "so many epochs have more than 2^64 steps")
        }),
        (None, None) => Err(Problem::at_key("train", "needs `epochs` or `steps`")),
    }
}

fn widths(width: &Width, depth: usize) -> Vec<usize> {
    match width {
        Width::All(width) => vec![*width; depth],
        Width::PerLayer(widths) => widths.clone(),
    }
}

fn architecture<T: Scalar>(spec: &Spec, data: &Dataset<T>, widths: Vec<usize>) -> Architecture {
    let network = &spec.network;
    Architecture {
        inputs: data.features(),
        widths,
        outputs: data.outputs(),
        activation: network.activation.clone(),
        init: network.init.clone(),
        bias: network.bias,
        norm: network.norm.clone(),
        order: network.order,
        skip: network.skip.clone(),
        dropout: network.dropout,
        seed: spec.seed,
    }
}

/// Refuses widths whose mere weight matrix would overflow later arithmetic.
fn refuse_absurd_sizes<T>(spec: &Spec) -> Result<(), Problem> {
    let widest = match &spec.network.width {
        Width::All(width) => *width,
        Width::PerLayer(widths) => widths.iter().copied().max().unwrap_or(1),
    };
    if widest < 1 << 24 {
        return Ok(());
    }
    let bytes = (widest as f64).powi(2) * spec.network.depth as f64 * size_of::<T>() as f64;
    Err(too_large(bytes, "no machine has that much"))
}

/// Bytes the network will take, with `per_parameter` values for each parameter
/// besides itself. With one width for all layers they grow
/// linearly in the depth, so a few shallow networks tell those of any other
/// and a depth of 10⁹ is answered at once.
fn network_bytes<T: Scalar>(
    spec: &Spec,
    data: &Dataset<T>,
    batch: usize,
    per_parameter: usize,
) -> f64 {
    let width = match &spec.network.width {
        Width::All(width) => *width,
        Width::PerLayer(widths) => {
            let architecture = architecture(spec, data, widths.clone());
            return architecture.graph::<T>(false).bytes(batch, per_parameter);
        }
    };
    let bytes = |groups: usize, every: usize| {
        let mut architecture = architecture(spec, data, vec![width; 1 + groups * every]);
        if let Skip::Identity(skip) = &mut architecture.skip {
            skip.every = every;
        }
        architecture.graph::<T>(false).bytes(batch, per_parameter)
    };
    // Layer 1, then groups of `every` layers, a skip around each.
    let every = architecture(spec, data, Vec::new()).layers_per_skip();
    let groups = (spec.network.depth - 1) / every;
    let per_group = |every: usize| (bytes(4, every) - bytes(2, every)) / 2.0;
    if groups <= 4 && every <= 4 {
        return bytes(groups, every);
    }
    let (shown, inner) = if every <= 4 {
        (every, 0.0)
    } else {
        (4, per_group(4) - per_group(3))
    };
    let group = per_group(shown) + inner * (every - shown) as f64;
    bytes(2, shown) - 2.0 * per_group(shown) + group * groups as f64
}

fn too_large(bytes: f64, available: &str) -> Problem {
    let what = format!(
        "this network would take {} of memory; {available}",
        text::bytes(bytes)
    );
    Problem::at_key("network", what).help("lower network.depth, network.width or train.batch_size")
}
