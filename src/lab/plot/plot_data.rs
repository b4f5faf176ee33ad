//! What figures show: all runs that are shown together.

use super::cell::Cell;
use super::scale::Scale;
use super::totals::Totals;
use super::words::{NAME_LENGTH, counted};
use crate::base::Problem;
use crate::lab::predictive::Predictions;
use crate::lab::reading::read_run_data;
use crate::lab::records::{Columns, GridSize, HEADLINE, Run, RunData, Target, ValueRange};
use crate::lab::remedies::RankedCures;
use crate::lab::summary::Summary;
use crate::lab::sweep::SweepView;
use crate::lab::text::shortened;
use crate::lab::view::View;
use crate::nn::loss::psnr;

/// The most buckets of neighbouring steps that are kept.
const SIZE: GridSize = GridSize {
    buckets: 600,
    cells: usize::MAX,
};

/// "3 values are 0 and 1 value is NaN or infinite"; `None` if there are none.
pub fn apart(extent: &ValueRange, is_log: bool) -> Option<String> {
    let zeros = (is_log && extent.zeros > 0).then(|| counted(extent.zeros, "value") + " exactly 0");
    let odd =
        (extent.non_finite > 0).then(|| counted(extent.non_finite, "value") + " NaN or infinite");
    match (zeros, odd) {
        (None, None) => None,
        (Some(zeros), Some(odd)) => Some(format!("{zeros}, {odd}")),
        (one, other) => one.or(other),
    }
}

/// A rendered view and the name of its run.
#[derive(Clone, Debug)]
pub struct NamedView {
    /// The run's name.
    pub label: String,
    /// The view.
    pub view: View,
    /// Whether the run diverged.
    pub has_diverged: bool,
}

impl NamedView {
    /// The run and its peak signal-to-noise ratio.
    pub fn title(&self) -> String {
        let diverged = if self.has_diverged { ", diverged" } else { "" };
        let psnr = psnr(self.view.error());
        format!("{}: {psnr:.2} dB{diverged}", self.label)
    }
}

/// All runs that are shown together.
#[derive(Clone, Debug)]
pub struct PlotData {
    /// The column they are read for.
    pub quantity: String,
    /// The names of the targets.
    pub targets: Vec<String>,
    /// The runs, target by target.
    pub runs: Vec<RunData>,
    /// What is drawn of runs without looking at their layers, where it was asked for or
    /// there is nothing else to draw of one.
    pub totals: Totals,
    /// Per target the probabilities of its runs together, where they were judged.
    pub ensembles: Vec<Option<Predictions>>,
    /// What cures came to, folder by folder.
    pub ranked: Vec<RankedCures>,
    /// Quantities of sweeps over their axes.
    pub sweeps: Vec<SweepView>,
    /// What networks render, beside what is there.
    pub views: Vec<NamedView>,
    /// What was left out of the files, for the user to know.
    pub warnings: Vec<String>,
}

