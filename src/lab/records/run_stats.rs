//! One pass over a run: its layers, the decay at both ends, and whatever else
//! the caller looks at on the way.

use std::collections::BTreeMap;

use super::diverged::Diverged;
use super::step::Step;
use super::steps::Steps;
use super::{Curves, Run};
use crate::base::Problem;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::onset::{Onset, OnsetTracker};
use crate::lab::summary::Summary;
use crate::lab::text::Numbering;
use crate::nn::architecture::Along;

/// What every reader wants to know of a run.
#[derive(Clone, Debug)]
pub struct RunStats {
    /// The norm it was read for.
    pub headline: String,
    /// The layers of all its steps together, ascending.
    pub layers: Vec<LayerInfo>,
    /// Decay at the first logged step. `None` where no layer on the path has a norm.
    pub initial: Option<Decay>,
    /// Decay at the last logged step.
    pub last: Option<Decay>,
    /// Where a norm or the loss stopped being finite, if one did.
    pub diverged: Option<Diverged>,
    /// The verdict on the whole run. `None` where no layer on the path has a norm.
    pub verdict: Option<Verdict>,
    /// Where it begins to fail.
    pub onset: Option<Onset>,
    /// Whether it beats guessing, where the summary tells.
    pub learned: Option<bool>,
    /// Loss and accuracy over the steps; empty for a lone file.
    pub curves: Curves,
    /// Logged steps.
    pub logged_steps: u64,
    /// The last logged step.
    pub last_step: u64,
    /// Whether the summary tells of later steps, whose rows are gone.
    pub is_cut_short: bool,
    /// What was left out of the file, for the user to know.
    pub warnings: Vec<String>,
}

/// One layer of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its number.
    pub layer: usize,
    /// Its name; empty where the file has none.
    pub name: String,
    /// Its place on the path that decay is measured along, from 1.
    pub position: Option<usize>,
}

impl RunStats {
    /// Reads the run once. `visit` sees every step with `columns` at 0, 1 …, the
    /// first of which is the norm that decay is measured by, and the places on the
    /// path of the layers so far.
    ///
    /// # Errors
    /// See [`Steps::open`] and [`Steps::next_step`], and those of `visit`.
    pub fn of(
        run: &Run,
        columns: &[&str],
        mut visit: impl FnMut(&Step, &BTreeMap<usize, usize>) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let mut steps = run.steps(columns)?;
        let mut stats = Self {
            headline: columns[0].to_owned(),
            layers: Vec::new(),
            initial: None,
            last: None,
            diverged: None,
            verdict: None,
            onset: None,
            learned: run.summary.as_ref().and_then(|summary| summary.learned),
            curves: Curves::default(),
            logged_steps: 0,
            last_step: 0,
            is_cut_short: false,
            warnings: Vec::new(),
        };
        // The ends' decay is worked out once all layers are known.
        let (mut first, mut last) = (Step::default(), Step::default());
        let mut positions = BTreeMap::new();
        let mut numbers: Vec<usize> = Vec::new();
        let mut onsets = OnsetTracker::default();
        while let Some(step) = steps.next_step()? {
            last.clone_from(step);
            if last.layers != numbers {
                let is_new = |layer: &&usize| numbers.binary_search(layer).is_err();
                let new: Vec<usize> = last.layers.iter().filter(is_new).copied().collect();
                if !new.is_empty() {
                    numbers.extend(new);
                    numbers.sort_unstable();
                    positions = run.positions(&steps, &numbers);
                }
            }
            if stats.logged_steps == 0 {
                first.clone_from(&last);
            }
            stats.logged_steps += 1;
            let place = |layer: usize| positions.get(&layer).copied();
            onsets.step(last.step, &last.along(0, place));
            visit(&last, &positions)?;
        }
        let place = |layer: usize| positions.get(&layer).copied();
        let resolution = run.resolution(columns[0]);
        // A layer that has no row at the step is left out like one with an empty cell.
        let decay = |step: &Step| {
            let decay = step.decay(0, place, resolution)?;
            let is_there = |layer: &&usize| step.layers.binary_search(layer).is_ok();
            let absent = positions.keys().filter(|layer| !is_there(layer)).count();
            let layers_left_out = decay.layers_left_out + absent;
            Some(Decay {
                layers_left_out,
                ..decay
            })
        };
        stats.initial = decay(&first);
        stats.last = decay(&last);
        stats.last_step = last.step;
        stats.layers = layers(&steps, &numbers, &positions);
        stats.warnings = steps.warnings().to_vec();
        let lost_end = run.lost_end(last.step);
        stats.is_cut_short = lost_end.is_some();
        stats.warnings.extend(lost_end);
        let (curves, of_loss) = run.curves(&mut stats.warnings)?;
        stats.curves = curves;
        stats.diverged = steps.diverged().cloned().or(of_loss);
        stats.conclude(run.summary.as_ref(), &onsets);
        Ok(stats)
    }

    /// Verdict and onset.
    fn conclude(&mut self, summary: Option<&Summary>, onsets: &OnsetTracker) {
        if let Some(summary) = summary.filter(|summary| summary.has_diverged()) {
            self.diverged
                .get_or_insert_with(|| Diverged::told_by(summary));
        }
        let has_diverged = self.diverged.is_some();
        self.verdict = Verdict::of_run(has_diverged, self.initial.as_ref(), self.last.as_ref());
        let onset = match (&self.diverged, self.verdict) {
            (Some(at), _) => {
                let layer = at.layer.or(self.layers.last().map(|info| info.layer));
                let step = at.step.unwrap_or(self.last_step);
                layer.map(|layer| Onset::non_finite(step, layer, at.value))
            }
            (None, Some(verdict)) => onsets.onset(verdict),
            (None, None) => None,
        };
        self.onset = onset.map(|onset| {
            let name = self.info(onset.layer).map(|info| info.name.clone());
            onset.named(name.unwrap_or_default())
        });
    }

    /// What its layers' numbers stand for where decay is measured along `along`.
    pub fn numbering(&self, along: Along) -> Numbering {
        let on_path = self.layers.iter().filter(|info| info.position.is_some());
        Numbering::of(along, on_path.map(|info| info.layer))
    }

    /// What is known of a layer.
    fn info(&self, layer: usize) -> Option<&LayerInfo> {
        let at = self.layers.binary_search_by_key(&layer, |info| info.layer);
        at.ok().map(|at| &self.layers[at])
    }
}

fn layers(steps: &Steps, numbers: &[usize], positions: &BTreeMap<usize, usize>) -> Vec<LayerInfo> {
    numbers
        .iter()
        .map(|&layer| LayerInfo {
            layer,
            name: steps.name(layer).unwrap_or_default().to_owned(),
            position: positions.get(&layer).copied(),
        })
        .collect()
}
