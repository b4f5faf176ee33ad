//! The published rules replayed over the logged steps of a run.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::frame::Frame;
use super::rules::{PublishedRule, RULES, RuleLook};
use super::shared_maps::CONTRIBUTION;
use crate::base::Problem;
use crate::lab::records::{LayerInfo, Run, RunStats, Step, Training};
use crate::nn::architecture::Along;

/// What a rule says of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// Which: its name, source, condition and blind spot.
    #[serde(flatten, serialize_with = "told")]
    pub rule: &'static PublishedRule,
    /// Whether it fires at a logged step; null where a column is missing or means another thing.
    pub fires: Option<bool>,
    /// The first step at which it fires.
    pub step: Option<u64>,
    /// The layers at which it fires then; empty for a rule about the whole gradient.
    pub layers: Vec<usize>,
    /// Whether it fires at the last logged step too.
    pub at_the_end: Option<bool>,
    /// The columns that it needs and the log does not have.
    pub missing: Vec<String>,
    /// Why it cannot be replayed though the log has the columns; null where it can.
    pub reason: Option<&'static str>,
    /// Runs of a group of seeds in which it fires.
    pub seeds: usize,
}

fn told<S: Serializer>(rule: &PublishedRule, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(Some(4))?;
    map.serialize_entry("rule", rule.name)?;
    map.serialize_entry("source", rule.source)?;
    map.serialize_entry("fires_when", rule.fires_when)?;
    map.serialize_entry("blind_spot", rule.blind_spot)?;
    map.end()
}

/// Rules under way.
pub struct Replay<'a> {
    columns: &'a [String],
    results: Vec<Replayed>,
    /// Per rule and layer the last values of its column.
    recent: Vec<BTreeMap<usize, Vec<f64>>>,
    /// The layers by number, as far as they have been seen.
    layers: Vec<LayerInfo>,
}

impl<'a> Replay<'a> {
    /// For a log of which these columns are read, whose gradient's path is `along` this.
    pub fn new(columns: &'a [String], along: Along) -> Self {
        let result = |rule: &'static PublishedRule| {
            let missing = rule.columns().iter().copied();
            let missing = missing.filter(|name| !columns.iter().any(|own| own == name));
            let missing: Vec<String> = missing.map(str::to_owned).collect();
            // A rule means ∂L/∂W as an optimizer has it: summed over the time steps.
            let is_of_parts = along == Along::Time && rule.is_about_weight_gradients();
            let reason = (is_of_parts && missing.is_empty()).then_some(CONTRIBUTION);
            let can = missing.is_empty() && reason.is_none();
            Replayed {
                rule,
                fires: can.then_some(false),
                step: None,
                layers: Vec::new(),
                at_the_end: can.then_some(false),
                missing,
                reason,
                seeds: 0,
            }
        };
        Self {
            columns,
            results: RULES.iter().map(result).collect(),
            recent: vec![BTreeMap::new(); RULES.len()],
            layers: Vec::new(),
        }
    }

    /// Looks at the next logged step.
    pub fn step(&mut self, step: &Step) {
        if self.layers.len() != step.layers.len() {
            let info = |layer: &usize| LayerInfo {
                layer: *layer,
                name: String::new(),
                position: None,
            };
            self.layers = step.layers.iter().map(info).collect();
        }
        let frame = Frame {
            step,
            columns: self.columns,
            layers: &self.layers,
        };
        for (result, recent) in self.results.iter_mut().zip(&mut self.recent) {
            if result.fires.is_none() {
                continue;
            }
            // The last step of a run makes no update.
            let has_values = |column: &&str| {
                let mut layers = self.layers.iter();
                layers.any(|info| frame.value(info.layer, column).is_some())
            };
            if !result.rule.columns().iter().all(has_values) {
                continue;
            }
            match &result.rule.look {
                RuleLook::AtStep(_, layers) => result.note(step.step, layers(&frame)),
                RuleLook::OverSteps(columns, is_so) => {
                    let layers = over_steps(&frame, columns[0], recent, *is_so);
                    result.note(step.step, layers);
                }
                RuleLook::AtNorm(_) => {}
            }
        }
    }

    /// After the last step.
    ///
    /// # Errors
    /// If `training.csv` cannot be understood.
    pub fn end(self, run: &Run, stats: &RunStats) -> Result<Vec<Replayed>, Problem> {
        let mut results = self.results;
        for result in &mut results {
            if let RuleLook::AtNorm(is_so) = &result.rule.look {
                result.at_norms(run, *is_so)?;
            }
            result.at_the_end = result.fires.map(|_| result.at_the_end == Some(true));
            result.seeds = usize::from(result.fires == Some(true));
            // A layer that never came is no layer.
            result
                .layers
                .retain(|layer| stats.layers.iter().any(|info| info.layer == *layer));
        }
        Ok(results)
    }
}

impl Replayed {
    /// Takes in the layers at which it fires at a step.
    fn note(&mut self, step: u64, layers: Vec<usize>) {
        self.at_the_end = Some(!layers.is_empty());
        if self.step.is_none() && !layers.is_empty() {
            self.fires = Some(true);
            self.step = Some(step);
            self.layers = layers;
        }
    }

    /// The norm over all parameters, step by step.
    fn at_norms(&mut self, run: &Run, is_so: fn(f64) -> bool) -> Result<(), Problem> {
        let rows = Training::of(run)?;
        let found = rows.and_then(|rows| Some((rows.find("grad_norm")?, rows)));
        let Some((norm, mut rows)) = found else {
            self.fires = None;
            self.at_the_end = None;
            self.missing = vec!["grad_norm".to_owned()];
            return Ok(());
        };
        while let Some(row) = rows.next_row(&[norm])? {
            let Some(value) = row.values[0] else {
                continue;
            };
            let fires = is_so(value);
            self.at_the_end = Some(fires);
            if fires && self.step.is_none() {
                self.fires = Some(true);
                self.step = Some(row.step);
            }
        }
        Ok(())
    }
}

/// The layers whose last five values of a column are as asked.
fn over_steps(
    frame: &Frame,
    column: &str,
    recent: &mut BTreeMap<usize, Vec<f64>>,
    is_so: fn(&[f64; 5]) -> bool,
) -> Vec<usize> {
    let mut layers = Vec::new();
    for info in frame.layers {
        let Some(value) = frame.value(info.layer, column) else {
            continue;
        };
        let values = recent.entry(info.layer).or_default();
        values.push(value);
        if values.len() > 5 {
            values.remove(0);
        }
        if <&[f64; 5]>::try_from(&values[..]).is_ok_and(is_so) {
            layers.push(info.layer);
        }
    }
    layers
}
