//! The steps of a log that another program wrote, as those of a run.

use std::path::Path;
use std::sync::Arc;

use super::diverged::Diverged;
use super::step::Step;
use super::training::Training;
use super::{Run, Target, last_part};
use crate::base::Problem;
use crate::base::nearest::nearest;
use crate::lab::logs::{ForeignLog, LogOptions, LogPart, LogStep, LogSteps};
use crate::lab::text::quoted;

/// What gradients of weights do not show.
pub const BLIND_WEIGHTS: &str = "these are gradients of weights, which stay level where \
    activations shrink as fast as the gradient does: a network that is dead near its input can \
    look healthy. `vgrad hook` prints the lines that log gradients of activations, which show it";

/// One network of a log.
#[derive(Clone, Debug)]
pub struct ForeignRun {
    log: Arc<ForeignLog>,
    part: usize,
}

impl ForeignRun {
    /// The log.
    pub fn log(&self) -> &Arc<ForeignLog> {
        &self.log
    }

    /// The network.
    pub fn part(&self) -> &LogPart {
        &self.log.parts[self.part]
    }

    /// The names of its columns.
    pub fn columns(&self) -> Vec<String> {
        self.part()
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }

    /// The names of its columns, and those that the log has for them.
    pub fn all_names(&self) -> Vec<String> {
        let columns = self.part().columns.iter();
        let logged = columns.flat_map(|column| column.logged.iter().cloned());
        let mut names = self.columns();
        names.extend(logged);
        names
    }

    /// The name here of a column that is called so here or in the log.
    ///
    /// # Errors
    /// If there is none.
    pub fn column(&self, name: &str) -> Result<String, Problem> {
        if let Some(column) = self.part().column(name) {
            return Ok(column.name.clone());
        }
        let names = self.columns();
        let near = nearest(name, names.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        Err(
            Problem::in_file(self.log.path(), format!("has no `{name}` of its layers"))
                .help(format!("{near}it has {}", names.join(", "))),
        )
    }

    /// Whether the log has norms of its layers.
    pub fn has_layers(&self) -> bool {
        !self.part().layers.is_empty()
    }

    /// Loss, accuracy and the whole gradient's norm over the steps.
    ///
    /// # Errors
    /// If the log cannot be opened again.
    pub fn training(&self) -> Result<Training, Problem> {
        Training::of_log(&self.log, &self.part().run)
    }
}

/// The networks of a log, a run each; `None` where nothing recognises it as a log of
/// another program.
///
/// # Errors
/// If it cannot be read, or has no norms of layers.
pub fn open(path: &Path, options: &LogOptions) -> Result<Option<Vec<Target>>, Problem> {
    let Some(log) = ForeignLog::open(path, options)? else {
        return Ok(None);
    };
    if log.parts.is_empty() {
        return Err(without_layers(&log));
    }
    Ok(Some(targets(&log)))
}

/// What is refused of a log without norms of layers, and what there is instead.
fn without_layers(log: &ForeignLog) -> Problem {
    let has_total = log.runs.iter().any(|run| run.total.is_some());
    let what = match has_total {
        true => "has one norm for the whole gradient and none for its layers",
        false => "has no norms of gradients",
    };
    let name = quoted(&log.path().display().to_string());
    let instead = match log.runs.is_empty() {
        true => String::new(),
        false => {
            format!("`vgrad read {name}` says how training went and `vgrad plot {name}` draws it; ")
        }
    };
    Problem::in_file(log.path(), format!("{}: {what}", log.format())).help(format!(
        "{instead}log a norm per layer to see where gradients vanish"
    ))
}

/// The networks of a log, a target each.
pub fn targets(log: &Arc<ForeignLog>) -> Vec<Target> {
    let path = log.path();
    let targets = (0..log.parts.len()).map(|part| {
        let run = ForeignRun {
            log: log.clone(),
            part,
        };
        let name = last_part(path);
        let label = match run.part().label() {
            label if label.is_empty() => name,
            label => format!("{name}:{label}"),
        };
        Target {
            label,
            path: path.to_owned(),
            runs: vec![Run {
                foreign: Some(run),
                ..Run::file(path)
            }],
        }
    });
    targets.collect()
}

/// The steps of one network of a log.
pub struct ForeignSteps {
    run: ForeignRun,
    steps: LogSteps,
    /// The columns that are read, as places among those of the network.
    columns: Vec<usize>,
    held: Step,
    ahead: Option<Step>,
    count: u64,
    is_over: bool,
    diverged: Option<Diverged>,
    warnings: Vec<String>,
}

impl ForeignSteps {
    /// Begins to read `columns` of a network.
    ///
    /// # Errors
    /// If it has not all of them, or the log cannot be opened again.
    pub fn of(run: &ForeignRun, columns: &[&str]) -> Result<Self, Problem> {
        let part = run.part();
        let place = |name: &&str| {
            let name = run.column(name)?;
            let place = part.columns.iter().position(|column| column.name == name);
            Ok(place.unwrap_or(0))
        };
        let columns = columns
            .iter()
            .map(place)
            .collect::<Result<Vec<_>, Problem>>()?;
        Ok(Self {
            run: run.clone(),
            steps: LogSteps::of(&run.log, &part.run)?,
            held: Step {
                columns: columns.len(),
                ..Step::default()
            },
            columns,
            ahead: None,
            count: 0,
            is_over: false,
            diverged: None,
            warnings: run.log.warnings.clone(),
        })
    }