impl PlotData {
    /// Of sweeps alone.
    pub fn of_sweeps(sweeps: Vec<SweepView>) -> Self {
        Self {
            quantity: HEADLINE.to_owned(),
            targets: Vec::new(),
            runs: Vec::new(),
            totals: Totals::default(),
            ensembles: Vec::new(),
            ranked: Vec::new(),
            sweeps,
            views: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Of runs that were read for a page, what it shows figures of beside its charts: what those
    /// render that kept their weights for it, and what their probabilities are worth.
    pub fn of_page(targets: &[Target], runs: Vec<RunData>, threads: usize) -> Self {
        let mut data = Self::of_sweeps(Vec::new());
        data.add_views(&runs, threads);
        data.runs = runs;
        for target in targets {
            data.targets.push(shortened(&target.label, NAME_LENGTH));
            data.ensembles
                .push(target.ensemble().unwrap_or_else(|problem| {
                    data.warnings.push(problem.to_string());
                    None
                }));
        }
        data
    }

    /// Whether the probabilities of a run were judged.
    pub fn has_probabilities(&self) -> bool {
        let mut told = self.runs.iter().filter_map(|run| run.run.summary.as_ref());
        told.any(|summary| summary.predictive.is_some())
    }

    /// Reads the runs, at most `threads` at once, for `quantity` or for the
    /// norm that tells of decay. `ranked` are shown beside them.
    ///
    /// # Errors
    /// If a file cannot be read or lacks the quantity.
    pub fn of(
        targets: &[Target],
        ranked: Vec<RankedCures>,
        quantity: Option<&str>,
        threads: usize,
    ) -> Result<Self, Problem> {
        let quantity = match quantity {
            Some(quantity) if targets.is_empty() => {
                let what = format!("--quantity {quantity}: there is no run that has columns");
                return Err(Problem::new(what)
                    .help("leave it out: cures are shown by their accuracy, else their loss"));
            }
            Some(quantity) => quantity.to_owned(),
            None if targets.is_empty() && !ranked.is_empty() => HEADLINE.to_owned(),
            None => headline(targets)?,
        };
        let mut runs = read_run_data(targets, threads, SIZE, |run| {
            Columns::choose(run, Some(&quantity))
        })?;
        for data in &mut runs {
            if data.values == ValueRange::default() {
                return Err(Problem::in_file(
                    &data.run.gradients,
                    format!("has no value in the column `{quantity}`"),
                )
                .help("name another column with --quantity"));
            }
            data.label = shortened(&data.label, NAME_LENGTH);
        }
        let names = targets.iter();
        let warnings = runs.iter().flat_map(|run| run.stats.warnings.clone());
        Ok(Self {
            targets: names
                .map(|target| shortened(&target.label, NAME_LENGTH))
                .collect(),
            warnings: warnings.collect(),
            ensembles: targets
                .iter()
                .map(Target::ensemble)
                .collect::<Result<_, _>>()?,
            quantity,
            runs,
            totals: Totals::default(),
            ranked,
            sweeps: Vec::new(),
            views: Vec::new(),
        })
    }

    /// Of the whole gradient and the loss of some runs alone.
    ///
    /// # Errors
    /// If a file cannot be read, or a log has neither layers nor anything to draw.
    pub fn of_totals(targets: &[Target], threads: usize) -> Result<Self, Problem> {
        let mut data = Self::of_sweeps(Vec::new());
        data.add_totals(targets, threads)?;
        Ok(data)
    }

    /// Adds the whole gradient and the loss of some runs.
    ///
    /// # Errors
    /// If a file cannot be read, or a log has neither layers nor anything to draw.
    pub fn add_totals(&mut self, targets: &[Target], threads: usize) -> Result<(), Problem> {
        self.totals = Totals::read(targets, threads, &mut self.warnings)?;
        Ok(())
    }

    /// Renders the views of the runs that kept their weights, or of all if they are `needed`,
    /// with so many threads.
    ///
    /// # Errors
    /// If a view is needed that cannot be rendered.
    pub fn render_views(&mut self, needed: bool, threads: usize) -> Result<(), Problem> {
        if !needed {
            let runs = std::mem::take(&mut self.runs);
            self.add_views(&runs, threads);
            self.runs = runs;
            return Ok(());
        }
        let views = self.runs.iter().map(|run| view(run, threads));
        self.views = views
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Adds the views of the runs that kept their weights. One that cannot be rendered, its
    /// picture being gone, keeps nobody from what else there is to see.
    fn add_views(&mut self, runs: &[RunData], threads: usize) {
        for data in runs.iter().filter(|data| View::is_kept(&data.run)) {
            match view(data, threads) {
                Ok(view) => self.views.extend(view),
                Err(problem) => self.warnings.push(problem.to_string()),
            }
        }
    }

    /// What the views are, in a word or two: "view held out".
    pub fn what_is_rendered(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for named in &self.views {
            let own = named.view.what();
            if !words.contains(&own) {
                words.push(own);
            }
        }
        words.join(" and ")
    }

    /// Whether its values belong on a log axis: norms and ratios do, shares
    /// and values that may be negative do not.
    pub fn is_log(&self) -> bool {
        let has_negatives = self.runs.iter().any(|run| run.values.has_negatives());
        !has_negatives && !self.quantity.ends_with("_fraction")
    }

    /// The scale that holds what an extent reaches over.
    pub fn scale(&self, extent: &ValueRange) -> Scale {
        if self.is_log() {
            Scale::log(extent)
        } else {
            Scale::linear(extent)
        }
    }

    /// The runs of a target.
    pub fn of_target(&self, target: usize) -> impl Iterator<Item = &RunData> {
        let runs = self.runs.iter();
        runs.filter(move |run| run.target == target)
    }
}

/// What a run renders; `None` of one that renders nothing.
fn view(data: &RunData, threads: usize) -> Result<Option<NamedView>, Problem> {
    let view = View::of(&data.run, threads)?;
    Ok(view.map(|view| NamedView {
        label: shortened(&data.label, NAME_LENGTH),
        view,
        has_diverged: (data.run.summary.as_ref()).is_some_and(Summary::has_diverged),
    }))
}

/// The norm that tells of decay in all of the runs.
fn headline(targets: &[Target]) -> Result<String, Problem> {
    let mut runs = targets.iter().flat_map(|target| &target.runs);
    let first = runs
        .next()
        .ok_or_else(|| Problem::new("there is no run to show"))?;
    let headline = |run: &Run| -> Result<String, Problem> {
        Ok(Columns::choose(run, None)?.names()[0].clone())
    };
    let quantity = headline(first)?;
    for run in runs {
        let other = headline(run)?;
        if other != quantity {
            return Err(Problem::in_file(
                &run.gradients,
                format!(
                    "tells of decay by `{other}`, but {} by `{quantity}`",
                    first.gradients.display()
                ),
            )
            .help("name a column that both have with --quantity, or draw them apart"));
        }
    }
    Ok(quantity)
}

/// The extremes of a grid as it is shown.
pub fn extent_of_grids<'a>(runs: impl IntoIterator<Item = &'a RunData>) -> ValueRange {
    let mut whole = ValueRange::default();
    for run in runs {
        for bucket in run.grid.buckets() {
            for i in 0..run.layers().len() {
                match Cell::of(bucket, i) {
                    Cell::Absent => {}
                    Cell::NonFinite => whole.add(f64::NAN),
                    Cell::Between(low, high) => {
                        whole.add(low);
                        whole.add(high);
                    }
                }
            }
        }
    }
    whole
}
