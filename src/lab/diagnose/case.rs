//! One run read for its diagnosis, in one pass.

use crate::base::Problem;
use crate::lab::config::{LoadedSpec, Precision, Spec};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::learned::Evidence;
use crate::lab::records::{Columns, HEADLINE, Run, RunStats, Step};
use crate::lab::text::{Numbering, significant};
use crate::nn::architecture::Along;

use super::expected::Expected;
use super::frame::{Frame, median};
use super::replay::{Replay, Replayed};
use super::shared_maps::SharedMaps;

/// One run and all that its diagnosis goes by.
pub struct Case<'a> {
    /// Where it comes from.
    pub run: &'a Run,
    /// What every reader wants to know.
    pub stats: RunStats,
    /// The columns that were read, the headline first.
    pub columns: Vec<String>,
    /// The first logged step.
    first: Step,
    /// The last one.
    last: Step,
    /// The last one with finite norms alone.
    last_finite: Option<Step>,
    /// How large its updates are.
    pub updates: Updates,
    /// The published rules over all of its steps.
    pub rules: Vec<Replayed>,
    /// The recurrent maps that its time steps share, where its log has them whole.
    pub shared_maps: Option<SharedMaps>,
    /// What its spec and its data say.
    pub expected: Expected,
}

/// log10 of ‖ΔW‖/‖W‖, of each step the median over the hidden layers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Updates {
    /// At the first step that has it.
    pub first: Option<f64>,
    /// The largest.
    pub most: Option<f64>,
    /// The layer of the largest one at the first step at which a layer's overshoots.
    pub overshoots: Option<usize>,
    /// What becomes of the gradients in the steps after the first.
    pub settling: Settling,
    sum: f64,
    count: u64,
}

/// The gradient before the first update and shortly after, of each step the median over the
/// layers: the first logged step [`SOON`] updates on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settling {
    /// The first logged step, and the gradient there.
    pub first: Option<(u64, f64)>,
    /// The later one.
    pub soon: Option<(u64, f64)>,
}

/// log10 of ‖ΔW‖/‖W‖ above which a step overshoots.
pub const LARGE: f64 = -1.0;
/// Times that weights grow by from the first logged step to the last where steps are what is
/// wrong with them, whatever the gradients look like by then.
const BLOWN_UP: f64 = 1e3;
/// The key of a discriminator's rate.
pub const DISCRIMINATOR_RATE: &str = "gan.train.learning_rate";
/// Updates after which the gradient is looked at again.
const SOON: u64 = 10;

impl Settling {
    fn add(&mut self, step: u64, gradient: f64) {
        let (first, _) = *self.first.get_or_insert((step, gradient));
        if step >= first + SOON {
            self.soon.get_or_insert((step, gradient));
        }
    }

    /// How many times smaller the gradient is shortly after the first update.
    pub fn fall(&self) -> Option<f64> {
        Some(self.first?.1 / self.soon?.1)
    }
}

impl Updates {
    fn add(&mut self, log: f64) {
        self.first.get_or_insert(log);
        self.most = Some(self.most.map_or(log, |most| most.max(log)));
        if log.is_finite() {
            self.sum += log;
            self.count += 1;
        }
    }

    /// The mean over the steps.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl<'a> Case<'a> {
    /// Reads `run`, those of the columns `wanted` that it has besides its headline; `loaded`
    /// is its spec, where it has one that can be read.
    ///
    /// # Errors
    /// If the log cannot be understood.
    pub fn read(
        run: &'a Run,
        loaded: Option<&LoadedSpec>,
        wanted: &[&str],
    ) -> Result<Self, Problem> {
        let mut columns = Columns::choose(run, None)?;
        for name in wanted {
            columns.also_if_there(name);
        }
        let columns = columns.names().to_vec();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut replay = Replay::new(&columns, run.along());
        let mut updates = Updates::default();
        let mut first = None;
        let (mut last, mut last_finite) = (Step::default(), None);
        let stats = RunStats::of(run, &names, |step, _| {
            first.get_or_insert_with(|| step.clone());
            last.clone_from(step);
            let mut norms = step.column(0).filter_map(|(_, norm)| norm);
            if norms.all(f64::is_finite) {
                last_finite
                    .get_or_insert_with(Step::default)
                    .clone_from(step);
            }
            replay.step(step);
            if let Some(gradient) = median(step.column(0).filter_map(|(_, norm)| norm)) {
                updates.settling.add(step.step, gradient);
            }
            if let Some(at) = names.iter().position(|name| *name == "update_ratio") {
                let ratios = step.column(at).filter_map(|(_, ratio)| ratio);
                if let Some(ratio) = median(ratios) {
                    updates.add(ratio.log10());
                }
                let large = step.column(at).filter_map(|(layer, ratio)| {
                    let ratio = ratio.filter(|ratio| ratio.log10() > LARGE)?;
                    Some((layer, ratio))
                });
                let most = large.max_by(|a, b| a.1.total_cmp(&b.1));
                updates.overshoots = updates.overshoots.or(most.map(|(layer, _)| layer));
            }
            Ok(())
        })?;
        let rules = replay.end(run, &stats)?;
        let looked_at = [first.as_ref(), Some(&last), last_finite.as_ref()];
        let looked_at = looked_at.map(|step| step.map_or(0, |step| step.step));
        let shared_maps = SharedMaps::of(run, &looked_at)?;
        Ok(Self {
            run,
            stats,
            columns,
            first: first.unwrap_or_default(),
            last,
            last_finite,
            updates,
            rules,
            shared_maps,
            expected: Expected::of(loaded),
        })
    }

