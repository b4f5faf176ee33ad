//! One pass over a run that collects what the rules and the baseline ask for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::extremes::Extremes;
use super::missing_layers::MissingLayers;
use super::moment::Moment;
use super::rule::Rule;
use crate::base::Problem;
use crate::lab::config::CheckedSteps;
use crate::lab::decay::Decay;
pub use crate::lab::records::Diverged;
use crate::lab::records::{Columns, Run, Step, Table};

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

/// What one rule found in one run: by layer, or under `None` for the network.
pub type Found = BTreeMap<Option<usize>, Extremes>;

/// One step as a baseline holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which.
    pub moment: Moment,
    /// Its number.
    pub step: u64,
    /// Per layer the norms, in the order of [`Measured::quantities`].
    pub norms: BTreeMap<usize, Vec<Option<f64>>>,
    /// How they decay.
    pub decay: Option<Decay>,
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
    /// Per rule.
    pub found: Vec<Found>,
    /// Per rule the layers that lack a value.
    pub lacking: Vec<MissingLayers>,
    /// The norms that a baseline holds, the one of the decay first.
    pub quantities: Vec<String>,
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

/// Reads the run once.
///
/// # Errors
/// If it cannot be read or lacks a column that a rule names.
pub fn measure(run: &Run, wanted: &Wanted) -> Result<Measured, Problem> {
    let columns = columns(run, wanted)?;
    let columns = columns.names();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut pass = Pass::new(run, wanted, columns);
    let mut steps = run.steps(&names)?;
    // What is at hand, so that the reader can be asked for names meanwhile.
    let mut step = Step::default();
    while let Some(next) = steps.next_step()? {
        step.clone_from(next);
        if pass.layers.is_empty() {
            pass.layers.clone_from(&step.layers);
            pass.positions = run.positions(&steps, &pass.layers);
            pass.first_step(&step);
        }
        pass.every_step(&step);
    }
    pass.last_step(&step);
    pass.measured.diverged = steps.diverged().cloned();
    let layers = pass.layers.iter();
    let names = layers.map(|&layer| (layer, steps.name(layer).unwrap_or_default().to_owned()));
    pass.measured.names = names.collect();
    pass.measured.path = pass.positions.keys().copied().collect();
    pass.measured
        .warnings
        .extend(steps.warnings().iter().cloned());
    let mut measured = pass.measured;
    measured.lost_end = run.lost_end(step.step);
    measured.warnings.extend(measured.lost_end.clone());
    training(run, wanted.rules, &mut measured)?;
    if let Some(ended) = run.summary.as_ref().filter(|ended| ended.has_diverged()) {
        measured
            .diverged
            .get_or_insert_with(|| Diverged::told_by(ended));
    }
    for (rule, found) in wanted.rules.iter().zip(&mut measured.found) {
        if rule.check.quantity.name() == "diverged" {
            let (has, step) = match &measured.diverged {
                Some(at) => (1.0, at.step.unwrap_or(step.step)),
                None => (0.0, step.step),
            };
            found.insert(None, Extremes::one(has, step));
        }
    }
    Ok(measured)
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

/// A pass over the steps.
struct Pass<'a> {
    wanted: &'a Wanted<'a>,
    columns: &'a [String],
    /// Places of the columns that a baseline holds.
    held: Vec<usize>,
    layers: Vec<usize>,
    /// Places on the path that decay is measured along.
    positions: BTreeMap<usize, usize>,
    measured: Measured,
}

impl<'a> Pass<'a> {
    fn new(run: &Run, wanted: &'a Wanted<'a>, columns: &'a [String]) -> Self {
        let numbered = || columns.iter().enumerate();
        let held = numbered().filter(|(i, name)| *i == 0 || *name == WEIGHT_GRAD);
        let held: Vec<usize> = held.map(|(i, _)| i).collect();
        Self {
            wanted,
            columns,
            layers: Vec::new(),
            positions: BTreeMap::new(),
            measured: Measured {
                file: run.gradients.clone(),
                seed: run.seed(),
                names: BTreeMap::new(),
                path: Vec::new(),
                found: vec![Found::new(); wanted.rules.len()],
                lacking: vec![MissingLayers::default(); wanted.rules.len()],
                quantities: held.iter().map(|&i| columns[i].clone()).collect(),
                held: Vec::new(),
                ends: [None, None],
                diverged: None,
                lost_end: None,
                warnings: Vec::new(),
            },
            held,
        }
    }

    fn decay(&self, step: &Step) -> Option<Decay> {
        step.decay(0, |layer| self.positions.get(&layer).copied())
    }

