//! What a run's summary needs of its steps, noted as they are made.

use serde::{Deserialize, Serialize};

use crate::base::squares::Squares;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::learned::{Evidence, Guessing};
use crate::lab::onset::{Onset, OnsetTracker, PathNorm};
use crate::lab::summary::Status;
use crate::nn::architecture::Along;
use crate::nn::measure::LayerSums;
use crate::study::train::{StepRecord, TestMetrics, TrainingPlan};

/// One hidden layer's activation-gradient norm at both ends of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerProfile {
    /// Number of the layer, from 1.
    pub layer: usize,
    /// At step 0.
    pub initial: f64,
    /// At the last logged step.
    pub last: f64,
}

/// What the summary needs of a run's steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// Per layer its place on the path.
    positions: Vec<Option<usize>>,
    /// Updates planned, and the samples of one.
    steps: u64,
    batch_size: u64,
    /// (step, ‖∂L/∂h_l‖ per layer) of the first and last logged step.
    ends: Option<[(u64, Vec<f64>); 2]>,
    /// The slope of a generator's loss at both.
    #[serde(default)]
    loss_slopes: [Option<f64>; 2],
    /// The loss of the last logged step.
    pub train_loss: Option<f64>,
    /// The last look at the test set and the step it was taken at.
    pub test: Option<(u64, TestMetrics)>,
    epoch: Epoch,
    onsets: OnsetTracker,
    /// The norms of a step along the path; kept for its memory.
    #[serde(skip)]
    norms: Vec<PathNorm>,
    /// The first value that is not finite.
    non_finite: Option<Onset>,
}

/// Sums over the updates of an epoch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Epoch {
    number: u64,
    updates: u64,
    loss: f64,
    accuracy: Option<f64>,
}

impl History {
    /// Of a network whose layers have these places on the path.
    pub fn new<T>(positions: Vec<Option<usize>>, plan: &TrainingPlan<T>) -> Self {
        Self {
            positions,
            steps: plan.steps,
            batch_size: plan.batch_size as u64,
            ends: None,
            loss_slopes: [None; 2],
            train_loss: None,
            test: None,
            epoch: Epoch::default(),
            onsets: OnsetTracker::default(),
            norms: Vec::new(),
            non_finite: None,
        }
    }

    /// Takes a step in.
    pub fn note(&mut self, record: &StepRecord) {
        self.test = record.test.map(|test| (record.step, test)).or(self.test);
        // The row after the last update belongs to no epoch of training.
        if record.step < self.steps {
            self.epoch.add(record);
        }
        let Some(layers) = record.layers else { return };
        self.train_loss = Some(record.metrics.loss);
        let norms = || layers.iter().map(|layer| layer.activation_grad.norm());
        let slope = record.adversary.map(|told| told.loss_slope);
        match self.ends {
            None => self.loss_slopes = [slope; 2],
            Some(_) => self.loss_slopes[1] = slope,
        }
        match &mut self.ends {
            None => {
                let norms: Vec<f64> = norms().collect();
                self.ends = Some([(record.step, norms.clone()), (record.step, norms)]);
            }
            Some([_, last]) => {
                last.0 = record.step;
                last.1
                    .iter_mut()
                    .zip(norms())
                    .for_each(|(slot, norm)| *slot = norm);
            }
        }
        self.norms.clear();
        let on_path = norms().enumerate().zip(&self.positions);
        self.norms
            .extend(on_path.filter_map(|((i, norm), position)| {
                Some(PathNorm {
                    layer: i + 1,
                    position: (*position)?,
                    norm: Some(norm),
                })
            }));
        self.onsets.step(record.step, &self.norms);
        if self.non_finite.is_none() && record.metrics.diverged_at.is_some() {
            self.non_finite = Some(non_finite(record, layers));
        }
    }

    /// Decay at the first and the last logged step.
    pub fn decays(&self) -> (Decay, Decay) {
        let ends = self.ends.as_ref().expect("a step was logged");
        let decay = |end: usize| {
            let (step, norms) = &ends[end];
            let norms = norms.iter().zip(&self.positions);
            let on_path: Vec<_> = norms
                .filter_map(|(norm, position)| Some(((*position)?, Some(*norm))))
                .collect();
            let decay = Decay::measure(*step, &on_path);
            decay
                .expect("every network has a layer on its path")
                .with_loss_slope(self.loss_slopes[end])
        };
        (decay(0), decay(1))
    }

    /// Where it began to fail.
    pub fn onset(&self, verdict: Verdict) -> Option<Onset> {
        match verdict {
            Verdict::Diverged => self.non_finite.clone(),
            _ => self.onsets.onset(verdict),
        }
    }

    /// What tells whether the network learned: the last look at the test set,
    /// without one the last epoch's mean. A run that was stopped before it
    /// looked at the test set a second time does not tell.
    pub fn evidence(&self, guess: Guessing, test_samples: u64, status: Status) -> Option<Evidence> {
        if self.steps == 0 {
            return None;
        }
        let is_accuracy = guess.is_accuracy();
        if let Some((step, test)) = &self.test {
            if *step == 0 && status == Status::Interrupted {
                return None;
            }
            return if is_accuracy {
                Some(guess.against("test_accuracy", test.accuracy?, test_samples))
            } else {
                Some(guess.against("test_loss", test.loss, test_samples))
            };
        }
        let (quantity, sum) = if is_accuracy {
            ("train_accuracy", self.epoch.accuracy?)
        } else {
            ("train_loss", self.epoch.loss)
        };
        let updates = self.epoch.updates;
        (updates > 0)
            .then(|| guess.against(quantity, sum / updates as f64, updates * self.batch_size))
    }

    /// The hidden layers at both ends.
    pub fn profile(&self, along: Along) -> Vec<LayerProfile> {
        let Some([(_, initial), (_, last)]) = &self.ends else {
            return Vec::new();
        };
        let pairs = initial.iter().zip(last).enumerate();
        // All but the output layer.
        pairs
            .take(initial.len().saturating_sub(1))
            .filter(|(i, _)| along == Along::Layers || self.positions[*i].is_some())
            .map(|(i, (initial, last))| LayerProfile {
                layer: i + 1,
                initial: *initial,
                last: *last,
            })
            .collect()
    }
}

impl Epoch {
    fn add(&mut self, record: &StepRecord) {
        if record.epoch != self.number {
            *self = Self {
                number: record.epoch,
                ..Self::default()
            };
        }
        self.updates += 1;
        self.loss += record.metrics.loss;
        if let Some(accuracy) = record.metrics.accuracy {
            *self.accuracy.get_or_insert(0.0) += accuracy;
        }
    }
}

/// The layer nearest the output with a norm that is not finite; the output
/// layer where only the loss is not.
fn non_finite(record: &StepRecord, layers: &[LayerSums]) -> Onset {
    let of_layer = |layer: &LayerSums| {
        let gradients = layer.gradients().into_iter().flatten();
        gradients.map(Squares::norm).find(|norm| !norm.is_finite())
    };
    let mut from_output = layers.iter().enumerate().rev();
    let found = from_output.find_map(|(i, layer)| Some((i + 1, of_layer(layer)?)));
    let (layer, value) = found.unwrap_or((layers.len(), record.metrics.loss));
    Onset::non_finite(record.step, layer, Some(value))
}