    fn frame<'b>(&'b self, step: &'b Step) -> Frame<'b> {
        Frame {
            step,
            columns: &self.columns,
            layers: &self.stats.layers,
        }
    }

    /// The first logged step.
    pub fn first(&self) -> Frame<'_> {
        self.frame(&self.first)
    }

    /// The steps that are looked at: of the first and the last one those at which the gradients
    /// do not arrive, the first one where they do at both; of a run that diverged the last step
    /// that is finite throughout in place of the last one.
    pub fn frames(&self) -> Vec<Frame<'_>> {
        let fails = |end: &Option<Decay>| {
            end.as_ref()
                .is_some_and(|decay| decay.verdict != Verdict::Healthy)
        };
        let first = self.first();
        let last = if self.has_diverged() {
            self.last_finite.as_ref().map(|step| self.frame(step))
        } else {
            fails(&self.stats.last).then(|| self.frame(&self.last))
        };
        let last = last.filter(|last| last.step.step != first.step.step);
        match last {
            Some(last) if fails(&self.stats.initial) => vec![first, last],
            Some(last) => vec![last],
            None => vec![first],
        }
    }

    /// Whether a norm or the loss stopped being finite.
    pub fn has_diverged(&self) -> bool {
        self.stats.verdict == Some(Verdict::Diverged)
    }

    /// What learning is judged by, where its samples are too few to tell.
    pub fn undecided(&self) -> Option<&Evidence> {
        let by = self.run.summary.as_ref()?.learned_by.as_ref()?;
        (self.stats.learned == Some(false) && by.is_too_small()).then_some(by)
    }

    /// Whether it learned nothing; where that cannot be told, whether it is no better than
    /// guessing.
    pub fn is_idle(&self) -> bool {
        self.stats.learned == Some(false) && !self.undecided().is_some_and(Evidence::is_ahead)
    }

    /// Whether its steps blew the weights of a hidden layer up without making them no numbers.
    pub fn has_blown_up(&self) -> bool {
        let [first, last] = [self.first(), self.frame(&self.last)];
        let grows = |layer: usize| {
            let [before, after] = [first, last].map(|own| own.value(layer, "weight_norm"));
            let (before, after) = before.zip(after)?;
            Some(before > 0.0 && after > BLOWN_UP * before)
        };
        let overshoots = self.updates.most.is_some_and(|most| most > LARGE);
        let mut hidden = first.hidden().into_iter();
        overshoots && hidden.any(|layer| grows(layer) == Some(true))
    }

    /// The key of the rate that makes the first steps that are too large, where a generator and
    /// its discriminator have one each.
    pub fn rate_key(&self) -> Option<&'static str> {
        self.spec()?.gan.as_ref()?;
        let layer = self.updates.overshoots?;
        let mut layers = self.stats.layers.iter();
        let info = layers.find(|info| info.layer == layer)?;
        Some(match info.name.starts_with("discriminator_") {
            true => DISCRIMINATOR_RATE,
            false => "train.learning_rate",
        })
    }

    /// Its spec.
    pub fn spec(&self) -> Option<&Spec> {
        self.run.spec.as_ref()
    }

    /// What the gradient's path is made of.
    pub fn along(&self) -> Along {
        self.run.along()
    }

    /// What the numbers of its log's layers stand for.
    pub fn numbering(&self) -> Numbering {
        self.stats.numbering(self.along())
    }

    /// What the gradient passes from one row of the log to the one before.
    pub fn passed(&self) -> &'static str {
        match self.along() {
            Along::Layers => "a layer",
            Along::Time => "a time step",
        }
    }

    /// What the recurrent map does at each time step, as a clause; empty where it is not
    /// known at the step of `frame`.
    pub fn recurrent_radius(&self, frame: &Frame) -> String {
        let radius = self.expected.recurrent_radius;
        let radius = radius.filter(|_| frame.step.step == 0);
        radius.map_or(String::new(), |radius| {
            format!(
                "; the recurrent map has the spectral radius {}, times φ' at every time step",
                significant(radius)
            )
        })
    }

    /// Whether the log has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|own| own == column)
    }

    /// Whether its norms are those of ∂L/∂h.
    pub fn is_of_activations(&self) -> bool {
        self.stats.headline == HEADLINE
    }

    /// The precision it was calculated in, f32 where nothing tells.
    pub fn precision(&self) -> Precision {
        self.spec().map_or(Precision::F32, |spec| spec.precision)
    }

    /// Updates made, as far as is known.
    pub fn updates_made(&self) -> u64 {
        let summary = self.run.summary.as_ref();
        summary.map_or(self.stats.last_step, |summary| summary.steps)
    }
}
