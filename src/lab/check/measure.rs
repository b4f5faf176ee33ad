//! One pass over a run that collects what the rules and the baseline ask for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::decay_quantity::{is_between_layers, of_decay};
use super::extremes::{Found, Seen, Within, note};
use super::missing_layers::MissingLayers;
use super::moment::Moment;
use super::per_step::per_step;
use super::rule::Rule;
use crate::base::{Problem, counted};
use crate::lab::config::CheckedSteps;
use crate::lab::decay::Decay;
pub use crate::lab::records::Diverged;
use crate::lab::records::{Columns, Run, RunStats, Step, Training};
use crate::lab::text::Numbering;

/// The weight gradient, the second of the two norms that a baseline holds.
const WEIGHT_GRAD: &str = "weight_grad_norm";

/// What is asked of a run.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The rules.
    pub rules: &'a [Rule],
    /// The steps that a baseline holds.
    pub moments: &'a [Moment],
    /// The norm that decay is measured by, if not the run's own choice.
    pub quantity: Option<&'a str>,
}

/// One step as a baseline holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which.
    pub moment: Moment,
    /// Its number.
    pub step: u64,
    /// Per layer the norms, in the order of [`Measured::quantities`].
    pub norms: BTreeMap<usize, Vec<Option<Within>>>,
    /// How they decay.
    pub decay: Option<Decay>,
    /// The attenuation, which bounds at its ends make one too.
    pub attenuation: Option<Within>,
}

/// What was measured of one run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The file of its layers.
    pub file: PathBuf,
    /// Its seed; none where it is not known, as of a lone file.
    pub seed: Option<u64>,
    /// Names by layer; empty where the file has none.
    pub names: BTreeMap<usize, String>,
    /// The layers on the gradient's path, ascending.
    pub path: Vec<usize>,
    /// What the layers' numbers stand for.
    pub numbering: Numbering,
    /// Per rule.
    pub found: Vec<Found>,
    /// Per rule the layers that lack a value.
    pub lacking: Vec<MissingLayers>,
    /// The norms that a baseline holds, the one of the decay first.
    pub quantities: Vec<String>,
    /// What each of them may be off by: a log's writer rounded it.
    pub roundings: Vec<Option<f64>>,
    /// The steps asked for, as far as they were logged.
    pub held: Vec<Held>,
    /// The decay at both ends.
    pub ends: [Option<Decay>; 2],
    /// Where it diverged, if it did.
    pub diverged: Option<Diverged>,
    /// That rows are gone which the run's summary tells of, in words.
    pub lost_end: Option<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Reads the run in the pass that all readers share.
///
/// # Errors
/// If it cannot be read or lacks a column that a rule names.
pub fn measure(run: &Run, wanted: &Wanted) -> Result<Measured, Problem> {
    if run.foreign().is_some_and(|own| !own.has_layers()) {
        return without_layers(run, wanted);
    }
    let columns = columns(run, wanted)?;
    let columns = columns.names();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut visitor = Visitor::new(run, wanted, columns);
    let stats = RunStats::of(run, &names, |step, positions| {
        visitor.visit(step, positions);
        Ok(())
    })?;
    let mut measured = visitor.finish(&stats);
    measured.lost_end = run.lost_end(stats.last_step);
    measured.numbering = stats.numbering(run.along());
    measured.warnings.extend(run.caution(&stats.headline));
    measured.warnings.extend(stats.warnings);
    per_step(run, wanted.rules, &mut measured.found)?;
    measured.ends = [stats.initial, stats.last];
    measured.diverged = stats.diverged;
    measured.tell_divergence(wanted.rules, stats.last_step);
    measured.tell_probabilities(run, wanted.rules);
    Ok(measured)
}

/// What a log tells of a run whose layers it has no norms of: numbers per step, and whether
/// the loss or the whole gradient stopped being finite.
fn without_layers(run: &Run, wanted: &Wanted) -> Result<Measured, Problem> {
    if !wanted.moments.is_empty() {
        return Err(Problem::in_file(
            &run.gradients,
            "has no norms of layers, which a baseline is made of",
        )
        .help("give --rules about what it has per step, or log a norm per layer"));
    }
    let mut measured = Measured::of(run, wanted.rules.len());
    per_step(run, wanted.rules, &mut measured.found)?;
    let Some(mut rows) = Training::of(run)? else {
        return Ok(measured);
    };
    let names = ["grad_norm", "train_loss"];
    let there = names
        .iter()
        .filter_map(|name| Some((*name, rows.find(name)?)));
    let (names, places): (Vec<&str>, Vec<usize>) = there.unzip();
    let mut last = 0;
    while let Some(row) = rows.next_row(&places)? {
        last = row.step;
        let values = names.iter().zip(&row.values);
        let mut bad =
            values.filter_map(|(name, value)| Some((name, value.filter(|own| !own.is_finite())?)));
        if let Some((name, value)) = bad.next().filter(|_| measured.diverged.is_none()) {
            measured.diverged = Some(Diverged {
                step: Some(row.step),
                layer: None,
                quantity: (*name).to_owned(),
                value: Some(value),
            });
        }
    }
    measured.tell_divergence(wanted.rules, last);
    Ok(measured)
}

