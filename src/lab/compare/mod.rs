//! Runs held against each other: what differs in their specs, in what came out
//! of them, and in the figures of each layer.

mod at;
mod common;
mod compared_target;
mod conclusion;
pub mod forms;
mod matching;
mod outcome;
mod pair;
mod profile;
mod reading;

pub use at::StepChoice;
pub use compared_target::ComparedTarget;
pub use conclusion::conclusion;
pub use matching::Matching;
pub use outcome::{FIGURES, OutcomeFigure, OutcomeRow};
pub use pair::{Agreement, LayerPair, Pair};
pub use reading::{Missing, Value};

use pair::Measure;
use profile::Profile;

use crate::base::Problem;
use crate::lab::config::Changed;
use crate::lab::reading::read_all;
use crate::lab::records::Target;
use crate::nn::architecture::Along;

/// What two runs on different machines differ by at most, in decades.
pub const TOLERANCE: f64 = 0.1;

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct CompareRequest {
    /// The column; without one, each file is read for its headline.
    pub quantity: Option<String>,
    /// Where in the runs.
    pub at: StepChoice,
    /// The largest difference, in decades, that is none.
    pub tolerance: f64,
    /// The most files read at once.
    pub threads: usize,
}

/// Targets held against the first of them.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Where in the runs.
    pub at: StepChoice,
    /// The largest difference, in decades, that is none.
    pub tolerance: f64,
    /// The targets; the first is the reference.
    pub targets: Vec<ComparedTarget>,
    /// What differs between the specs of those that have one.
    pub changed: Vec<Changed>,
    /// A pair for each target but the reference.
    pub pairs: Vec<Pair>,
    /// What a reader of the figures has to know.
    pub remarks: Vec<String>,
    /// What was left out of the files.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// Reads the targets, at least two, and compares them.
    ///
    /// # Errors
    /// If a file cannot be read or lacks the quantity, or if nothing of any
    /// target can be compared with the reference.
    pub fn of(targets: &[Target], request: &CompareRequest) -> Result<Self, Problem> {
        let quantity = request.quantity.as_deref();
        let mut profiles = read_all(targets, request.threads, |_, run| {
            Profile::read(run, quantity, request.at)
        })?;
        let partial = match request.at {
            StepChoice::Mean => common::mean_over_common_steps(&mut profiles),
            _ => Vec::new(),
        };
        let mut profiles = profiles.into_iter();
        let compared: Vec<ComparedTarget> = targets
            .iter()
            .enumerate()
            .map(|(i, target)| {
                let own = profiles.by_ref().take(target.runs.len());
                ComparedTarget::new(i, target, own.collect())
            })
            .collect::<Result<_, _>>()?;
        let measure = Measure {
            at: request.at,
            tolerance: request.tolerance,
        };
        let pairs: Vec<Pair> = (1..compared.len())
            .map(|other| Pair::of(&compared, other, measure))
            .collect();
        let mut remarks = remarks(&compared, &pairs, quantity);
        if !partial.is_empty() {
            remarks.push(format!(
                "the means cover the steps that all targets have: {}",
                partial.join("; ")
            ));
        }
        let comparison = Self {
            at: request.at,
            tolerance: request.tolerance,
            changed: crate::lab::records::specs::changed(targets),
            remarks,
            warnings: warnings(&compared),
            pairs,
            targets: compared,
        };
        comparison.has_something()?;
        Ok(comparison)
    }

    /// Whether no layer differs and nothing was left uncompared.
    pub fn holds(&self) -> bool {
        self.pairs.iter().all(Pair::holds)
    }

    /// Whether some layer of some pair could be compared.
    pub fn has_comparable(&self) -> bool {
        self.pairs.iter().any(Pair::has_comparable)
    }

    /// The target that a pair holds against the reference.
    pub fn other(&self, pair: &Pair) -> &ComparedTarget {
        &self.targets[pair.other]
    }

    /// The error of a comparison in which nothing could be compared.
    fn has_something(&self) -> Result<(), Problem> {
        if self.pairs.iter().all(|pair| pair.layers.is_empty()) {
            let mut reasons: Vec<&str> = Vec::new();
            for reason in self.pairs.iter().flat_map(|pair| &pair.not_comparable) {
                if !reasons.contains(&&**reason) {
                    reasons.push(reason);
                }
            }
            return Err(
                Problem::new(format!("nothing can be compared: {}", reasons.join("; ")))
                    .help("choose a step that was logged, or --at initial, final or mean"),
            );
        }
        if !self.pairs.iter().any(Pair::has_figures) {
            let quantity = &self.targets[0].quantity;
            return Err(Problem::new(format!(
                "nothing can be compared: `{quantity}` is empty in every layer at {}",
                self.targets[0].steps()
            ))
            .help("choose another --quantity, or another step with --at"));
        }
        Ok(())
    }
}

/// What was left out, once for a file that is named twice.
fn warnings(targets: &[ComparedTarget]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for warning in targets.iter().flat_map(ComparedTarget::warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings
}

/// What is compared although it is not quite the same.
fn remarks(targets: &[ComparedTarget], pairs: &[Pair], quantity: Option<&str>) -> Vec<String> {
    let mut remarks = Vec::new();
    let reference = &targets[0];
    for pair in pairs.iter().filter(|pair| !pair.layers.is_empty()) {
        let target = &targets[pair.other];
        let (own, theirs) = (reference.steps(), target.steps());
        if own != theirs {
            remarks.push(format!(
                "{} is read at {theirs}, {} at {own}",
                target.letter, reference.letter
            ));
        }
        if pair.matching == Matching::RelativeDepth {
            let matched = match Along::of_all([reference.outcome.along, target.outcome.along]) {
                Along::Layers => "layers are matched by relative depth",
                Along::Time => "time steps are matched by their share of the way",
            };
            remarks.push(format!(
                "{} has {}, {} has {}: {matched}, in between by interpolation of log10",
                target.letter,
                target.path_words(),
                reference.letter,
                reference.path_words()
            ));
        } else if target.profiles[0].path() != reference.profiles[0].path() {
            remarks.push(format!(
                "{} and {} have the same layers, but only one names its output: \
                 layers are matched by number",
                reference.letter, target.letter
            ));
        }
        if quantity.is_some() && target.outcome.norm != reference.outcome.norm {
            remarks.push(format!(
                "decay and attenuation of {} are those of {}, of {} those of {}",
                target.letter, target.outcome.norm, reference.letter, reference.outcome.norm
            ));
        }
    }
    remarks
}
