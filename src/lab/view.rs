//! What a network was to render, beside what it renders: the view that a radiance field was
//! not trained on, or the picture that was learned from its pixels' coordinates.

use std::path::PathBuf;

use crate::base::Problem;
use crate::base::team::Team;
use crate::lab::config::Spec;
use crate::lab::experiment::network;
use crate::lab::plan::Plan;
use crate::lab::records::Run;
use crate::lab::summary::Status;
use crate::lab::text::number;
use crate::nn::layer::Mode;
use crate::nn::loss::Targets;
use crate::study::data::{Dataset, Split};

/// The weights that a run ends with, in its folder.
const WEIGHTS: &str = "weights/final.safetensors";

/// By how much the standard deviation of a picture's colours may seem to have changed: a run in
/// f32 rounds them.
const ROUNDING: f64 = 1e-6;

/// A colour: red, green and blue, from 0 to 1 in a picture; a network may go beyond.
pub type Colour = [f64; 3];

/// A rendered picture beside the true one, row by row from the top left.
#[derive(Clone, Debug)]
pub struct View {
    /// Whether it is a whole picture, pixels that were trained on among its own, and not the
    /// view held out.
    pub is_picture: bool,
    /// Pixels in a row.
    pub columns: usize,
    /// What is there.
    pub truth: Vec<Colour>,
    /// What the trained network renders.
    pub rendered: Vec<Colour>,
}

impl View {
    /// Whether a run renders something and its weights lie in its folder.
    pub fn is_kept(run: &Run) -> bool {
        run.spec.as_ref().is_some_and(renders) && weights(run).is_file()
    }

    /// Renders that of a run with its final weights, in f64 whatever the run's precision;
    /// `None` of a run of other data.
    ///
    /// # Errors
    /// If the run kept no weights or they do not fit its spec, or its picture has changed.
    pub fn of(run: &Run, threads: usize) -> Result<Option<Self>, Problem> {
        let Some(mut spec) = run.spec.clone().filter(renders) else {
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
        let is_picture = spec.data.source.is_picture();
        let told = run.summary.as_ref().filter(|_| is_picture);
        let guessed = told.and_then(|told| told.guessing_loss);
        let what = "the loss of guessing its mean colour";
        is_unchanged(run, what, [guessed, plan.guessing_loss()], ROUNDING)?;
        let mut network = network(&plan, &run.path, &team)?;
        network.divide(&team);
        let mut outputs = |split: &Split<f64>| {
            let rows: Vec<usize> = (0..split.samples()).collect();
            let mut all = Vec::new();
            for rows in rows.chunks(plan.training.batch_size) {
                network.load(&split.inputs, &split.targets, rows);
                all.extend(network.outputs(&team, Mode::Evaluation));
            }
            all
        };
        let data = &plan.data;
        if !is_picture {
            return Ok(Self::held_out(&data.test, &outputs(&data.test)));
        }
        let outputs = [&data.train, &data.test].map(outputs);
        // The weights are those of the last look at the test set where nothing cut the run short.
        let ended = told.filter(|told| told.status == Status::Completed);
        let reached = ended.and_then(|told| told.test_loss);
        let what = "the loss on its pixels held out";
        // In f32 a deep network's outputs may be off by more than its colours.
        let rounding = 1e-3 + 1e-2 * reached.unwrap_or(0.0).sqrt();
        let found = mean_square(&data.test, &outputs[1]);
        is_unchanged(run, what, [reached, found], rounding)?;
        Ok(Self::of_picture(data, outputs))
    }

    fn held_out(test: &Split<f64>, outputs: &[f64]) -> Option<Self> {
        let Targets::Numbers(truth) = &test.targets else {
            return None;
        };
        Some(Self {
            is_picture: false,
            columns: test.samples().isqrt(),
            truth: colours(truth.iter().copied()),
            rendered: colours(outputs.iter().copied()),
        })
    }

    /// Puts the pixels of both splits, training and test, back into their places.
    fn of_picture(data: &Dataset<f64>, outputs: [Vec<f64>; 2]) -> Option<Self> {
        let splits = [&data.train, &data.test];
        let mut places = vec![0; splits.map(Split::samples).iter().sum()];
        for number in &data.test_numbers {
            places[number - 1] = 1;
        }
        // Each split keeps the order of its pixels.
        let mut next = [0; 2];
        let places: Vec<(usize, usize)> = places
            .into_iter()
            .map(|split: usize| {
                next[split] += 1;
                (split, next[split] - 1)
            })
            .collect();
        let row = |(split, i): (usize, usize)| splits[split].inputs.row(i).last().copied();
        let first = row(*places.first()?);
        let channels = data.outputs();
        let colour = |mut numbers: Vec<f64>| -> Colour {
            if let Some(scale) = &data.target_scale {
                scale.undo(&mut numbers);
            }
            // Grey is as much of every colour.
            [0, 1, 2].map(|k| numbers[k.min(channels - 1)])
        };
        let truth = places
            .iter()
            .map(|(split, i)| match &splits[*split].targets {
                Targets::Numbers(numbers) => Some(colour(numbers.row(*i).to_vec())),
                Targets::Classes(_) => None,
            });
        let rendered = places.iter().map(|(split, i)| {
            let own = &outputs[*split][i * channels..(i + 1) * channels];
            colour(own.to_vec())
        });
        Some(Self {
            is_picture: true,
            columns: places.iter().take_while(|at| row(**at) == first).count(),
            truth: truth.collect::<Option<_>>()?,
            rendered: rendered.collect(),
        })
    }

    /// What it is, in words.
    pub fn what(&self) -> &'static str {
        match self.is_picture {
            true => "picture",
            false => "view held out",
        }
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

/// Whether a run of this spec renders something. What a generator learns of a picture's
/// pixels is not their colour.
fn renders(spec: &Spec) -> bool {
    let source = &spec.data.source;
    source.is_rays() || source.is_picture() && spec.gan.is_none()
}

/// That a mean square of a picture is what it was in the run, where both are known: their roots
/// are at most `rounding` apart.
fn is_unchanged(
    run: &Run,
    what: &str,
    [then, now]: [Option<f64>; 2],
    rounding: f64,
) -> Result<(), Problem> {
    let pair = then.zip(now);
    let differs = |(then, now): &(f64, f64)| (then.sqrt() - now.sqrt()).abs() > rounding;
    match pair.filter(differs) {
        None => Ok(()),
        Some((then, now)) => {
            let [then, now] = [then, now].map(number);
            let changed = "its picture has changed since the run, which did not learn this one";
            Err(Problem::in_file(
                &run.path,
                format!("{changed}: {what} is {now}, it was {then}"),
            )
            .help("put the picture back as it was, or run the experiment again"))
        }
    }
}

/// How far outputs are from what a split has; `None` without a sample.
fn mean_square(split: &Split<f64>, outputs: &[f64]) -> Option<f64> {
    let Targets::Numbers(numbers) = &split.targets else {
        return None;
    };
    let pairs = numbers.iter().zip(outputs);
    let squares: f64 = pairs.map(|(own, found)| (own - found).powi(2)).sum();
    (!numbers.is_empty()).then(|| squares / numbers.len() as f64)
}

fn weights(run: &Run) -> PathBuf {
    run.path.join(WEIGHTS)
}

/// Numbers in threes.
fn colours(numbers: impl IntoIterator<Item = f64>) -> Vec<Colour> {
    let numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.as_chunks().0.to_vec()
}
