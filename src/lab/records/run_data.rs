//! A run prepared for pictures, read in one pass and kept to a bounded size
//! however long it is.

use super::HEADLINE;
use super::Run;
use super::columns::Columns;
use super::grid::{Grid, GridSize};
use super::run_stats::RunStats;
use super::step::Step;
use super::value_range::ValueRange;
use crate::base::Problem;
use crate::lab::decay::Decay;
use crate::lab::prediction::Prediction;
use crate::lab::summary::Divergence;
use crate::lab::text::{Findings, Numbering, networks, number};

/// One run as figures and pages show it.
#[derive(Clone, Debug)]
pub struct RunData {
    /// Its name, unlike those of the others.
    pub label: String,
    /// The place of its target among the targets.
    pub target: usize,
    /// Where it comes from.
    pub run: Run,
    /// What every reader wants to know: decay, verdict, loss and accuracy.
    pub stats: RunStats,
    /// The columns of `first` and `last`, the one it is read for at 0.
    pub columns: Vec<String>,
    /// The first logged step.
    pub first: Step,
    /// The last logged step.
    pub last: Step,
    /// The column at 0 per layer and bucket of steps.
    pub grid: Grid,
    /// How far its values reach, each of them counted.
    pub values: ValueRange,
    /// Where it diverged, if it did.
    pub divergence: Option<Divergence>,
}

impl RunData {
    /// Reads a run; its label and target are for the caller to say.
    ///
    /// # Errors
    /// See [`RunStats::of`].
    pub fn read(run: &Run, columns: &Columns, size: GridSize) -> Result<Self, Problem> {
        let names: Vec<&str> = columns.names().iter().map(String::as_str).collect();
        let mut grid = Grid::new(size);
        let mut values = ValueRange::default();
        let (mut first, mut last) = (None, Step::default());
        let stats = RunStats::of(run, &names, |step, _| {
            first.get_or_insert_with(|| step.clone());
            last.clone_from(step);
            grid.add(step, 0);
            step.column(0)
                .filter_map(|(_, value)| value)
                .for_each(|value| values.add(value));
            Ok(())
        })?;
        Ok(Self {
            label: String::new(),
            target: 0,
            run: run.clone(),
            columns: columns.names().to_vec(),
            first: first.unwrap_or_default(),
            last,
            grid,
            values,
            divergence: divergence(run, &stats),
            stats,
        })
    }

    /// Whether a value of the norm that is shown is a bound: a log's writer rounded it to 0.
    pub fn is_bound(&self, value: f64) -> bool {
        let bound = self
            .columns
            .first()
            .and_then(|own| self.run.resolution(own));
        bound.is_some_and(|bound| (0.0..=bound).contains(&value))
    }

    /// What a picture says of norms that a log's writer rounded to 0: where they stand.
    pub fn rounding(&self) -> Option<String> {
        self.run.resolution(self.columns.first()?).map(rounded_to)
    }

    /// The layers' numbers, ascending.
    pub fn layers(&self) -> &[usize] {
        self.grid.layers()
    }

    /// What its layers' numbers stand for.
    pub fn numbering(&self) -> Numbering {
        self.stats.numbering(self.run.along())
    }

    /// What an axis of its layers says: a recurrent network has one for each time step.
    pub fn layer_axis(&self) -> &'static str {
        match self.numbering() {
            Numbering::Layers => "layer",
            Numbering::Time { stacked: 1, .. } => "time step",
            Numbering::Time { .. } => "layer: time step after time step",
        }
    }

    /// Whether it has more than one logged step.
    pub fn moves(&self) -> bool {
        self.first.step != self.last.step
    }

    /// Decades lost at the first and the last logged step.
    pub fn lost(&self) -> [Option<f64>; 2] {
        let lost = |decay: &Option<Decay>| decay.as_ref()?.attenuation_decades;
        [lost(&self.stats.initial), lost(&self.stats.last)]
    }

    /// Decades that a generator's loss takes off all layers at both; `None` of any other network.
    pub fn by_loss(&self) -> [Option<f64>; 2] {
        let by_loss = |decay: &Option<Decay>| decay.as_ref()?.decades_by_loss();
        [by_loss(&self.stats.initial), by_loss(&self.stats.last)]
    }

    /// Whether it is the log of a generator.
    pub fn is_generator(&self) -> bool {
        self.by_loss().iter().any(Option::is_some)
    }

    /// Whose its layers are, where a discriminator stands behind a generator.
    pub fn networks(&self) -> Option<String> {
        let mut layers = self.stats.layers.iter();
        let behind = layers.find(|layer| layer.name.starts_with("discriminator_"))?;
        Some(networks(behind.layer - 1))
    }

    /// What theory expects of step 0, where it was asked.
    pub fn prediction(&self) -> Option<&Prediction> {
        self.run.summary.as_ref()?.predicted.as_ref()?.known()
    }

    /// The norms that theory expects at the first step, per layer on the path, from the
    /// norm measured at the last of them on: theory gives ratios. Only those that a logarithm
    /// shows; none of another column or step than it tells of.
    pub fn expected_norms(&self) -> Vec<(usize, f64)> {
        let Some(prediction) = self.prediction() else {
            return Vec::new();
        };
        if self.columns[0] != HEADLINE || self.first.step != 0 {
            return Vec::new();
        }
        let on_path = prediction.layers.iter();
        let lost: Vec<(usize, f64)> = on_path
            .filter_map(|layer| Some((layer.layer, layer.attenuation_decades?.0)))
            .collect();
        let measured = lost
            .last()
            .and_then(|(last, _)| self.first.of_layer(*last, 0));
        let norms = lost
            .iter()
            .filter_map(|(layer, lost)| Some((*layer, measured? * 10f64.powf(-lost))));
        norms
            .filter(|(_, norm)| norm.is_normal() && *norm > 0.0)
            .collect()
    }

    /// What there is to say of it; `None` where no layer on the path has a norm.
    pub fn findings(&self) -> Option<Findings<'_>> {
        let stats = &self.stats;
        let layers = stats.layers.iter();
        let summary = self.run.summary.as_ref();
        Some(Findings {
            layers: layers.filter(|layer| layer.position.is_some()).count(),
            verdict: stats.verdict?,
            initial: stats.initial.as_ref()?,
            last: stats.last.as_ref()?,
            numbering: self.numbering(),
            diverged: self.divergence.as_ref(),
            onset: stats.onset.as_ref(),
            learned: stats.learned,
            learned_by: summary.and_then(|summary| summary.learned_by.as_ref()),
        })
    }
}

/// What a picture says of norms that a log's writer rounded to 0, being at most `most`.
pub(super) fn rounded_to(most: f64) -> String {
    format!(
        "Norms that read 0 stand at {}, the log's resolution, and are below it",
        number(most)
    )
}

/// Where it diverged: as its summary tells it, else as its rows do.
fn divergence(run: &Run, stats: &RunStats) -> Option<Divergence> {
    stats.diverged.as_ref()?;
    let told = run.summary.as_ref().and_then(|told| told.diverged.clone());
    told.or_else(|| {
        let onset = stats.onset.as_ref()?;
        Some(Divergence {
            step: onset.step,
            layer: onset.layer,
            name: onset.name.clone(),
        })
    })
}
