//! From a spec to a plan: every choice made, every size known, everything
//! checked that does not need a network. Only a plan runs.

use std::path::Path;

use ndarray::{Array2, CowArray, Ix2};

use crate::base::memory::{UNKNOWN, free_memory};
use crate::base::{Problem, Scalar, counted};
use crate::lab::config::{BatchSize, Every, Spec};
use crate::lab::learned::guessing_loss;
use crate::lab::text;
use crate::nn::adversary::GeneratorSide;
use crate::nn::architecture::{Architecture, NetworkSpec, Setting};
use crate::nn::graph::Graph;
use crate::nn::image::Image;
use crate::nn::loss::{Loss, Targets};
use crate::nn::objective::Objective;
use crate::nn::optim::Optimizer;
use crate::nn::readout::Readout;
use crate::nn::work::StepWork;
use crate::study::data::{Dataset, LoadOptions, load};
use crate::study::train::{AdversaryPlan, LogSteps, TrainingPlan, UpdatePlan};

/// An experiment ready to run, with its data.
pub struct Plan<T> {
    /// The experiment's name.
    pub name: String,
    /// What the network is built from.
    pub network: NetworkSpec,
    /// The loss.
    pub loss: Loss,
    /// Training and test split.
    pub data: Dataset<T>,
    /// What the network is built for.
    pub setting: Setting,
    /// What the loop does.
    pub training: TrainingPlan<T>,
    /// Bytes the network takes.
    pub bytes: f64,
    /// What a step asks of the machine.
    pub work: StepWork,
}

impl<T: Scalar> Plan<T> {
    /// Loads the data of `spec`, whose paths are relative to `folder`, and
    /// settles everything that depends on it.
    ///
    /// # Errors
    /// A problem with the data, a batch larger than the training split, a
    /// network that does not fit in memory. Nothing large has been allocated.
    pub fn new(spec: &Spec, folder: &Path) -> Result<Self, Problem> {
        Self::of(spec, Self::load(spec, folder)?)
    }

    /// The data of `spec`, whose paths are relative to `folder`.
    ///
    /// # Errors
    /// A problem with the data.
    pub fn load(spec: &Spec, folder: &Path) -> Result<Dataset<T>, Problem> {
        load(
            &spec.data.source,
            &LoadOptions {
                seed: spec.seed,
                base_dir: folder,
                test_fraction: spec.data.test_fraction,
                standardize: spec.data.standardizes(),
                standardize_target: spec.data.standardize_target,
                // A generator looks at none.
                targets: match spec.gan {
                    Some(_) => None,
                    None => Some(spec.train.loss.criterion::<T>().wants()),
                },
            },
        )
    }

    /// Settles everything that depends on `data`, which is that of `spec`.
    ///
    /// # Errors
    /// As [`Self::new`], but for the data.
    pub fn of(spec: &Spec, data: Dataset<T>) -> Result<Self, Problem> {
        let free = free_memory();
        let fits = |bytes, at_least| fits(bytes, at_least, free);
        // Before a graph of 10⁹ layers is built.
        let behind = spec.gan.as_ref().map(|gan| &gan.discriminator);
        let networks = [&spec.network].into_iter().chain(behind);
        fits(
            networks.map(NetworkSpec::least_bytes::<T>).sum(),
            "at least ",
        )?;
        let samples = data.train.samples();
        let batch_size = batch_size(spec, samples)?;
        let optimizer = Optimizer::new(&spec.train.optimizer);
        // To be clipped, a gradient must be kept until all are known.
        let per_parameter =
            optimizer.states_per_param() + usize::from(spec.train.clip_grad_norm.is_some());
        let image = image(spec, &data)?;
        let positions = match image {
            // One number per pixel: the pixels are rows as they are.
            Some(image) if image.channels == 1 => image.pixels(),
            // It reads noise, and what it makes is held against no target.
            _ if spec.gan.is_some() => 1,
            _ if spec.data.source.is_rays() => spec.data.positions(),
            _ => positions(spec, &data)?,
        };
        if batch_size == 1 {
            rows_vary(spec, image, positions)?;
        }
        let [inputs, outputs] = match &spec.gan {
            Some(gan) => [gan.noise, data.features()],
            None => [data.features() / positions, data.outputs()],
        };
        let setting = Setting {
            positions,
            inputs,
            image,
            is_ray: spec.data.source.is_rays(),
            outputs,
            seed: spec.seed,
        };
        let adversary = adversary(spec, &setting);
        let graph = graph(&spec.network, &setting, adversary.as_ref());
        let bytes = graph.bytes(batch_size, per_parameter);
        let mut work = graph.work(batch_size);
        let of_discriminator = adversary.as_ref().map_or(0.0, |adversary| {
            let graph = adversary.network.graph::<T>(&adversary.setting, false);
            work = work.with_discriminator(graph.work(batch_size), adversary.steps);
            // Its gradient is kept for a second batch to be added to it.
            let per_parameter = adversary.update.optimizer.states_per_param() + 2;
            graph.bytes(batch_size, per_parameter)
        });
        let bytes = bytes + of_discriminator;
        fits(bytes, "")?;
        let batches = (samples / batch_size) as u64;
        // A generator's steps take a batch for each update of the discriminator.
        let batches_each = spec.gan.as_ref().map_or(1, |gan| gan.discriminator_steps);
        let steps = steps(spec, batches, batches_each)?;
        let evaluate_every = spec
            .log
            .evaluate_every
            .unwrap_or_else(|| (batches / batches_each).max(10));
        let network = &spec.network;
        let training = TrainingPlan {
            optimizer,
            scales_to_data: network.weights.is_none()
                && network.init.initializer().is_data_dependent(),
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
            log_tensors: spec.log.parameters,
            seed: spec.seed,
            adversary,
        };
        Ok(Self {
            name: spec.name.clone(),
            network: network.clone(),
            loss: spec.train.loss.clone(),
            data,
            setting,
            training,
            bytes,
            work,
        })
    }

