//! Where a network begins to fail: the first logged step, and at it the layer
//! nearest the output, from which on the verdict's condition holds to the end.

use serde::{Deserialize, Serialize};

use crate::lab::decay::{AT_RISK_DECADES, VANISHING_DECADES, Verdict};
use crate::lab::json::{number, read_number};

/// What holds at a layer from the onset on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A norm or the loss is NaN or infinite.
    NonFinite,
    /// The norm is exactly 0.
    Zero,
    /// The norm lies more than three decades below that of the next layer
    /// toward the output.
    Drop,
    /// It lies more than three decades above that of the next layer.
    Rise,
    /// Without such a drop: it lies below the norm of the path's last layer by
    /// as much as the verdict takes, three decades (at risk) or four (vanishing).
    Loss,
    /// Without such a rise: it lies three decades or more above the norm of the
    /// path's last layer.
    Gain,
}

/// Where and when it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Onset {
    /// The logged step.
    pub step: u64,
    /// The layer, from 1.
    pub layer: usize,
    /// That layer's name; empty where it has none.
    pub name: String,
    /// What holds there.
    pub condition: Condition,
    /// The norm there, or the loss where that alone is not finite.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub value: Option<f64>,
    /// The norm of the next layer toward the output; `None` at the last one.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub next_value: Option<f64>,
}

/// One layer on the path at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathNorm {
    /// Its number.
    pub layer: usize,
    /// Its place on the path.
    pub position: usize,
    /// Its norm; `None` for an empty cell.
    pub norm: Option<f64>,
}

/// Looks at one logged step after another for conditions that last, with the
/// memory of a few numbers per layer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OnsetTracker {
    /// Numbers of the layers seen, ascending.
    layers: Vec<usize>,
    /// Per layer and kind of [`Sighting::KINDS`] when it began, if it holds.
    since: Vec<[Option<Sighting>; KINDS]>,
}

/// Conditions that are tracked: zero, drop, rise, lost three and four decades,
/// gained three.
const KINDS: usize = 6;

/// The first step of an unbroken row at which a condition holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sighting {
    step: u64,
    value: f64,
    next: Option<f64>,
}

impl OnsetTracker {
    /// Takes in the norms of the next logged step along the path, the positions
    /// ascending. A layer without a row or a value leaves open what it was.
    pub fn step(&mut self, step: u64, norms: &[PathNorm]) {
        let Some(last) = norms.iter().rev().find_map(|at| at.norm) else {
            return;
        };
        let steep = 10f64.powf(AT_RISK_DECADES);
        let lost = 10f64.powf(VANISHING_DECADES);
        let mut next = None;
        for (i, at) in norms.iter().enumerate().rev() {
            let Some(norm) = at.norm else { continue };
            let holds = [
                norm == 0.0,
                next.is_some_and(|next| norm * steep < next),
                next.is_some_and(|next| norm > next * steep),
                norm * steep <= last && norm < last,
                norm * lost <= last && norm < last,
                norm >= last * steep && norm > last,
            ];
            let slot = self.slot(i, at.layer);
            for (since, holds) in self.since[slot].iter_mut().zip(holds) {
                if !holds {
                    *since = None;
                } else if since.is_none() {
                    *since = Some(Sighting {
                        step,
                        value: norm,
                        next,
                    });
                }
            }
            next = Some(norm);
        }
    }

    /// Where a layer is kept; it most likely stands where it did before.
    fn slot(&mut self, guess: usize, layer: usize) -> usize {
        if self.layers.get(guess) == Some(&layer) {
            return guess;
        }
        self.layers.binary_search(&layer).unwrap_or_else(|at| {
            self.layers.insert(at, layer);
            self.since.insert(at, [None; KINDS]);
            at
        })
    }

    /// The onset of a run with this verdict, its layer not yet named. `None`
    /// for a healthy run, for one that recovered, and for a diverged one, whose
    /// onset is the first value that is not finite ([`Onset::non_finite`]).
    pub fn onset(&self, verdict: Verdict) -> Option<Onset> {
        let kinds: &[(usize, Condition)] = match verdict {
            Verdict::Healthy | Verdict::Diverged => &[],
            Verdict::Vanishing => &[
                (0, Condition::Zero),
                (1, Condition::Drop),
                (4, Condition::Loss),
            ],
            Verdict::AtRisk => &[(1, Condition::Drop), (3, Condition::Loss)],
            Verdict::Exploding => &[(2, Condition::Rise), (5, Condition::Gain)],
        };
        kinds.iter().find_map(|&(kind, condition)| {
            let lasting = self.layers.iter().zip(&self.since);
            let lasting = lasting.filter_map(|(layer, since)| Some((*layer, since[kind]?)));
            // The earliest, and of those the layer nearest the output.
            let (layer, sighting) =
                lasting.min_by_key(|(layer, since)| (since.step, std::cmp::Reverse(*layer)))?;
            Some(Onset {
                step: sighting.step,
                layer,
                name: String::new(),
                condition,
                value: Some(sighting.value),
                next_value: sighting.next,
            })
        })
    }
}