    /// The next step with layers, the steps ascending; `None` after the last. A last step
    /// that lacks layers of the one before it is left out.
    ///
    /// # Errors
    /// If the log cannot be read, or no step has a layer.
    pub fn next_step(&mut self) -> Result<Option<&Step>, Problem> {
        if self.is_over {
            return Ok(None);
        }
        let path = self.run.log.path().to_owned();
        let next = match self.ahead.take() {
            Some(step) => Some(step),
            None => self.read()?,
        };
        let Some(step) = next else {
            self.is_over = true;
            if self.count == 0 {
                let problem = Problem::in_file(&path, "has no step with a norm of a layer");
                return Err(match self.warnings.is_empty() {
                    true => problem,
                    false => problem.help(self.warnings.join("; ")),
                });
            }
            return Ok(None);
        };
        self.ahead = self.read()?;
        let is_there = |layer: &usize| step.layers.binary_search(layer).is_ok();
        if self.ahead.is_none() && self.count > 0 && !self.held.layers.iter().all(is_there) {
            self.is_over = true;
            self.warnings.push(format!(
                "{}: step {} has {} of {} layers and is left out",
                path.display(),
                step.step,
                step.layers.len(),
                self.held.layers.len()
            ));
            return Ok(None);
        }
        self.held = step;
        self.count += 1;
        Ok(Some(&self.held))
    }

    /// The next step that has a layer.
    fn read(&mut self) -> Result<Option<Step>, Problem> {
        let part = &self.run.log.parts[self.run.part];
        let total = self.run.log.run(&part.run).and_then(|run| run.total);
        while let Some(at) = self.steps.next_step()? {
            let mut step = Step {
                step: at.step,
                epoch: at.epoch,
                columns: self.columns.len(),
                ..Step::default()
            };
            for layer in 0..part.layers.len() {
                if part
                    .columns
                    .iter()
                    .all(|column| column.value(layer, at).is_none())
                {
                    continue;
                }
                step.layers.push(layer + 1);
                let values = self
                    .columns
                    .iter()
                    .map(|column| part.columns[*column].value(layer, at));
                step.values.extend(values);
            }
            if self.diverged.is_none() {
                let found = non_finite(part, at);
                let whole = total.and_then(|total| at.value(total));
                let whole = whole
                    .filter(|value| !value.is_finite())
                    .map(|value| Diverged {
                        step: Some(at.step),
                        layer: None,
                        quantity: "grad_norm".to_owned(),
                        value: Some(value),
                    });
                self.diverged = found.or(whole);
            }
            if !step.layers.is_empty() {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    /// Whether the log tells places on the path: it has been put in order.
    pub fn position(&self, layer: usize) -> Option<usize> {
        self.run.part().layers.get(layer.checked_sub(1)?)?.position
    }

    /// Where a norm stopped being finite in what has been handed out.
    pub fn diverged(&self) -> Option<&Diverged> {
        let is_seen = |at: &&Diverged| at.step.is_none_or(|step| step <= self.held.step);
        self.diverged.as_ref().filter(is_seen)
    }

    /// The name of a layer.
    pub fn name(&self, layer: usize) -> Option<&str> {
        let layer = self.run.part().layers.get(layer.checked_sub(1)?)?;
        Some(&layer.name)
    }

    /// What was left out.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The norm at a step that is not finite, of several that nearest the output.
fn non_finite(part: &LogPart, at: &LogStep) -> Option<Diverged> {
    (0..part.layers.len()).rev().find_map(|layer| {
        let mut norms = part.columns.iter().filter(|column| column.is_norm);
        norms.find_map(|column| {
            let value = column.value(layer, at).filter(|value| !value.is_finite())?;
            Some(Diverged {
                step: Some(at.step),
                layer: Some(layer + 1),
                quantity: column.name.clone(),
                value: Some(value),
            })
        })
    })
}