impl Measured {
    /// Of a run of which nothing has been read yet.
    fn of(run: &Run, rules: usize) -> Self {
        Self {
            file: run.gradients.clone(),
            seed: run.seed(),
            names: BTreeMap::new(),
            path: Vec::new(),
            numbering: Numbering::default(),
            found: vec![Found::new(); rules],
            lacking: vec![MissingLayers::default(); rules],
            quantities: Vec::new(),
            roundings: Vec::new(),
            held: Vec::new(),
            ends: [None, None],
            diverged: None,
            lost_end: None,
            warnings: Vec::new(),
        }
    }

    /// Puts down for the rules about divergence whether it did diverge.
    fn tell_divergence(&mut self, rules: &[Rule], last_step: u64) {
        for (rule, found) in rules.iter().zip(&mut self.found) {
            if rule.check.quantity.name() == "diverged" {
                let (has, step) = match &self.diverged {
                    Some(at) => (1.0, at.step.unwrap_or(last_step)),
                    None => (0.0, last_step),
                };
                found.insert(None, Seen::one(Within::exactly(has), step));
            }
        }
    }

    /// Puts down for the rules about probabilities what those of the trained network are worth.
    fn tell_probabilities(&mut self, run: &Run, rules: &[Rule]) {
        let Some(summary) = &run.summary else {
            return;
        };
        for (rule, found) in rules.iter().zip(&mut self.found) {
            let name = rule.check.quantity.name();
            let judged = summary.predictive.as_ref();
            if let Some(value) = judged.and_then(|own| own.measures.named(name)) {
                found.insert(None, Seen::one(Within::exactly(value), summary.steps));
            }
        }
    }
}

/// The headline, the weight gradient where there is one, and what the rules name.
fn columns(run: &Run, wanted: &Wanted) -> Result<Columns, Problem> {
    let mut columns = Columns::choose(run, wanted.quantity)?;
    columns.also_if_there(WEIGHT_GRAD);
    for rule in wanted.rules.iter().filter(|rule| rule.is_per_layer) {
        columns.also(rule.check.quantity.name())?;
    }
    Ok(columns)
}

/// Looks at each step for the rules and the baseline.
struct Visitor<'a> {
    wanted: &'a Wanted<'a>,
    /// Per rule the place of its column.
    places: Vec<Option<usize>>,
    /// Per column what a norm is at most that a log's writer rounded to 0.
    resolutions: Vec<Option<f64>>,
    /// Places of the columns that a baseline holds.
    held: Vec<usize>,
    /// Places on the path that decay is measured along.
    positions: BTreeMap<usize, usize>,
    /// The step at hand; `None` before the first.
    step: Option<Step>,
    measured: Measured,
}

impl<'a> Visitor<'a> {
    fn new(run: &Run, wanted: &'a Wanted<'a>, columns: &'a [String]) -> Self {
        let numbered = || columns.iter().enumerate();
        // A log may have another name for a column.
        let place = |rule: &Rule| {
            let name = run.column_name(rule.check.quantity.name());
            columns.iter().position(|own| *own == name)
        };
        let places = wanted.rules.iter().map(place);
        let held = numbered().filter(|(i, name)| *i == 0 || *name == WEIGHT_GRAD);
        let held: Vec<usize> = held.map(|(i, _)| i).collect();
        Self {
            wanted,
            places: places.collect(),
            resolutions: columns.iter().map(|own| run.resolution(own)).collect(),
            positions: BTreeMap::new(),
            step: None,
            measured: Measured {
                quantities: held.iter().map(|&i| columns[i].clone()).collect(),
                roundings: held.iter().map(|&i| run.rounding(&columns[i])).collect(),
                ..Measured::of(run, wanted.rules.len())
            },
            held,
        }
    }

    fn decay(&self, step: &Step) -> Option<Decay> {
        let place = |layer: usize| self.positions.get(&layer).copied();
        step.decay(0, place, self.resolution(0))
    }

    fn resolution(&self, column: usize) -> Option<f64> {
        self.resolutions.get(column).copied().flatten()
    }

