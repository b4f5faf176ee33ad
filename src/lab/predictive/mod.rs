//! What a network's probabilities on the test set are worth: how unsure it is, whether
//! its confidence is right, and whether it is unsure where it errs.

mod measures;
mod table;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::team::Team;
use crate::base::{Problem, Scalar};
use crate::lab::config::Predictive;
use crate::nn::layer::Mode;
use crate::nn::loss::{Targets, softmax};
use crate::nn::network::Network;
use crate::study::data::Dataset;

pub use measures::{Bin, Measures};
pub use table::FILE;
use table::ProbabilityRow;

/// Where the probabilities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The softmax of one network's outputs.
    Softmax,
    /// The mean over networks with different units dropped.
    McDropout,
    /// The mean over networks of different seeds.
    Ensemble,
}

/// The probabilities for a test set, measured; as in `summary.json` and `seeds.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    /// Where they come from.
    pub method: Method,
    /// Networks whose probabilities are averaged; the mean number per sample.
    pub members: f64,
    /// What they are worth.
    #[serde(flatten)]
    pub measures: Measures,
}

/// The probabilities of `network` for the test set, and the table of them.
///
/// # Errors
/// If the table cannot be made.
pub fn predict<T: Scalar>(
    network: &mut Network<T>,
    data: &Dataset<T>,
    how: Predictive,
    batch_size: usize,
    team: &Team,
) -> Result<(Predictions, Vec<u8>), Problem> {
    let (method, passes) = match how {
        Predictive::Softmax => (Method::Softmax, 1),
        Predictive::McDropout(passes) => (Method::McDropout, passes),
    };
    let test = &data.test;
    let classes = data.outputs();
    let each = test.targets_each();
    let samples: Vec<usize> = (0..test.samples()).collect();
    let mut probabilities = vec![0.0; test.targets.len() * classes];
    let portions = samples.chunks(batch_size);
    let count = portions.len() as u64;
    for (portion, samples) in portions.enumerate() {
        network.load(&test.inputs, &test.targets, samples);
        let first = samples[0] * each * classes;
        for pass in 0..u64::from(passes) {
            let mode = match how {
                Predictive::Softmax => Mode::Evaluation,
                // No two portions share their masks.
                Predictive::McDropout(_) => Mode::Sampled {
                    pass: pass * count + portion as u64,
                },
            };
            let outputs = network.outputs(team, mode);
            let slots = probabilities[first..].chunks_exact_mut(classes);
            for (slots, outputs) in slots.zip(outputs.chunks_exact(classes)) {
                let outputs: Vec<f64> = outputs.iter().map(|o| Scalar::to_f64(*o)).collect();
                let terms = slots.iter_mut().zip(softmax(&outputs));
                terms.for_each(|(slot, p)| *slot += p / f64::from(passes));
            }
        }
    }
    let Targets::Classes(targets) = &test.targets else {
        unreachable!("only specs with classes ask for probabilities");
    };
    let rows = targets.iter().zip(probabilities.chunks_exact(classes));
    let rows: Vec<ProbabilityRow> = rows
        .enumerate()
        .map(|(i, (target, probabilities))| ProbabilityRow {
            sample: data.test_numbers[i / each],
            position: i % each,
            target: *target,
            probabilities: probabilities.to_vec(),
        })
        .collect();
    let table = table::to_bytes(&rows)?;
    let measures = Measures::of(rows.iter().map(ProbabilityRow::judged));
    Ok((
        Predictions {
            method,
            members: f64::from(passes),
            measures,
        },
        table,
    ))
}

/// The ensemble of runs: for every sample the mean probabilities of those that held it
/// out for their tests. Where the seed draws the split they are not all of them, and a
/// sample that fewer than two held out does not count: a network is not asked about what
/// it was trained on. A run without a table, having diverged or been stopped, is no member.
/// `None` where no sample is left or fewer than two runs have a table.
///
/// # Errors
/// If a table cannot be read or does not fit the others.
pub fn ensemble(folders: &[PathBuf]) -> Result<Option<Predictions>, Problem> {
    let files = folders.iter().map(|folder| folder.join(FILE));
    let files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
    if files.len() < 2 {
        return Ok(None);
    }
    let mut sums: Vec<(ProbabilityRow, u32)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for file in &files {
        for row in table::read(file)? {
            let place = *places.entry(row.place()).or_insert(sums.len());
            let Some((sum, members)) = sums.get_mut(place) else {
                sums.push((row, 1));
                continue;
            };
            if sum.target != row.target || sum.probabilities.len() != row.probabilities.len() {
                let what = format!(
                    "sample {} is of another class than in its siblings",
                    row.sample
                );
                return Err(Problem::in_file(file, what)
                    .help("an ensemble needs runs on the same data: run them again"));
            }
            let terms = sum.probabilities.iter_mut().zip(&row.probabilities);
            terms.for_each(|(sum, p)| *sum += p);
            *members += 1;
        }
    }
    sums.retain(|(_, members)| *members > 1);
    if sums.is_empty() {
        return Ok(None);
    }
    let all: u32 = sums.iter().map(|(_, members)| members).sum();
    for (sum, members) in &mut sums {
        let probabilities = sum.probabilities.iter_mut();
        probabilities.for_each(|p| *p /= f64::from(*members));
    }
    // In the order of the table, whichever run names a sample first: ties go by it.
    sums.sort_by_key(|(row, _)| row.place());
    Ok(Some(Predictions {
        method: Method::Ensemble,
        members: f64::from(all) / sums.len() as f64,
        measures: Measures::of(sums.iter().map(|(row, _)| row.judged())),
    }))
}
