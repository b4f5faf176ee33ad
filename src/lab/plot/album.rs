//! What figures show of runs, read in one pass per run and kept to a bounded
//! size however long they are.

use super::extent::{Cell, Extent};
use super::scale::Scale;
use super::words::counted;
use crate::base::Problem;
use crate::lab::reading::read_all;
use crate::lab::records::{Curves, Grid, Run, Step, Survey, Target};
use crate::lab::text::shortened;

/// The most buckets of neighbouring steps that are kept.
const MOST_BUCKETS: usize = 600;
/// The longest name in a legend.
const NAME_LENGTH: usize = 24;

/// The values of all layers at one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Updates made before.
    pub step: u64,
    /// Layer and value, the layers ascending.
    pub values: Vec<(usize, Option<f64>)>,
}

impl Profile {
    fn of(step: &Step) -> Self {
        Self {
            step: step.step,
            values: step.column(0).collect(),
        }
    }

    /// The value of a layer, by its number: another step may lack it, and then
    /// the places differ.
    pub fn of_layer(&self, layer: usize) -> Option<f64> {
        let at = self.values.binary_search_by_key(&layer, |(own, _)| *own);
        self.values[at.ok()?].1
    }

    /// The first and the last layer.
    pub fn ends(&self) -> (usize, usize) {
        let ends = (self.values.first(), self.values.last());
        match ends {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => (1, 1),
        }
    }

    /// As a series over the layers.
    pub fn series(&self) -> Vec<(f64, Option<f64>)> {
        let values = self.values.iter();
        values
            .map(|(layer, value)| (*layer as f64, *value))
            .collect()
    }
}

/// One run as figures show it.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// A short name, with the seed where the target has several.
    pub label: String,
    /// Which of the targets it belongs to, from 0.
    pub target: usize,
    /// The values at the first logged step.
    pub first: Profile,
    /// The values at the last logged step.
    pub last: Profile,
    /// The values at all steps.
    pub grid: Grid,
    /// The extremes of them all, each value counted.
    pub extent: Extent,
    /// Loss and accuracy; empty for a lone file.
    pub curves: Curves,
    /// Its layers and its decay.
    pub survey: Survey,
    /// What was left out of its files.
    warnings: Vec<String>,
}

impl Portrait {
    /// Reads a run; `label` and `target` say which it is.
    fn read(run: &Run, quantity: &str, label: &str, target: usize) -> Result<Self, Problem> {
        let mut grid = Grid::new(MOST_BUCKETS);
        let mut extent = Extent::default();
        let (mut first, mut last) = (None, Step::default());
        let survey = Survey::of(run, &[quantity], |step| {
            first.get_or_insert_with(|| Profile::of(step));
            last.clone_from(step);
            grid.add(step, 0);
            step.column(0)
                .filter_map(|(_, value)| value)
                .for_each(|value| extent.add(value));
            Ok(())
        })?;
        if extent == Extent::default() {
            return Err(Problem::in_file(
                &run.gradients,
                format!("has no value in the column `{quantity}`"),
            )
            .help("name another column with --quantity"));
        }
        let (warnings, curves) = (survey.warnings.clone(), survey.curves.clone());
        Ok(Self {
            label: shortened(label, NAME_LENGTH),
            target,
            first: first.unwrap_or_default(),
            last: Profile::of(&last),
            grid,
            extent,
            curves,
            survey,
            warnings,
        })
    }

    /// What the caption has to say about values apart.
    pub fn remark(&self, is_log: bool) -> Option<String> {
        apart(&self.extent, is_log)
    }

    /// The layers' numbers.
    pub fn layers(&self) -> &[usize] {
        self.grid.layers()
    }
}

/// "3 values are 0 and 1 value is NaN or infinite"; `None` if there are none.
pub fn apart(extent: &Extent, is_log: bool) -> Option<String> {
    let zeros = (is_log && extent.zeros > 0).then(|| counted(extent.zeros, "value") + " exactly 0");
    let odd =
        (extent.non_finite > 0).then(|| counted(extent.non_finite, "value") + " NaN or infinite");
    match (zeros, odd) {
        (None, None) => None,
        (Some(zeros), Some(odd)) => Some(format!("{zeros}, {odd}")),
        (one, other) => one.or(other),
    }
}

/// All runs that are shown together.
#[derive(Clone, Debug)]
pub struct Album {
    /// The column they are read for.
    pub quantity: String,
    /// The names of the targets.
    pub targets: Vec<String>,
    /// The runs, target by target.
    pub portraits: Vec<Portrait>,
    /// What was left out of the files, for the user to know.
    pub warnings: Vec<String>,
}

impl Album {
    /// Reads the runs, at most `threads` at once, for `quantity` or for the
    /// norm that tells of decay.
    ///
    /// # Errors
    /// If a file cannot be read or lacks the quantity.
    pub fn of(targets: &[Target], quantity: Option<&str>, threads: usize) -> Result<Self, Problem> {
        let quantity = match quantity {
            Some(quantity) => quantity.to_owned(),
            None => headline(targets)?,
        };
        let portraits = read_all(targets, threads, |i, run| {
            let target = &targets[i];
            let mut label = target.label.clone();
            if target.runs.len() > 1 {
                let seed = run.path.file_name().unwrap_or_default();
                label = format!("{label} {}", seed.to_string_lossy());
            }
            Portrait::read(run, &quantity, &label, i)
        })?;
        let names = targets.iter();
        let warnings = portraits.iter().flat_map(|p| p.warnings.iter().cloned());
        Ok(Self {
            targets: names
                .map(|target| shortened(&target.label, NAME_LENGTH))
                .collect(),
            warnings: warnings.collect(),
            quantity,
            portraits,
        })
    }

    /// Whether its values belong on a log axis: norms and ratios do, shares
    /// and values that may be negative do not.
    pub fn is_log(&self) -> bool {
        let has_negatives = self
            .portraits
            .iter()
            .any(|portrait| portrait.extent.has_negatives());
        !has_negatives && !self.quantity.ends_with("_fraction")
    }

    /// The scale that holds what an extent reaches over.
    pub fn scale(&self, extent: &Extent) -> Scale {
        if self.is_log() {
            Scale::log(extent)
        } else {
            Scale::linear(extent)
        }
    }

    /// The runs of a target.
    pub fn of_target(&self, target: usize) -> impl Iterator<Item = &Portrait> {
        let portraits = self.portraits.iter();
        portraits.filter(move |portrait| portrait.target == target)
    }
}

/// The norm that tells of decay in all of the runs.
fn headline(targets: &[Target]) -> Result<String, Problem> {
    let mut runs = targets.iter().flat_map(|target| &target.runs);
    let first = runs
        .next()
        .ok_or_else(|| Problem::new("there is no run to show"))?;
    let quantity = first.headline()?;
    for run in runs {
        let other = run.headline()?;
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
pub fn extent_of_grids<'a>(portraits: impl IntoIterator<Item = &'a Portrait>) -> Extent {
    let mut whole = Extent::default();
    for portrait in portraits {
        for bucket in portrait.grid.buckets() {
            for i in 0..portrait.layers().len() {
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
