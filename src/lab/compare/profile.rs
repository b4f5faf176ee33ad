//! One pass over a run: its layers' figures where they are looked at.

use std::collections::BTreeMap;

use super::at::StepChoice;
use super::reading::{Reading, Series, log10};
use crate::base::Problem;
use crate::lab::decay::Verdict;
use crate::lab::records::{Columns, LayerInfo, Run, RunStats, Step, is_output};
use crate::lab::text::Numbering;

/// What one run contributes to a comparison.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The column that is compared.
    pub quantity: String,
    /// What a figure of it is at most that a log's writer rounded to 0.
    pub resolution: Option<f64>,
    /// What any other figure of it may be off by.
    pub rounding: Option<f64>,
    /// Both ends of the run.
    pub stats: RunStats,
    /// What its layers' numbers stand for.
    pub numbering: Numbering,
    /// The verdict; `None` where no layer has a norm.
    pub verdict: Option<Verdict>,
    /// A reading per layer, by the layer's number; of means none yet.
    pub readings: BTreeMap<usize, Reading>,
    /// For means the layers' figures at all steps, until it is known which steps
    /// the other runs have.
    pub series: BTreeMap<usize, Series>,
    /// The first and the last step that was looked at, and how many.
    pub looked_at: Option<LookedAt>,
    /// For a step that was not logged, the logged ones next to it.
    pub nearest: Vec<u64>,
}

/// The steps that were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// How many.
    pub count: u64,
}

impl Profile {
    /// Reads a run. Without a `quantity` it is read for its headline.
    ///
    /// # Errors
    /// If it cannot be read or lacks the quantity.
    pub fn read(run: &Run, quantity: Option<&str>, at: StepChoice) -> Result<Self, Problem> {
        // Decay is that of the headline, whichever quantity is compared.
        let mut columns = match (Columns::choose(run, None), quantity) {
            (Ok(columns), _) => columns,
            (Err(_), Some(quantity)) => Columns::choose(run, Some(quantity))?,
            (Err(problem), None) => return Err(problem),
        };
        let place = match quantity {
            Some(quantity) => columns.also(quantity)?,
            None => 0,
        };
        let columns: Vec<&str> = columns.names().iter().map(String::as_str).collect();
        let (norm, quantity) = (columns[0], columns[place].to_owned());
        let mut look = Look::new(at, place);
        let mut stats = RunStats::of(run, &columns, |step, _| {
            look.at(step);
            Ok(())
        })?;
        stats.warnings.extend(run.caution(&stats.headline));
        let resolution = run.resolution(&quantity);
        let mut profile = Self {
            verdict: stats.verdict,
            numbering: stats.numbering(run.along()),
            readings: look.readings(resolution),
            resolution,
            rounding: run.rounding(&quantity),
            series: look.series,
            looked_at: look.looked_at,
            nearest: [look.before, look.after].into_iter().flatten().collect(),
            stats,
            quantity,
        };
        if look.is_negative && !norm.ends_with("_norm") {
            // It is no norm after all.
            profile.stats.initial = None;
            profile.stats.last = None;
            profile.verdict = None;
        }
        Ok(profile)
    }

    /// The layer of this number.
    pub fn layer(&self, layer: usize) -> Option<&LayerInfo> {
        let layers = &self.stats.layers;
        let at = layers.binary_search_by_key(&layer, |info| info.layer);
        at.ok().map(|at| &layers[at])
    }

    /// The numbers of the hidden layers, ascending: all but the output's.
    pub fn hidden(&self) -> Vec<usize> {
        let layers = self.stats.layers.iter();
        let hidden = layers.filter(|info| !is_output(&info.name));
        hidden.map(|info| info.layer).collect()
    }

    /// The numbers of the layers on the path that decay is measured along, ascending, but
    /// the output's: all hidden layers where none has a place on it.
    pub fn path(&self) -> Vec<usize> {
        let layers = self.stats.layers.iter();
        let on_path = layers.filter(|info| info.position.is_some() && !is_output(&info.name));
        let path: Vec<usize> = on_path.map(|info| info.layer).collect();
        if path.is_empty() { self.hidden() } else { path }
    }

    /// The number of the output layer, where one is named so.
    pub fn output(&self) -> Option<usize> {
        let layers = &self.stats.layers;
        let output = layers.iter().rfind(|info| is_output(&info.name));
        output.map(|info| info.layer)
    }

    /// Whether the file names its layers.
    pub fn has_names(&self) -> bool {
        self.stats.layers.iter().any(|info| !info.name.is_empty())
    }
}

/// Keeps of each step what is needed, and no more.
struct Look {
    at: StepChoice,
    column: usize,
    layers: Vec<usize>,
    figures: Vec<Option<f64>>,
    series: BTreeMap<usize, Series>,
    looked_at: Option<LookedAt>,
    before: Option<u64>,
    after: Option<u64>,
    is_negative: bool,
}

impl Look {
    fn new(at: StepChoice, column: usize) -> Self {
        Self {
            at,
            column,
            layers: Vec::new(),
            figures: Vec::new(),
            series: BTreeMap::new(),
            looked_at: None,
            before: None,
            after: None,
            is_negative: false,
        }
    }

    fn at(&mut self, step: &Step) {
        let is_looked_at = match self.at {
            StepChoice::Initial => self.looked_at.is_none(),
            StepChoice::Final | StepChoice::Mean => true,
            StepChoice::Step(number) => {
                if step.step < number {
                    self.before = Some(step.step);
                } else if step.step > number && self.after.is_none() {
                    self.after = Some(step.step);
                }
                step.step == number
            }
        };
        let mut column = step.column(self.column);
        self.is_negative |= column.any(|(_, figure)| figure.is_some_and(|figure| figure < 0.0));
        if !is_looked_at {
            return;
        }
        let (first, count) = match (self.at, self.looked_at) {
            (StepChoice::Mean, Some(before)) => (before.first, before.count + 1),
            _ => (step.step, 1),
        };
        self.looked_at = Some(LookedAt {
            first,
            last: step.step,
            count,
        });
        if self.at == StepChoice::Mean {
            for (layer, figure) in step.column(self.column) {
                self.series
                    .entry(layer)
                    .or_default()
                    .push((step.step, figure));
            }
        } else {
            self.layers.clone_from(&step.layers);
            self.figures.clear();
            self.figures
                .extend(step.column(self.column).map(|(_, figure)| figure));
        }
    }

    fn readings(&self, resolution: Option<f64>) -> BTreeMap<usize, Reading> {
        let figures = self.figures.iter();
        let readings = figures.map(|figure| log10(*figure, resolution));
        self.layers.iter().copied().zip(readings).collect()
    }
}