    /// The training inputs as the network takes them before it encodes them: a row per
    /// sample, of rays one per point.
    pub fn inputs(&self) -> CowArray<'_, T, Ix2> {
        let inputs = &self.data.train.inputs;
        if !self.setting.is_ray {
            return inputs.into();
        }
        let width = self.setting.inputs - 1;
        let points = inputs.iter().copied().enumerate();
        let places = points.filter(|(i, _)| i % self.setting.inputs < width);
        let places: Vec<T> = places.map(|(_, x)| x).collect();
        let shape = (places.len() / width, width);
        let places = Array2::from_shape_vec(shape, places);
        places.expect("as many numbers for every point").into()
    }
}

impl<T: Scalar> Plan<T> {
    /// The network's layers and buffers; of a generator with its discriminator behind it.
    pub fn graph(&self) -> Graph<T> {
        graph(
            &self.network,
            &self.setting,
            self.training.adversary.as_ref(),
        )
    }

    /// The loss of the best guess that looks at no input; `None` of a generator, whose
    /// samples have no targets.
    pub fn guessing_loss(&self) -> Option<f64> {
        self.guessing_loss_on(&self.data.train.targets)
    }

    /// What the guess by the training split's targets loses on `judged`.
    pub fn guessing_loss_on(&self, judged: &Targets<T>) -> Option<f64> {
        let known = &self.data.train.targets;
        let criterion = self.loss.criterion::<T>();
        let loss = guessing_loss(known, judged, self.data.outputs(), criterion);
        loss.filter(|_| self.training.adversary.is_none())
    }

    /// What the network minimises.
    pub fn objective(&self) -> Objective {
        match &self.training.adversary {
            Some(adversary) => GeneratorSide(adversary.loss.clone()).into(),
            None => self.loss.clone().into(),
        }
    }
}

fn graph<T: Scalar>(
    network: &NetworkSpec,
    setting: &Setting,
    adversary: Option<&AdversaryPlan<T>>,
) -> Graph<T> {
    match adversary {
        Some(adversary) => network.composed_graph(setting, &adversary.network),
        None => network.graph(setting, false),
    }
}

/// How the discriminator behind the generator of this setting is trained.
fn adversary<T: Scalar>(spec: &Spec, setting: &Setting) -> Option<AdversaryPlan<T>> {
    let gan = spec.gan.as_ref()?;
    let train = spec.discriminator_train(gan);
    Some(AdversaryPlan {
        loss: gan.loss.clone(),
        network: gan.discriminator.clone(),
        setting: setting.of_discriminator(),
        steps: gan.discriminator_steps,
        update: UpdatePlan {
            optimizer: Optimizer::new(&train.optimizer),
            learning_rate: train.learning_rate,
            schedule: train.schedule,
            clip_grad_norm: train.clip_grad_norm,
        },
        weight_clip: gan.weight_clip,
    })
}

/// The shape of a sample where the network reads images.
fn image<T: Scalar>(spec: &Spec, data: &Dataset<T>) -> Result<Option<Image>, Problem> {
    let key = "data.image";
    let features = data.features();
    let image = spec.data.image.or(data.image).map(Image::new);
    if let Some(image) = image.filter(|image| image.features() != features) {
        let what = format!(
            "images {image} have {} numbers, and a sample has {features} features",
            image.features()
        );
        return Err(Problem::at_key(key, what).help(format!(
            "give channels, rows and columns whose product is {features}"
        )));
    }
    let blueprint = spec.network.architecture.blueprint::<T>();
    if !blueprint.reads_images() {
        return Ok(None);
    }
    let Some(image) = image else {
        let (name, source) = (spec.network.architecture.name(), spec.data.source.name());
        let what = format!(
            "missing, where {name} reads images and {source} does not say how its {features} features are one"
        );
        return Err(Problem::at_key(key, what)
            .help("add `image = [channels, rows, columns]` to [data], as the features lie: channel by channel, row by row"));
    };
    // That each sample has one target.
    positions(spec, data)?;
    match blueprint.check_image(&spec.network, image) {
        Some(conflict) => {
            Err(Problem::at_key(conflict.keys[0].clone(), conflict.what).help(conflict.help))
        }
        None => Ok(Some(image)),
    }
}