impl Onset {
    /// The onset of a diverged run: the first step with a value that is not
    /// finite, and at it the layer nearest the output that has one.
    pub fn non_finite(step: u64, layer: usize, value: Option<f64>) -> Self {
        Self {
            step,
            layer,
            name: String::new(),
            condition: Condition::NonFinite,
            value,
            next_value: None,
        }
    }

    /// The same with the name of its layer.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The onset of a run whose layers 1, 2 … have these norms step by step.
    fn onset(verdict: Verdict, steps: &[&[f64]]) -> Option<(u64, usize, Condition)> {
        let mut tracker = OnsetTracker::default();
        for (step, norms) in (0..).zip(steps) {
            let norms = norms.iter().enumerate();
            let norms: Vec<PathNorm> = norms
                .map(|(i, norm)| PathNorm {
                    layer: i + 1,
                    position: i + 1,
                    norm: (*norm >= 0.0).then_some(*norm),
                })
                .collect();
            tracker.step(step, &norms);
        }
        let onset = tracker.onset(verdict)?;
        Some((onset.step, onset.layer, onset.condition))
    }

    #[test]
    fn zeros_count_from_the_step_after_which_they_stay() {
        let healthy: &[f64] = &[1.0, 1.0, 1.0, 1.0];
        let dead: &[f64] = &[0.0, 0.0, 0.0, 1.0];
        let steps = [healthy, dead, healthy, &[0.0, 0.0, 1.0, 1.0], dead];
        // At step 3 layers 1 and 2 die for good; layer 3 follows later.
        let found = onset(Verdict::Vanishing, &steps);
        assert_eq!(found, Some((3, 2, Condition::Zero)));
        assert_eq!(onset(Verdict::Healthy, &steps), None);
        // Recovered at the end.
        assert_eq!(onset(Verdict::Vanishing, &[dead, healthy]), None);
    }

    #[test]
    fn a_cliff_is_told_from_a_slope() {
        let cliff: &[f64] = &[1e-5, 1e-5, 9e-4, 1.0];
        let found = onset(Verdict::Vanishing, &[cliff, cliff]);
        assert_eq!(found, Some((0, 3, Condition::Drop)));
        // Exactly three decades are not more than three.
        let slope: &[f64] = &[1e-6, 1e-4, 1e-3, 1.0];
        let found = onset(Verdict::Vanishing, &[slope]);
        assert_eq!(found, Some((0, 2, Condition::Loss)));
        let found = onset(Verdict::AtRisk, &[&[1e-4, 0.0099, 1.0]]);
        assert_eq!(found, Some((0, 1, Condition::Loss)));
    }

    #[test]
    fn explosions_have_an_onset_too() {
        // Layer 2 rises at step 1; layer 1 no longer lies above its neighbour then,
        // so what lasts begins at step 1.
        let found = onset(Verdict::Exploding, &[&[1e4, 1.0, 1.0], &[1e4, 1e4, 1.0]]);
        assert_eq!(found, Some((1, 2, Condition::Rise)));
        let found = onset(Verdict::Exploding, &[&[1e4, 1e2, 1.0]]);
        assert_eq!(found, Some((0, 1, Condition::Gain)));
    }

    #[test]
    fn an_empty_cell_breaks_nothing_and_begins_nothing() {
        let steps: [&[f64]; 3] = [&[0.0, 1.0], &[-1.0, 1.0], &[0.0, 1.0]];
        let found = onset(Verdict::Vanishing, &steps);
        assert_eq!(found, Some((0, 1, Condition::Zero)));
        let all_zero: &[f64] = &[0.0, 0.0, 0.0];
        let found = onset(Verdict::Vanishing, &[all_zero]);
        assert_eq!(found, Some((0, 3, Condition::Zero)));
    }
}