    fn first_step(&mut self, step: &Step) {
        self.measured.ends[0] = self.decay(step);
        self.rules(CheckedSteps::Initial, step);
        self.hold(Moment::Initial, step);
        if step.step != 0 {
            self.measured.warnings.push(format!(
                "the first logged step, {}, is taken as the initial one",
                step.step
            ));
        }
    }

    fn every_step(&mut self, step: &Step) {
        self.rules(CheckedSteps::Every, step);
        self.hold(Moment::Step(step.step), step);
    }

    fn last_step(&mut self, step: &Step) {
        self.measured.ends[1] = self.decay(step);
        self.rules(CheckedSteps::Final, step);
        self.hold(Moment::Final, step);
    }

    /// Shows a step to the rules that look at such steps.
    fn rules(&mut self, at: CheckedSteps, step: &Step) {
        for (i, rule) in self.wanted.rules.iter().enumerate() {
            if rule.check.at != at {
                continue;
            }
            let name = rule.check.quantity.name();
            if !rule.is_per_layer {
                let value = self.decay(step).and_then(|decay| of_decay(&decay, name));
                if let Some(value) = value {
                    note(&mut self.measured.found[i], None, value, step.step);
                }
            } else if let Some(column) = self.columns.iter().position(|own| own == name) {
                let mut layers = Vec::with_capacity(step.layers.len());
                for (layer, value) in step.column(column) {
                    let Some(value) = value else { continue };
                    layers.push(layer);
                    if rule.looks_at(layer) {
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
        let norms = step.layers.iter().enumerate().map(|(i, &layer)| {
            let values = self.held.iter().map(|&column| step.value(i, column));
            (layer, values.collect())
        });
        let held = Held {
            moment,
            step: step.step,
            norms: norms.collect(),
            decay: self.decay(step),
        };
        self.measured.held.push(held);
    }
}

fn note(found: &mut Found, layer: Option<usize>, value: f64, step: u64) {
    let extremes = found
        .entry(layer)
        .or_insert_with(|| Extremes::one(value, step));
    extremes.take(value, step);
}

/// A quantity of the whole run, at a step.
fn of_decay(decay: &Decay, name: &str) -> Option<f64> {
    match name {
        "decay_decades_per_layer" => decay.decay_decades_per_layer,
        "attenuation_decades" => decay.attenuation_decades,
        "r2" => decay.r2,
        "layers_left_out" => Some(decay.layers_left_out as f64),
        _ => None,
    }
}

/// Reads `training.csv`, where there is one: the rules about its columns, and
/// whether the loss stayed finite.
fn training(run: &Run, rules: &[Rule], measured: &mut Measured) -> Result<(), Problem> {
    let Some(path) = &run.training else {
        return Ok(());
    };
    let mut table = Table::open(path)?;
    let step_column = table.column("step")?;
    let finite = ["train_loss", "grad_norm"].map(|name| (name, table.find(name)));
    let mut asked = Vec::new();
    for (i, rule) in rules.iter().enumerate() {
        if rule.is_per_step() {
            asked.push((i, rule.check.at, table.column(rule.check.quantity.name())?));
        }
    }
    let (mut last, mut is_first) = (None, true);
    while let Some(row) = table.next_row()? {
        let step = row.count(step_column)?;
        if last.is_some_and(|last| step <= last) {
            return Err(Problem::at_line(
                path,
                row.line(),
                format!("step {step} comes after step {}", last.unwrap_or(0)),
            )
            .help("a file holds one run: one row per step, the steps ascending"));
        }
        last = Some(step);
        for &(i, at, column) in &asked {
            let Some(value) = row.number(column)? else {
                continue;
            };
            let found = &mut measured.found[i];
            match at {
                CheckedSteps::Initial if is_first => note(found, None, value, step),
                CheckedSteps::Initial => {}
                CheckedSteps::Every => note(found, None, value, step),
                // The last row that has a value: the test set is not looked at in every row.
                CheckedSteps::Final => *found = Found::from([(None, Extremes::one(value, step))]),
            }
        }
        for (name, column) in finite {
            let value = column.map_or(Ok(None), |column| row.number(column))?;
            if value.is_some_and(|value| !value.is_finite()) && measured.diverged.is_none() {
                measured.diverged = Some(Diverged {
                    step: Some(step),
                    layer: None,
                    quantity: name.to_owned(),
                    value,
                });
            }
        }
        is_first = false;
    }
    measured.warnings.extend(table.cut_warning());
    Ok(())
}