/// Positions of a sample as the network reads it; 1 where it reads all features at once.
fn positions<T: Scalar>(spec: &Spec, data: &Dataset<T>) -> Result<usize, Problem> {
    let positions = spec.data.positions();
    let features = data.features();
    if !features.is_multiple_of(positions) {
        let what =
            format!("{positions} positions do not divide the {features} features of a sample");
        return Err(Problem::at_key("data.positions", what)
            .help(format!("set it to a divisor of {features}")));
    }
    let readout = spec.network.readout();
    let (source, targets) = (spec.data.source.name(), data.train.targets_each());
    let read = match readout {
        Some(Readout::Every) => positions,
        _ => 1,
    };
    if read == targets {
        return Ok(if readout.is_some() { positions } else { 1 });
    }
    let (key, help) = match readout {
        None => (
            "network.architecture",
            "use a recurrent network or a transformer with readout = \"every\"",
        ),
        Some(Readout::Every) if targets == 1 => (
            "network.readout",
            "use \"last\" or \"mean\", or data with a target for every position",
        ),
        Some(Readout::Every) => ("data.positions", "set it to the number of targets"),
        Some(_) => ("network.readout", "set network.readout = \"every\""),
    };
    // A position may have several outputs.
    let read = match readout {
        Some(_) => format!("reads out {}", counted(read, "position")),
        None => "gives one output".to_owned(),
    };
    let targets = counted(targets, "target");
    let what = format!("{source} has {targets} per sample, and the network {read}");
    Err(Problem::at_key(key, what).help(help))
}

/// That a norm over the rows of a batch of one sample has several rows in every layer: the
/// pixels of an image, the positions of a sequence, the points of a ray.
fn rows_vary(spec: &Spec, image: Option<Image>, positions: usize) -> Result<(), Problem> {
    let (network, norm) = (&spec.network, &spec.network.norm);
    let rows = match (&network.architecture, image) {
        (Architecture::Conv(conv), Some(image)) => conv
            .images(network, image)
            .last()
            .map_or(1, |last| last.pixels()),
        _ => positions,
    };
    if rows > 1 || !norm.choice::<f64>().couples_rows() {
        return Ok(());
    }
    let name = norm.name();
    let what = format!(
        "a batch of one sample, of which a layer has one row: its variance, by which {name} norm \
         divides, is 0"
    );
    Err(Problem::at_key("train.batch_size", what)
        .help("use larger batches, give more samples, or choose another norm"))
}

fn batch_size(spec: &Spec, samples: usize) -> Result<usize, Problem> {
    match spec.train.batch_size {
        BatchSize::Full(_) => Ok(samples),
        BatchSize::Samples(batch) if batch <= samples => Ok(batch),
        BatchSize::Samples(batch) => Err(Problem::at_key(
            "train.batch_size",
            format!(
                "a batch of {batch} is larger than the training split of {}",
                counted(samples, "sample")
            ),
        )
        .help(format!(
            "set it to at most {samples}, or to \"full\" for the whole training split"
        ))),
    }
}

fn steps(spec: &Spec, per_epoch: u64, batches_each: u64) -> Result<u64, Problem> {
    match (spec.train.steps, spec.train.epochs) {
        (Some(steps), _) => Ok(steps),
        (None, Some(epochs)) => {
            let batches = epochs.checked_mul(per_epoch).ok_or_else(|| {
                Problem::at_key("train.epochs", "so many epochs have more than 2^64 steps")
            })?;
            Ok(batches.div_ceil(batches_each))
        }
        (None, None) => Err(Problem::at_key("train", "needs `epochs` or `steps`")),
    }
}

/// That a network of `bytes` (at least) fits into what is free.
fn fits(bytes: f64, at_least: &str, free: Option<f64>) -> Result<(), Problem> {
    if bytes <= free.unwrap_or(UNKNOWN) {
        return Ok(());
    }
    let available = free.map_or_else(
        || "that is more than this program counts on".to_owned(),
        |free| format!("{} are free", text::bytes(free)),
    );
    let what = format!(
        "this network would take {at_least}{} of memory; {available}",
        text::bytes(bytes)
    );
    let help = "lower network.depth, network.width or train.batch_size";
    Err(Problem::at_key("network", what).help(help))
}