    /// Where an attenuation lies: one that begins or ends with a bound is one too.
    fn attenuation(&self, step: &Step, value: f64) -> Within {
        let place = |layer: usize| self.positions.get(&layer).copied();
        let path = step.along(0, place);
        let mut norms = path.iter().filter_map(|at| at.norm);
        let is_open = |norm: Option<f64>| {
            norm.is_some_and(|norm| Within::norm(norm, self.resolution(0)).is_open())
        };
        let mut within = Within::exactly(value);
        if is_open(norms.next()) {
            within.high = f64::INFINITY;
        }
        if is_open(norms.next_back()) {
            within.low = f64::NEG_INFINITY;
        }
        within
    }

    fn visit(&mut self, step: &Step, positions: &BTreeMap<usize, usize>) {
        if self.positions.len() != positions.len() {
            self.positions.clone_from(positions);
        }
        if self.step.is_none() {
            self.rules(CheckedSteps::Initial, step);
            self.hold(Moment::Initial, step);
            if step.step != 0 {
                self.measured.warnings.push(format!(
                    "the first logged step, {}, is taken as the initial one",
                    step.step
                ));
            }
        }
        self.rules(CheckedSteps::Every, step);
        self.hold(Moment::Step(step.step), step);
        // Without allocating anew at every step.
        self.step.get_or_insert_default().clone_from(step);
    }

    /// Looks at the last step, once it is known to be the last.
    fn finish(mut self, stats: &RunStats) -> Measured {
        if let Some(last) = self.step.take() {
            self.rules(CheckedSteps::Final, &last);
            self.hold(Moment::Final, &last);
        }
        let layers = stats.layers.iter();
        let names = layers.clone().map(|info| (info.layer, info.name.clone()));
        self.measured.names = names.collect();
        let on_path = layers.filter(|info| info.position.is_some());
        self.measured.path = on_path.map(|info| info.layer).collect();
        self.measured
    }

    /// Shows a step to the rules that look at such steps.
    fn rules(&mut self, at: CheckedSteps, step: &Step) {
        for (i, rule) in self.wanted.rules.iter().enumerate() {
            if rule.check.at != at {
                continue;
            }
            let name = rule.check.quantity.name();
            if !rule.is_per_layer {
                let mut value = self.decay(step).and_then(|own| of_decay(&own, name));
                if is_between_layers(name) {
                    let place = |layer: usize| self.positions.get(&layer).copied();
                    let path = step.along(0, place).into_iter();
                    let there = path.filter_map(|at| at.norm.and(Some(at.layer)));
                    let there: Vec<usize> = there.collect();
                    // Decay shows between layers: one that is left of several tells nothing.
                    value = value.filter(|_| there.len() > 1 || self.positions.len() < 2);
                    let path = self.positions.keys().copied();
                    self.measured.lacking[i].look_along(step.step, &there, path);
                }
                let value = value.map(|value| match name {
                    "attenuation_decades" => self.attenuation(step, value),
                    _ => Within::exactly(value),
                });
                if let Some(value) = value {
                    note(&mut self.measured.found[i], None, value, step.step);
                }
            } else if let Some(column) = self.places[i] {
                let mut layers = Vec::with_capacity(step.layers.len());
                for (layer, value) in step.column(column) {
                    let Some(value) = value else { continue };
                    layers.push(layer);
                    if rule.looks_at(layer) {
                        let value = Within::norm(value, self.resolution(column));
                        note(&mut self.measured.found[i], Some(layer), value, step.step);
                    }
                }
                self.measured.lacking[i].look(step.step, &layers, rule.layers());
            }
        }
    }

    /// Keeps a step that a baseline holds.
    fn hold(&mut self, moment: Moment, step: &Step) {
        if !self.wanted.moments.contains(&moment) {
            return;
        }
        let mut bounds = 0;
        let mut norms = BTreeMap::new();
        for (i, &layer) in step.layers.iter().enumerate() {
            let norm = |&column: &usize| {
                let norm = step.value(i, column)?;
                Some(Within::norm(norm, self.resolution(column)))
            };
            let values: Vec<Option<Within>> = self.held.iter().map(norm).collect();
            bounds += values.iter().flatten().filter(|own| own.is_open()).count();
            norms.insert(layer, values);
        }
        if bounds > 0 {
            let are = if bounds == 1 { "is" } else { "are" };
            self.measured.warnings.push(format!(
                "{}: {} at step {} {are} below the log's resolution: bounds, which a baseline does \
                 not hold, and which fail beside one where they are sure to",
                self.measured.file.display(),
                counted(bounds, "norm"),
                step.step
            ));
        }
        let decay = self.decay(step);
        let attenuation = match decay.as_ref().and_then(|own| own.attenuation_decades) {
            Some(value) => Some(self.attenuation(step, value)),
            // Every norm along the path is a bound.
            None => (bounds > 0).then_some(Within {
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
            }),
        };
        let held = Held {
            moment,
            step: step.step,
            norms,
            decay,
            attenuation,
        };
        self.measured.held.push(held);
    }
}
