//! One pass over a run: its layers, the decay at both ends, and whatever else
//! the caller looks at on the way.

use std::collections::BTreeSet;

use super::Run;
use super::steps::{Step, Steps};
use crate::base::Problem;
use crate::lab::decay::{Decay, Verdict};
use crate::lab::summary::Summary;

/// What every reader wants to know of a run.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The norm it was read for.
    pub headline: String,
    /// The layers of its first step, ascending.
    pub layers: Vec<LayerInfo>,
    /// Decay at the first logged step. `None` where no layer on the path has a norm.
    pub initial: Option<Decay>,
    /// Decay at the last logged step.
    pub last: Option<Decay>,
    /// The first step and layer at which the norm is NaN or infinite.
    pub first_non_finite: Option<(u64, usize)>,
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
    /// Whether decay is measured over it.
    pub is_on_path: bool,
}

impl Survey {
    /// Reads the run once. `visit` sees every step with `columns` at 0, 1 …;
    /// the first of them is the norm that decay is measured by.
    ///
    /// # Errors
    /// See [`Steps::open`] and [`Steps::next_step`], and those of `visit`.
    pub fn of(
        run: &Run,
        columns: &[&str],
        mut visit: impl FnMut(&Step) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let mut steps = run.steps(columns)?;
        let mut survey = Self {
            headline: columns[0].to_owned(),
            layers: Vec::new(),
            initial: None,
            last: None,
            first_non_finite: None,
            logged_steps: 0,
            last_step: 0,
            is_cut_short: false,
            warnings: Vec::new(),
        };
        // The last step's norms, whose decay is worked out once it is known to be the last.
        let mut last = Step::default();
        let mut late = BTreeSet::new();
        while let Some(step) = steps.next_step()? {
            last.clone_from(step);
            if survey.logged_steps == 0 {
                survey.layers = layers(run, &steps, &last);
                survey.initial = survey.decay(&last);
            }
            survey.logged_steps += 1;
            if survey.first_non_finite.is_none() {
                let is_finite = |norm: Option<f64>| norm.is_none_or(f64::is_finite);
                let found = last.column(0).find(|(_, norm)| !is_finite(*norm));
                survey.first_non_finite = found.map(|(layer, _)| (last.step, layer));
            }
            if last.layers.len() != survey.layers.len()
                || last
                    .layers
                    .iter()
                    .zip(&survey.layers)
                    .any(|(a, b)| *a != b.layer)
            {
                let is_known = |layer: &&usize| survey.info(**layer).is_some();
                late.extend(last.layers.iter().filter(|layer| !is_known(layer)).copied());
            }
            visit(&last)?;
        }
        survey.last_step = last.step;
        survey.last = survey.decay(&last);
        survey.warnings = steps.warnings().to_vec();
        let lost_end = run.lost_end(last.step);
        survey.is_cut_short = lost_end.is_some();
        survey.warnings.extend(lost_end);
        if !late.is_empty() {
            let late: Vec<String> = late.iter().map(usize::to_string).collect();
            survey.warnings.push(format!(
                "{}: the first step has no layer {}, later ones do",
                run.gradients.display(),
                late.join(", ")
            ));
        }
        Ok(survey)
    }

    /// How the norms in the first column decay at a step of this run.
    pub fn decay(&self, step: &Step) -> Option<Decay> {
        step.decay(0, |layer| self.is_on_path(layer))
    }

    /// Whether decay is measured over this layer.
    pub fn is_on_path(&self, layer: usize) -> bool {
        self.info(layer).is_some_and(|info| info.is_on_path)
    }

    /// What is known of a layer of the first step.
    fn info(&self, layer: usize) -> Option<&LayerInfo> {
        let at = self.layers.binary_search_by_key(&layer, |info| info.layer);
        at.ok().map(|at| &self.layers[at])
    }

    /// The run's verdict: `diverged`, or the worse of its two ends.
    pub fn verdict(&self, summary: Option<&Summary>) -> Option<Verdict> {
        let has_diverged =
            summary.is_some_and(Summary::has_diverged) || self.first_non_finite.is_some();
        Verdict::of_run(has_diverged, self.initial.as_ref(), self.last.as_ref())
    }
}

fn layers(run: &Run, steps: &Steps, step: &Step) -> Vec<LayerInfo> {
    step.layers
        .iter()
        .map(|&layer| LayerInfo {
            layer,
            name: steps.name(layer).unwrap_or_default().to_owned(),
            is_on_path: run.is_on_path(steps, layer),
        })
        .collect()
}
